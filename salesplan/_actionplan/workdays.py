"""Working days: weekends and public holidays left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from salesplan import periods
from salesplan.errors import InputError, one_of

_FIXED: dict[str, tuple[tuple[int, int], ...]] = {
    "AT": ((1, 1), (1, 6), (5, 1), (8, 15), (10, 26), (11, 1), (12, 8), (12, 25), (12, 26)),
    "BE": ((1, 1), (5, 1), (7, 21), (8, 15), (11, 1), (11, 11), (12, 25)),
    "CH": ((1, 1), (8, 1), (12, 25)),
    "DE": ((1, 1), (5, 1), (10, 3), (12, 25), (12, 26)),
    "ES": ((1, 1), (1, 6), (5, 1), (8, 15), (10, 12), (11, 1), (12, 6), (12, 8), (12, 25)),
    "FR": ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)),
    "IT": ((1, 1), (1, 6), (4, 25), (5, 1), (6, 2), (8, 15), (11, 1), (12, 8), (12, 25), (12, 26)),
    "NL": ((1, 1), (4, 27), (12, 25), (12, 26)),
}
_FROM_EASTER: dict[str, tuple[int, ...]] = {
    "AT": (1, 39, 50, 60),
    "BE": (1, 39, 50),
    "CH": (39,),
    "DE": (-2, 1, 39, 50),
    "ES": (-2,),
    "FR": (1, 39, 50),
    "IT": (1,),
    "NL": (1, 39, 50),
}
"""Days after Easter Sunday: Good Friday -2, Easter Monday 1, Ascension 39, Whit Monday 50."""

COUNTRIES = tuple(_FIXED)


def easter(year: int) -> dt.date:
    """Return Easter Sunday (Gregorian; Meeus, Jones and Butcher).

    Examples
    --------
    >>> easter(2027).isoformat()
    '2027-03-28'
    """
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    shift = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * shift) // 433
    month = (h + shift - 7 * m + 90) // 25
    return dt.date(year, month, (h + shift - 7 * m + 33 * month + 19) % 32)


def public_holidays(country: str, year: int) -> list[dt.date]:
    """Return the public holidays that hold in a whole country.

    Regional holidays are not among them: add your own.

    Examples
    --------
    >>> [d.isoformat() for d in public_holidays("DE", 2027)][:3]
    ['2027-01-01', '2027-03-26', '2027-03-29']
    """
    one_of(country, COUNTRIES, "country")
    fixed = [dt.date(year, month, day) for month, day in _FIXED[country]]
    moving = [easter(year) + dt.timedelta(days=n) for n in _FROM_EASTER[country]]
    return sorted({*fixed, *moving})


def working_days(
    since: dt.date, until: dt.date, holidays: str | Iterable[str | dt.date] = ()
) -> list[dt.date]:
    """Return the days from Monday to Friday that are no holiday.

    Parameters
    ----------
    since, until
        First day, and the day after the last one.
    holidays
        A country code (AT, BE, CH, DE, ES, FR, IT, NL: holidays of the whole country), or the
        days themselves.

    Returns
    -------
    list of date
        In order.

    Raises
    ------
    InputError
        For an unknown country, or a holiday that is no date.

    Notes
    -----
    Excluded: regional holidays and leave, unless given. Source: the laws on public holidays;
    Easter by Meeus, Jones and Butcher.

    Examples
    --------
    >>> import datetime as dt
    >>> days = working_days(dt.date(2027, 3, 22), dt.date(2027, 4, 5), "DE")
    >>> len(days), dt.date(2027, 3, 26) in days  # Good Friday and Easter Monday are free
    (8, False)
    """
    if isinstance(holidays, str):
        years = range(since.year, until.year + 1)
        free = {day for year in years for day in public_holidays(holidays, year)}
    else:
        free = {periods.to_date(day, "holidays") for day in holidays}
    days = (since + dt.timedelta(days=n) for n in range((until - since).days))
    return [day for day in days if day.weekday() < 5 and day not in free]


def field_days(
    *, days: int = 365, weekends: int = 104, deducted: Sequence[float] = ()
) -> tuple[float, float]:
    """Return working days, and the days left in the field after absences.

    Examples
    --------
    >>> field_days(deducted=(20, 8, 5, 12))
    (261.0, 216.0)
    """
    work = float(days - weekends)
    left = work - sum(deducted)
    if left < 0:
        raise InputError(f"Absences of {sum(deducted):g} days exceed {work:g} working days.")
    return work, left
