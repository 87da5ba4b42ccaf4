"""The arithmetic of survival curves: estimates, variances and intervals from counts."""

from __future__ import annotations

import numpy as np

from salesplan._survival.risk import share
from salesplan.stats import Floats

_LARGEST_EXPONENT = 700.0
"""exp() of a little more leaves the range of floating point numbers."""


def product_limit(events: Floats, at_risk: Floats) -> tuple[Floats, Floats]:
    """Return survival and Greenwood's sum (the variance divided by survival squared)."""
    survival: Floats = np.cumprod(1 - share(events, at_risk), dtype=np.float64)
    return survival, np.cumsum(share(events, at_risk * (at_risk - events)))


def incidence_variance(
    incidence: Floats, own: Floats, events: Floats, at_risk: Floats, before: Floats
) -> Floats:
    # Sums of (F(t) - F(i))^2 a(i) and (F(t) - F(i)) b(i), opened up into running sums of
    # their parts, so that a curve of any length takes one pass.
    a = share(events, at_risk * (at_risk - events))
    b = share(before * own, at_risk**2)
    c = share(before**2 * own * (at_risk - own), at_risk**3)
    squares = (
        incidence**2 * np.cumsum(a)
        - 2 * incidence * np.cumsum(a * incidence)
        + np.cumsum(a * incidence**2)
    )
    crossed = incidence * np.cumsum(b) - np.cumsum(b * incidence)
    return np.maximum(squares + np.cumsum(c) - 2 * crossed, 0.0)


def loglog_interval(survival: Floats, relative_variance: Floats, z: float) -> tuple[Floats, Floats]:
    """Return the interval of a survival curve on the log(-log) scale."""
    with np.errstate(divide="ignore", invalid="ignore"):
        half = z * np.sqrt(relative_variance) / np.abs(np.log(survival))
        # On a nearly flat curve the scale stretches without end; at 700 the bounds are 0 and 1.
        half = np.minimum(half, _LARGEST_EXPONENT)
        low, high = survival ** np.exp(half), survival ** np.exp(-half)
    certain, over = survival >= 1, survival <= 1e-12
    low, high = np.where(certain, 1.0, low), np.where(certain, 1.0, high)
    return np.where(over, np.nan, low), np.where(over, np.nan, high)
