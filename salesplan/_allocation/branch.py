"""S-shaped curves, effort in any amount: the envelope optimum made true, with proof.

On an S-shaped curve the envelope may stop half-way on a straight line, where the true curve
hangs below. The range of that one segment is then cut in two at that point and both halves
are solved again; each half hugs its curve more closely. What is set aside can be shown to
hold nothing better, so the answer is the best plan, not the nearest one.
"""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass, field

import numpy as np

from salesplan._allocation.curves import Curves
from salesplan._allocation.envelope import envelope
from salesplan._allocation.single import Relaxed, Task, solve, total
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


@dataclass(order=True)
class _Node:
    """A part of the problem, best bound first."""

    rank: float
    order: int
    low: Floats = field(compare=False)
    high: Floats = field(compare=False)
    found: Relaxed = field(compare=False)


def allocate(problem: Problem, *, tolerance: float = TOLERANCE) -> Solution:
    """Return the best effort under one capacity, to a relative tolerance, with its bound."""
    search = _Search(problem, tolerance)
    search.add(problem.low, problem.high)
    for _ in range(max(8, _WORK // max(len(problem.cost), 1))):
        if not search.cut():
            break
    return search.answer()


class _Search:
    """Best-first search over cuts of the segments' ranges."""

    def __init__(self, problem: Problem, tolerance: float) -> None:
        self.problem, self.tolerance = problem, tolerance
        self.count = itertools.count()
        self.nodes: list[_Node] = []
        self.best_value, self.best, self.price = -np.inf, problem.low, 0.0

    def add(self, low: Floats, high: Floats) -> None:
        problem = self.problem
        if total(problem.cost, low) > problem.capacity * (1 + 1e-12):
            return
        task = Task(
            envelope(problem.curves, low, high),
            problem.cost,
            problem.capacity,
            problem.floor_price,
        )
        found = solve(task)
        effort = clean(found.effort, low, high)
        value = problem.worth(effort)
        if value > self.best_value:
            self.best_value, self.best, self.price = value, effort, found.price
        if found.bound > self._enough():
            heapq.heappush(self.nodes, _Node(-found.bound, next(self.count), low, high, found))

    def _enough(self) -> float:
        return self.best_value + self.tolerance * abs(self.best_value)

    def cut(self) -> bool:
        """Cut the range of the part with the highest bound; False when nothing is left."""
        if not self.nodes or -self.nodes[0].rank <= self._enough():
            return False
        node = heapq.heappop(self.nodes)
        segment = node.found.split
        if segment < 0:  # the bound is met but for rounding
            return True
        at = self._cut_point(node, segment)
        for low, high in ((node.low[segment], at), (at, node.high[segment])):
            lows, highs = node.low.copy(), node.high.copy()
            lows[segment], highs[segment] = low, high
            self.add(lows, highs)
        return True

    def _cut_point(self, node: _Node, segment: int) -> float:
        low, high = float(node.low[segment]), float(node.high[segment])
        at = float(node.found.effort[segment])
        # A cut at the very edge would leave the part as it was.
        margin = 1e-3 * (high - low)
        return min(max(at, low + margin), high - margin)

    def answer(self) -> Solution:
        """Return the best plan found and the highest value that may still be possible."""
        open_bound = max((-node.rank for node in self.nodes), default=-np.inf)
        bound = max(open_bound, self.best_value)
        return Solution(
            self.best, self.best_value, bound, np.array([self.price]), "envelope and cuts"
        )
