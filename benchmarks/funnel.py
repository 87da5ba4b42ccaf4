"""The funnel against the shortest SQL for the same bare counts, and against pandas.

``python -m benchmarks.funnel 1000000`` runs it at the size of a large company: one million
deals, five million rows of history; words after the number (``win lead``) pick the metrics whose
names hold one of them. Ratios are taken side by side in one run, best of several after a first
call that is not counted; ``growth`` is the time at this size over the time at a tenth of it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import pandas as pd

import salesplan as sp
from benchmarks import _funnel_rivals as rivals
from benchmarks._funnel_company import AS_OF, company

DEALS = 100_000
_SLOW = 3.0
"""Seconds above which a run is not repeated more than once."""


def main(deals: int = DEALS, *wanted: str) -> None:
    tables = company(deals // 10)
    small = {n: best(c[0]) for n, c in chosen(_crm(tables), tables, wanted).items()}
    tables = company(deals)
    crm = _crm(tables)
    print(f"{deals:,} deals, {len(tables['stage_changes']):,} rows of history")
    print(
        f"{'':20}{'salesplan':>11}{'SQL':>8}{'pandas':>9}{'/ SQL':>8}{'pandas /':>10}{'growth':>9}"
    )
    for name, runs in chosen(crm, tables, wanted).items():
        mine, bare, frame = side_by_side(*runs)
        print(
            f"{name:20}{mine:10.3f}s{bare:7.3f}s{frame:8.3f}s{mine / bare:8.2f}"
            f"{frame / mine:10.1f}{mine / small[name]:9.1f}"
        )


def _crm(tables: dict[str, pd.DataFrame]) -> sp.Crm:
    return sp.from_frames(tables, as_of=AS_OF)


def best(run: Callable[[], object], rounds: int = 5) -> float:
    return side_by_side(run, rounds=rounds)[0]


def side_by_side(*runs: Callable[[], object], rounds: int = 5) -> list[float]:
    """Return the best time of each, taken in turns."""
    runs[0]()
    times: list[list[float]] = [[] for _ in runs]
    for _ in range(rounds):
        for run, taken in zip(runs, times, strict=True):
            if len(taken) < 2 or taken[-1] < _SLOW:
                start = time.perf_counter()
                run()
                taken.append(time.perf_counter() - start)
    return [min(taken) for taken in times]


def chosen(
    crm: sp.Crm, tables: dict[str, pd.DataFrame], wanted: tuple[str, ...]
) -> dict[str, tuple]:
    """Return the contestants whose names hold one of the words; all without words."""
    found = contestants(crm, tables).items()
    return {n: c for n, c in found if not wanted or any(word in n for word in wanted)}


def contestants(crm: sp.Crm, tables: dict[str, pd.DataFrame]) -> dict[str, tuple]:
    """Return ours, the SQL and the pandas of each metric."""
    return {
        "conversion": (
            lambda: sp.funnel.conversion(crm),
            lambda: crm.query(rivals.READINGS),
            lambda: rivals.readings(tables),
        ),
        "conversion by owner": (
            lambda: sp.funnel.conversion(crm, by="owner"),
            lambda: crm.query(rivals.READINGS_BY_OWNER),
            lambda: rivals.readings(tables, "owner_id"),
        ),
        "win rate by owner": (
            lambda: sp.funnel.win_rate(crm, by="owner"),
            lambda: crm.query(rivals.WIN_RATE),
            lambda: rivals.win_rate(tables),
        ),
        "time in stage": (
            lambda: sp.funnel.time_in_stage(crm),
            lambda: crm.query(rivals.DAYS),
            lambda: rivals.days(tables),
        ),
        "win probability": (
            lambda: sp.funnel.win_probability(crm),
            lambda: crm.query(rivals.AGES),
            lambda: rivals.ages(tables),
        ),
        "lead conversion": (
            lambda: sp.funnel.lead_conversion(crm),
            lambda: crm.query(rivals.LEADS),
            lambda: rivals.leads(tables),
        ),
    }


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:2]), *sys.argv[2:])
