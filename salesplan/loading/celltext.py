"""Typed cells of a sheet as the lines of a CSV: whole numbers without a point, dates as ISO.

A big sheet has millions of cells, so they are turned by the column, and a block of lines in
which nothing needs quotes is written in one piece.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

_BLOCK = 256
"""Rows turned together: so few are gone before Python's collector looks through them."""

_EXACT = 1e15
"""Whole numbers from here on are written as they are, for a double may not hold them exactly."""


def write(rows: Iterator[list[Any]], target: Path) -> bool:
    """Write rows of one width as CSV; return whether any cell of them holds anything."""
    filled = False
    with target.open("w", encoding="utf-8", newline="") as handle:
        quoting = csv.writer(handle, lineterminator="\n")
        while block := list(islice(rows, _BLOCK)):
            columns = [_texts(cells) for cells in zip(*block, strict=True)]
            filled = filled or any(any(texts) for texts in columns)
            if plain := _unquoted(columns, len(block)):
                handle.write(plain)
            else:
                quoting.writerows(map(_one_line_end, texts) for texts in zip(*columns, strict=True))
    return filled


def _unquoted(columns: Sequence[Sequence[str]], height: int) -> str:
    """Return lines of cells, or nothing where one of them holds a sign that parts cells."""
    if len(columns) < 2:
        return ""  # an empty cell alone would be a blank line
    lines = "\n".join(map(",".join, zip(*columns, strict=True))) + "\n"
    own = lines.count(",") == height * (len(columns) - 1) and lines.count("\n") == height
    return lines if own and '"' not in lines and "\r" not in lines else ""


def _one_line_end(text: str) -> str:
    """Return a text whose lines end in a line feed, as those of text files do once cleaned."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _texts(cells: Sequence[Any]) -> Sequence[str]:
    """Return the cells of a column as text, each kind of cell in its own way."""
    if set(map(type, cells)) == {str}:
        return cells
    return [cell if type(cell) is str else _WAYS.get(type(cell), str)(cell) for cell in cells]


def _number(cell: float) -> str:
    return str(int(cell)) if -_EXACT < cell < _EXACT and cell.is_integer() else repr(cell)


def _truth(cell: bool) -> str:
    return "true" if cell else "false"


def _moment(cell: dt.datetime) -> str:
    midnight = cell.time() == dt.time()
    return cell.date().isoformat() if midnight else cell.isoformat(" ", "seconds")


def _minutes(cell: dt.timedelta) -> str:
    return str(cell.total_seconds() / 60)


_WAYS: dict[type, Callable[[Any], str]] = {
    float: _number,
    bool: _truth,
    dt.datetime: _moment,
    dt.timedelta: _minutes,
}
