"""A calendar of contacts as a file: CSV, a workbook, or ICS for any calendar program."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from salesplan import periods
from salesplan._actionplan import icalendar, worksheet
from salesplan._actionplan.spread import COLUMNS
from salesplan.errors import InputError, one_of
from salesplan.formats import LANGUAGES

_STARTS_A_FORMULA = re.compile(r"(^|[,;\t\r\n])(?=[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])")
"""Where a spreadsheet may see a formula: at the start, and after what some country's
spreadsheet takes for the end of a cell. The last four are the full-width forms of the signs."""


def write_calendar(
    calendar: pd.DataFrame,
    path: str | Path,
    *,
    lang: str = "en",
    as_of: str | dt.date | None = None,
) -> Path:
    """Write a calendar in the format that the file's name ends in: csv, xlsx or ics.

    Parameters
    ----------
    calendar
        What ``contacts`` returned: one row per contact; for one seller's file keep that
        seller's rows.
    path
        File to write; an existing one is replaced.

        * CSV: the columns of ``contacts``, UTF-8 with a byte order mark, so that Excel reads
          names right. German and French files have ``;`` between cells and a decimal comma.
        * XLSX: headings and kinds in the language, dates as dates, set up for A4 paper.
        * ICS: an all-day event for each contact, that leaves the day free and keeps its
          identity when it is imported again.
    lang
        Language: en, de, fr.
    as_of
        Date stamp of the events and of the workbook; the first contact's day by default.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    InputError
        For another ending, a frame that is no calendar, or an ``as_of`` that is no date.

    Notes
    -----
    Text that a spreadsheet would take for a formula is written as text, with an apostrophe
    before the sign in CSV. Source: RFC 5545; OWASP, CSV injection.

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
    one_of(lang, list(LANGUAGES), "lang")
    writers: dict[str, Callable[[pd.DataFrame, Path, str, dt.date], None]] = {
        ".csv": _write_csv,
        ".xlsx": worksheet.write,
        ".ics": icalendar.write,
    }
    if target.suffix.lower() not in writers:
        raise InputError(f"{target.name} should end in .csv, .xlsx or .ics.")
    writers[target.suffix.lower()](calendar, target, lang, _stamp(calendar, as_of))
    return target


def _stamp(calendar: pd.DataFrame, as_of: str | dt.date | None) -> dt.date:
    lacking = [c for c in COLUMNS if c not in calendar]
    if lacking:
        raise InputError(f"The calendar lacks {', '.join(lacking)}: give what contacts() returned.")
    if as_of is not None:
        return periods.to_date(as_of, "as_of")
    return calendar["planned_on"].min().date() if len(calendar) else dt.date(1970, 1, 1)


def harmless(text: str) -> str:
    """Return text of which no spreadsheet takes any part for a formula.

    Examples
    --------
    >>> harmless("=1+1"), harmless("A;=1+1"), harmless("A-B + C")
    ("'=1+1", "A;'=1+1", 'A-B + C')
    """
    return _STARTS_A_FORMULA.sub(r"\1'", text)


def _write_csv(calendar: pd.DataFrame, path: Path, lang: str, _stamp: dt.date) -> None:
    delimiter, decimal = (",", ".") if lang == "en" else (";", ",")
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(calendar.columns)
        for row in calendar.itertuples(index=False):
            writer.writerow([_plain(cell, decimal) for cell in row])


def _plain(cell: Any, decimal: str) -> Any:
    if isinstance(cell, str):
        return harmless(cell)
    if isinstance(cell, pd.Timestamp):
        return cell.date().isoformat()
    if pd.isna(cell):
        return ""
    return f"{cell:.15g}".replace(".", decimal) if isinstance(cell, float) else cell
