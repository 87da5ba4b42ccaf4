"""One capacity, whole calls: one sort, a fill, and an exact finish with proof.

Steps of the concave envelopes are taken by value per hour until one does not fit. The value
of its missing part bounds what any plan can add. The levels closest to that price are then
searched exactly, first a few, then more, until the best plan found falls short of the bound by
less than any plan with a level left out could.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from salesplan._allocation.branch import Problem
from salesplan._allocation.branch import allocate as continuous
from salesplan._allocation.clock import counted
from salesplan._allocation.curves import Index
from salesplan._allocation.exact import Moves, best_moves
from salesplan._allocation.grid import Grid, Steps, by_worth, grid, steps
from salesplan._allocation.margin import margin
from salesplan._allocation.single import total
from salesplan._allocation.solution import Solution
from salesplan.stats import Floats

TOLERANCE = 1e-6
"""A plan proven to be within this share of the best is not searched any further ..."""
SMALL = 60
"""... unless it has so few segments that the exact best costs nothing."""
FIRST_MOVES = 24
"""Levels nearest to the price that are searched first; each further search takes twice as many."""
_FILL_TRIES = 400
_NOISE = 1e-14


@dataclass(frozen=True)
class _Filled:
    """A plan above the lowest levels: steps of each segment, value, price, bound."""

    taken: Index
    net: float
    price: float
    bound: float

    @property
    def shortfall(self) -> float:
        """Value that may still be missing."""
        return self.bound - self.net


def allocate(problem: Problem, *, tolerance: float = TOLERANCE) -> Solution:
    """Return the best whole calls under one capacity, with the proven bound."""
    found = _searched(problem, tolerance)
    if found.gap <= tolerance or not np.any(problem.curves.inflection > problem.low):
        return found
    return _with_jumps_decided(problem, found, tolerance)


def _with_jumps_decided(problem: Problem, found: Solution, tolerance: float) -> Solution:
    """Return the plan, or a better one that jumps where effort in any amount would.

    Where few segments have very many levels the search ends early. Which S-shaped curves are
    worth their jump is then asked in any amount of effort, where the answer is exact, and the
    calls are spread over the concave rest.
    """
    free = continuous(problem)
    bend = np.minimum(np.ceil(problem.curves.inflection), np.floor(free.effort))
    jumps = free.effort > problem.low
    low = np.where(jumps, np.maximum(bend, problem.low), problem.low)
    again = _searched(replace(problem, low=low, high=np.where(jumps, problem.high, low)), tolerance)
    if again.value > found.value:
        found = replace(again, prices=found.prices, method="one sort, jumps decided")
    return replace(found, bound=max(min(found.bound, free.bound), found.value))


def _searched(problem: Problem, tolerance: float) -> Solution:
    levels = grid(problem)
    start = problem.worth(problem.low)
    spare = problem.capacity - total(problem.cost, problem.low)
    hours, spare, unit = counted(problem.cost, spare)
    found = _greedy(steps(levels, hours), spare, len(hours))
    enough = 1e-15 if len(hours) <= SMALL else tolerance
    allowed = enough * max(abs(start + found.bound), abs(start + found.net))
    method = "one sort and fill"
    if found.shortfall > allowed:
        found = _finished(levels, hours, spare, found, allowed)
        method = "one sort, exact finish" if found.shortfall <= 0 else "one sort and search"
    price = np.array([found.price / unit + problem.floor_price])
    return Solution(
        problem.low + found.taken, start + found.net, start + found.bound, price, method
    )


def _greedy(found: Steps, spare: float, size: int) -> _Filled:
    near = margin(found, spare)
    used = np.cumsum(found.hours[near.order])
    kept = int(used.searchsorted(near.left, side="right"))
    first, price, left = near.taken(kept), 0.0, 0.0
    net = float(np.sum(found.net[first]))
    further, more = first, net
    if kept < len(near.order):
        left = near.left - (float(used[kept - 1]) if kept else 0.0)
        price = float(found.net[near.order[kept]] / found.hours[near.order[kept]])
        extra = _fill(found, near.order[kept : kept + _FILL_TRIES], left)
        further, more = np.concatenate([first, extra]), net + float(np.sum(found.net[extra]))
    taken = np.bincount(found.owner[further], found.calls[further], minlength=size)
    return _Filled(taken.astype(np.int64), more, price, net + price * left)


def _fill(found: Steps, candidates: Index, left: float) -> Index:
    """Return later steps that still fit; a segment whose step is skipped is closed."""
    closed: set[int] = set()
    extra: list[int] = []
    smallest = float(found.hours[candidates].min())
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


def _finished(levels: Grid, hours: Floats, spare: float, best: _Filled, allowed: float) -> _Filled:
    """Search among the levels nearest to the price, ever more of them, until it is enough."""
    loss = _losses(levels, hours, best.price)
    base = _without_loss(levels, loss, best.taken)
    spare -= total(hours, base.astype(float))
    near = ((loss <= best.shortfall) & (levels.step != levels.each(base))).nonzero()[0]
    nearest = near[loss[near].argsort(kind="stable")]
    proven = best.bound
    for some in _ever_more(nearest):
        missing = proven - best.net
        room = min(float(loss[some[-1]]), missing) if len(some) < len(nearest) else missing
        able = some[: int(loss[some].searchsorted(room, side="right"))]
        moves = _moves(levels, hours, base, loss, able)
        found = best_moves(moves, spare=spare, price=best.price, room=room)
        if found.shortfall < missing:
            best = _moved(levels, base, moves, found.moves, best)
        if not found.is_complete:
            break
        # Every plan that falls short by less than ``room`` has been looked at.
        best = replace(best, bound=max(best.net, proven - room))
        if best.shortfall <= allowed:
            break
    return best


def _losses(levels: Grid, hours: Floats, price: float) -> Floats:
    """Return what each level brings less than its segment's best level at a price."""
    profit = levels.net - levels.each(price * hours) * levels.step
    loss = levels.each(np.maximum.reduceat(profit, levels.first)) - profit
    # Levels that differ by rounding alone are equals.
    noise = _NOISE * np.maximum.reduceat(np.abs(levels.net), levels.first)
    loss[loss <= levels.each(noise)] = 0.0
    return loss


def _without_loss(levels: Grid, loss: Floats, taken: Index) -> Index:
    """Return a level without loss of each segment: the one taken, else the lowest."""
    step = np.where(loss <= 0, levels.step, len(loss))
    lowest = np.minimum.reduceat(step, levels.first)
    return np.where(loss[levels.first + taken] <= 0, taken, lowest)


def _moves(levels: Grid, hours: Floats, base: Index, loss: Floats, near: Index) -> Moves:
    owner, level = levels.owner[near], levels.step[near]
    return Moves(owner, level, hours[owner] * (level - base[owner]), loss[near])


def _ever_more(nearest: Index) -> Iterator[Index]:
    """Return the first few, twice as many, ... and at last all."""
    count = FIRST_MOVES
    while count < len(nearest):
        yield nearest[:count]
        count *= 2
    yield nearest


def _moved(levels: Grid, base: Index, moves: Moves, chosen: list[int], best: _Filled) -> _Filled:
    """Return the better of the plan so far and the one that the moves make."""
    plan = base.copy()
    plan[moves.owner[chosen]] = moves.level[chosen]
    net = float(np.sum(levels.net[levels.first + plan]))
    return replace(best, taken=plan, net=net) if net > best.net else best


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
