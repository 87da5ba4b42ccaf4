"""Which line of its file a row came from, and how that line reads.

Looked up only for rows that are kept apart: the engine's reader counts rows, not lines, and a
cell of several lines makes the two differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


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


def locate(
    path: Path, skip: int, delimiter: str, rows: set[int], rejected: set[int]
) -> dict[int, Line]:
    """Return the lines of rows that the engine counted from 1, rejected entries left out.

    ``rejected`` holds the places, from 1, of the entries that the reader refused; blank
    entries have a place but are no rows.
    """
    found: dict[int, Line] = {}
    row = 0
    empty = b'\r\n"' + delimiter.encode()
    for place, (number, text) in enumerate(entries(path, skip, delimiter), 1):
        if place in rejected or not text.strip(empty):
            continue
        row += 1
        if row in rows:
            found[row] = Line(number, text.decode("utf-8", "replace").rstrip("\n"))
            if len(found) == len(rows):
                break
    return found


def places(path: Path, skip: int, delimiter: str, wanted: set[int]) -> dict[int, Line]:
    """Return the lines of entries by their place, blank entries counted."""
    found: dict[int, Line] = {}
    for place, (number, text) in enumerate(entries(path, skip, delimiter), 1):
        if place in wanted:
            found[place] = Line(number, text.decode("utf-8", "replace").rstrip("\n"))
            if len(found) == len(wanted):
                break
    return found
