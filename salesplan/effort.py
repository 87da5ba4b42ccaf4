"""Where the selling hours go, where they should go, and the proof.

``hours`` and ``accounts`` say where the time goes now, against cadence, revenue and potential.
``allocate`` spreads hours over segments by what they bring, with a bound that no other plan
can beat; ``frontier`` and ``sizing`` say how many hours a company should have at all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from salesplan._effort.cadence import served_accounts
from salesplan._effort.hours import hours_by
from salesplan._effort.limits import Locked
from salesplan._effort.plan import Plan, make, override
from salesplan._effort.request import Hours, Request, ShortageError
from salesplan._effort.sql import window
from salesplan._effort.time_use import time_by_person
from salesplan.allocation import Limit
from salesplan.crm import Crm
from salesplan.measures import Measure

__all__ = [
    "MEASURES",
    "Plan",
    "ShortageError",
    "accounts",
    "allocate",
    "hours",
    "override",
    "time_use",
]

MEASURES: tuple[Measure, ...] = ()


def hours(
    crm: Crm,
    *,
    by: str | Sequence[str] | None = "segment",
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    only: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Return where the selling hours went, against cadence, revenue, margin and potential.

    ``coverage_rate = hours / cadence_hours``: hours of held activities over the hours that the
    cadence of each account's segment asks for in the period.

    Parameters
    ----------
    crm
        The loaded exports.
    by
        Dimension or dimensions: segment, owner, team, kind, country, month, ...
    since, until, month, quarter, year
        The period; without one the twelve months to ``as_of``. A running period ends at
        ``as_of``.
    only
        Keep rows of these dimensions, as in ``{"team": "North"}``.

    Returns
    -------
    DataFrame
        The dimensions, then ``account_count``, ``activity_count``, ``call_count``,
        ``meeting_count`` (demos included), ``estimated_count`` (activities without minutes:
        the company's average of the kind is used), ``hours``, ``hours_share``,
        ``cadence_hours``, ``coverage_rate``, ``gap_hours`` (cadence less hours),
        ``revenue_amount`` (deals won in the period), ``margin_amount`` (revenue times the gross
        margin of the settings), ``potential_amount`` and their shares, ``reason`` where there
        is no coverage.

    Notes
    -----
    Excluded: activities planned, cancelled or not shown up for; accounts merged into another.
    Work without an account is counted under ``(none)``. Cadence is set per account, so a
    split by kind or month has none.

    Raises
    ------
    UnknownNameError
        For an unknown dimension.
    InputError
        For a period that starts after the data end.

    Examples
    --------
    >>> found = hours(paper(), year=2026)
    >>> found[["segment", "hours", "cadence_hours", "coverage_rate", "revenue_share"]].round(3)
      segment  hours  cadence_hours  coverage_rate  revenue_share
    0  (none)   2.00            NaN            NaN            NaN
    1  bronze   1.00          0.375          2.667            NaN
    2    gold   3.50          7.500          0.467          0.686
    3  silver   2.75          3.000          0.917          0.314
    """
    crm.require("activities", need="effort.hours")
    period = {"since": since, "until": until, "month": month, "quarter": quarter, "year": year}
    first, last = window(crm, **period)
    names = [by] if isinstance(by, str) else list(by or [])
    return hours_by(crm, first, last, names, only)


def accounts(
    crm: Crm,
    *,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    tolerance: float = 0.25,
) -> pd.DataFrame:
    """Return every account by name with what it got against its cadence, worst served first.

    An account is under-served below ``1 - tolerance`` of its cadence hours and over-served
    above ``1 + tolerance``.

    Parameters
    ----------
    crm
        The loaded exports.
    since, until, month, quarter, year
        The period, as in ``hours``.
    tolerance
        Share of the cadence that may be missed or exceeded.

    Returns
    -------
    DataFrame
        ``account_id``, ``account``, ``segment``, ``owner``, ``service`` (under-served, as
        planned, over-served, no cadence), ``hours``, ``cadence_hours``, ``gap_hours``,
        ``coverage_rate``, ``call_count``, ``cadence_calls``, ``meeting_count``,
        ``cadence_meetings``, ``last_contact_on``, ``days_since_contact`` (to ``as_of``),
        ``revenue_amount``, ``potential_amount``.

    Notes
    -----
    Excluded: accounts merged into another.

    Examples
    --------
    >>> found = accounts(paper(), year=2026)
    >>> found[["account", "service", "hours", "cadence_hours"]].head(3)
          account       service  hours  cadence_hours
    0    Alpha AG  under-served   1.50           3.75
    1    Bravo SA  under-served   2.00           3.75
    2  Carlo GmbH    as planned   1.25           1.50
    """
    crm.require("accounts", "activities", need="effort.accounts")
    period = {"since": since, "until": until, "month": month, "quarter": quarter, "year": year}
    first, last = window(crm, **period)
    return served_accounts(crm, first, last, tolerance=tolerance)


def time_use(
    crm: Crm,
    *,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
) -> pd.DataFrame:
    """Return what administration and travel leave each person for selling, and what is logged.

    ``selling_capacity_hours = capacity_hours * (1 - administration share - travel share)``;
    the shares are inputs of the settings, and what people logged of them stands beside.

    Parameters
    ----------
    crm
        The loaded exports.
    since, until, month, quarter, year
        The period, as in ``hours``.

    Returns
    -------
    DataFrame
        ``person_id``, ``owner``, ``team``, ``capacity_hours`` (working hours times full-time
        share, while employed), ``administration_hours``, ``administration_logged_hours``,
        ``travel_hours``, ``travel_logged_hours``, ``selling_capacity_hours``,
        ``selling_hours`` (logged, all other kinds), ``selling_share`` (of the capacity),
        ``unlogged_hours`` (selling capacity without an activity behind it).

    Examples
    --------
    >>> time_use(paper(), year=2026)[["owner", "capacity_hours", "selling_capacity_hours"]].head(2)
          owner  capacity_hours  selling_capacity_hours
    0  Ada Roth          1200.0                   720.0
    1  Ben Kahn          1200.0                   720.0
    """
    crm.require("activities", need="effort.time_use")
    period = {"since": since, "until": until, "month": month, "quarter": quarter, "year": year}
    return time_by_person(crm, *window(crm, **period))


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
