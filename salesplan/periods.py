"""Months, quarters and years, with fiscal years that start in any month.

A period is half-open: it holds ``since`` and ends before ``until``. ``2026-Q3`` is a
calendar quarter, ``FY2026-Q4`` a fiscal one; a fiscal year carries the calendar year in
which it ends, as finance departments name it.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from salesplan.errors import InputError

_MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}


@dataclass(frozen=True, order=True)
class Period:
    """A named stretch of time, ``since`` included, ``until`` excluded.

    Examples
    --------
    >>> q = quarter("2026-Q3")
    >>> q.since.isoformat(), q.until.isoformat(), q.days
    ('2026-07-01', '2026-10-01', 92)
    >>> q.previous().label, q.year_before().label
    ('2026-Q2', '2025-Q3')
    """

    since: dt.date
    until: dt.date
    label: str
    unit: str = "month"
    fiscal_start: int = 1

    @property
    def days(self) -> int:
        """Length in calendar days."""
        return (self.until - self.since).days

    @property
    def last_day(self) -> dt.date:
        """The last day inside the period."""
        return self.until - dt.timedelta(days=1)

    def shift(self, months: int) -> Period:
        """Return the period of the same unit that starts ``months`` later."""
        start = add_months(self.since, months)
        return containing(start, self.unit, fiscal=self.is_fiscal, fiscal_start=self.fiscal_start)

    def previous(self) -> Period:
        """Return the period just before this one."""
        return self.shift(-_MONTHS[self.unit])

    def year_before(self) -> Period:
        """Return the same period one year earlier."""
        return self.shift(-12)

    @property
    def is_fiscal(self) -> bool:
        """Whether the label counts in fiscal years."""
        return self.label.startswith("FY")

    def parts(self, unit: str) -> list[Period]:
        """Return the shorter periods of one unit that make up this one, in its own years.

        Examples
        --------
        >>> [p.label for p in year("FY2026", fiscal_start=10).parts("half")]
        ['FY2026-H1', 'FY2026-H2']
        """
        return split(
            self.since, self.until, unit, fiscal=self.is_fiscal, fiscal_start=self.fiscal_start
        )

    def months(self) -> list[Period]:
        """Return the calendar months from ``since`` to ``until``."""
        return split(self.since, self.until, "month")


def add_months(day: dt.date, months: int) -> dt.date:
    """Return the same day of a later month, or that month's last day if it has no such day.

    Examples
    --------
    >>> add_months(dt.date(2026, 1, 31), 1).isoformat()
    '2026-02-28'
    """
    count = day.year * 12 + day.month - 1 + months
    year, month_index = divmod(count, 12)
    return dt.date(year, month_index + 1, min(day.day, days_in_month(year, month_index + 1)))


def days_in_month(year: int, month_number: int) -> int:
    """Return the number of days of a month.

    Examples
    --------
    >>> days_in_month(2024, 2)
    29
    """
    first = dt.date(year, month_number, 1)
    following = dt.date(year + month_number // 12, month_number % 12 + 1, 1)
    return (following - first).days


def containing(day: dt.date, unit: str, *, fiscal: bool = False, fiscal_start: int = 1) -> Period:
    """Return the month, quarter, half or year that holds a day.

    Examples
    --------
    >>> containing(dt.date(2026, 9, 30), "quarter").label
    '2026-Q3'
    >>> containing(dt.date(2026, 9, 30), "quarter", fiscal=True, fiscal_start=10).label
    'FY2026-Q4'
    """
    if unit not in _MONTHS:
        raise InputError(f"unit={unit!r} is not a period. Use one of {', '.join(_MONTHS)}.")
    start = fiscal_start if fiscal else 1
    index = (day.month - start) % 12 // _MONTHS[unit]
    first_of_year = dt.date(day.year - (day.month < start), start, 1)
    since = add_months(first_of_year, index * _MONTHS[unit])
    until = add_months(since, _MONTHS[unit])
    return Period(since, until, _label(since, unit, index, fiscal), unit, start)


def _label(since: dt.date, unit: str, index: int, fiscal: bool) -> str:
    if unit == "month":
        return f"{since:%Y-%m}"
    first_of_year = add_months(since, -index * _MONTHS[unit])
    named = add_months(first_of_year, 11).year if fiscal else first_of_year.year
    prefix = f"FY{named}" if fiscal else str(named)
    suffix = {"quarter": f"-Q{index + 1}", "half": f"-H{index + 1}", "year": ""}
    return prefix + suffix[unit]


def years_between(since: dt.date, until: dt.date) -> float:
    """Return a stretch of time in years: whole months as twelfths, else days of 365.

    Examples
    --------
    >>> years_between(dt.date(2026, 7, 1), dt.date(2026, 10, 1))
    0.25
    """
    if since.day == until.day:
        return ((until.year - since.year) * 12 + until.month - since.month) / 12
    return (until - since).days / 365


def split(
    since: dt.date, until: dt.date, unit: str, *, fiscal: bool = False, fiscal_start: int = 1
) -> list[Period]:
    """Return the periods of one unit that overlap ``[since, until)``, in order.

    Examples
    --------
    >>> [p.label for p in split(dt.date(2026, 1, 15), dt.date(2026, 4, 1), "month")]
    ['2026-01', '2026-02', '2026-03']
    """
    periods: list[Period] = []
    day = since
    while day < until:
        periods.append(containing(day, unit, fiscal=fiscal, fiscal_start=fiscal_start))
        day = periods[-1].until
    return periods


def parse(text: str | int, *, fiscal_start: int = 1) -> Period:
    """Return the period that a label names.

    Examples
    --------
    >>> parse("2026-09").until.isoformat()
    '2026-10-01'
    >>> parse("FY2026", fiscal_start=10).since.isoformat()
    '2025-10-01'
    >>> parse("2026-Q5")
    Traceback (most recent call last):
    ...
    salesplan.errors.InputError: '2026-Q5' is not a period. Write 2026, 2026-H1, 2026-Q3, ...
    """
    match = re.fullmatch(r"(FY)?(\d{4})(?:-(?:Q([1-4])|H([12])|(0[1-9]|1[0-2])))?", str(text))
    if not match or (match[1] and match[5]):
        raise InputError(
            f"{str(text)!r} is not a period. Write 2026, 2026-H1, 2026-Q3, 2026-09, "
            "FY2026 or FY2026-Q4 (fiscal, named by the year it ends in)."
        )
    fiscal, named = bool(match[1]), int(match[2])
    start = fiscal_start if fiscal else 1
    first = dt.date(named - (fiscal and start > 1), start, 1)
    unit, offset = _unit_and_offset(match)
    return containing(add_months(first, offset), unit, fiscal=fiscal, fiscal_start=start)


def _unit_and_offset(match: re.Match[str]) -> tuple[str, int]:
    if match[3]:
        return "quarter", 3 * (int(match[3]) - 1)
    if match[4]:
        return "half", 6 * (int(match[4]) - 1)
    if match[5]:
        return "month", int(match[5]) - 1
    return "year", 0


def month(text: str) -> Period:
    """Return the month that ``2026-09`` names."""
    return _of_unit(text, "month", 1)


def quarter(text: str, *, fiscal_start: int = 1) -> Period:
    """Return the quarter that ``2026-Q3`` or ``FY2026-Q4`` names."""
    return _of_unit(text, "quarter", fiscal_start)


def year(text: str | int, *, fiscal_start: int = 1) -> Period:
    """Return the year that ``2026`` or ``FY2026`` names."""
    return _of_unit(text, "year", fiscal_start)


def _of_unit(text: str | int, unit: str, fiscal_start: int) -> Period:
    period = parse(text, fiscal_start=fiscal_start)
    if period.unit != unit:
        raise InputError(f"{unit}={text!r} names a {period.unit}, not a {unit}.")
    return period


def to_date(value: str | dt.date, name: str = "date") -> dt.date:
    """Return a date from a date, a timestamp or ISO text.

    Examples
    --------
    >>> to_date("2026-09-30").day
    30
    """
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        raise InputError(f"{name}={value!r} is not a date. Write it as 2026-09-30.") from None


def resolve(
    *,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    fiscal_start: int = 1,
) -> tuple[dt.date | None, dt.date | None]:
    """Return ``(since, until)`` from whichever way the caller named the period.

    Examples
    --------
    >>> resolve(quarter="2026-Q3")
    (datetime.date(2026, 7, 1), datetime.date(2026, 10, 1))
    """
    named = [p for p in (month, quarter, year) if p is not None]
    if len(named) + (since is not None or until is not None) > 1:
        raise InputError("Give one of month=, quarter=, year= or since=/until=, not several.")
    if named:
        period = parse(named[0], fiscal_start=fiscal_start)
        return period.since, period.until
    first = None if since is None else to_date(since, "since")
    last = None if until is None else to_date(until, "until")
    if first and last and first >= last:
        raise InputError(f"since={first} is not before until={last} (until is excluded).")
    return first, last
