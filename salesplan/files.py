"""Files that appear whole or not at all: written beside the old one, then moved over it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from salesplan.errors import InputError


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside ``path`` to write to; it takes its place at the end.

    Raises
    ------
    InputError
        If the folder cannot be made or written, or the file is held open by another program.
    """
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error.strerror}.") from None
    os.close(handle)
    draft = Path(name)
    try:
        yield draft
        draft.chmod(0o644)
        _move(draft, target)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


def _move(draft: Path, target: Path) -> None:
    try:
        draft.replace(target)
    except PermissionError:  # Windows: Excel holds the old workbook open
        raise InputError(f"{target} is open in another program. Close it and run again.") from None
    except OSError as error:
        raise InputError(f"{target} cannot be replaced: {error.strerror}.") from None


def write_text(path: str | Path, content: str) -> Path:
    """Write a text file as UTF-8 with Unix line ends, whole or not at all."""
    with replacing(path) as draft:
        draft.write_text(content, "utf-8", newline="\n")
    return Path(path)
