"""Part of a year, by days or months: the factor behind pay and goals of newcomers and leavers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Literal

import numpy as np

from salesplan import periods, scales
from salesplan.errors import InputError

DayCount = Literal["included", "excluded"]


def proration(
    since: str | dt.date,
    until: str | dt.date,
    *,
    period: str | int,
    method: Literal["days", "months"] = "days",
    last_day: DayCount = "included",
    months: Literal["exact", "started", "full"] = "full",
    days_in_year: int | None = None,
    places: int | None = None,
) -> float:
    """Return the share of a period that a stay from ``since`` to ``until`` covers.

    Formula: days there / days of the period, or months there / months of the period.

    Parameters
    ----------
    since, until
        First and last day.
    period
        Period the share is of: 2026, 2026-Q3, 2026-09.
    method
        Days or months.
    last_day
        Whether ``until`` counts as a day (plans differ).
    months
        ``full`` counts complete months, ``started`` those begun, ``exact`` parts by days.
    days_in_year
        360 or 365 where the plan fixes the year's length; the calendar's otherwise.
    places
        Decimals the factor is rounded to, half up.

    Examples
    --------
    >>> proration("2026-07-01", "2026-12-31", period=2026, method="months")
    0.5
    >>> round(proration("2026-01-01", "2026-03-31", period=2026, last_day="excluded"), 6)
    0.243836
    """
    whole = periods.parse(period)
    first = max(periods.to_date(since, "since"), whole.since)
    end = periods.to_date(until, "until") + dt.timedelta(days=last_day == "included")
    end = min(end, whole.until)
    if method == "days":
        share = max((end - first).days, 0) / _length(whole, days_in_year)
    else:
        share = _months(first, end, months) / len(whole.months())
    return share if places is None else float(scales.rounded(share, places))


def _length(period: periods.Period, days_in_year: int | None) -> float:
    if days_in_year is None:
        return period.days
    return days_in_year * len(period.months()) / 12


def _months(first: dt.date, end: dt.date, counted: str) -> float:
    total = 0.0
    for month in periods.split(first, end, "month") if end > first else []:
        days = (min(end, month.until) - max(first, month.since)).days
        part = days / month.days
        total += {"exact": part, "started": 1.0, "full": float(days == month.days)}[counted]
    return total


def blend(
    values: Sequence[tuple[float, str | dt.date, str | dt.date]],
    *,
    period: str | int,
    last_day: DayCount = "included",
    days_in_year: int | None = None,
) -> float:
    """Return values that held one after the other, weighted by days: a goal changed mid-year.

    Parameters
    ----------
    values
        ``(value, first day, last day)``.
    period
        Period the blend is for.
    last_day
        Whether each last day counts.
    days_in_year
        Fixed length of the year, where the plan states one.

    Examples
    --------
    >>> halves = [(100, "2026-01-01", "2026-06-30"), (200, "2026-07-01", "2026-12-31")]
    >>> round(blend(halves, period=2026), 2)
    150.41
    """
    if not values:
        raise InputError("values is empty: give (value, first day, last day).")
    shares = [
        proration(since, until, period=period, last_day=last_day, days_in_year=days_in_year)
        for _, since, until in values
    ]
    return float(np.dot([float(v) for v, _, _ in values], shares))
