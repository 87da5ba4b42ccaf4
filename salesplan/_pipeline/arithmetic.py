"""The trade's four formulas on plain numbers: velocity, coverage, weighted amount, balance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from salesplan.errors import InputError, did_you_mean
from salesplan.stats import Floats

DAYS_PER_MONTH, DAYS_PER_QUARTER, DAYS_PER_YEAR = 30, 90, 360


class Velocity(NamedTuple):
    """Sales velocity for a day, and for the trade's round month, quarter and year."""

    per_day: Floats
    per_month: Floats
    per_quarter: Floats
    per_year: Floats


class Coverage(NamedTuple):
    """How far open pipeline covers a target; NaN where there is nothing to divide by."""

    coverage: Floats
    of_full_target: Floats
    required: Floats
    expected_amount: Floats
    expected_attainment: Floats
    required_amount: Floats


class Weighted(NamedTuple):
    """A probability-weighted amount, its standard deviation and its interval."""

    amount: float
    deviation: float
    low: float
    high: float


def divide(above: npt.ArrayLike, below: npt.ArrayLike) -> Floats:
    """Return a ratio, NaN where the lower part is not above zero."""
    top, bottom = np.asarray(above, float), np.asarray(below, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(bottom > 0, top / bottom, np.nan), float)


def velocity_of(
    opportunities: npt.ArrayLike,
    average_amount: npt.ArrayLike,
    win_rate: npt.ArrayLike,
    cycle_days: npt.ArrayLike,
) -> Velocity:
    """Return sales velocity: opportunities x average amount x win rate / cycle in days.

    A month counts 30 days, a quarter 90 and a year 360, as the trade does. A cycle that is
    20 % shorter makes velocity 25 % higher, for it is the divisor.

    Examples
    --------
    >>> round(float(velocity_of(40, 25000, 0.25, 90).per_day), 2)
    2777.78
    """
    worth = np.asarray(opportunities, float) * np.asarray(average_amount, float)
    day = divide(worth * np.asarray(win_rate, float), cycle_days)
    return Velocity(day, day * DAYS_PER_MONTH, day * DAYS_PER_QUARTER, day * DAYS_PER_YEAR)


def coverage_of(
    open_amount: npt.ArrayLike,
    target_amount: npt.ArrayLike,
    *,
    won_amount: npt.ArrayLike = 0.0,
    win_rate: npt.ArrayLike = np.nan,
) -> Coverage:
    """Return coverage: open pipeline / (target - already won), and what it would take.

    Required coverage is 1 / win rate; the expected amount is open pipeline x win rate.

    Examples
    --------
    >>> c = coverage_of(4_800_000, 1_600_000, win_rate=0.22)
    >>> float(c.coverage), round(float(c.required), 2), round(float(c.expected_attainment), 2)
    (3.0, 4.55, 0.66)
    """
    pipeline, target = np.asarray(open_amount, float), np.asarray(target_amount, float)
    remaining = np.maximum(target - np.asarray(won_amount, float), 0.0)
    expected = pipeline * np.asarray(win_rate, float)
    required = divide(1.0, win_rate)
    return Coverage(
        divide(pipeline, remaining),
        divide(pipeline, target),
        required,
        expected,
        divide(expected, remaining),
        remaining * required,
    )


def weighted_of(
    amounts: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    *,
    correlation: float = 0.0,
    level: float = 0.80,
) -> Weighted:
    """Return the weighted amount, the sum of amount x probability, with an interval.

    The variance is the sum of amount^2 x p (1 - p) for deals that fall independently. With a
    ``correlation`` r between any two deals it is (1 - r) times that sum, plus r times the
    square of the summed deviations: deals that fall together leave far more open.

    Source: the variance of a sum of Bernoulli variables; the interval is the normal one,
    kept between nothing won and everything won.

    Examples
    --------
    >>> w = weighted_of([100_000] * 3, [0.1, 0.5, 0.8])
    >>> w.amount, round(w.deviation, 2)
    (140000.0, 70710.68)
    """
    amount, p = np.asarray(amounts, float), np.asarray(probabilities, float)
    single = deviations(amount, p)
    ceiling, floor = np.maximum(amount, 0).sum(), np.minimum(amount, 0).sum()
    return Weighted(
        *(
            float(x)
            for x in interval_of(
                amount @ p, single @ single, single.sum(), floor, ceiling, correlation, level
            )
        )
    )


def deviations(amount: Floats, p: Floats) -> Floats:
    """Return the standard deviation of each deal's outcome: all of its amount or nothing."""
    if np.any((p < 0) | (p > 1)):
        raise InputError("probabilities must lie between 0 and 1. Divide percentages by 100.")
    return np.asarray(np.abs(amount) * np.sqrt(p * (1 - p)), float)


def interval_of(
    mean: Any,
    squares: Any,
    total: Any,
    floor: Any,
    ceiling: Any,
    correlation: float,
    level: float,
) -> tuple[Any, Any, Any, Any]:
    """Return mean, deviation and interval from the sums of single deviations, group by group."""
    check_share(correlation, "correlation", inclusive=True)
    check_share(level, "level", inclusive=False)
    deviation = np.sqrt((1 - correlation) * squares + correlation * total**2)
    half = float(ndtri(0.5 + level / 2)) * deviation
    return mean, deviation, np.maximum(mean - half, floor), np.minimum(mean + half, ceiling)


ARRIVALS = ("created", "reopened", "increased", "moved_in", "received")
DEPARTURES = ("won", "lost", "decreased", "moved_out", "handed_over", "deleted")


def balance_of(start: float, movements: Mapping[str, float]) -> float:
    """Return the pipeline at the end: start + what came - what went (+ exchange rates, signed).

    Movements are given as positive amounts, except ``fx``, which has a sign of its own.

    Examples
    --------
    >>> balance_of(100, {"created": 50, "won": 30, "lost": 20})
    100.0
    """
    known = (*ARRIVALS, *DEPARTURES, "fx")
    for name in movements:
        if name not in known:
            raise InputError(f"{name!r} is no movement. {did_you_mean(name, known)}")
    came = sum(movements.get(name, 0.0) for name in (*ARRIVALS, "fx"))
    return float(start + came - sum(movements.get(name, 0.0) for name in DEPARTURES))


def check_share(value: float, name: str, *, inclusive: bool) -> None:
    """Raise unless a number is a share."""
    inside = 0 <= value <= 1 if inclusive else 0 < value < 1
    if not inside:
        raise InputError(f"{name}={value!r} is no share. Give a number between 0 and 1.")


def check_counts(**values: int) -> None:
    """Raise unless all numbers are 1 or more."""
    for name, value in values.items():
        if value < 1:
            raise InputError(f"{name}={value!r} is too few. Give 1 or more.")
