"""Killing loads at random moments: the book must open and hold one load whole.

``python -m benchmarks.soak_loading [KILLS]`` loads over an existing book and kills the loader
with SIGKILL: three times of four after a random part of the time that a load takes, else in the
instant in which the new book takes the old one's place. Each time the book is opened, and its
tables must belong to one and the same load. Loads that ended before the signal do not count.
It ends with a load that must go through and leave nothing behind but the book.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import salesplan as sp

KILLS = 200
SIZES = (40, 400)
TABLES = {
    "opportunities": ("opportunity_id;stage;amount;created_on", "D{0};Won;{0}.50;2026-09-30"),
    "leads": ("lead_id;channel;status;created_on", "L{0};web;new;2026-09-30"),
}


def exports(folder: Path, count: int) -> Path:
    """Write exports in which deals and leads are equally many."""
    folder.mkdir()
    for table, (header, row) in TABLES.items():
        rows = "\n".join(row.format(i) for i in range(count))
        (folder / f"{table}.csv").write_text(f"{header}\n{rows}\n")
    return folder


def held(book: Path) -> int:
    """Return how many rows each table of a book holds, or fail where they are of two loads."""
    with sp.open(book) as crm:
        found = {crm.counts[table] for table in TABLES}
    assert len(found) == 1, f"a mix of loads: {found}"
    assert found <= set(SIZES), f"part of a load: {found}"
    return found.pop()


def load_in_a_child(folder: Path, book: Path) -> int:
    """Start a load in a forked process; return its number."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            sp.load(folder, into=book).close()
            code = 0
        finally:
            os._exit(code)
    return child


def timed_load(folder: Path, book: Path) -> float:
    """Let a load go through; return its seconds."""
    started = time.perf_counter()
    _, status = os.waitpid(load_in_a_child(folder, book), 0)
    assert status == 0, f"a load that nobody killed failed: {status}"
    return time.perf_counter() - started


def killed(folder: Path, book: Path, delay: float | None) -> bool:
    """Start a load and kill it after a delay, or as it swaps; return whether it still ran."""
    place = book.stat().st_ino
    child = load_in_a_child(folder, book)
    until = time.perf_counter() + (60 if delay is None else delay)
    while time.perf_counter() < until and (delay is not None or book.stat().st_ino == place):
        time.sleep(0.0002)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert not os.WIFEXITED(status) or os.WEXITSTATUS(status) == 0, f"a load failed: {status}"
    return os.WIFSIGNALED(status)


def soak(kills: int, home: Path) -> Counter[str]:
    """Kill loads until so many were hit; return how many left the old book, how many the new."""
    chance = random.Random(7)
    folders = [exports(home / str(size), size) for size in SIZES]
    book = home / "crm.duckdb"
    timed_load(folders[0], book)
    usual = timed_load(folders[1], book)
    outcomes: Counter[str] = Counter()
    tries = 0
    while outcomes["old"] + outcomes["new"] < kills:
        before, tries = held(book), tries + 1
        other = folders[SIZES.index(before) - 1]
        delay = None if tries % 4 == 0 else chance.uniform(0, usual)
        was_hit = killed(other, book, delay)
        after = held(book)
        outcomes["too late" if not was_hit else "old" if after == before else "new"] += 1
    timed_load(folders[0], book)
    assert held(book) == SIZES[0]
    left = sorted(p.name for p in home.iterdir() if p.is_file())
    assert left == [book.name], f"left behind: {left}"
    return outcomes


def main(kills: int = KILLS) -> None:
    """Kill loads and print what was found."""
    with tempfile.TemporaryDirectory() as name:
        found = soak(kills, Path(name))
    print(
        f"{kills} kills: the old book {found['old']} times, the new one {found['new']} times, "
        f"always whole; {found['too late']} loads ended before their signal and do not count"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else KILLS)
