"""S-shaped curves, effort in any amount: the envelope optimum made true, with proof.

One segment at most stands half-way on a straight line of its envelope; its range is cut.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from salesplan._allocation.curves import Curves
from salesplan._allocation.cuts import Relaxed, Search
from salesplan._allocation.envelope import envelope
from salesplan._allocation.single import Task, solve, total
from salesplan._allocation.solution import Solution, clean
from salesplan.stats import Floats

TOLERANCE = 1e-10
_WORK = 400_000  # segments times cuts: about a second


@dataclass(frozen=True)
class Problem:
    """Curves to share one capacity: hours per unit of effort, limits, cost of an hour."""

    curves: Curves
    cost: Floats
    low: Floats
    high: Floats
    capacity: float
    floor_price: float = 0.0

    def worth(self, effort: Floats) -> float:
        """Return the value of an effort, less the cost of its hours."""
        value = float(np.sum(self.curves.value(effort)))
        return value - self.floor_price * total(self.cost, effort)


def allocate(problem: Problem, *, tolerance: float = TOLERANCE) -> Solution:
    """Return the best effort under one capacity, to a relative tolerance, with its bound."""
    search = Search(lambda low, high: _relaxed(problem, low, high), tolerance=tolerance)
    search.add(problem.low, problem.high)
    search.run(max(8, _WORK // max(len(problem.cost), 1)))
    best = search.best
    if best is None:  # the lowest efforts alone take more hours than there are
        nothing, price = -np.inf, np.array([0.0])
        return Solution(problem.low, nothing, nothing, price, "envelope and cuts")
    return Solution(best.effort, best.value, search.bound, best.prices, "envelope and cuts")


def _relaxed(problem: Problem, low: Floats, high: Floats) -> Relaxed | None:
    if total(problem.cost, low) > problem.capacity * (1 + 1e-12):
        return None
    shape = envelope(problem.curves, low, high)
    found = solve(Task(shape, problem.cost, problem.capacity, problem.floor_price))
    effort = clean(found.effort, low, high)
    value, price = problem.worth(effort), np.array([found.price])
    at = float(found.effort[found.split])
    return Relaxed(value + found.over, effort, value, price, found.split, at)
