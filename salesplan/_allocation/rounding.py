"""Whole calls under several capacities: round at the right prices, mend, fill."""

from __future__ import annotations

import heapq

import numpy as np

from salesplan._allocation.branch import Problem
from salesplan._allocation.curves import Index
from salesplan._allocation.dual import Shared
from salesplan._allocation.grid import Grid, grid
from salesplan.stats import Floats

SMALL = 1500
"""Levels in all up to which the exact plan is sought by integer programming."""
_SECONDS = 5.0


def rounded(problem: Shared, prices: Floats, bound: float, near: Floats) -> tuple[Floats, float]:
    """Return whole calls within every capacity, and a bound on the best such plan.

    Plans are made from the best levels at the prices, and from those below and next to a plan
    ``near`` the best in any amount. What does not fit is taken back, what fits is added, and the
    best of them is kept.
    """
    unit = problem.uses.T @ prices
    levels = grid(Problem(problem.curves, unit, problem.low, problem.high, np.inf))
    profit = levels.net - unit[levels.owner] * levels.step
    best = np.maximum.reduceat(profit, levels.first)
    start = problem.worth(problem.low)
    spare = problem.capacity - problem.uses @ problem.low
    bound = min(bound, start + float(np.sum(best) + prices @ spare))
    above = near - problem.low
    starts = (np.floor(above + 1e-9), np.rint(above))
    steps = [_cheapest_best(levels, profit, best), *(s.astype(np.int64) for s in starts)]
    plans = [_Plan(problem, levels, step) for step in steps]
    for plan in plans:
        plan.mend(unit)
        plan.fill(unit)
    plan = max(plans, key=_Plan.value)
    if len(levels.owner) <= SMALL and bound > start + plan.value() * (1 + 1e-9):
        exact = _integer_programme(problem, levels, spare)
        if exact is not None:
            found = float(np.sum(levels.net[levels.first + exact]))
            if found > plan.value():
                plan.step = exact
            bound = min(bound, start + max(plan.value(), found))
    return problem.low + plan.step, bound


def _cheapest_best(levels: Grid, profit: Floats, best: Floats) -> Index:
    hit = np.where(profit >= np.repeat(best, levels.count), -levels.step, -(2**40))
    return np.asarray(-np.maximum.reduceat(hit, levels.first))


class _Plan:
    """Whole steps above the lowest level, and the hours left of every capacity."""

    def __init__(self, problem: Shared, levels: Grid, step: Index) -> None:
        self.levels, self.step = levels, step
        self.columns = problem.uses.tocsc()
        self.left = problem.capacity - problem.uses @ (problem.low + step)
        self.slack = 1e-9 * np.maximum(problem.capacity, 0)

    def value(self) -> float:
        return float(np.sum(self.levels.net[self.levels.first + self.step]))

    def _need(self, segment: int) -> tuple[Index, Floats]:
        part = slice(self.columns.indptr[segment], self.columns.indptr[segment + 1])
        return self.columns.indices[part], self.columns.data[part]

    def _move(self, segment: int, by: int) -> None:
        rows, hours = self._need(segment)
        self.left[rows] -= by * hours
        self.step[segment] += by

    def _net(self, segment: int, step: int) -> float:
        return float(self.levels.net[self.levels.first[segment] + step])

    def mend(self, unit: Floats) -> None:
        """Take back what costs least where a capacity is overdrawn."""
        heap = [
            self._back(s, unit) for s in np.flatnonzero(self.step).tolist() if self._overdrawn(s)
        ]
        heapq.heapify(heap)
        while heap:
            _, segment, down = heapq.heappop(heap)
            if not self._overdrawn(segment):
                continue
            self._move(segment, -down)
            if self.step[segment]:
                heapq.heappush(heap, self._back(segment, unit))

    def _overdrawn(self, segment: int) -> bool:
        rows, _ = self._need(segment)
        return bool(np.any(self.left[rows] < -self.slack[rows]))

    def _back(self, segment: int, unit: Floats) -> tuple[float, int, int]:
        """Return the cheapest way down for a segment: loss per call, segment, calls."""
        now = int(self.step[segment])
        lower = np.arange(now)
        first = self.levels.first[segment]
        loss = (self.levels.net[first + now] - self.levels.net[first + lower]) / (now - lower)
        best = int(np.argmin(loss[::-1])) + 1
        price = float(unit[segment]) or 1.0
        return float(loss[now - best]) / price, int(segment), best

    def fill(self, unit: Floats) -> None:
        """Add what brings most per priced hour while it fits."""
        heap = [c for s in range(len(self.step)) if (c := self._up(s, unit)) is not None]
        heapq.heapify(heap)
        while heap:
            _, segment, up = heapq.heappop(heap)
            rows, hours = self._need(segment)
            if np.all(up * hours <= self.left[rows] + self.slack[rows]):
                self._move(segment, up)
                following = self._up(segment, unit)
                if following is not None:
                    heapq.heappush(heap, following)

    def _up(self, segment: int, unit: Floats) -> tuple[float, int, int] | None:
        now, count = int(self.step[segment]), int(self.levels.count[segment])
        rows, hours = self._need(segment)
        with np.errstate(divide="ignore"):
            fits = np.min((self.left[rows] + self.slack[rows]) / hours, initial=np.inf)
        most = int(min(fits, count - 1 - now)) if count - 1 > now else 0
        if most < 1:
            return None
        first = self.levels.first[segment] + now
        gain = self.levels.net[first + 1 : first + most + 1] - self.levels.net[first]
        average = gain / np.arange(1, most + 1)
        best = int(np.argmax(average))
        if average[best] <= 0:
            return None
        return -float(average[best]) / (float(unit[segment]) or 1e-300), segment, best + 1


def _integer_programme(problem: Shared, levels: Grid, spare: Floats) -> Index | None:
    """Return the exact plan of a small problem, or None where none is proven in time."""
    from scipy import optimize, sparse

    count, size = len(levels.owner), len(levels.first)
    one = sparse.csr_array((np.ones(count), (levels.owner, np.arange(count))), shape=(size, count))
    hours = problem.uses.tocsc()[:, levels.owner].multiply(levels.step)
    scale = float(np.max(np.abs(levels.net), initial=0.0)) or 1.0
    found = optimize.milp(
        -levels.net / scale,
        integrality=np.ones(count, np.int64),
        bounds=optimize.Bounds(0, 1),
        constraints=[
            optimize.LinearConstraint(one, 1, 1),
            optimize.LinearConstraint(sparse.csr_array(hours), -np.inf, spare),
        ],
        options={"time_limit": _SECONDS, "presolve": False, "mip_rel_gap": 1e-10},
    )
    if found.x is None or found.status != 0:
        return None
    chosen = np.flatnonzero(found.x > 0.5)
    return levels.step[chosen] if len(chosen) == size else None
