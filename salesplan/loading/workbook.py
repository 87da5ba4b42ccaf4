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
from salesplan.exports.matching import quoted
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
    hidden: tuple[str, ...] = ()
    """Sheets of the workbook that nobody sees, and that are not read."""


def sheets(path: Path, scratch: Path, wanted: str | None) -> list[Sheet]:
    """Return the sheets of a workbook that hold a table, or the one that is wanted."""
    try:
        kept = _read(path, scratch, wanted)
    except ExportError:
        raise
    except Exception as error:  # calamine raises its own kinds for each broken part of a zip
        raise ExportError(
            f"{path.name} cannot be read as a workbook: {error}. "
            "It may be damaged or cut off: export or copy it again."
        ) from None
    if not kept:
        raise ExportError(f"{path.name} is empty: no sheet holds a cell.")
    return kept


def _read(path: Path, scratch: Path, wanted: str | None) -> list[Sheet]:
    book = python_calamine.load_workbook(str(path))
    names, hidden = _chosen(book, wanted, path)
    with ThreadPoolExecutor(1) as beside:  # calamine leaves Python free while it reads
        without = beside.submit(uncomputed.by_sheet, path, names)
        found = {name: _written(book, name, scratch) for name in names}
    kept = [
        Sheet(name if len(names) > 1 else None, text, without.result().get(name), hidden)
        for name, text in found.items()
        if text
    ]
    if hidden and not kept:
        raise ExportError(
            f"{path.name} shows no sheet that holds a cell; hidden: {', '.join(hidden)}. "
            + how_to_read(path.name, hidden)
        )
    return kept


def how_to_read(file: str, hidden: tuple[str, ...]) -> str:
    """Return what to do for a hidden sheet to be read."""
    return (
        "Unhide a sheet in the workbook to have it read too, or have it read alone: "
        f"[files.{quoted(file)}] sheet = {quoted(hidden[0])}."
    )


def _chosen(book: Any, wanted: str | None, path: Path) -> tuple[list[str], tuple[str, ...]]:
    """Return the sheets to read: the visible ones or the one wanted; and those left hidden."""
    kind, seen = python_calamine.SheetTypeEnum, python_calamine.SheetVisibleEnum
    visible = {s.name: s.visible for s in book.sheets_metadata if s.typ == kind.WorkSheet}
    if wanted is None:
        shown = [name for name, how in visible.items() if how == seen.Visible]
        return shown, tuple(name for name in visible if name not in shown)
    if wanted not in visible:
        raise ExportError(f"{path.name} has no sheet {wanted!r}. {did_you_mean(wanted, visible)}")
    return [wanted], ()


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
