"""Where the hours should go: the plan, its frontier, its what-ifs."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from salesplan._effort.frontier import Frontier, trace
from salesplan._effort.limits import Locked
from salesplan._effort.plan import Plan, make
from salesplan._effort.request import Hours, Request
from salesplan._effort.sizing import side_by_side
from salesplan._effort.whatif import less_administration, scenarios, without_seller
from salesplan.allocation import Limit


def allocate(
    segments: pd.DataFrame,
    *,
    hours: Hours,
    rows: str | pd.DataFrame | None = None,
    minimum: Limit = None,
    maximum: Limit = None,
    locked: Locked = None,
    change_at_most: float | None = None,
    whole: bool = False,
    cost_per_hour: float = 0.0,
) -> Plan:
    """Return the best use of selling hours over segments, with a bound no plan can beat.

    Every hour goes where the next one brings most, within the limits. The plan is never worth
    less than the effort now, where that fits the same limits.

    Parameters
    ----------
    segments
        One row per segment (or account): ``segment``, ``curve`` and its parameters
        (``power``: scale, exponent, base; ``exponential``: scale, rate, floor; ``logarithm``:
        scale, rate; ``adbudg``: low, high, shape, constant, unit; ``points``: a list of (calls,
        value)). Optional: ``now`` (calls per account), ``hours_per_call`` (1),
        ``account_count`` (1: curve and calls are per account), ``minimum``, ``maximum``,
        ``locked``.
    hours
        Hours there are; with ``rows`` one number per resource. None: as many as are worth
        their ``cost_per_hour``.
    rows
        Column of ``segments`` naming the resource that each draws on (the seller), or a table
        ``segment, resource, hours_per_call`` where one draws on several (seller, specialist,
        travel).
    minimum, maximum
        Calls per account: one number, a mapping by segment, or a list.
    locked
        Segments that stay as they are now, or a mapping segment -> calls.
    change_at_most
        Largest change against now, as a share of it.
    whole
        Whole calls per account only.
    cost_per_hour
        Hours that bring less are left unused; values are then net of the cost of hours.

    Returns
    -------
    Plan
        ``table`` (now, proposed, optimum), ``capacities``, ``value``, ``bound``, ``gap``,
        ``value_of_next_hour``, ``gain``, ``notes``.

    Raises
    ------
    ShortageError
        When the lowest efforts need more hours than there are: hours short per resource.
    InputError
        For a table, limit or number that cannot be served; all faults at once.

    Notes
    -----
    One capacity: root search on the price of an hour over concave envelopes, cuts where a
    curve is S-shaped; whole calls: one sort, fill and an exact finish; several capacities: dual
    Newton. Source: Lodish (1971); Fox (1966); Patriksson (2008).

    Examples
    --------
    >>> table = pd.DataFrame({"segment": ["gold", "silver"], "curve": "exponential",
    ...                       "scale": [100, 60], "rate": [0.05, 0.12], "now": [25, 25]})
    >>> plan = allocate(table, hours=50)
    >>> plan.table[["segment", "now", "proposed"]].round(2)
      segment   now  proposed
    0    gold  25.0     33.15
    1  silver  25.0     16.85
    >>> round(plan.value, 3), round(plan.gain, 3), plan.gap, round(plan.value_of_next_hour, 4)
    (132.995, 4.633, 0.0, 0.9531)
    """
    return make(
        Request(
            segments,
            hours,
            rows,
            minimum,
            maximum,
            locked,
            change_at_most,
            whole,
            cost_per_hour,
        )
    )


def frontier(
    segments: pd.DataFrame,
    *,
    cost_per_hour: float,
    minimum: Limit = None,
    maximum: Limit = None,
    whole: bool = False,
    points: int = 61,
    within: float = 0.01,
) -> Frontier:
    """Return the value of every capacity, and the range of sizes as good as the best.

    ``net = value at the best spread - cost_per_hour * hours``.

    Parameters
    ----------
    segments, minimum, maximum, whole
        As in ``allocate``.
    cost_per_hour
        Cost of an hour of selling.
    points
        Capacities in the table.
    within
        Sizes whose net value is within this share of the best are the flat top.

    Returns
    -------
    Frontier
        ``table``, ``best_hours``, ``best_net``, ``flat_from_hours``, ``flat_to_hours``,
        ``now_hours``, ``now_net``, ``reallocation_gain``, ``size_gain``.

    Raises
    ------
    InputError
        Without a cost of an hour.

    Examples
    --------
    >>> table = pd.DataFrame({"segment": ["all"], "curve": "power", "scale": 1_000_000,
    ...                       "exponent": 0.5, "now": 16})
    >>> found = frontier(table, cost_per_hour=100_000)
    >>> round(found.best_hours, 6), round(found.best_net), round(found.size_gain)
    (25.0, 2500000, 100000)
    >>> round(found.flat_from_hours, 2), round(found.flat_to_hours, 2)
    (20.25, 30.25)
    """
    request = Request(
        segments,
        None,
        minimum=minimum,
        maximum=maximum,
        whole=whole,
        cost_per_hour=cost_per_hour,
    )
    return trace(request, points=points, within=within)


def sizing(
    segments: pd.DataFrame,
    *,
    hours_per_seller: float,
    cost_per_seller: float,
    calls: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Return how many sellers by workload and by increment, side by side.

    Workload: accounts times calls times hours, over the hours of a seller; it asks nothing
    about profit. Increment: hire while the next seller's hours bring more than they cost.

    Parameters
    ----------
    segments
        As in ``allocate``.
    hours_per_seller, cost_per_seller
        Selling hours and cost of one seller in the period.
    calls
        Calls per account of each segment for the workload; the effort now by default.

    Returns
    -------
    DataFrame
        ``method``, ``seller_count``, ``hours``, ``value_amount`` (best spread),
        ``cost_amount``, ``net_amount``, ``basis``.

    Raises
    ------
    InputError
        For hours or a cost that are not above 0, or calls that are not known.

    Examples
    --------
    >>> table = pd.DataFrame({"segment": ["all"], "curve": "power", "scale": 1_000_000,
    ...                       "exponent": 0.5, "now": 16})
    >>> sizing(table, hours_per_seller=1, cost_per_seller=100_000)[
    ...     ["method", "seller_count", "net_amount"]].round(2)
          method  seller_count  net_amount
    0   workload          16.0   2400000.0
    1  increment          25.0   2500000.0
    """
    return side_by_side(
        Request(segments, None),
        hours_per_seller=hours_per_seller,
        cost_per_seller=cost_per_seller,
        calls=calls,
    )


