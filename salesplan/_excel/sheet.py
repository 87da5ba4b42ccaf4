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
_LONGEST_NAME = 31
_LEGIBLE = 280  # characters side by side on a landscape page
_PLACES_BY_ROW = {"rate": 1, "number": 2}
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
    by_row
        Columns whose figures are in the unit that the row's ``unit`` tells, as on a scorecard.
    """

    frame: pd.DataFrame
    title: str = ""
    note: str = ""
    totals: Sequence[str] = ()
    rates: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    formulas: Mapping[str, Sequence[str | None]] = field(default_factory=dict)
    headings: Mapping[str, str] = field(default_factory=dict)
    by_row: Sequence[str] = ()

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
    >>> sheet_name("Hours by segment against cadence", set())
    'Hours by segment against'
    """
    base = re.sub(r"[\[\]:*?/\\]", "-", name).strip("' ") or "Sheet"
    taken = {u.casefold() for u in used}
    result, number = _cut(base, _LONGEST_NAME), 2
    while result.casefold() in taken:
        suffix = f" ({number})"
        result, number = _cut(base, _LONGEST_NAME - len(suffix)) + suffix, number + 1
    return result


def _cut(name: str, most: int) -> str:
    """Return a name that fits, cut between two words where that keeps most of it."""
    if len(name) <= most:
        return name
    words = name[: most + 1].rpartition(" ")[0].rstrip(" -")
    return words if len(words) > most // 2 else name[:most].rstrip("' ")


def printed(worksheet: Any, header_row: int, *, width: float = 0) -> None:
    """Set a sheet up for paper: landscape, the header on every page, one page wide if legible."""
    worksheet.set_landscape()
    worksheet.set_paper(9)  # A4
    if width <= _LEGIBLE:
        worksheet.fit_to_pages(1, 0)
    else:
        worksheet.repeat_columns(0)
    worksheet.repeat_rows(header_row)


class SheetWriter:
    """Writes one frame to one worksheet."""

    def __init__(self, workbook: Any, worksheet: Any, lang: str, currency: str) -> None:
        self.workbook, self.worksheet = workbook, worksheet
        self.lang, self.currency = lang, currency
        self._made: dict[tuple[str, int, bool], Any] = {}

    def write(self, sheet: Sheet) -> None:
        """Write title, note, header, rows and totals."""
        self.worksheet.hide_gridlines(2)
        self.worksheet.write_string(0, 0, sheet.title, self.workbook.add_format(styles.TITLE))
        self.worksheet.write_string(1, 0, sheet.note, self.workbook.add_format(styles.NOTE))
        columns = [str(c) for c in sheet.frame.columns]
        units = [tabular.unit(c, sheet.frame[c]) for c in columns]
        self._header(sheet, columns, units)
        widths = [
            self._column(sheet, position, column, what)
            for position, (column, what) in enumerate(zip(columns, units, strict=True))
        ]
        self._totals(sheet, columns, units)
        last = max(HEADER_ROW + len(sheet.frame), HEADER_ROW + 1)
        if columns:
            self.worksheet.autofilter(HEADER_ROW, 0, last, len(columns) - 1)
        self.worksheet.freeze_panes(HEADER_ROW + 1, 1)
        printed(self.worksheet, HEADER_ROW, width=sum(widths))

    def _style(self, what: str, digits: int = 0, *, total: bool = False) -> Any:
        """Return the format of a unit, made once."""
        key = (what, digits, total)
        if key not in self._made:
            look = styles.number_format(what, digits, currency=self.currency, lang=self.lang)
            base = styles.TOTAL if total else styles.FONT
            self._made[key] = self.workbook.add_format({**base, **look})
        return self._made[key]

    def _header(self, sheet: Sheet, columns: list[str], units: list[tabular.Unit]) -> None:
        left = self.workbook.add_format(styles.HEADER)
        right = self.workbook.add_format({**styles.HEADER, "align": "right"})
        for position, (column, what) in enumerate(zip(columns, units, strict=True)):
            style = right if what in styles.RIGHT else left
            heading = sheet.heading(column, self.lang)
            self.worksheet.write_string(HEADER_ROW, position, heading, style)

    def _column(self, sheet: Sheet, position: int, column: str, what: tabular.Unit) -> float:
        """Write the cells of a column and return how wide it is."""
        values = sheet.frame[column].tolist()
        looks = _looks(sheet, column, what)
        for offset, (value, look) in enumerate(zip(values, looks, strict=True)):
            row = HEADER_ROW + 1 + offset
            formula = None if is_missing(value) else sheet.formula(column, offset)
            if formula:
                self.worksheet.write_formula(row, position, formula, self._style(*look), value)
            else:
                self._cell(row, position, value, *look)
        width = self._width(sheet.heading(column, self.lang), what, values)
        self.worksheet.set_column(position, position, width)
        return width

    def _cell(self, row: int, position: int, value: Any, what: tabular.Unit, digits: int) -> None:
        style = self._style(what, digits)
        if is_missing(value):
            self.worksheet.write_blank(row, position, None, style)
        elif what in styles.RIGHT:
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
        self.worksheet.write_string(row, 0, word, self._style("text", total=True))
        for column in sheet.totals:
            position = columns.index(column)
            first = xl_rowcol_to_cell(HEADER_ROW + 1, position)
            last = xl_rowcol_to_cell(row - 1, position)
            what = units[position]
            style = self._style(what, _places(sheet.frame[column], what), total=True)
            total = float(sheet.frame[column].sum())
            # 109 sums the visible rows, so the total follows the reader's filter.
            self.worksheet.write_formula(
                row, position, f"=SUBTOTAL(109,{first}:{last})", style, round(total, 6)
            )

    def _width(self, heading: str, what: str, values: list[Any]) -> float:
        if what in styles.WIDTHS:
            return max(styles.WIDTHS[what], min(len(heading), 18) + 2)
        longest = max((len(str(v)) for v in values[:500]), default=8)
        return float(min(max(longest, min(len(heading), 18), 8) + 2, 60))


def _looks(sheet: Sheet, column: str, what: tabular.Unit) -> list[tuple[tabular.Unit, int]]:
    """Return the unit and the decimals of each cell of a column."""
    if column not in sheet.by_row:
        return [(what, _places(sheet.frame[column], what))] * len(sheet.frame)
    kinds = [tabular.measured(unit) for unit in sheet.frame["unit"]]
    return [(kind, _PLACES_BY_ROW.get(kind, 0)) for kind in kinds]


def _places(values: pd.Series[Any], what: tabular.Unit) -> int:
    """Return the decimals of a column: as on a page, but never fewer than money has."""
    places = tabular.digits(values, what)
    whole = what == "number" and (pd.to_numeric(values, errors="coerce").dropna() % 1 == 0).all()
    return places if what != "number" or whole else max(places, 2)
