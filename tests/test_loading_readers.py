"""Readers beside a load: each opens the old book or the new one whole, and keeps it."""

from __future__ import annotations

import subprocess
import sys
import time

import salesplan as sp
from salesplan.loading import swap


def exports(folder, count: int):
    """Write deals whose amounts tell which load they are of: all 1, or all as many as there are."""
    folder.mkdir()
    rows = [f"D{i};Won;{count};2026-01-31" for i in range(count)]
    text = "\n".join(["opportunity_id;stage;amount;created_on", *rows]) + "\n"
    (folder / "deals.csv").write_text(text)
    return folder


def seen(path) -> tuple[int, int, int]:
    """Return how many deals a book holds, their lowest and highest amount."""
    with sp.open(path) as crm:
        sql = "SELECT count(*) AS n, min(amount) AS low, max(amount) AS high FROM opportunities"
        return tuple(int(value) for value in crm.query(sql).iloc[0])


def test_readers_during_loads_see_one_load_or_the_other(tmp_path):
    path = tmp_path / "crm.duckdb"
    small, large = exports(tmp_path / "a", 3), exports(tmp_path / "b", 4_000)
    sp.load(small, into=path).close()
    code = (
        "import salesplan as sp\n"
        f"for folder in [{str(large)!r}, {str(small)!r}, {str(large)!r}]:\n"
        f"    sp.load(folder, into={str(path)!r}).close()\n"
    )
    loader = subprocess.Popen([sys.executable, "-c", code])
    first, found = sp.open(path), set()
    while loader.poll() is None:
        found.add(seen(path))
        time.sleep(0.02)
    assert loader.returncode == 0
    assert found <= {(3, 3, 3), (4_000, 4_000, 4_000)}
    assert seen(path) == (4_000, 4_000, 4_000)
    assert first.counts["opportunities"] == 3


def test_what_a_dead_load_left_behind_stands_in_nobodys_way(tmp_path):
    path = tmp_path / "crm.duckdb"
    folder = exports(tmp_path / "a", 3)
    path.with_name("crm.duckdb.lock").write_text("999999")
    left = path.with_name(f"crm.duckdb{swap._BUILDING}")
    left.write_bytes(b"half a book")
    left.with_name(f"{left.name}.wal").write_bytes(b"half a log")
    sp.load(folder, into=path).close()
    assert seen(path) == (3, 3, 3)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "crm.duckdb"]
