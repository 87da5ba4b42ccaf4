"""One load at a time per book.

The lock belongs to the process, not to the file: the system lets go of it when the process
dies, so a killed load never stands in the way of the next one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from salesplan.errors import BookError


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a book, or raise naming the process that holds it."""
    lock = path.with_name(f"{path.name}.lock")
    handle = _taken(lock, path)
    try:
        handle.seek(0)
        handle.truncate()
        handle.write(str(os.getpid()).encode())
        handle.flush()
        yield
    finally:
        lock.unlink(missing_ok=True) if sys.platform != "win32" else None
        handle.close()


def _taken(lock: Path, path: Path) -> BinaryIO:
    """Return the lock file, locked; a file that went while we waited is opened again."""
    while True:
        try:
            handle = lock.open("a+b")
        except OSError as error:
            raise BookError(f"{path} cannot be written: {error.strerror}.") from None
        if not _try(handle):
            owner = _owner(handle)
            handle.close()
            raise BookError(
                f"{path} is being written by another load{owner}. Wait for it to end, "
                "or load into another file."
            )
        if _is_current(handle, lock):
            return handle
        handle.close()


def _is_current(handle: BinaryIO, lock: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle.fileno()), lock.stat())
    except FileNotFoundError:
        return False


def _owner(handle: BinaryIO) -> str:
    try:
        handle.seek(0)
        number = handle.read(20).decode("ascii", "ignore").strip()
    except OSError:  # Windows forbids reading what another process has locked
        return ""
    return f" (process {number})" if number.isdigit() else ""


if sys.platform == "win32":
    import msvcrt

    def _try(handle: BinaryIO) -> bool:
        """Take the lock if nobody has it; a byte far behind the text keeps that readable."""
        try:
            handle.seek(1000)
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try(handle: BinaryIO) -> bool:
        """Take the lock if nobody has it."""
        try:
            fcntl.flock(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
