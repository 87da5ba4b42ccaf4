"""Best-first search over cuts of the segments' ranges: an envelope's optimum made true.

On an S-shaped curve an envelope may stop half-way on a straight line, where the true curve
hangs below. The range of that one segment is then cut in two at that point and both halves
are solved again; each half hugs its curve more closely. What is set aside can be shown to
hold nothing better, so the answer is the best plan, not the nearest one.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from salesplan.stats import Floats


@dataclass(frozen=True)
class Relaxed:
    """The optimum over envelopes: a bound, a plan within the limits, prices, where to cut.

    ``split`` is the segment whose envelope lies above its curve at effort ``at``, or -1.
    """

    bound: float
    effort: Floats
    value: float
    prices: Floats
    split: int
    at: float


Relax = Callable[[Floats, Floats], "Relaxed | None"]
"""Solve within limits; None where the lowest efforts do not fit."""


@dataclass(order=True)
class _Node:
    """A part of the problem, best bound first."""

    rank: float
    order: int
    low: Floats = field(compare=False)
    high: Floats = field(compare=False)
    found: Relaxed = field(compare=False)


class Search:
    """Parts of a problem that may still hold something better, and the best plan so far."""

    def __init__(self, relax: Relax, *, tolerance: float) -> None:
        self.relax, self.tolerance = relax, tolerance
        self.count = itertools.count()
        self.nodes: list[_Node] = []
        self.best: Relaxed | None = None
        self.settled = -np.inf  # highest bound of the parts that are not cut any further

    def add(self, low: Floats, high: Floats) -> None:
        """Solve a part and keep it where it may hold something better."""
        found = self.relax(low, high)
        if found is None:
            return
        if self.best is None or found.value > self.best.value:
            self.best = found
        if found.bound > self._enough():
            heapq.heappush(self.nodes, _Node(-found.bound, next(self.count), low, high, found))
        else:
            self.settled = max(self.settled, found.bound)

    def _enough(self) -> float:
        assert self.best is not None
        return self.best.value + self.tolerance * abs(self.best.value)

    def run(self, cuts: int) -> None:
        """Cut until nothing better can be left, or so many times."""
        for _ in range(cuts):
            if not self.nodes or -self.nodes[0].rank <= self._enough():
                break
            self._cut(heapq.heappop(self.nodes))

    def _cut(self, node: _Node) -> None:
        segment = node.found.split
        if segment < 0:
            self.settled = max(self.settled, node.found.bound)
            return
        at = _cut_point(node, segment)
        for low, high in ((node.low[segment], at), (at, node.high[segment])):
            lows, highs = node.low.copy(), node.high.copy()
            lows[segment], highs[segment] = low, high
            self.add(lows, highs)

    @property
    def bound(self) -> float:
        """Value that no plan can exceed."""
        assert self.best is not None
        return max([*(-n.rank for n in self.nodes), self.settled, self.best.value])


def _cut_point(node: _Node, segment: int) -> float:
    low, high = float(node.low[segment]), float(node.high[segment])
    # A cut at the very edge would leave the part as it was.
    margin = 1e-3 * (high - low)
    return min(max(node.found.at, low + margin), high - margin)
