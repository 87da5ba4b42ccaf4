"""Rows from all over a big file, as its first rows need not be like the others.

An export in the order of time begins with the days of one month, and with columns that were
filled only later. What the sample shows is settled before the whole file is read.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from salesplan.loading.sources import Source

PLACES = 64
CHUNK = 1 << 14
"""Bytes taken from each place, up to the end of a line."""

SMALLEST = 4 * PLACES * CHUNK
"""Bytes of a file from which on a sample is much less than the file."""


def from_all_over(source: Source) -> Source | None:
    """Return a source of some rows of a source; None where it is small, or a line may be no row.

    Inside quotes a cell may hold line ends: a sample cut there would take texts for rows.
    """
    path = source.clean.path
    size = path.stat().st_size
    if size < SMALLEST or source.clean.scan.quotes or source.clean.scan.has_long_line:
        return None
    target = source.scratch / f"sample-{source.number}.csv"
    _copy(path, target, size // PLACES)
    clean = replace(source.clean, path=target)
    return replace(source, clean=clean, dialect=replace(source.dialect, skip=0))


def _copy(path: Path, target: Path, step: int) -> None:
    """Copy whole lines from each of the places, the first of them apart: it is looked at anyway."""
    with path.open("rb") as whole, target.open("wb") as sample:
        for place in range(1, PLACES):
            whole.seek(place * step)
            whole.readline()
            sample.writelines(whole.readlines(CHUNK))
