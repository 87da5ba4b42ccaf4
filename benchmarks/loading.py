"""Loading an activities export, beside what a user would write instead.

``python -m benchmarks.loading [ROWS]`` prints, for one file: DuckDB's plain ``CREATE TABLE AS
FROM read_csv``, a careful pandas read-and-clean, and ``sp.load`` with its detection, casts,
checks, issues, quarantine and key matching. Each runs in a process of its own, in turn, and
the shortest time counts; a fifth of the rows, first, shows how the time grows. Then a workbook
of 300,000 rows: ``sp.load``, the same load with openpyxl as its reader, and openpyxl reading
alone.

``python -m benchmarks.loading memory 20_000_000`` shows time and memory of ours alone,
``python -m benchmarks.loading workbook`` the workbook alone.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import _loading_rivals as rivals

ROWS = 5_000_000
SHEET_ROWS = 300_000
ROUNDS = 3


@dataclass(frozen=True)
class Run:
    """What one process took."""

    seconds: float
    gibibytes: float


def seconds(call: Callable[[], object]) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def measure_here(name: str, folder: Path) -> None:
    """Let one contender read the exports in this process; print seconds and peak memory."""
    taken = seconds(lambda: rivals.CONTENDERS[name](folder))
    print(taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2)


def measured(name: str, folder: Path) -> Run:
    """Return what a contender takes in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.loading", "one", name, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    taken, peak = done.stdout.split()
    return Run(float(taken), float(peak))


def best(names: Sequence[str], folder: Path, rounds: int = ROUNDS) -> dict[str, Run]:
    """Return the shortest run of each contender, one after the other in every round."""
    runs = [(name, measured(name, folder)) for _ in range(rounds) for name in names]
    return {
        name: Run(
            min(run.seconds for who, run in runs if who == name),
            max(run.gibibytes for who, run in runs if who == name),
        )
        for name in names
    }


def compare(rows: int) -> None:
    """Print the ratios for a file of so many rows, and how ours grows from a fifth of them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rivals.write_exports(folder, rows // 5)
        fifth = best(["plain", "ours"], folder)
        file = rivals.write_exports(folder, rows)
        print(f"activities.csv: {rows:,} rows, {file.stat().st_size / 1e6:,.0f} MB")
        found = best(["plain", "ours"], folder)
        found |= best(["pandas"], folder, rounds=1)
    plain, ours, pandas = (found[name] for name in ("plain", "ours", "pandas"))
    print(f"DuckDB, plain CREATE TABLE AS {_shown(plain)}")
    print(
        f"sp.load                       {_shown(ours)}   {ours.seconds / plain.seconds:.2f} x "
        f"plain, {ours.seconds / pandas.seconds:.2f} x pandas"
    )
    print(f"pandas, careful               {_shown(pandas)}")
    grown, theirs = (found[n].seconds / fifth[n].seconds for n in ("ours", "plain"))
    print(f"five times the rows: sp.load {grown:.2f} times the time, plain {theirs:.2f} times")


def _shown(run: Run) -> str:
    return f"{run.seconds:6.1f} s {run.gibibytes:6.2f} GiB"


def memory(rows: int) -> None:
    """Print time and peak memory of one load of so many rows, and of a quarter of them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for count in (rows // 4, rows):
            file = rivals.write_exports(folder, count)
            size = f"{file.stat().st_size / 1e6:,.0f} MB"
            print(f"{count:,} rows, {size}: {_shown(measured('ours', folder))}", flush=True)


def workbooks() -> None:
    """Print how a workbook loads, beside the same load through openpyxl, and beside openpyxl alone.

    Loading through openpyxl is all that ours does (the search for cells without a value, types
    to text, recognition, casts, checks, issues, quarantine), with calamine exchanged. Reading
    alone is openpyxl's loop over the values of its rows, in its fast mode, with nothing kept.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rivals.write_workbook(folder, SHEET_ROWS)
        found = best(["workbook", "workbook_openpyxl", "openpyxl"], folder)
    ours, through, alone = (found[n] for n in ("workbook", "workbook_openpyxl", "openpyxl"))
    print(f"workbook of {SHEET_ROWS:,} rows")
    print(f"sp.load                       {_shown(ours)}")
    for what, other in (("the same load by openpyxl", through), ("openpyxl reading alone", alone)):
        print(f"{what:30}{_shown(other)}   {other.seconds / ours.seconds:.1f} x ours")


def main(rows: int = ROWS) -> None:
    """Print the ratios."""
    compare(rows)
    workbooks()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["one", contender, where]:
            measure_here(contender, Path(where))
        case ["workbook"]:
            workbooks()
        case ["memory", count]:
            memory(int(count))
        case [count]:
            main(int(count))
        case _:
            main()
