"""What a point card is held against: logistic regression, and how well any score ranks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from salesplan.stats import Z95, Floats

Outcomes = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Logistic:
    """A fitted logistic regression on standardised columns."""

    centre: Floats
    scale: Floats
    weights: Floats

    def chance(self, columns: Floats) -> Floats:
        """Return the chance of each row."""
        from scipy.special import expit

        standard = (columns - self.centre) / self.scale
        return np.asarray(expit(self.weights[0] + standard @ self.weights[1:]))


def logistic(columns: Floats, outcome: Outcomes, *, ridge: float = 1.0) -> Logistic:
    """Return a logistic regression with a small ridge, so that it exists for any data."""
    from scipy import optimize, special

    centre, scale = columns.mean(axis=0), columns.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    design = np.column_stack([np.ones(len(columns)), (columns - centre) / scale])
    target = outcome.astype(float)

    def loss(weights: Floats) -> tuple[float, Floats]:
        score = design @ weights
        fit = float(np.sum(np.logaddexp(0, score) - target * score))
        pull = np.concatenate([[0.0], weights[1:]]) * ridge
        return fit + float(pull @ weights) / 2, design.T @ (special.expit(score) - target) + pull

    start = np.zeros(design.shape[1])
    found = optimize.minimize(loss, start, jac=True, method="L-BFGS-B")
    return Logistic(centre, scale, np.asarray(found.x))


def auc(score: Floats, outcome: Outcomes) -> tuple[float, float, float]:
    """Return the chance that a good lead outranks a bad one, with its 95 % interval.

    Formula: Mann-Whitney U / (good x bad), ties count half; interval after Hanley & McNeil
    (1982). NaN where all leads are alike.

    Examples
    --------
    >>> auc(np.array([1.0, 2, 3, 4]), np.array([False, False, True, True]))[0]
    1.0
    """
    from scipy.stats import rankdata

    good, bad = int(outcome.sum()), int((~outcome).sum())
    if not good or not bad:
        return np.nan, np.nan, np.nan
    ranks = rankdata(score)
    area = float((ranks[outcome].sum() - good * (good + 1) / 2) / (good * bad))
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (good - 1) * (first - area**2) + (bad - 1) * (second - area**2)
    half = Z95 * float(np.sqrt(max(spread, 0.0) / (good * bad)))
    return area, max(area - half, 0.0), min(area + half, 1.0)
