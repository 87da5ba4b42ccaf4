"""Killing loads at random moments: the book must open and hold one load whole.

``python benchmarks/soak_loading.py [KILLS]`` loads over an existing book, kills the loader with
SIGKILL after a random part of the time that a load takes, opens the book, and checks that its
tables belong to one and the same load. Ends with a load that must go through.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

KILLS = 200
SIZES = (40, 4_000)


def exports(folder: Path, deals: int) -> Path:
    """Write exports in which deals, leads and accounts are equally many."""
    folder.mkdir()
    for file, header, row in (
        ("deals", "opportunity_id;stage;amount;created_on", "D{0};Won;{0}.50;2026-09-30"),
        ("leads", "lead_id;channel;status;created_on", "L{0};web;new;2026-09-30"),
        ("accounts", "account_id;name;status;created_on", "A{0};Firm {0};customer;2026-09-30"),
    ):
        rows = "\n".join(row.format(i) for i in range(deals))
        (folder / f"{file}.csv").write_text(f"{header}\n{rows}\n")
    return folder


def held(book: Path) -> set[int]:
    """Return how many rows the tables of a book hold; one number if they are of one load."""
    import salesplan as sp

    with sp.open(book) as crm:
        return {crm.counts[table] for table in ("opportunities", "leads", "accounts")}


def load_in_a_child(folder: Path, book: Path) -> int:
    """Start a load in a forked process; return its number."""
    child = os.fork()
    if child == 0:
        import salesplan as sp

        code = 1
        try:
            sp.load(folder, into=book).close()
            code = 0
        finally:
            os._exit(code)
    return child


def main(kills: int = KILLS) -> None:
    """Kill loads and print what was found."""
    import salesplan as sp

    _ = sp.load  # imported before the forks, so that kills fall into loads
    chance = random.Random(7)
    outcomes = {"old": 0, "new": 0, "finished": 0}
    with tempfile.TemporaryDirectory() as name:
        folders = [exports(Path(name) / str(size), size) for size in SIZES]
        book = Path(name) / "crm.duckdb"
        started = time.perf_counter()
        os.waitpid(load_in_a_child(folders[0], book), 0)
        os.waitpid(load_in_a_child(folders[1], book), 0)
        usual = (time.perf_counter() - started) / 2
        for number in range(kills):
            (before,) = held(book)
            child = load_in_a_child(folders[number % 2], book)
            time.sleep(chance.uniform(0, 1.2) * usual)
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            after = held(book)
            assert after <= set(SIZES), f"kill {number}: a mix of loads: {after}"
            assert len(after) == 1, f"kill {number}: a mix of loads: {after}"
            finished = os.WIFEXITED(status)
            changed = after != {before}
            outcomes["finished" if finished else "new" if changed else "old"] += 1
        os.waitpid(load_in_a_child(folders[0], book), 0)
        assert held(book) == {SIZES[0]}
        left = [p.name for p in Path(name).iterdir() if p.is_file()]
    print(f"{kills} kills: {outcomes}; every book whole; files left: {left}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else KILLS)
