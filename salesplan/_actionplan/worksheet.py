"""A calendar of contacts as a workbook that prints well."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from salesplan._actionplan.spread import COLUMNS
from salesplan.text import label

_DAY = {
    "en": "[$-809]ddd yyyy-mm-dd",
    "de": "[$-407]ddd dd.mm.yyyy",
    "fr": "[$-40C]ddd dd/mm/yyyy",
}
"""Weekdays in the language of the file, whatever the language of the program."""
_WIDEST, _NARROWEST = 40, 8
_LONGEST_CELL = 32_767
"""Excel's own limit."""


def write(calendar: pd.DataFrame, path: Path, lang: str, stamp: dt.date) -> None:
    """Write one sheet: a heading, a row for each contact, dates as dates, A4 landscape."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"created": dt.datetime.combine(stamp, dt.time())})
        sheet = book.add_worksheet(label("actionplan.calendar", lang))
        head = {"bold": True, "bottom": 1, "bg_color": "#f1f3f5"}
        styles = {
            "head": book.add_format(head),
            "head of numbers": book.add_format({**head, "align": "right"}),
            "day": book.add_format({"num_format": _DAY[lang], "align": "left"}),
        }
        shown = calendar.assign(kind=[label(f"actionplan.{k}", lang) for k in calendar["kind"]])
        for place, name in enumerate(shown.columns):
            _column(sheet, place, _heading(str(name), lang), shown[name], styles)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(shown), 1), len(shown.columns) - 1)
        _on_paper(sheet)


def _heading(name: str, lang: str) -> str:
    return label(f"actionplan.calendar_{name}", lang) if name in COLUMNS else name


def _column(
    sheet: Any, place: int, heading: str, cells: pd.Series[Any], styles: dict[str, Any]
) -> None:
    is_number = pd.api.types.is_numeric_dtype(cells)
    sheet.write_string(0, place, heading, styles["head of numbers" if is_number else "head"])
    width = len(heading) + 3  # room for the filter's button
    for line, cell in enumerate(cells, 1):
        if isinstance(cell, pd.Timestamp):
            sheet.write_datetime(line, place, cell.to_pydatetime(), styles["day"])
            width = max(width, 15)
        elif isinstance(cell, str):
            sheet.write_string(line, place, cell[:_LONGEST_CELL])
            width = max(width, len(cell) + 1)
        elif not pd.isna(cell):
            sheet.write_number(line, place, float(cell))
    sheet.set_column(place, place, min(max(width, _NARROWEST), _WIDEST))


def _on_paper(sheet: Any) -> None:
    """Set up for paper: landscape, one page wide, the heading and a number on every page."""
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer("&C&P / &N")
