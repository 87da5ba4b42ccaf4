"""Workbooks as text: one CSV per sheet, every cell the way the engine reads it best.

Calamine gives the values that Excel last computed, so a formula is its result. A merged
cell's value stands in each cell that it covers.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import python_calamine

from salesplan.errors import ExportError, did_you_mean
from salesplan.loading.encoding import CleanText, Scan


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook, written out as text."""

    name: str | None
    text: CleanText


def sheets(path: Path, scratch: Path, wanted: str | None) -> list[Sheet]:
    """Return the sheets of a workbook that hold a table, or the one that is wanted."""
    try:
        book = python_calamine.load_workbook(str(path))
        names = _chosen(book, wanted, path)
        found = [_sheet(book, name, len(names) > 1, scratch) for name in names]
    except ExportError:
        raise
    except Exception as error:  # calamine raises its own kinds for each broken part of a zip
        raise ExportError(f"{path.name} cannot be read as a workbook: {error}.") from None
    kept = [sheet for sheet in found if sheet]
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
    rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    if not any(cell != "" for row in rows for cell in row):
        return None
    target = scratch / f"sheet-{len(list(scratch.iterdir()))}.csv"
    with target.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, lineterminator="\n").writerows(_texts(rows))
    scan = Scan("workbook", size=target.stat().st_size)
    return Sheet(name if several else None, CleanText(target, scan))


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
