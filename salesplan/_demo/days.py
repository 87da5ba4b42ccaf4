"""Days as whole numbers since 1970-01-01, months since the books begin, and working days."""

from __future__ import annotations

import datetime as dt

import numpy as np
from numpy.typing import ArrayLike

from salesplan._demo.chance import Ints

_EPOCH = dt.date(1970, 1, 1)
_FIRST_MONTH = np.datetime64("2023-10", "M")
_MONDAY = 4  # 5 January 1970
MONTHS = 36
"""Months of the books: three fiscal years from October 2023."""


def day(text: str) -> int:
    """Return the number of an ISO date.

    Examples
    --------
    >>> day("1970-01-05")
    4
    """
    return (dt.date.fromisoformat(text) - _EPOCH).days


FIRST = day("2023-10-01")
LAST = day("2026-09-30")


def month_start(months: ArrayLike) -> Ints:
    """Return the first day of months counted from October 2023.

    Examples
    --------
    >>> int(month_start(0)) == FIRST, int(month_start(36)) == LAST + 1
    (True, True)
    """
    named = _FIRST_MONTH + np.asarray(months, np.int64)
    return np.asarray(named.astype("datetime64[D]").astype(np.int64))


def month_of(days: ArrayLike) -> Ints:
    """Return the month, counted from October 2023, that holds each day."""
    named = np.asarray(days, np.int64).astype("datetime64[D]").astype("datetime64[M]")
    return np.asarray((named - _FIRST_MONTH).astype(np.int64))


def to_work(days: ArrayLike) -> Ints:
    """Return days counted in working days; a weekend counts as the Monday after it."""
    since = np.asarray(days, np.int64) - _MONDAY
    return np.asarray(since // 7 * 5 + np.minimum(since % 7, 5))


def from_work(count: ArrayLike) -> Ints:
    """Return the day of a count of working days.

    Examples
    --------
    >>> int(from_work(to_work(day("2026-09-26")))) == day("2026-09-28")
    True
    """
    number = np.asarray(count, np.int64)
    return np.asarray(number // 5 * 7 + number % 5 + _MONDAY)


def next_workday(days: ArrayLike) -> Ints:
    """Return each day, or the Monday after it where it falls on a weekend."""
    return from_work(to_work(days))


def weekday(days: ArrayLike) -> Ints:
    """Return 0 for Monday to 6 for Sunday."""
    return np.asarray((np.asarray(days, np.int64) - _MONDAY) % 7)


def label(day_number: int) -> str:
    """Return the ISO text of a day."""
    return (_EPOCH + dt.timedelta(days=int(day_number))).isoformat()


def quarter_label(month: int) -> str:
    """Return the calendar quarter of a month counted from October 2023.

    Examples
    --------
    >>> quarter_label(0), quarter_label(35)
    ('2023-Q4', '2026-Q3')
    """
    index = 2023 * 12 + 9 + month
    return f"{index // 12}-Q{index % 12 // 3 + 1}"
