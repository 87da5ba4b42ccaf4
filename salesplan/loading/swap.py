"""Building a book beside the old one and putting it in its place whole.

A book is built in a file of its own, written through to the disk, and renamed over the old one:
whoever opens the path sees the old load or the new one, never a mix, whenever the machine
stops. Readers keep the file that they opened. Windows does not let an open file be replaced:
there the new book keeps its own name, and a pointer file beside the path names it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from salesplan import book
from salesplan.errors import BookError
from salesplan.loading.lock import locked

_BUILDING = ".building"
_MEMORY = "1536MB"
"""What the engine may hold in memory while it builds; beyond that it uses the disk."""


@contextmanager
def building(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection to a new book that takes the place of ``path`` at the end.

    Raises
    ------
    BookError
        If another load is writing the book, or the disk does not take it. The old book stays.
    """
    path = Path(path)
    if path.is_dir():
        raise BookError(f"{path} is a folder. Name a file for the book, as in {path}/crm.duckdb.")
    if not path.parent.is_dir():
        raise BookError(f"The folder {path.parent} does not exist. Make it first.")
    with locked(path):
        _clear(path)
        beside = path.with_name(f"{path.name}{_BUILDING}")
        try:
            yield from _filled(beside)
            _synchronise(beside)
            _put_in_place(beside, path)
        except (duckdb.IOException, duckdb.FatalException, OSError) as error:
            raise BookError(
                f"{path} could not be written: {str(error).splitlines()[0]} "
                "The book of the last load, if there was one, is unchanged."
            ) from None
        finally:
            _clear(path)


def _filled(beside: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    engine = book.create(beside)
    try:
        engine.execute(f"SET memory_limit = '{_MEMORY}'")
        yield engine
        engine.execute("CHECKPOINT")
    finally:
        engine.close()


def _clear(path: Path) -> None:
    """Remove what a killed load left behind, and earlier versions that nobody reads."""
    current = book.version_of(path)
    for left in path.parent.glob(f"{glob_safe(path.name)}{_BUILDING}*"):
        _remove(left)
    for old in path.parent.glob(f"{glob_safe(path.name)}{book.VERSION}*"):
        if old != current:
            _remove(old)


def glob_safe(name: str) -> str:
    """Return a file name in which no character is a pattern."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def _remove(path: Path) -> None:
    if path.is_dir():
        for inner in path.iterdir():
            _remove(inner)
        with contextlib.suppress(OSError):
            path.rmdir()
    else:
        with contextlib.suppress(OSError):  # on Windows a reader may still hold it
            path.unlink()


def _synchronise(path: Path) -> None:
    """Have the disk hold a file, so that a renamed book is never an empty one."""
    with path.open("rb+") as handle:
        os.fsync(handle.fileno())


def _put_in_place(beside: Path, path: Path) -> None:
    try:
        beside.replace(path)
        book.pointer(path).unlink(missing_ok=True)
    except PermissionError:  # Windows: someone reads the old book
        _point_to(beside, path)
    _synchronise_folder(path.parent)


def _point_to(beside: Path, path: Path) -> None:
    """Give the new book a name of its own and let the pointer file name it."""
    taken = {p.name for p in path.parent.iterdir()}
    number = next(
        n for n in range(1, len(taken) + 2) if f"{path.name}{book.VERSION}{n}" not in taken
    )
    version = path.with_name(f"{path.name}{book.VERSION}{number}")
    beside.rename(version)
    fresh = book.pointer(path).with_suffix(".new")
    fresh.write_text(version.name, "utf-8")
    _synchronise(fresh)
    fresh.replace(book.pointer(path))


def _synchronise_folder(folder: Path) -> None:
    """Have the disk hold the new name; folders cannot be opened for this on Windows."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
