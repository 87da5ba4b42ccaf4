"""Which jumps to take when the capacities hold a few of them in part only.

A straight line of an envelope stands for a jump that an S-shaped curve should make whole or
not at all. Taking or dropping one moves hours, and the concave parts of the other segments
make room for them at a cost that grows with the square of the hours: half of d' Q d, where d
is what the capacities are over or under and Q the change of their prices with it. Jumps are
turned over one at a time, then two at a time, while that lowers what is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from salesplan._allocation.curves import Index
from salesplan._allocation.dual import Dual, Priced, steepness
from salesplan.stats import Floats

_PER_CAPACITY = 40
"""Jumps looked at for each capacity, nearest to the price first."""
_PAIRS = 300
_TURNS = 5000


@dataclass
class _Jumps:
    """The jumps nearest to their price, one a segment, and what each would move."""

    line: Index
    taken: np.ndarray[Any, Any]
    profit: Floats  # of taking it, at the prices
    hours: Any  # sparse: hours of each capacity (column) that it takes
    over: Floats  # hours by which the capacities are exceeded
    price_of: Floats  # how prices follow hours: Q
    own: Floats  # what each costs by the square of its own hours

    def turn(self, which: Index) -> None:
        """Turn jumps over."""
        sign = np.where(self.taken[which], -1.0, 1.0)
        self.over = self.over + self.hours[which].T @ sign
        self.taken[which] = ~self.taken[which]

    def changes(self) -> Floats:
        """Return what is lost by turning each one over; negative: won."""
        sign = np.where(self.taken, -1.0, 1.0)
        found = sign * (self.hours @ (self.price_of @ self.over) - self.profit) + self.own
        return np.asarray(found, np.float64)

    def pairs(self, change: Floats) -> tuple[Floats, Index]:
        """Return what is lost by turning two over, among those that lose least alone."""
        near = np.argsort(change)[:_PAIRS]
        sign = np.where(self.taken[near], -1.0, 1.0)
        hours = self.hours[near].toarray() * sign[:, None]
        both = change[near, None] + change[None, near] + hours @ self.price_of @ hours.T
        np.fill_diagonal(both, np.inf)
        return both, near


def decided(dual: Dual, found: Priced) -> tuple[Floats, Floats]:
    """Return limits within which every jump is either taken or dropped."""
    crisp = dual.at(found.prices, soft=False)
    offset, is_jump = lines(dual)
    jumps = _nearest(dual, crisp, np.flatnonzero(is_jump))
    for _ in range(_TURNS):
        which = _best_turn(jumps)
        if not len(which):
            break
        jumps.turn(which)
    taken = crisp.filled > 0
    taken[jumps.line] = jumps.taken
    return _limits(dual, offset, is_jump, taken)


def lines(dual: Dual) -> tuple[Floats, np.ndarray[Any, Any]]:
    """Return where each line starts, and whether the curve hangs below it."""
    shape, low = dual.shape, dual.problem.low
    order = np.argsort(shape.line_owner, kind="stable")
    owner, length = shape.line_owner[order], shape.line_length[order]
    before = np.cumsum(length) - length
    first = np.searchsorted(owner, owner)
    offset = np.empty(len(order))
    offset[order] = low[owner] + before - before[first]
    curves = shape.curves.take(shape.line_owner)
    start, rise = curves.value(offset), shape.line_slope * shape.line_length
    middle = curves.value(offset + shape.line_length / 2)
    return offset, start + rise / 2 - middle > 1e-12 * np.abs(rise)


def _best_turn(jumps: _Jumps) -> Index:
    if not len(jumps.line):
        return jumps.line
    change = jumps.changes()
    least = int(np.argmin(change))
    if change[least] < -1e-15 * np.sum(np.abs(jumps.profit)):
        return np.array([least])
    both, near = jumps.pairs(change)
    first, second = np.unravel_index(int(np.argmin(both)), both.shape)
    if both[first, second] < -1e-12 * np.sum(np.abs(jumps.profit)):
        return near[[first, second]]
    return np.empty(0, np.int64)


def _nearest(dual: Dual, crisp: Priced, lines: Index) -> _Jumps:
    """Return the jumps that are nearest to their price."""
    shape, problem = dual.shape, dual.problem
    unit = dual.back @ crisp.prices
    priced = np.flatnonzero(crisp.prices > 0)
    line = _one_a_segment(shape.line_owner, shape.line_slope, unit, lines)
    line = line[: _PER_CAPACITY * max(len(priced), 1)]
    owner = shape.line_owner[line]
    # Whoever takes the jump also takes what is worth its price beyond it.
    further, gain = np.zeros(len(unit)), np.zeros(len(unit))
    further[shape.smooth], _, gain[shape.smooth] = dual.smooth_at(unit[shape.smooth])
    profit = (shape.line_slope[line] - unit[owner]) * shape.line_length[line] + gain[owner]
    effort = shape.line_length[line] + further[owner]
    hours = problem.uses.T.tocsr()[owner][:, priced].multiply(effort[:, None]).tocsr()
    follow = _price_of_hours(dual, crisp, priced)
    return _Jumps(
        line,
        crisp.filled[line] > 0,
        profit,
        hours,
        (problem.uses @ crisp.effort - problem.capacity)[priced],
        follow,
        0.5 * np.asarray(hours.multiply(hours @ follow).sum(axis=1)).ravel(),
    )


def _one_a_segment(owner: Index, slope: Floats, unit: Floats, lines: Index) -> Index:
    """Return the line of each segment that is nearest to its price, the nearest first."""
    price = np.maximum(unit[owner[lines]], 1e-300)
    order = lines[np.argsort(np.abs(np.log(slope[lines] / price)), kind="stable")]
    _, first = np.unique(owner[order], return_index=True)
    return order[np.sort(first)]


def _price_of_hours(dual: Dual, crisp: Priced, rows: Index) -> Floats:
    """Return how prices follow hours; where nothing can give way they follow steeply."""
    steep = steepness(dual.uses, crisp.bend, rows)
    steep = steep if isinstance(steep, np.ndarray) else steep.toarray()
    least = 1e-3 * dual.measure[rows] / crisp.prices[rows]
    steep[np.diag_indices_from(steep)] += np.where(np.diag(steep) < least, least, 1e-9 * least)
    return np.asarray(np.linalg.inv(steep))


def _limits(
    dual: Dual, offset: Floats, is_jump: np.ndarray[Any, Any], taken: np.ndarray[Any, Any]
) -> tuple[Floats, Floats]:
    shape, low, high = dual.shape, dual.problem.low.copy(), dual.problem.high.copy()
    yes, no = np.flatnonzero(is_jump & taken), np.flatnonzero(is_jump & ~taken)
    np.maximum.at(low, shape.line_owner[yes], (offset + shape.line_length)[yes])
    np.minimum.at(high, shape.line_owner[no], offset[no])
    return low, np.maximum(high, low)
