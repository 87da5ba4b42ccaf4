"""Allocation: time against one numpy pass, one sort, and SciPy's SLSQP; gaps beside them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy import optimize, sparse

from salesplan.allocation import (
    Adbudg,
    Curves,
    Exponential,
    Power,
    Problem,
    Shared,
    continuous,
    several,
    whole,
)

SIZES = (30, 300, 3_000, 30_000)
SLSQP_SIZE = 300


def best_of(run: Callable[[], object], times: int = 5) -> float:
    """Return the shortest of several runs, in milliseconds."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return 1e3 * min(seconds)


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
    floor = best_of(one_pass(task), 9)
    took = best_of(lambda: continuous(task), 2 if count > 3000 and name == "S-shaped" else 5)
    found = continuous(task)
    print(
        f"{count:>7,}  {name:<12} any amount   {took:9.2f} ms  {took / floor:8.1f} x one pass"
        f"  gap {found.gap:.0e}"
    )


def in_whole_calls(count: int, name: str, curves: Curves, *, in_quarters: bool) -> None:
    """Hours of a call are quarters of an hour, or any number of hours."""
    task = problem(curves)
    if not in_quarters:
        other = task.cost * np.random.default_rng(3).uniform(0.8, 1.2, count)
        task = replace(task, cost=other)
    levels = (task.high + 1).astype(int)
    owner = np.repeat(np.arange(count), levels)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(levels) - levels, levels)
    value = curves.take(owner).value(step.astype(float))
    marginal = np.diff(value)[step[1:] > 0]
    sort = best_of(lambda: np.argsort(marginal), 9)
    took = best_of(lambda: whole(task), 9 if count < 3000 else 3)
    found = whole(task)
    print(
        f"{count:>7,}  {name:<12} whole, {'1/4 h' if in_quarters else 'any h'} {took:9.2f} ms"
        f"  {took / sort:8.1f} x one argsort"
        f"  gap {found.gap:.0e}  ({found.method})"
    )


def under_several(count: int, rows: int, name: str) -> None:
    curves = families(count)[name]
    chances = np.random.default_rng(7)
    high = chances.integers(6, 49, count).astype(float)
    place = np.arange(count)
    row = np.concatenate(
        [chances.integers(0, rows - 2, count), np.full(count, rows - 2), np.full(count, rows - 1)]
    )
    uses = sparse.csr_array(
        (chances.uniform(0.2, 3, 3 * count), (row, np.tile(place, 3))), shape=(rows, count)
    )
    task = Shared(curves, uses, np.zeros(count), high, 0.3 * (uses @ high))
    took = best_of(lambda: several(task), 1)
    found = several(task)
    over = float(np.max(uses @ found.effort / task.capacity)) - 1
    print(
        f"{count:>7,}  {name:<12} {rows} capacities {took:9.1f} ms  gap {found.gap:.0e}"
        f"  largest overdraft {max(over, 0):.0e}"
    )


def against_slsqp() -> None:
    curves = families(SLSQP_SIZE)["exponential"]
    task = problem(curves)
    ours = best_of(lambda: continuous(task), 20)
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


def main() -> None:
    """Print every comparison."""
    for count in SIZES:
        for name, curves in families(count).items():
            in_any_amount(count, name, curves)
        for name in ("exponential", "S-shaped"):
            for in_quarters in (True, False):
                in_whole_calls(count, name, families(count)[name], in_quarters=in_quarters)
    for count, rows in ((300, 5), (3_000, 32), (30_000, 302)):
        for name in ("exponential", "S-shaped"):
            under_several(count, rows, name)
    against_slsqp()


if __name__ == "__main__":
    main()
