"""One sheet: title, note, header, cells by unit, live rates and a live total row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from xlsxwriter.utility import xl_range_abs, xl_rowcol_to_cell

from salesplan import formats, tabular, text
from salesplan._excel import styles
from salesplan.formats import is_missing

HEADER_ROW = 2
_REFERENCE = re.compile(r"\[(\w+)(?:@(\d+))?\]")
_LONGEST_CELL = 32_767  # Excel's own limit; a longer text is cut and says so


@dataclass(frozen=True)
class Sheet:
    """One frame as a sheet.

    Parameters
    ----------
    frame
        What to write; column names say the unit.
    title, note
        First two rows: what it shows, and the definition or source.
    totals
        Columns that add up; a live SUBTOTAL goes below them.
    rates
        Rate column -> (numerator, denominator) columns; written as a live division.
    headings
        Column -> heading, where the column's own name would not say it.
    formulas
        Column -> one formula per row, or None where the value stands alone. ``[actual]`` is the
        cell of that column in the same row, ``[actual@3]`` in the fourth row of the frame.
    """

    frame: pd.DataFrame
    title: str = ""
    note: str = ""
    totals: Sequence[str] = ()
    rates: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    formulas: Mapping[str, Sequence[str | None]] = field(default_factory=dict)
    headings: Mapping[str, str] = field(default_factory=dict)

    def heading(self, column: str, lang: str) -> str:
        """Return what stands above a column."""
        return self.headings.get(column) or tabular.heading(column, lang)

    def formula(self, column: str, row: int) -> str | None:
        """Return the formula of a cell with its references filled in, if it has one."""
        if column in self.rates:
            above, below = self.rates[column]
            said: str | None = f"=[{above}]/[{below}]"
        else:
            said = self.formulas[column][row] if column in self.formulas else None
        columns = [str(c) for c in self.frame.columns]

        def cell(found: re.Match[str]) -> str:
            name, other = found[1], found[2]
            at = HEADER_ROW + 1 + (row if other is None else int(other))
            return str(xl_rowcol_to_cell(at, columns.index(name)))

        return None if said is None else _REFERENCE.sub(cell, said)


def column_cells(sheet: str, position: int, first: int, count: int) -> str:
    """Return the cells of a column of a sheet, from a row of its frame downwards.

    Examples
    --------
    >>> column_cells("Lines", 1, 0, 3)
    'Lines!$B$4:$B$6'
    """
    top = HEADER_ROW + 1 + first
    return f"{sheet}!{xl_range_abs(top, position, top + max(count, 1) - 1, position)}"


def sheet_name(name: str, used: set[str]) -> str:
    """Return a name that Excel accepts and that no other sheet has.

    Examples
    --------
    >>> sheet_name("Won/lost: by [owner]", set()), sheet_name("a", {"A"})
    ('Won-lost- by -owner-', 'a (2)')
    """
    base = re.sub(r"[\[\]:*?/\\]", "-", name).strip("'")[:31] or "Sheet"
    taken = {u.casefold() for u in used}
    result, number = base, 2
    while result.casefold() in taken:
        suffix = f" ({number})"
        result, number = base[: 31 - len(suffix)] + suffix, number + 1
    return result


def printed(worksheet: Any, header_row: int) -> None:
    """Set a sheet up for paper: landscape, one page wide, the header on every page."""
    worksheet.set_landscape()
    worksheet.set_paper(9)  # A4
    worksheet.fit_to_pages(1, 0)
    worksheet.repeat_rows(header_row)


class SheetWriter:
    """Writes one frame to one worksheet."""

    def __init__(self, workbook: Any, worksheet: Any, lang: str, currency: str) -> None:
        self.workbook, self.worksheet, self.lang = workbook, worksheet, lang
        units = styles.number_formats(currency)
        self.formats = {u: workbook.add_format({**styles.FONT, **f}) for u, f in units.items()}
        self.total_formats = {
            u: workbook.add_format({**styles.TOTAL, **f}) for u, f in units.items()
        }

    def write(self, sheet: Sheet) -> None:
        """Write title, note, header, rows and totals."""
        self.worksheet.hide_gridlines(2)
        self.worksheet.write_string(0, 0, sheet.title, self.workbook.add_format(styles.TITLE))
        self.worksheet.write_string(1, 0, sheet.note, self.workbook.add_format(styles.NOTE))
        columns = [str(c) for c in sheet.frame.columns]
        units = [tabular.unit(c, sheet.frame[c]) for c in columns]
        self._header(sheet, columns)
        for position, (column, what) in enumerate(zip(columns, units, strict=True)):
            self._column(sheet, position, column, what)
        self._totals(sheet, columns, units)
        last = max(HEADER_ROW + len(sheet.frame), HEADER_ROW + 1)
        if columns:
            self.worksheet.autofilter(HEADER_ROW, 0, last, len(columns) - 1)
        self.worksheet.freeze_panes(HEADER_ROW + 1, 1)
        printed(self.worksheet, HEADER_ROW)

    def _header(self, sheet: Sheet, columns: list[str]) -> None:
        style = self.workbook.add_format(styles.HEADER)
        for position, column in enumerate(columns):
            heading = sheet.heading(column, self.lang)
            self.worksheet.write_string(HEADER_ROW, position, heading, style)

    def _column(self, sheet: Sheet, position: int, column: str, what: str) -> None:
        values = sheet.frame[column].tolist()
        for offset, value in enumerate(values):
            row = HEADER_ROW + 1 + offset
            formula = None if is_missing(value) else sheet.formula(column, offset)
            if formula:
                self.worksheet.write_formula(row, position, formula, self.formats[what], value)
            else:
                self._cell(row, position, value, what)
        self.worksheet.set_column(position, position, self._width(column, what, values))

    def _cell(self, row: int, position: int, value: Any, what: str) -> None:
        style = self.formats[what]
        if is_missing(value):
            self.worksheet.write_blank(row, position, None, style)
        elif what in ("money", "rate", "count", "number"):
            self.worksheet.write_number(row, position, float(value), style)
        elif what in ("date", "month", "timestamp"):
            moment = pd.Timestamp(value).to_pydatetime().replace(tzinfo=None)
            self.worksheet.write_datetime(row, position, moment, style)
        elif what == "quarter":  # no number format of Excel shows one
            self.worksheet.write_string(row, position, formats.quarter(value), style)
        elif what == "flag":
            word = text.label("common.yes" if value else "common.no", self.lang)
            self.worksheet.write_string(row, position, word, style)
        else:
            self.worksheet.write_string(row, position, str(value)[:_LONGEST_CELL], style)

    def _totals(self, sheet: Sheet, columns: list[str], units: list[tabular.Unit]) -> None:
        if not sheet.totals or sheet.frame.empty:
            return
        row = HEADER_ROW + 1 + len(sheet.frame)
        word = text.label("common.total", self.lang)
        self.worksheet.write_string(row, 0, word, self.total_formats["text"])
        for column in sheet.totals:
            position = columns.index(column)
            first = xl_rowcol_to_cell(HEADER_ROW + 1, position)
            last = xl_rowcol_to_cell(row - 1, position)
            style = self.total_formats[units[position]]
            total = float(sheet.frame[column].sum())
            # 109 sums the visible rows, so the total follows the reader's filter.
            self.worksheet.write_formula(
                row, position, f"=SUBTOTAL(109,{first}:{last})", style, round(total, 6)
            )

    def _width(self, column: str, what: str, values: list[Any]) -> float:
        heading = len(tabular.heading(column, self.lang))
        if what in styles.WIDTHS:
            return max(styles.WIDTHS[what], min(heading, 18) + 2)
        longest = max((len(str(v)) for v in values[:500]), default=8)
        return float(min(max(longest, min(heading, 18), 8) + 2, 60))
