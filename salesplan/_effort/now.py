"""Where the hours go now: by segment, by account, by person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from salesplan._effort.cadence import served_accounts
from salesplan._effort.hours import hours_by
from salesplan._effort.sql import window
from salesplan._effort.time_use import time_by_person
from salesplan.crm import Crm


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

    ``coverage_rate = account_hours / cadence_hours``: hours of held activities with an account
    over the hours that the cadence of each account's segment asks for in the period.

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
        the company's average of the kind is used), ``hours`` and ``hours_share`` (all work,
        administration and travel included), ``account_hours`` and ``account_hours_share`` (work
        with an account: to hold against revenue and potential), ``cadence_hours``,
        ``coverage_rate``, ``gap_hours`` (cadence less account hours),
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
