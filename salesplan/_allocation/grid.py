"""Whole calls: every level of every segment, and the steps that are worth taking in turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from salesplan._allocation.branch import Problem
from salesplan._allocation.curves import Index
from salesplan._allocation.envelope import upper_hull
from salesplan.stats import Floats

_NOISE = 1e-12


@dataclass(frozen=True)
class Grid:
    """All whole levels of n segments, one after another.

    ``net`` is the value of a level above the lowest one, less the cost of its hours; the
    levels of segment i stand at ``first[i] : first[i] + count[i]``.
    """

    owner: Index
    step: Index
    net: Floats
    first: Index
    count: Index

    def each(self, numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return a number of each segment, repeated for each of its levels."""
        return np.repeat(numbers, self.count)


@dataclass(frozen=True)
class Steps:
    """Steps along the concave envelope: hours, net value, owner and number of calls."""

    owner: Index
    calls: Index
    hours: Floats
    net: Floats


def grid(problem: Problem) -> Grid:
    """Return every whole level between the limits; the limits are whole numbers."""
    count = (problem.high - problem.low).astype(np.int64) + 1
    first = np.cumsum(count) - count
    owner = np.repeat(np.arange(len(count)), count)
    step = np.arange(len(owner)) - np.repeat(first, count)
    value = problem.curves.repeated(count).value(np.repeat(problem.low, count) + step)
    above = value - np.repeat(value[first], count)
    if problem.floor_price:
        above -= np.repeat(problem.floor_price * problem.cost, count) * step
    return Grid(owner, step, above, first, count)


def steps(levels: Grid, cost: Floats) -> Steps:
    """Return the steps of the concave envelope of every segment."""
    gain = levels.net.copy()
    gain[1:] -= levels.net[:-1]
    rises = _rises(levels, gain)
    if len(rises):
        owner, calls, net = _jumps(levels, gain, rises)
        return Steps(owner, calls, cost[owner] * calls, net)
    later = levels.step.nonzero()[0]
    owner = levels.owner[later]
    return Steps(owner, np.ones(len(later), np.int64), cost[owner], gain[later])


def _rises(levels: Grid, gain: Floats) -> Index:
    """Return the levels whose call brings more than the one before it."""
    found = np.flatnonzero((gain[1:] > gain[:-1]) & (levels.step[1:] > 1)) + 1
    if not len(found):
        return found
    size = np.maximum.reduceat(np.abs(levels.net), levels.first)
    rise = gain[found] - gain[found - 1]
    return found[rise > _NOISE * size[levels.owner[found]]]


def _jumps(levels: Grid, gain: Floats, rises: Index) -> tuple[Index, Index, Floats]:
    """Return the envelope's steps where some segments are not concave.

    The first one goes to the level with the best average (on a concave curve the first call);
    if the rest then falls steadily it is taken call by call, else by Andrew's hull.
    """
    best = _best_average(levels)
    late = rises[levels.step[rises] > best[levels.owner[rises]] + 1]
    odd = np.zeros(len(best), bool)
    odd[levels.owner[late]] = True
    jumping = np.flatnonzero(~odd & (best > 0))
    last_jump = np.where(odd, levels.count, best)
    single = np.flatnonzero(levels.step > levels.each(last_jump))
    parts = [
        (jumping, best[jumping], levels.net[levels.first[jumping] + best[jumping]]),
        (levels.owner[single], np.ones(len(single), np.int64), gain[single]),
        *(_hull_steps(levels, segment) for segment in np.flatnonzero(odd)),
    ]
    owners, calls, nets = (np.concatenate(column) for column in zip(*parts, strict=True))
    return owners, calls, nets


def _best_average(levels: Grid) -> Index:
    """Return the level with the most value per call, the highest of equals."""
    average = levels.net / np.maximum(levels.step, 1)
    average[levels.first] = -np.inf
    top = np.maximum.reduceat(average, levels.first)
    hit = np.where(average >= levels.each(top), levels.step, 0)
    return np.asarray(np.maximum.reduceat(hit, levels.first))


def _hull_steps(levels: Grid, segment: np.int64) -> tuple[Index, Index, Floats]:
    first = levels.first[segment]
    net = levels.net[first : first + levels.count[segment]]
    kept = upper_hull(np.arange(len(net), dtype=float), net)
    calls = np.diff(kept)
    return np.full(len(calls), segment), calls, np.diff(net[kept])


def by_worth(found: Steps) -> tuple[npt.NDArray[np.intp], Floats]:
    """Return the steps in order of value per hour, and that value; worthless ones left out."""
    fall = -found.net / found.hours
    order = np.argsort(fall)
    fall = fall[order]
    worthwhile = int(np.searchsorted(fall, 0.0))
    return order[:worthwhile], -fall[:worthwhile]
