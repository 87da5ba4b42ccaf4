"""A calendar of contacts as CSV, as a workbook and as ICS for any calendar program."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from salesplan.errors import InputError
from salesplan.text import label

_RISKY = ("=", "+", "-", "@", "\t", "\r")


def write_calendar(
    calendar: pd.DataFrame, path: str | Path, *, lang: str = "en", as_of: dt.date | None = None
) -> Path:
    """Write a calendar in the format that the file's name ends in: csv, xlsx or ics.

    Parameters
    ----------
    calendar
        What ``contacts`` returned: one row per contact.
    path
        File to write; an existing one is replaced. CSV is UTF-8 with a byte order mark, so that
        Excel reads names right; ICS has an all-day event for each contact, that leaves the day
        free and keeps its identity when it is imported again.
    lang
        Language of the events' titles (ICS): en, de, fr.
    as_of
        Date stamp of the events (ICS); the first contact's day by default.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    InputError
        For another ending.

    Notes
    -----
    Text that a spreadsheet would take for a formula is written as text. Source: RFC 5545.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> calendar = sp.actionplan.contacts(paper(), year=2027)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = write_calendar(calendar, Path(folder) / "contacts.ics")
    ...     file.read_bytes().count(b"BEGIN:VEVENT") == len(calendar)
    True
    """
    target = Path(path)
    writers = {".csv": _csv, ".xlsx": _xlsx, ".ics": _ics}
    if target.suffix.lower() not in writers:
        raise InputError(f"{target.name} should end in .csv, .xlsx or .ics.")
    if target.suffix.lower() == ".ics":
        _ics(calendar, target, lang, as_of)
    else:
        writers[target.suffix.lower()](calendar, target)
    return target


def harmless(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value.startswith(_RISKY):
        return "'" + value
    return value


def _csv(calendar: pd.DataFrame, path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(calendar.columns)
        for row in calendar.itertuples(index=False):
            writer.writerow([harmless(_plain(cell)) for cell in row])


def _plain(cell: Any) -> Any:
    if isinstance(cell, pd.Timestamp):
        return cell.date().isoformat()
    return "" if pd.isna(cell) else cell


def _xlsx(calendar: pd.DataFrame, path: Path) -> None:
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet("Calendar")
        head = book.add_format({"bold": True, "bottom": 1})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for column, name in enumerate(calendar.columns):
            sheet.write_string(0, column, str(name), head)
            width = 12 if pd.api.types.is_numeric_dtype(calendar[name]) else 18
            sheet.set_column(column, column, width)
        for line, row in enumerate(calendar.itertuples(index=False), 1):
            for column, cell in enumerate(row):
                _cell(sheet, line, column, cell, day)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(calendar), 1), len(calendar.columns) - 1)


def _cell(sheet: Any, line: int, column: int, cell: Any, day: Any) -> None:
    if isinstance(cell, pd.Timestamp):
        sheet.write_datetime(line, column, cell.to_pydatetime(), day)
    elif isinstance(cell, str):
        sheet.write_string(line, column, cell)
    elif not pd.isna(cell):
        sheet.write_number(line, column, float(cell))


def _ics(
    calendar: pd.DataFrame, path: Path, lang: str = "en", as_of: dt.date | None = None
) -> None:
    """Write all-day events (RFC 5545): lines folded at 75 bytes, text escaped."""
    stamp = as_of or calendar["planned_on"].min()
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//salesplan//action plan//EN"]
    for row in calendar.to_dict("records"):
        lines += _event({str(k): v for k, v in row.items()}, f"{stamp:%Y%m%d}T000000Z", lang)
    lines.append("END:VCALENDAR")
    text = "".join(_folded(line) for line in lines)
    path.write_bytes(text.encode("utf-8"))


def _event(row: dict[str, Any], stamp: str, lang: str) -> list[str]:
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
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def escaped(text: str) -> str:
    """Return text as ICS wants it: no bare comma, semicolon, backslash or line break."""
    for old, new in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n")):
        text = text.replace(old, new)
    kept = text.replace("\n", "\\n").replace("\r", "\\n")
    return "".join(c for c in kept if c >= " ")


def _folded(line: str) -> str:
    """Return a line in pieces of at most 75 bytes, never cutting a character."""
    pieces, piece = [], ""
    for character in line:
        if len((piece + character).encode("utf-8")) > 75:
            pieces.append(piece)
            piece = " "
        piece += character
    return "\r\n".join([*pieces, piece]) + "\r\n"
