"""Allocation: time against one numpy pass, one sort, and SciPy's SLSQP; gaps beside them."""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import optimize, sparse

from salesplan import effort
from salesplan.allocation import (
    Adbudg,
    Curves,
    Exponential,
    Power,
    Problem,
    Shared,
    Solution,
    continuous,
    several,
    whole,
)
from salesplan.stats import Floats

SIZES = (30, 300, 3_000, 30_000)
SLSQP_SIZE = 300
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3


def keep_memory() -> None:
    """Ask the allocator to keep freed memory: fetching pages anew would drown a single pass."""
    if sys.platform == "linux":
        allocator = ctypes.CDLL(None)
        for parameter in (M_TRIM_THRESHOLD, M_MMAP_THRESHOLD):
            allocator.mallopt(parameter, 1 << 30)


def best_of(*runs: Callable[[], object], times: int = 9) -> list[float]:
    """Return the shortest time of each of several runs, taken in turn, in milliseconds."""
    shortest = [float("inf")] * len(runs)
    for _ in range(times):
        for place, run in enumerate(runs):
            start = time.perf_counter()
            run()
            shortest[place] = min(shortest[place], time.perf_counter() - start)
    return [1e3 * seconds for seconds in shortest]


def families(count: int) -> dict[str, Curves]:
    chances = np.random.default_rng(count)
    scale = chances.uniform(1, 100, count)
    return {
        "exponential": Exponential(scale, chances.uniform(0.05, 0.4, count)),
        "power": Power(scale, chances.uniform(0.2, 0.8, count)),
        "ADBUDG c=1": Adbudg(0.0, scale, 1.0, chances.uniform(2, 20, count)),
        "S-shaped": Adbudg(
            0.0, scale, chances.uniform(1.3, 3.5, count), chances.uniform(2, 20, count), 5.0
        ),
    }


def problem(curves: Curves) -> Problem:
    count = len(curves)
    chances = np.random.default_rng(count + 1)
    hours = chances.integers(2, 13, count) / 4
    high = chances.integers(6, 49, count).astype(float)
    return Problem(curves, hours, np.zeros(count), high, 0.3 * float(hours @ high))


def one_pass(task: Problem) -> Callable[[], float]:
    """Return the floor: price -> effort -> clip -> hours, each curve once."""
    log_price = np.log(task.cost) + 0.1
    return lambda: float(
        task.cost @ np.minimum(np.maximum(task.curves.reach(log_price), task.low), task.high)
    )


def in_any_amount(count: int, name: str, curves: Curves) -> None:
    task = problem(curves)
    slow = count > 3000 and name == "S-shaped"
    floor, took = best_of(one_pass(task), lambda: continuous(task), times=3 if slow else 15)
    found = continuous(task)
    print(
        f"{count:>7,}  {name:<12} any amount   {took:9.2f} ms  {took / floor:8.1f} x one pass"
        f"  gap {found.gap:.0e}"
    )


def every_marginal_value(task: Problem) -> Floats:
    """Return what each call of each segment adds: what a planner would sort."""
    levels = (task.high + 1).astype(int)
    owner = np.repeat(np.arange(len(levels)), levels)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(levels) - levels, levels)
    value = task.curves.take(owner).value(step.astype(float))
    return np.diff(value)[step[1:] > 0]


def in_whole_calls(count: int, name: str, curves: Curves, *, in_quarters: bool) -> None:
    """Time the solver on arrays; hours of a call are quarters of an hour, or any number."""
    task = problem(curves)
    if not in_quarters:
        other = task.cost * np.random.default_rng(3).uniform(0.8, 1.2, count)
        task = replace(task, cost=other)
    marginal = every_marginal_value(task)
    times = 50 if count < 3000 else 5
    sort, took = best_of(lambda: np.argsort(marginal), lambda: whole(task), times=times)
    found = whole(task)
    print(
        f"{count:>7,}  {name:<12} whole, {'1/4 h' if in_quarters else 'any h'} {took:9.2f} ms"
        f"  {took / sort:8.1f} x one argsort"
        f"  gap {found.gap:.0e}  ({found.method})"
    )


