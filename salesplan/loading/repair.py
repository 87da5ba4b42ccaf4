"""A quote that is opened and never closed swallows every row behind it.

The line that opens it is taken out, so that only this line is kept apart and the rows behind
it are read as what they are.
"""

from __future__ import annotations

from dataclasses import replace

from salesplan.loading import lines
from salesplan.loading.lines import Line
from salesplan.loading.sources import Source

MOST = 50
"""Lines taken out of one file before it counts as broken altogether."""


def opened_at(source: Source, rejected: dict[int, str]) -> Line | None:
    """Return the line whose quote swallows others, if one does; ``rejected``: place -> rule."""
    suspects = [place for place, rule in rejected.items() if rule == "unquoted value"]
    if not suspects:
        return None
    path, cut = source.clean.path, source.dialect
    for place, (number, text) in enumerate(lines.entries(path, cut.skip, cut.delimiter), 1):
        if place in suspects and text.rstrip(b"\n").count(b"\n"):
            return Line(number, text.split(b"\n", 1)[0].decode("utf-8", "replace"))
    return None


def without(source: Source, line: int) -> Source:
    """Return the source with one line of its file emptied; all lines keep their numbers."""
    target = source.scratch / f"repaired-{source.number}-{line}.csv"
    with source.clean.path.open("rb") as whole, target.open("wb") as copy:
        for number, text in enumerate(whole, 1):
            copy.write(b"\n" if number == line else text)
    return replace(source, clean=replace(source.clean, path=target))
