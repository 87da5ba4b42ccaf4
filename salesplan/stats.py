"""Small statistics that several metrics share: intervals, corrections, exact rounding."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import numpy.typing as npt
import pandas as pd

Z95 = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""

Floats = npt.NDArray[np.float64]


def wilson(k: npt.ArrayLike, n: npt.ArrayLike, z: float = Z95) -> tuple[Floats, Floats]:
    """Return the Wilson score interval of ``k`` successes in ``n`` trials (NaN where n = 0).

    Source: Wilson (1927), no continuity correction.

    Examples
    --------
    >>> low, high = wilson([4238, 0], [6711, 0])
    >>> low.round(6).tolist(), high.round(6).tolist()
    ([0.619887, nan], [0.642964, nan])
    """
    successes, trials = np.asarray(k, float), np.asarray(n, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = successes / trials
        centre = rate + z * z / (2 * trials)
        half = z * np.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
        scale = 1 + z * z / trials
        low, high = (centre - half) / scale, (centre + half) / scale
    # At k = 0 and k = n the bound is exactly 0 or 1; floating point leaves 1e-17 there.
    return np.where(successes == 0, 0 * low, low), np.where(successes == trials, 0 * high + 1, high)


def with_rate(frame: pd.DataFrame, k: str = "k", n: str = "n", rate: str = "rate") -> pd.DataFrame:
    """Add a rate and its Wilson interval beside ``k`` and ``n``; NaN where n is 0.

    Examples
    --------
    >>> with_rate(pd.DataFrame({"k": [1], "n": [4]})).round(3).to_dict("records")
    [{'k': 1, 'n': 4, 'rate': 0.25, 'rate_low': 0.046, 'rate_high': 0.699}]
    """
    low, high = wilson(frame[k], frame[n])
    counts = frame[n].to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(counts > 0, frame[k].to_numpy(float) / counts, np.nan)
    return frame.assign(**{rate: value, f"{rate}_low": low, f"{rate}_high": high})


def newcombe(k1: int, n1: int, k2: int, n2: int, z: float = Z95) -> tuple[float, float]:
    """Return Newcombe's hybrid-score interval of the difference of two rates.

    Source: Newcombe (1998), method 10, no continuity correction.

    Examples
    --------
    >>> [round(x, 6) for x in newcombe(107, 152, 127, 231)]
    [0.054883, 0.247003]
    """
    (low1, low2), (high1, high2) = wilson([k1, k2], [n1, n2], z)
    p1, p2 = k1 / n1, k2 / n2
    diff = p1 - p2
    below = ((p1 - low1) ** 2 + (high2 - p2) ** 2) ** 0.5
    above = ((high1 - p1) ** 2 + (p2 - low2) ** 2) ** 0.5
    return float(diff - below), float(diff + above)


def two_proportions(k1: int, n1: int, k2: int, n2: int) -> tuple[float, float]:
    """Return z and the two-sided p-value of the pooled test that two rates are equal.

    Both are NaN where a sample is empty, and where nobody or everybody succeeded.

    Examples
    --------
    >>> z, p = two_proportions(5, 83, 12, 99)
    >>> round(z, 4), round(p, 4)
    (-1.4078, 0.1592)
    """
    pooled = (k1 + k2) / (n1 + n2) if n1 and n2 else 0.0
    spread = pooled * (1 - pooled) * (1 / n1 + 1 / n2) if 0 < pooled < 1 else 0.0
    if spread <= 0:
        return math.nan, math.nan
    z = (k1 / n1 - k2 / n2) / math.sqrt(spread)
    return z, math.erfc(abs(z) / math.sqrt(2))


def benjamini_hochberg(p_values: npt.ArrayLike) -> Floats:
    """Return p-values adjusted for the false discovery rate (Benjamini & Hochberg 1995).

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    p = np.asarray(p_values, float)
    order = np.argsort(p)[::-1]
    ranks = np.arange(len(p), 0, -1)
    adjusted = np.minimum.accumulate(np.minimum(p[order] * len(p) / ranks, 1.0))
    result = np.empty_like(p)
    result[order] = adjusted
    return result


def largest_remainder(shares: npt.ArrayLike, total: int) -> npt.NDArray[np.int64]:
    """Return whole numbers that are in proportion to ``shares`` and sum to ``total`` exactly.

    Examples
    --------
    >>> largest_remainder([1, 1, 1], 100).tolist()
    [34, 33, 33]
    """
    weights = np.asarray(shares, float)
    if len(weights) == 0 or weights.sum() <= 0:
        return np.zeros(len(weights), np.int64)
    exact = weights / weights.sum() * total
    whole: npt.NDArray[np.int64] = np.floor(exact).astype(np.int64)
    missing = int(total - whole.sum())
    # Ties go to the earlier row, so that the same input always gives the same split.
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[:missing]] += 1
    return whole


def cents(value: float | Decimal | str, places: int = 2) -> Decimal:
    """Return money rounded half-up, the way a payslip rounds (never banker's rounding).

    Examples
    --------
    >>> cents(2.675), cents("1.005")
    (Decimal('2.68'), Decimal('1.01'))
    """
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
