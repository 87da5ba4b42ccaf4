"""Billing periods in the words of CRMs and billing systems, as times a year."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from salesplan._revenue.policy import Policy
from salesplan.errors import InputError

_MONTHS = {
    "month": 1, "monthly": 1, "mensuel": 1, "monatlich": 1,
    "quarter": 3, "quarterly": 3, "trimestriel": 3,
    "half": 6, "half-year": 6, "halfyear": 6, "semiannual": 6, "semi-annual": 6, "biannual": 6,
    "year": 12, "yearly": 12, "annual": 12, "annually": 12, "annuel": 12,
    "biennial": 24, "two-year": 24, "triennial": 36, "three-year": 36,
}  # fmt: skip
_WEEKS = {"week": 1, "weekly": 1, "biweekly": 2, "fortnight": 2, "two-week": 2}
_DAYS = {"day": 1, "daily": 1}
_ONCE = {"once", "one-time", "one-off", "onetime", "term", "upfront", "no-billing-period"}
_UNITS: dict[str, tuple[str, int]] = {"day": ("day", 1), "week": ("week", 1)} | {
    "month": ("month", 1), "quarter": ("month", 3), "year": ("month", 12),
}  # fmt: skip

Length = tuple[Literal["month", "week", "day", "term"], int]


def length(text: str | None) -> Length | None:
    """Return the unit and count of a billing period; None for words that name none.

    An empty period counts as a month, the most common plan.

    Examples
    --------
    >>> length("ANNUAL"), length("every 18 months"), length("2 weeks"), length("once")
    (('month', 12), ('month', 18), ('week', 2), ('term', 1))
    >>> length("sometimes") is None
    True
    """
    word = re.sub(r"[\s_]+", "-", (text or "month").strip().casefold()).removesuffix("-plan")
    counted = re.fullmatch(r"(?:every-|per-)?(\d+)-?(day|week|month|quarter|year)s?", word)
    if counted:
        unit, times = _UNITS[counted[2]]
        return (unit, int(counted[1]) * times) if int(counted[1]) else None  # type: ignore[return-value]
    word = word.removeprefix("every-").removeprefix("per-")
    for words, unit in ((_MONTHS, "month"), (_WEEKS, "week"), (_DAYS, "day")):
        if word in words:
            return unit, words[word]  # type: ignore[return-value]
    return ("term", 1) if word in _ONCE else None


def per_year(period: Length, policy: Policy) -> Fraction | None:
    """Return how often a period is billed in a year of twelve equal months.

    Examples
    --------
    >>> per_year(("month", 3), Policy()), per_year(("week", 1), Policy())
    (Fraction(4, 1), Fraction(52, 1))
    """
    unit, count = period
    if unit == "term":
        return None
    if unit == "month":
        return Fraction(12, count)
    if policy.weeks == "none":
        return Fraction(0)
    weeks = _weeks_a_year(policy)
    # A day is a seventh of a week except under 52/12, where a year has its 365 days.
    days = Fraction(365) if policy.weeks == "52/12" else weeks * 7
    return (weeks if unit == "week" else days) / count


def _weeks_a_year(policy: Policy) -> Fraction:
    if policy.normalisation == "average_month" or policy.weeks == "365.25/84":
        return Fraction(36525, 700)
    return Fraction(52) if policy.weeks == "52/12" else Fraction("4.33") * 12


def monthly_price(amount: float | Decimal | str, billing_period: str, policy: Policy) -> float:
    """Return the MRR of one price, rounded as the policy rounds.

    Raises
    ------
    InputError
        For a period that names no length, or one that has none by itself (once, term).
    """
    period = length(billing_period)
    times = None if period is None else per_year(period, policy)
    if times is None:
        raise InputError(
            f"billing_period={billing_period!r} has no length. Write month, quarter, half, "
            "year, week, day or '18 months'."
        )
    exact = Fraction(str(amount)) * times / 12
    return float(round_mrr(exact, policy.rounding))


def round_mrr(exact: Fraction, rounding: str) -> Fraction:
    """Return a monthly amount rounded half up to cents or four decimals, or cut to cents."""
    scale = {"none": 0, "cents": 100, "floor": 100, "four_decimals": 10_000}[rounding]
    if not scale:
        return exact
    half = Fraction(0) if rounding == "floor" else Fraction(1, 2)
    sign = 1 if exact >= 0 else -1
    return sign * Fraction(int(abs(exact) * scale + half), scale)


def known_lengths(words: Iterable[str | None]) -> dict[str, Length]:
    """Return the lengths of the periods a table uses, without the words that name none."""
    found = {word or "": length(word) for word in words}
    return {word: period for word, period in found.items() if period}
