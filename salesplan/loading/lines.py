"""Which line of its file a row came from, and how that line reads.

Looked up only for rows that are kept apart: the engine's reader counts rows, not lines, and a
cell of several lines makes the two differ.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from salesplan.loading.encoding import count_feeds


@dataclass(frozen=True)
class Line:
    """A row of a file as it stands there."""

    number: int
    text: str


def entries(path: Path, skip: int, delimiter: str) -> Iterator[tuple[int, bytes]]:
    """Yield (line, text) of each row after the headers, blank ones included."""
    sign = delimiter.encode()
    held = b""
    started = 0
    with path.open("rb") as handle:
        for number, line in enumerate(handle, 1):
            if number <= skip:
                continue
            started = started or number
            held = held + line if held else line
            if held.count(b'"') % 2 and _is_open(held, sign):
                continue
            yield started, held
            held, started = b"", 0
    if held:
        yield started, held


def _is_open(text: bytes, delimiter: bytes) -> bool:
    """Whether a quoted cell is still open at the end of a text.

    A quote inside a cell that does not start with one is only a sign, as in 24" screen.
    """
    position = 0
    while position < len(text):
        if text[position : position + 1] == b'"':
            position = _after_quoted(text, position + 1)
            if position < 0:
                return True
        following = text.find(delimiter, position)
        if following < 0:
            return False
        position = following + 1
    return False


def _after_quoted(text: bytes, position: int) -> int:
    """Return the place behind a quoted cell, or -1 where it never ends."""
    while True:
        end = text.find(b'"', position)
        if end < 0:
            return -1
        if text[end + 1 : end + 2] != b'"':
            return end + 1
        position = end + 2


@dataclass(frozen=True)
class Layout:
    """Where the rows of a clean text file stand."""

    path: Path
    skip: int
    delimiter: str
    is_regular: bool
    """Whether every line after the headers is one row: no blank ones, no quotes."""


def locate(
    layout: Layout, rows: set[int], rejected: set[int]
) -> tuple[dict[int, Line], dict[int, Line]]:
    """Return the lines of rows, counted from 1 without rejected ones, and of rejected entries.

    ``rejected`` holds the places, from 1, of the entries that the reader refused; blank
    entries have a place but are no rows.
    """
    if layout.is_regular:
        return _by_number(layout, rows, rejected)
    found: dict[int, Line] = {}
    refused: dict[int, Line] = {}
    row = 0
    empty = b'\r\n"' + layout.delimiter.encode()
    for place, (number, text) in enumerate(entries(layout.path, layout.skip, layout.delimiter), 1):
        if place in rejected:
            refused[place] = _line(number, text)
        elif text.strip(empty):
            row += 1
            if row in rows:
                found[row] = _line(number, text)
    return found, refused


def _line(number: int, text: bytes) -> Line:
    return Line(number, text.decode("utf-8", "replace").rstrip("\r\n"))


def _by_number(
    layout: Layout, rows: set[int], rejected: set[int]
) -> tuple[dict[int, Line], dict[int, Line]]:
    """Find lines by their number alone, skipping whole blocks without any."""
    places = _places(sorted(rows), sorted(rejected))
    texts = _texts(layout.path, sorted(layout.skip + p for p in {*places.values(), *rejected}))
    return (
        {row: _line(layout.skip + p, texts[layout.skip + p]) for row, p in places.items()},
        {p: _line(layout.skip + p, texts[layout.skip + p]) for p in rejected},
    )


def _places(rows: list[int], rejected: list[int]) -> dict[int, int]:
    """Return the place of each row among all entries, rejected ones counted."""
    places: dict[int, int] = {}
    before = 0
    for row in rows:
        while before < len(rejected) and rejected[before] <= row + before:
            before += 1
        places[row] = row + before
    return places


def _texts(path: Path, numbers: list[int]) -> dict[int, bytes]:
    """Return some lines of a file, by number from 1."""
    found: dict[int, bytes] = {}
    wanted = deque(numbers)
    number, held = 1, b""  # number of the line that ``held`` begins
    with path.open("rb") as handle:
        while wanted and (block := handle.read(1 << 20)):
            held += block
            last = number + count_feeds(held)  # begins after the last line end
            if wanted[0] < last:
                lines = held.split(b"\n")
                while wanted and wanted[0] < last:
                    found[wanted[0]] = lines[wanted[0] - number]
                    wanted.popleft()
            held = held[held.rfind(b"\n") + 1 :]
            number = last
    if wanted:
        found[wanted[0]] = held
    return found
