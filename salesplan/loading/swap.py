"""Building a book beside the old one and putting it in its place whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from salesplan import book


@contextmanager
def building(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection to a new book that takes the place of ``path`` at the end."""
    beside = path.with_name(f"{path.name}.building")
    beside.unlink(missing_ok=True)
    engine = book.create(beside)
    yield engine
    engine.close()
    beside.replace(path)
