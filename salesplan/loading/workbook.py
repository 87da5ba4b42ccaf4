"""Workbooks as text: one CSV per sheet, every cell the way the engine reads it best.

Calamine gives the values that Excel last computed, so a formula is its result. The value of
cells merged downwards stands in each row that they cover, as the eye reads it.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import python_calamine

from salesplan.errors import ExportError, did_you_mean
from salesplan.loading import uncomputed
from salesplan.loading.encoding import CleanText, Scan
from salesplan.loading.uncomputed import Uncomputed

Place = tuple[int, int]
"""Row and column, from 0."""


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook, written out as text."""

    name: str | None
    text: CleanText
    uncomputed: Uncomputed | None = None


def sheets(path: Path, scratch: Path, wanted: str | None) -> list[Sheet]:
    """Return the sheets of a workbook that hold a table, or the one that is wanted."""
    try:
        book = python_calamine.load_workbook(str(path))
        names = _chosen(book, wanted, path)
        found = [_sheet(book, name, len(names) > 1, scratch) for name in names]
        without = uncomputed.by_sheet(path, names)
    except ExportError:
        raise
    except Exception as error:  # calamine raises its own kinds for each broken part of a zip
        raise ExportError(f"{path.name} cannot be read as a workbook: {error}.") from None
    named = zip(names, found, strict=True)
    kept = [replace(sheet, uncomputed=without.get(name)) for name, sheet in named if sheet]
    if not kept:
        raise ExportError(f"{path.name} is empty: no sheet holds a cell.")
    return kept


def _chosen(book: Any, wanted: str | None, path: Path) -> list[str]:
    names = [
        s.name
        for s in book.sheets_metadata
        if s.typ == python_calamine.SheetTypeEnum.WorkSheet
        and (wanted or s.visible == python_calamine.SheetVisibleEnum.Visible)
    ]
    if wanted is None:
        return names
    if wanted not in names:
        raise ExportError(f"{path.name} has no sheet {wanted!r}. {did_you_mean(wanted, names)}")
    return [wanted]


def _sheet(book: Any, name: str, several: bool, scratch: Path) -> Sheet | None:
    sheet = book.get_sheet_by_name(name)
    rows = sheet.to_python(skip_empty_area=False)
    _fill_down(rows, sheet.merged_cell_ranges or ())
    if not any(cell != "" for row in rows for cell in row):
        return None
    target = scratch / f"sheet-{len(list(scratch.iterdir()))}.csv"
    with target.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, lineterminator="\n").writerows(_texts(rows))
    scan = Scan("workbook", size=target.stat().st_size)
    return Sheet(name if several else None, CleanText(target, scan))


def _fill_down(rows: list[list[Any]], merged: Iterable[tuple[Place, Place]]) -> None:
    """Write the value of cells merged over several rows into each of them.

    Cells may be merged beyond the last one that holds anything.
    """
    for (top, left), (bottom, _) in merged:
        for row in rows[top + 1 : bottom + 1]:
            row[left : left + 1] = rows[top][left : left + 1]


def _texts(rows: list[list[Any]]) -> Iterator[list[str]]:
    for row in rows:
        yield [cell if type(cell) is str else _text(cell) for cell in row]


def _text(cell: Any) -> str:
    """Return a typed cell as text: whole numbers without a point, dates as ISO."""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, dt.datetime):
        midnight = cell.time() == dt.time()
        return cell.date().isoformat() if midnight else cell.isoformat(" ", "seconds")
    if isinstance(cell, dt.timedelta):
        return str(cell.total_seconds() / 60)
    return str(cell)
