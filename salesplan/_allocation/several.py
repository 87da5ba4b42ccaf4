"""Several capacities: rep hours, specialist days, travel; one plan and a price for each."""

from __future__ import annotations

import numpy as np

from salesplan._allocation.branch import Problem
from salesplan._allocation.branch import allocate as continuous
from salesplan._allocation.curves import Index
from salesplan._allocation.dual import Dual, Priced, Shared, prices
from salesplan._allocation.envelope import envelope
from salesplan._allocation.rounding import rounded
from salesplan._allocation.single import Task, solve
from salesplan._allocation.solution import Solution, clean
from salesplan._allocation.whole import allocate as whole
from salesplan.stats import Floats


def allocate(problem: Shared, *, whole_calls: bool = False) -> Solution:
    """Return the best effort under several capacities, with a proven bound.

    Where every segment draws on one capacity only, each capacity is a problem of its own and
    is solved exactly; otherwise prices are found by Newton's method on the dual.
    """
    if np.all(np.diff(problem.uses.tocsc().indptr) == 1):
        return _each_alone(problem, whole_calls)
    dual = Dual(problem)
    found = prices(dual, _first_prices(problem))
    bound = min(found.bound if not len(dual.shape.line_slope) else np.inf, _crisp(dual, found))
    if whole_calls:
        effort, bound = rounded(problem, found.prices, bound)
    else:
        effort = _best_pattern(problem, dual, found)
    value = problem.worth(effort)
    method = "prices by dual Newton" + (", rounded" if whole_calls else "")
    return Solution(effort, value, max(bound, value), found.prices, method)


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
    room = problem.capacity - problem.uses @ problem.low
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(need > room, np.maximum(room, 0) / need, 1.0)
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
    low, high = _decided(problem, dual, found)
    again = problem.within(low, high)
    fixed = prices(Dual(again), np.maximum(found.prices, 0.0))
    other = feasible(again, fixed.effort)
    return max((plan, other), key=problem.worth)


def _decided(problem: Shared, dual: Dual, found: Priced) -> tuple[Floats, Floats]:
    """Take the jumps that are nearly full while the capacities hold them; drop the rest."""
    low, high = problem.low.copy(), problem.high.copy()
    shape, columns = dual.shape, problem.uses.tocsc()
    left = problem.capacity - problem.uses @ low
    for line in np.argsort(-found.filled, kind="stable"):
        owner = shape.line_owner[line]
        rows = columns.indices[columns.indptr[owner] : columns.indptr[owner + 1]]
        need = columns.data[columns.indptr[owner] : columns.indptr[owner + 1]]
        need = need * shape.line_length[line]
        if found.filled[line] > 1e-9 and np.all(need <= left[rows]):
            left[rows] -= need
            low[owner] += shape.line_length[line]
        else:
            high[owner] = min(high[owner], low[owner])
    return low, np.maximum(high, low)
