"""Several capacities: rep hours, specialist days, travel; one plan and a price for each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from salesplan._allocation.branch import Problem
from salesplan._allocation.branch import allocate as continuous
from salesplan._allocation.curves import Index
from salesplan._allocation.cuts import Relaxed, Search
from salesplan._allocation.dual import Dual, Priced, Shared, over_the_curve, prices
from salesplan._allocation.envelope import envelope
from salesplan._allocation.jumps import decided, lines
from salesplan._allocation.rounding import rounded
from salesplan._allocation.single import Task, solve
from salesplan._allocation.solution import Solution, clean
from salesplan._allocation.whole import allocate as whole
from salesplan.stats import Floats

TOLERANCE = 1e-9
SOFTNESS = (1e-2, 1e-3, 1e-4)
"""How far lines are bent while prices are sought: first much, then by a hair."""
_MOST_CUTS = 500
_WORK = 25_000  # segments times cuts: a few seconds at most


def allocate(problem: Shared, *, whole_calls: bool = False) -> Solution:
    """Return the best effort under several capacities, with a proven bound.

    Where every segment draws on one capacity only, each capacity is a problem of its own and
    is solved exactly; otherwise prices are found by Newton's method on the dual, and S-shaped
    problems of up to some thousands of segments are cut until the plan is proven best or
    ``_WORK`` is done. What is then left is in the solution's ``gap``.
    """
    if np.all(np.diff(problem.uses.tocsc().indptr) == 1):
        return _each_alone(problem, whole_calls)
    start = _priced(problem, _first_prices(problem))
    root = _relaxed(problem, start)
    if whole_calls:
        effort, bound = rounded(problem, start.found.prices, start.bound, root.effort)
        value, method = problem.worth(effort), "prices by dual Newton, rounded"
        return Solution(effort, value, max(bound, value), start.found.prices, method)
    search = Search(lambda low, high: _part(problem, root, low, high), tolerance=TOLERANCE)
    search.add(problem.low, problem.high)
    search.run(min(_WORK // max(len(problem.low), 1), _MOST_CUTS))
    best = search.best or root
    method = "prices by dual Newton" + (", cuts" if search.bound < root.bound else "")
    return Solution(best.effort, best.value, search.bound, root.prices, method)


def _part(problem: Shared, root: Relaxed, low: Floats, high: Floats) -> Relaxed | None:
    """Return the optimum over envelopes within limits; the root's is known."""
    if low is problem.low and high is problem.high:
        return root
    if np.any(problem.uses @ low > problem.capacity * (1 + 1e-12)):
        return None
    part = problem.within(low, high)
    return _relaxed(part, _priced(part, root.prices, SOFTNESS[-1:]))


@dataclass(frozen=True)
class _Priced:
    """The dual of a problem at its best prices, and the bound there."""

    dual: Dual
    found: Priced
    bound: float


def _priced(problem: Shared, start: Floats, bends: tuple[float, ...] = SOFTNESS) -> _Priced:
    """Return the best prices over the envelopes of a problem's curves."""
    for softness in bends:
        dual = Dual(problem, softness=softness)
        found = prices(dual, start)
        start = found.prices
        if not len(dual.shape.line_slope):
            return _Priced(dual, found, min(found.bound, _crisp(dual, found)))
    return _Priced(dual, found, _crisp(dual, found))


def _relaxed(problem: Shared, start: _Priced) -> Relaxed:
    """Return a plan, its bound, and the segment that stands furthest above its curve."""
    dual, found = start.dual, start.found
    effort = _best_pattern(problem, dual, found)
    value = problem.worth(effort)
    split, at = _where_to_cut(dual, found)
    return Relaxed(max(start.bound, value), effort, value, found.prices, split, at)


def _where_to_cut(dual: Dual, found: Priced) -> tuple[int, float]:
    """Return the segment that stands furthest above its curve, else the one with most to gain.

    -1 where every envelope is its curve: then nothing is left to cut.
    """
    short = over_the_curve(dual, found)
    split = int(np.argmax(short))
    if short[split] > 0:
        return split, float(found.effort[split])
    offset, is_jump = lines(dual)
    if not np.any(is_jump):
        return -1, 0.0
    shape = dual.shape
    most = int(np.argmax(np.where(is_jump, shape.line_length * shape.line_slope, -np.inf)))
    return int(shape.line_owner[most]), float(offset[most] + shape.line_length[most] / 2)


def _crisp(dual: Dual, found: Priced) -> float:
    return dual.at(found.prices, soft=False).bound


def _each_alone(problem: Shared, whole_calls: bool) -> Solution:
    columns = problem.uses.tocsc()
    row, hours = columns.indices, columns.data
    effort = problem.low.copy()
    value = bound = 0.0
    price = np.zeros(len(problem.capacity))
    solver = whole if whole_calls else continuous
    order = np.argsort(row, kind="stable")
    groups = np.split(order, np.searchsorted(row[order], np.arange(1, len(price))))
    for at, segments in enumerate(groups):
        if len(segments):
            found = solver(_alone(problem, segments, hours, float(problem.capacity[at])))
            effort[segments], price[at] = found.effort, found.prices[0]
            value, bound = value + found.value, bound + found.bound
    return Solution(effort, value, bound, price, "each capacity alone")


def _alone(problem: Shared, segments: Index, hours: Floats, capacity: float) -> Problem:
    return Problem(
        problem.curves.take(segments),
        hours[segments],
        problem.low[segments],
        problem.high[segments],
        capacity,
    )


def _first_prices(problem: Shared) -> Floats:
    """Return one price for all capacities: that of all hours thrown together."""
    hours = np.asarray(problem.uses.sum(axis=0)).ravel()
    known = np.where(hours > 0, hours, hours[hours > 0].min(initial=1.0))
    shape = envelope(problem.curves, problem.low, problem.high)
    price = solve(Task(shape, known, float(problem.capacity.sum()))).price
    if price <= 0:
        slope = problem.curves.slope(problem.high) / known
        price = float(np.max(slope[np.isfinite(slope)], initial=0.0)) or 1e-300
    return np.full(len(problem.capacity), price)


def feasible(problem: Shared, effort: Floats) -> Floats:
    """Return effort scaled towards its lowest level until no capacity is overdrawn."""
    above = effort - problem.low
    need = problem.uses @ above
    room = np.maximum(problem.capacity - problem.uses @ problem.low, 0.0)
    factor, over = np.ones(len(room)), need > room
    factor[over] = room[over] / need[over]
    columns = problem.uses.tocsc()
    each = np.ones(len(effort))
    owner = np.repeat(np.arange(len(effort)), np.diff(columns.indptr))
    np.minimum.at(each, owner, factor[columns.indices])
    return clean(problem.low + above * each, problem.low, problem.high)


def _best_pattern(problem: Shared, dual: Dual, found: Priced) -> Floats:
    """Return the best of the plan as priced and the plan with its jumps taken or dropped."""
    plan = feasible(problem, found.effort)
    part = (found.filled > 1e-9) & (found.filled < 1 - 1e-9)
    if not np.any(part):
        return plan
    low, high = decided(dual, found)
    if np.any(problem.uses @ low > problem.capacity):
        low = feasible(problem, low)
    again = problem.within(low, high)
    fixed = prices(Dual(again), np.maximum(found.prices, 0.0))
    other = feasible(again, fixed.effort)
    return max((plan, other), key=problem.worth)
