"""Whole calls: every level of every segment, and the steps that are worth taking in turn."""

from __future__ import annotations

from dataclasses import dataclass

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
    first = np.concatenate([[0], np.cumsum(count)[:-1]])
    owner = np.repeat(np.arange(len(count)), count)
    step = np.arange(len(owner)) - np.repeat(first, count)
    value = problem.curves.take(owner).value(problem.low[owner] + step)
    above = value - np.repeat(value[first], count)
    if problem.floor_price:
        above -= problem.floor_price * problem.cost[owner] * step
    return Grid(owner, step, above, first, count)


def steps(levels: Grid, cost: Floats) -> Steps:
    """Return the steps of the concave envelope of every segment."""
    later = np.flatnonzero(levels.step)
    gain = levels.net[later] - levels.net[later - 1]
    owner = levels.owner[later]
    calls = np.ones(len(later), np.int64)
    bent = _bent(levels, owner, gain)
    if len(bent):
        straight = ~np.isin(owner, bent)
        jumps = _jumps(levels, bent)
        owner = np.concatenate([owner[straight], jumps[0]])
        calls = np.concatenate([calls[straight], jumps[1]])
        gain = np.concatenate([gain[straight], jumps[2]])
    return Steps(owner, calls, cost[owner] * calls, gain)


def _bent(levels: Grid, owner: Index, gain: Floats) -> Index:
    """Return the segments where a later call brings more than the one before it."""
    if len(gain) < 2:
        return np.empty(0, np.int64)
    size = np.abs(np.maximum.reduceat(np.abs(levels.net), levels.first))
    rises = gain[1:] > gain[:-1] + _NOISE * size[owner[1:]]
    return np.unique(owner[1:][rises & (owner[1:] == owner[:-1])])


def _jumps(levels: Grid, bent: Index) -> tuple[Index, Index, Floats]:
    """Return the envelope's steps for segments that are not concave.

    The first one goes to the level with the best average; if the rest then falls steadily (an
    S-shaped curve) it is taken call by call, else (any table) by Andrew's hull.
    """
    mask = np.zeros(len(levels.first), bool)
    mask[bent] = True
    rows = mask[levels.owner]
    step, net = levels.step[rows], levels.net[rows]
    count = levels.count[bent]
    first = np.concatenate([[0], np.cumsum(count)[:-1]])
    best = _best_average(step, net, first, count)
    gain = np.diff(net, prepend=0.0)
    size = np.repeat(np.maximum.reduceat(np.abs(net), first), count)
    beyond = step > np.repeat(best, count) + 1
    rises = beyond & (gain > np.concatenate([[0.0], gain[:-1]]) + _NOISE * size)
    odd = np.add.reduceat(rises.astype(np.int64), first) > 0
    single = (step > np.repeat(best, count)) & ~np.repeat(odd, count)
    s_shaped = ~odd
    place = first[s_shaped] + best[s_shaped]
    owner = np.repeat(bent, count)
    parts = [
        (bent[s_shaped], best[s_shaped], net[place]),
        (owner[single], np.ones(int(single.sum()), np.int64), gain[single]),
        *(_hull_steps(bent[i], net[first[i] : first[i] + count[i]]) for i in np.flatnonzero(odd)),
    ]
    owners, calls, gains = (np.concatenate(column) for column in zip(*parts, strict=True))
    return owners, calls, gains


def _best_average(step: Index, net: Floats, first: Index, count: Index) -> Index:
    average = np.where(step > 0, net / np.maximum(step, 1), -np.inf)
    top = np.repeat(np.maximum.reduceat(average, first), count)
    hit = np.where(average >= top, step, 0)
    return np.asarray(np.maximum.reduceat(hit, first))


def _hull_steps(owner: np.int64, net: Floats) -> tuple[Index, Index, Floats]:
    kept = upper_hull(np.arange(len(net), dtype=float), net)
    calls = np.diff(kept)
    return np.full(len(calls), owner), calls, np.diff(net[kept])


def by_worth(found: Steps) -> tuple[npt.NDArray[np.intp], Floats]:
    """Return the steps in order of value per hour, and that value; worthless ones left out."""
    density = found.net / found.hours
    order = np.argsort(-density)
    order = order[: int(np.searchsorted(-density[order], 0.0))]
    return order, density[order]