def through_the_door(count: int) -> None:
    """Time ``effort.allocate`` with its table read, checked and written."""
    task, curves = problem(families(count)["exponential"]), families(count)["exponential"]
    assert isinstance(curves, Exponential)
    table = pd.DataFrame(
        {
            "segment": [f"S{i}" for i in range(count)],
            "curve": "exponential",
            "scale": curves.scale,
            "rate": curves.rate,
            "hours_per_call": task.cost,
            "maximum": task.high,
        }
    )
    runs = [
        lambda: whole(task),
        lambda: effort.allocate(table, hours=task.capacity, whole=True),
    ]
    inside, took = best_of(*runs, times=5)
    print(
        f"{count:>7,}  exponential  whole, table in and out {took:9.2f} ms, of it the solver"
        f" {inside:.2f} ms"
    )


def sharing(curves: Curves, rows: int, chances: np.random.Generator) -> Shared:
    """Return segments that draw on one seller each, on a specialist and on travel."""
    count = len(curves)
    high = chances.integers(6, 49, count).astype(float)
    place = np.arange(count)
    row = np.concatenate(
        [chances.integers(0, rows - 2, count), np.full(count, rows - 2), np.full(count, rows - 1)]
    )
    uses = sparse.csr_array(
        (chances.uniform(0.2, 3, 3 * count), (row, np.tile(place, 3))), shape=(rows, count)
    )
    return Shared(curves, uses, np.zeros(count), high, 0.3 * (uses @ high))


def under_several(count: int, rows: int, name: str) -> None:
    task = sharing(families(count)[name], rows, np.random.default_rng(7))
    found: list[Solution] = []
    (took,) = best_of(lambda: found.append(several(task)), times=1 if name == "S-shaped" else 3)
    over = float(np.max(task.uses @ found[0].effort / task.capacity)) - 1
    print(
        f"{count:>7,}  {name:<12} {rows} capacities {took:9.1f} ms  gap {found[0].gap:.0e}"
        f"  largest overdraft {max(over, 0):.0e}"
    )


def against_slsqp() -> None:
    curves = families(SLSQP_SIZE)["exponential"]
    task = problem(curves)
    (ours,) = best_of(lambda: continuous(task), times=50)
    limits = optimize.Bounds(task.low, task.high)
    room = {
        "type": "ineq",
        "fun": lambda x: task.capacity - task.cost @ x,
        "jac": lambda _: -task.cost,
    }
    start = np.full(SLSQP_SIZE, task.capacity / task.cost.sum())
    begun = time.perf_counter()
    found = optimize.minimize(
        lambda x: -float(curves.value(x).sum()),
        start,
        jac=lambda x: -curves.slope(x),
        bounds=limits,
        constraints=[room],
        method="SLSQP",
        options={"maxiter": 1000, "ftol": 1e-9},
    )
    theirs = 1e3 * (time.perf_counter() - begun)
    best = continuous(task).value
    print(
        f"{SLSQP_SIZE:>7,}  SLSQP (analytic gradient) {theirs:9.1f} ms, salesplan {ours:.2f} ms:"
        f" {theirs / ours:,.0f} x slower, {(best + found.fun) / best:.1e} short of the optimum"
    )


def any_amount() -> None:
    for count in SIZES:
        for name, curves in families(count).items():
            in_any_amount(count, name, curves)


def whole_calls() -> None:
    for count in SIZES:
        for name in ("exponential", "S-shaped"):
            for in_quarters in (True, False):
                in_whole_calls(count, name, families(count)[name], in_quarters=in_quarters)


def tables() -> None:
    for count in SIZES:
        through_the_door(count)


def capacities() -> None:
    for count, rows in ((300, 5), (3_000, 32), (30_000, 302)):
        for name in ("exponential", "S-shaped"):
            under_several(count, rows, name)


PARTS = {
    "amount": any_amount,
    "whole": whole_calls,
    "tables": tables,
    "several": capacities,
    "slsqp": against_slsqp,
}


def main(names: Sequence[str] = ()) -> None:
    """Print the named comparisons (``python -m benchmarks.effort whole slsqp``), or all."""
    keep_memory()
    for name in names or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
