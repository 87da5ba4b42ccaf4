"""One capacity, whole calls: one sort, a fill, and an exact finish with proof.

Steps of the concave envelopes are taken by value per hour until one does not fit. The value
of its missing part bounds what any plan can add. Every level whose own shortfall at that
price exceeds the bound's distance can be ruled out; what remains is small and is searched
exactly by dynamic programming.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from salesplan._allocation.branch import Problem
from salesplan._allocation.curves import Index
from salesplan._allocation.exact import Choice, best_choice
from salesplan._allocation.grid import Grid, Steps, by_worth, grid, steps
from salesplan._allocation.single import total
from salesplan._allocation.solution import Solution
from salesplan.stats import Floats

TOLERANCE = 1e-6
"""A plan proven to be within this share of the best is not searched any further ..."""
SMALL = 60
"""... unless it has so few segments that the exact best costs nothing."""
CORE = 40
"""Segments nearest to the margin, searched first: a better plan rules out more elsewhere."""
_FILL_TRIES = 4000


@dataclass(frozen=True)
class _Filled:
    """A greedy plan: steps of each segment, its net value, the price and the bound."""

    taken: Index
    net: float
    price: float
    bound: float


def allocate(problem: Problem, *, tolerance: float = TOLERANCE) -> Solution:
    """Return the best whole calls under one capacity, with the proven bound."""
    levels = grid(problem)
    start = problem.worth(problem.low)
    spare = problem.capacity - total(problem.cost, problem.low)
    slack = 1e-9 * max(abs(problem.capacity), 1e-300) if np.isfinite(problem.capacity) else 0.0
    greedy = _greedy(steps(levels, problem.cost), spare + slack, len(problem.cost))
    method = "one sort and fill"
    taken, net, bound = greedy.taken, greedy.net, greedy.bound
    enough = 1e-15 if len(problem.cost) <= SMALL else tolerance
    size = max(abs(start + bound), abs(net))
    for core in (CORE, None):
        if bound - net <= enough * size:
            break
        best = _Filled(taken, net, greedy.price, bound)
        found = _finish(levels, problem.cost, spare + slack, best, core)
        method = "one sort, exact finish" if found.is_exact else "one sort and search"
        taken, net, bound = _better(levels, best, found)
    effort = problem.low + taken
    price = greedy.price + problem.floor_price
    return Solution(effort, start + net, start + bound, np.array([price]), method)


def _greedy(found: Steps, spare: float, size: int) -> _Filled:
    order, density = by_worth(found)
    used = np.cumsum(found.hours[order])
    kept = int(np.searchsorted(used, spare, side="right"))
    first = order[:kept]
    taken = np.bincount(found.owner[first], found.calls[first], minlength=size).astype(np.int64)
    net = float(np.sum(found.net[first]))
    if kept == len(order):
        return _Filled(taken, net, 0.0, net)
    left = spare - (float(used[kept - 1]) if kept else 0.0)
    price = float(density[kept])
    extra = _fill(found, order[kept : kept + _FILL_TRIES], left)
    np.add.at(taken, found.owner[extra], found.calls[extra])
    return _Filled(taken, net + float(np.sum(found.net[extra])), price, net + price * left)


def _fill(found: Steps, candidates: Index, left: float) -> Index:
    """Return later steps that still fit; a segment whose step is skipped is closed."""
    closed: set[int] = set()
    extra: list[int] = []
    smallest = float(found.hours[candidates].min()) if len(candidates) else np.inf
    owners, hours = found.owner[candidates].tolist(), found.hours[candidates].tolist()
    for place, owner, need in zip(candidates.tolist(), owners, hours, strict=True):
        if left < smallest:
            break
        if owner in closed:
            continue
        if need <= left:
            extra.append(place)
            left -= need
        else:
            closed.add(owner)
    return np.asarray(extra, np.int64)


def _finish(levels: Grid, cost: Floats, spare: float, best: _Filled, core: int | None) -> Choice:
    """Search exactly among the levels that could still belong to a better plan.

    With a core only the segments nearest to the margin move; the others keep the level that is
    best at the price of an hour.
    """
    profit = levels.net - best.price * cost[levels.owner] * levels.step
    top = np.maximum.reduceat(profit, levels.first)
    loss = np.repeat(top, levels.count) - profit
    room = best.bound - best.net
    alive = loss <= room * (1 + 1e-9)
    count = np.add.reduceat(alive.astype(np.int64), levels.first)
    moving = np.flatnonzero(count > 1)
    is_partial = core is not None and len(moving) > core
    if is_partial:
        other = np.where(loss > 0, loss, np.inf)
        nearest = np.argsort(np.minimum.reduceat(other, levels.first)[moving], kind="stable")
        stays = np.ones(len(count), bool)
        stays[moving[nearest[:core]]] = False
        alive &= ~stays[levels.owner] | (np.arange(len(loss)) == _level_at(levels, loss))
    kept = np.flatnonzero(alive)
    found = best_choice(
        levels.owner[kept],
        levels.step[kept],
        cost[levels.owner[kept]] * levels.step[kept],
        loss[kept],
        spare=spare,
        price=best.price,
        room=room,
    )
    return Choice(found.owners, found.levels, found.is_exact and not is_partial)


def _level_at(levels: Grid, loss: Floats) -> Index:
    """Return, for every entry, the place of its segment's cheapest level without loss."""
    place = np.where(loss <= 0, np.arange(len(loss)), len(loss))
    return np.repeat(np.minimum.reduceat(place, levels.first), levels.count)


def _better(levels: Grid, best: _Filled, found: Choice) -> tuple[Index, float, float]:
    """Return the better of the plan so far and the searched one, and the bound."""
    taken, net = best.taken, best.net
    if found.levels is not None:
        plan = np.zeros_like(taken)
        plan[found.owners] = found.levels
        value = float(np.sum(levels.net[levels.first + plan]))
        if value > net:
            taken, net = plan, value
    return taken, net, net if found.is_exact else max(best.bound, net)


def every_capacity(problem: Problem) -> tuple[Floats, Floats, Floats]:
    """Return hours, value and value of the next hour at every step of the best plan.

    One sort serves every capacity at once: each entry is the exact optimum for its hours.
    """
    found = steps(grid(problem), problem.cost)
    order, density = by_worth(found)
    start, base = problem.worth(problem.low), total(problem.cost, problem.low)
    hours = base + np.concatenate([[0.0], np.cumsum(found.hours[order])])
    value = start + np.concatenate([[0.0], np.cumsum(found.net[order])])
    return hours, value, np.concatenate([density, [0.0]])
