"""Two organisations on the same accounts; a plan against what was done."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from salesplan import periods
from salesplan._actionplan.asked import target_period
from salesplan._actionplan.organisations import compare
from salesplan._actionplan.plans import book_of_accounts, selling_hours
from salesplan._actionplan.track import track
from salesplan.crm import Crm
from salesplan.errors import InputError


def organisations(
    crm: Crm,
    segments: pd.DataFrame,
    *,
    year: str | int | None = None,
    lift: float = 0.0,
    travel_minutes: float = 0.0,
) -> pd.DataFrame:
    """Return a territory split and segment specialists on the same accounts and hours.

    Each organisation splits the hours into pools and uses each pool's at its best. Specialists
    multiply the response by ``1 + lift`` and travel longer for every call.
    ``break_even_lift_rate`` is the lift at which specialisation pays.

    Parameters
    ----------
    crm
        The loaded exports: accounts, owners, countries.
    segments
        Response curves per account of each segment, as for ``effort.allocate``.
    year
        Year of the hours; without one the year after ``as_of``.
    lift
        What specialists add to the response, as a share.
    travel_minutes
        Minutes that specialists travel more for each call.

    Returns
    -------
    DataFrame
        ``organisation`` (one pool, territories, specialists), ``pool_count``,
        ``seller_count``, ``hours``, ``value_amount``, ``without_lift_amount``,
        ``break_even_lift_rate``, ``cost_of_borders_amount`` (against one pool),
        ``moved_account_count`` and ``moved_account_share`` (accounts that change hands),
        ``workload_cv``, ``workload_largest_to_smallest``, ``potential_cv``,
        ``left_out_account_count`` (no curve for their segment).

    Raises
    ------
    InputError
        For a negative lift or travel time, or a table without the accounts' segments.

    Notes
    -----
    The territory of an account is its country, else its owner's territory. The value of one
    pool can only be higher at equal response: the difference is the cost of the borders.

    Examples
    --------
    >>> curves = pd.DataFrame({"segment": ["gold", "silver", "bronze"], "curve": "exponential",
    ...                        "scale": [9000.0, 3000.0, 800.0], "rate": 0.02})
    >>> found = organisations(paper(), curves, year=2027, travel_minutes=15)
    >>> found[["organisation", "pool_count", "moved_account_count"]]
      organisation  pool_count  moved_account_count
    0     one pool           1                    0
    1  territories           3                    ...
    2  specialists           3                    ...
    """
    first, last = target_period(crm, year=year)
    accounts = book_of_accounts(crm)
    accounts["territory"] = accounts["country"].fillna(accounts["territory"])
    return compare(
        accounts,
        selling_hours(crm, first, last),
        segments,
        lift=lift,
        travel_minutes=travel_minutes,
    )


def tracking(
    crm: Crm,
    plan: pd.DataFrame,
    *,
    as_of: str | dt.date | None = None,
    tolerance: float = 0.1,
) -> pd.DataFrame:
    """Return plan against done per seller, and the first link of the chain that is behind.

    Calls and meetings are inputs, proposals and revenue outputs; the plan counts up to the
    day, a week under way by its working days.

    Parameters
    ----------
    crm
        The loaded exports.
    plan
        What ``individual_plans`` returned.
    as_of
        The day; that of the exports by default.
    tolerance
        Share of the plan that may be missing before a link counts as behind.

    Returns
    -------
    DataFrame
        ``person_id``, ``owner``, ``indicator``, ``nature`` (input or output), ``planned``,
        ``done``, ``done_rate``, ``gap``, ``breaks_here``, ``reason``.

    Raises
    ------
    InputError
        For a plan without the needed columns, or one that has not started.

    Notes
    -----
    Excluded: activities not held; deals in a currency without a rate, counted in ``reason``.
    Revenue is in the reporting currency, at the rate of the day a deal closed.

    Examples
    --------
    >>> plan = sp.actionplan.individual_plans(paper(), year=2026)
    >>> found = tracking(paper(), plan)
    >>> found[found["owner"] == "Ada Roth"][["indicator", "planned", "done"]].round(1)
       indicator  planned     done
    0      calls      6.0      1.0
    1   meetings      3.0      1.0
    2  proposals      2.5      2.0
    3    revenue  17500.0  16000.0
    """
    day = crm.as_of if as_of is None else periods.to_date(as_of, "as_of")
    if not 0 <= tolerance < 1:
        raise InputError(f"tolerance={tolerance} must lie between 0 and 1.")
    return track(crm, plan, day, tolerance)
