"""Rates of many groups at once, each pulled towards the others as far as the data say.

A seller with 3 wins out of 3 is not the best one. The groups' true rates are taken as drawn
from one Beta distribution whose mean and spread the groups themselves tell (empirical Bayes);
what remains unknown about that mean and spread is averaged over, so that the intervals do not
pretend to know it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesplan.stats import Floats

_STEPS = 40


def shrunken(k: Floats, n: Floats, level: float = 0.95) -> pd.DataFrame:
    """Return each group's shrunken rate with its interval, for groups with ``n`` above 0.

    The weight of a possible mean and spread is the beta-binomial likelihood of all groups
    (Gelman et al., Bayesian Data Analysis, 5.3: flat in the mean and in (a + b) ** -1/2).
    """
    from scipy.stats import beta

    if len(k) == 0:
        return pd.DataFrame(columns=["shrunk_rate", "shrunk_rate_low", "shrunk_rate_high"])
    a, b, weight = _grid(k, n)
    total = n[:, None] + a + b
    means = (k[:, None] + a) / total
    rate = means @ weight
    # Variance of the mixture: within each possible spread, and between them.
    within = means * (1 - means) / (total + 1)
    variance = (within + means**2) @ weight - rate**2
    precision = np.maximum(rate * (1 - rate) / variance - 1, 1e-6)
    tail = (1 - level) / 2
    low, high = (beta.ppf(q, rate * precision, (1 - rate) * precision) for q in (tail, 1 - tail))
    return pd.DataFrame({"shrunk_rate": rate, "shrunk_rate_low": low, "shrunk_rate_high": high})


def _grid(k: Floats, n: Floats) -> tuple[Floats, Floats, Floats]:
    """Return possible parameters of the Beta distribution with their weights (sum 1)."""
    from scipy.special import betaln

    centre, half = _range_of_mean(k, n)
    means = np.clip(np.linspace(centre - half, centre + half, _STEPS), 1e-4, 1 - 1e-4)
    spreads = np.linspace(0.01, 1.0, _STEPS)
    mean, spread = (grid.ravel() for grid in np.meshgrid(means, spreads))
    a, b = mean / spread**2, (1 - mean) / spread**2
    gain = betaln(k[:, None] + a, n[:, None] - k[:, None] + b) - betaln(a, b)
    log_weight = gain.sum(axis=0)
    weight = np.exp(log_weight - log_weight.max())
    return a, b, np.asarray(weight / weight.sum(), np.float64)


def _range_of_mean(k: Floats, n: Floats) -> tuple[float, float]:
    """Return where the mean of the groups can lie: five standard errors around it."""
    pooled = (k.sum() + 1) / (n.sum() + 2)
    sampling = pooled * (1 - pooled) / n.sum()
    between = float(np.var(k / n, ddof=1)) / len(n) if len(n) > 1 else 0.25
    return float(pooled), 5 * float(np.sqrt(sampling + between))
