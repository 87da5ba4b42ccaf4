"""Workbooks as text: one CSV per sheet, every cell the way the engine reads it best.

Calamine gives the values that Excel last computed, so a formula is its result. The value of
cells merged downwards stands in each row that they cover, as the eye reads it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import python_calamine

from salesplan.errors import ExportError, did_you_mean
from salesplan.loading import celltext, uncomputed
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
        kept = _read(path, scratch, wanted)
    except ExportError:
        raise
    except Exception as error:  # calamine raises its own kinds for each broken part of a zip
        raise ExportError(f"{path.name} cannot be read as a workbook: {error}.") from None
    if not kept:
        raise ExportError(f"{path.name} is empty: no sheet holds a cell.")
    return kept


def _read(path: Path, scratch: Path, wanted: str | None) -> list[Sheet]:
    book = python_calamine.load_workbook(str(path))
    names = _chosen(book, wanted, path)
    with ThreadPoolExecutor(1) as beside:  # calamine leaves Python free while it reads
        without = beside.submit(uncomputed.by_sheet, path, names)
        found = {name: _written(book, name, scratch) for name in names}
    return [
        Sheet(name if len(names) > 1 else None, text, without.result().get(name))
        for name, text in found.items()
        if text
    ]


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


def _written(book: Any, name: str, scratch: Path) -> CleanText | None:
    """Write the cells of a sheet out as text; None where it holds none."""
    sheet = book.get_sheet_by_name(name)
    target = scratch / f"sheet-{len(list(scratch.iterdir()))}.csv"
    merged, rows = sheet.merged_cell_ranges, _rows(sheet)
    if not celltext.write(_filled_down(rows, merged) if merged else rows, target):
        return None
    return CleanText(target, Scan("workbook", size=target.stat().st_size))


def _rows(sheet: Any) -> Iterator[list[Any]]:
    """Yield the rows of a sheet from its corner, one at a time: a big sheet fills the memory."""
    first = sheet.start[1] if sheet.start else 0
    return ([*[""] * first, *row] for row in sheet.iter_rows()) if first else sheet.iter_rows()


def _filled_down(
    rows: Iterator[list[Any]], merged: Iterable[tuple[Place, Place]]
) -> Iterator[list[Any]]:
    """Yield rows, the value of cells merged over several of them in each.

    Cells may be merged beyond the last one that holds anything.
    """
    opening: dict[int, dict[int, int]] = defaultdict(dict)
    for (top, left), (bottom, _) in merged:
        opening[top][left] = bottom
    until: dict[int, int] = {}  # column -> last row of the cells merged in it
    above: list[Any] = []
    for number, row in enumerate(rows):
        for column in (c for c, last in until.items() if number <= last):
            row[column : column + 1] = above[column : column + 1]
        until |= opening.get(number, {})
        above = row
        yield row
