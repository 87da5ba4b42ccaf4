"""A calendar of contacts as all-day events (RFC 5545)."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import pandas as pd

from salesplan.text import label

_LINE_BYTES = 75


def write(calendar: pd.DataFrame, path: Path, lang: str, stamp: dt.date) -> None:
    """Write an event for each contact: lines folded at 75 bytes, text escaped."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//salesplan//action plan//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escaped(label('actionplan.calendar', lang))}",
    ]
    for row in calendar.to_dict("records"):
        lines += _event(row, f"{stamp:%Y%m%d}T000000Z", lang)
    lines.append("END:VCALENDAR")
    path.write_bytes("".join(map(_folded, lines)).encode("utf-8"))


def _event(row: dict[Any, Any], stamp: str, lang: str) -> list[str]:
    day = row["planned_on"]
    key = f"{day:%Y}|{row['account_id']}|{row['kind']}|{row['number']}|{row['of']}|{row['owner']}"
    title = label("actionplan." + row["kind"], lang) + ": " + str(row["account"])
    about = f"{row['segment']}, {row['number']}/{row['of']}, {row['owner']}"
    return [
        "BEGIN:VEVENT",
        f"UID:{hashlib.sha256(key.encode()).hexdigest()[:24]}@salesplan",
        f"DTSTAMP:{stamp}",
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{day + pd.Timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{escaped(title)}",
        f"DESCRIPTION:{escaped(about)}",
        f"CATEGORIES:{escaped(str(row['segment']))}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def escaped(text: str) -> str:
    r"""Return text as ICS wants it: no bare comma, semicolon, backslash, line break, control.

    Examples
    --------
    >>> escaped("Roth, Kahn; Sons\nVienna")
    'Roth\\, Kahn\\; Sons\\nVienna'
    """
    for old, new in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n")):
        text = text.replace(old, new)
    kept = text.replace("\n", "\\n").replace("\r", "\\n").replace("\t", " ")
    return "".join(c for c in kept if c >= " " and c != "\x7f")


def _folded(line: str) -> str:
    """Return a line in pieces of at most 75 bytes, never cutting a character."""
    if len(line.encode("utf-8")) <= _LINE_BYTES:
        return line + "\r\n"
    pieces, piece, size = [], "", 0
    for character in line:
        width = len(character.encode("utf-8"))
        if size + width > _LINE_BYTES:
            pieces.append(piece)
            piece, size = " ", 1
        piece += character
        size += width
    return "\r\n".join([*pieces, piece]) + "\r\n"
