"""How many hours: the value of every capacity, the flat top, re-allocation and size apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesplan._effort.plan import Plan, make
from salesplan._effort.request import Ready, Request, prepare
from salesplan.allocation import Problem, every_capacity
from salesplan.errors import InputError
from salesplan.stats import Floats

COLUMNS = [
    "hours",
    "value_amount",
    "cost_amount",
    "net_amount",
    "value_of_next_hour",
    "is_flat",
]
_HALVINGS = 40


@dataclass(frozen=True)
class Frontier:
    """Value of every capacity, and which sizes are as good as the best.

    Attributes
    ----------
    table
        ``hours``, ``value_amount``, ``cost_amount``, ``net_amount``, ``value_of_next_hour``,
        ``is_flat`` (within the tolerance of the best).
    best_hours, best_net
        The size with the highest value less cost.
    flat_from_hours, flat_to_hours
        Any size between these is within the tolerance of the best.
    now_hours, now_net
        The effort now (NaN where it is not known).
    reallocation_gain, size_gain
        What the same hours could bring if spread better; what the best size adds to that.
    """

    table: pd.DataFrame
    best_hours: float
    best_net: float
    flat_from_hours: float
    flat_to_hours: float
    now_hours: float
    now_net: float
    reallocation_gain: float
    size_gain: float


def trace(request: Request, *, points: int, within: float) -> Frontier:
    """Return the frontier of a request whose hours are left open."""
    if request.cost_per_hour <= 0:
        raise InputError("A frontier needs cost_per_hour: without a cost the best size is endless.")
    if points < 2 or not 0 < within < 1:
        raise InputError(f"points={points} must be 2 or more and within={within} a share.")
    best = make(request.but(hours=None))
    best_hours, best_net = float(best.capacities["used_hours"].iloc[0]), best.value
    least = best_net - within * abs(best_net)
    low = _edge(request, 0.0, best_hours, least)
    high = _edge(request, _far(request, best_hours, least), best_hours, least)
    table = _table(request, np.linspace(0, max(high * 1.25, best_hours * 1.5), points))
    net = table["net_amount"].to_numpy(float)
    table["is_flat"] = net >= least
    now_hours, now_net, same = _now(request, best)
    return Frontier(
        table[COLUMNS],
        best_hours,
        best_net,
        low,
        high,
        now_hours,
        now_net,
        same - now_net,
        best_net - same,
    )


def _net(request: Request, hours: float) -> float:
    """Return value less cost when all of these hours are worked."""
    ready = prepare(request.but(hours=hours, cost_per_hour=0.0))
    return ready.solve().value - request.cost_per_hour * hours


def _far(request: Request, hours: float, least: float) -> float:
    """Return a size that is clearly too large."""
    far = max(hours, 1e-9) * 2
    while _net(request, far) >= least:
        far *= 2
    return far


def _edge(request: Request, outside: float, inside: float, least: float) -> float:
    """Return the size at which the net value crosses a level, by bisection."""
    if outside < inside and not _possible(request, outside):
        outside = _smallest(request)
    if _net(request, outside) >= least:
        return outside
    for _ in range(_HALVINGS):
        middle = (outside + inside) / 2
        if _net(request, middle) >= least:
            inside = middle
        else:
            outside = middle
        if abs(inside - outside) <= 1e-9 * max(inside, outside):
            break
    return inside


def _possible(request: Request, hours: float) -> bool:
    return hours >= _smallest(request)


def _smallest(request: Request) -> float:
    """Return the hours that the lowest efforts take."""
    ready = prepare(request.but(hours=None))
    return float(ready.capacities.used(ready.low)[0])


def _table(request: Request, hours: Floats) -> pd.DataFrame:
    ready = prepare(request.but(hours=None))
    sizes = hours[hours >= _smallest(request)]
    rows = _by_steps(ready, sizes) if request.whole else _by_size(request, sizes)
    found = pd.DataFrame(rows, columns=["hours", "value_amount", "value_of_next_hour"])
    found["cost_amount"] = found["hours"] * request.cost_per_hour
    found["net_amount"] = found["value_amount"] - found["cost_amount"]
    return found


def _by_size(request: Request, sizes: Floats) -> list[tuple[float, float, float]]:
    rows = []
    for size in sizes:
        found = prepare(request.but(hours=float(size), cost_per_hour=0.0)).solve()
        rows.append((float(size), found.value, float(found.prices[0])))
    return rows


def _by_steps(ready: Ready, sizes: Floats) -> list[tuple[float, float, float]]:
    """Return the value of sizes from one sort of all steps."""
    hours = np.asarray(ready.capacities.uses.sum(axis=0)).ravel()
    most = float(sizes.max()) / hours
    high = np.maximum(np.minimum(ready.segments.vector(None, "maximum", np.inf), np.floor(most)), 0)
    problem = Problem(ready.segments.curves, hours, ready.low, np.maximum(high, ready.low), np.inf)
    used, value, price = every_capacity(problem)
    at = np.searchsorted(used, sizes + 1e-9, side="right") - 1
    return list(zip(sizes.tolist(), value[at].tolist(), price[at].tolist(), strict=True))


def _now(request: Request, best: Plan) -> tuple[float, float, float]:
    """Return hours and net value now, and the net value of the same hours spread best."""
    now = best.table["now_hours"].sum(min_count=len(best.table))
    if np.isnan(now):
        return float("nan"), float("nan"), float("nan")
    net = best.table["now_amount"].sum() - request.cost_per_hour * now
    return float(now), float(net), _net(request, float(now))