def what_if(
    plan: Plan,
    *,
    sellers: int | str | None = None,
    administration_share: float | None = None,
    points: float = 0.05,
) -> pd.DataFrame:
    """Return what the plan is worth if a seller leaves or administration falls.

    Each case is spread anew at its best within the limits of the plan. Where other hours leave no
    room within the limit on change, both sides are compared without it (``reason`` says so).

    Parameters
    ----------
    plan
        What ``allocate`` returned.
    sellers
        How many sellers share the hours (one of them leaves), or the name of the one who
        leaves where hours are given by seller.
    administration_share
        Share of working time that is administration now.
    points
        By how much that share falls; 0.05 is five points.

    Returns
    -------
    DataFrame
        ``scenario``, ``hours``, ``value_amount``, ``change_amount`` (against the plan),
        ``gap``, ``reason`` where the minimums no longer fit.

    Raises
    ------
    InputError
        For a seller without hours or shares outside 0..1.

    Examples
    --------
    >>> table = pd.DataFrame({"segment": ["all"], "curve": "power", "scale": 100,
    ...                       "exponent": 0.5})
    >>> what_if(allocate(table, hours=100), sellers=4, administration_share=0.4)[
    ...     ["scenario", "hours", "change_amount"]].round(2)
                        scenario   hours  change_amount
    0                 as planned  100.00           0.00
    1           one seller leaves   75.00        -133.97
    2  administration falls by 5 points  108.33          40.83
    """
    cases: dict[str, object] = {}
    if sellers is not None:
        who = "one seller" if isinstance(sellers, int) else str(sellers)
        cases[f"{who} leaves"] = without_seller(plan, sellers)
    if administration_share is not None:
        name = f"administration falls by {points * 100:g} points"
        cases[name] = less_administration(plan, administration_share, points)
    return scenarios(plan, cases)
