"""Statistics that finance and HR ask of attainment and pay."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from salesplan import stats
from salesplan.errors import InputError

BANDS = (0.5, 0.8, 1.0, 1.2)


def attainment_statistics(attainment: npt.ArrayLike, *, goal: float = 1.0) -> dict[str, float]:
    """Return what a distribution of attainment looks like: the mean hides half of it.

    Parameters
    ----------
    attainment
        One value per person; missing ones are left out and counted.
    goal
        Attainment that counts as reached.

    Returns
    -------
    dict
        people_count, missing_count, mean, median, standard_deviation (n - 1), skewness,
        minimum, maximum, at_goal_count, at_goal_rate with at_goal_rate_low and _high (Wilson),
        within_20_points_rate.

    Examples
    --------
    >>> seen = attainment_statistics([1.80, 1.60, 1.40, 0.55, 0.45, 0.40])
    >>> round(seen["mean"], 4), round(seen["median"], 4), seen["at_goal_rate"]
    (1.0333, 0.975, 0.5)
    """
    values = np.asarray(attainment, np.float64)
    missing = int(np.isnan(values).sum())
    values = values[~np.isnan(values)]
    if len(values) == 0:
        raise InputError("attainment holds no value.")
    at_goal = int((values >= goal).sum())
    low, high = stats.wilson(at_goal, len(values))
    spread = float(values.std(ddof=1)) if len(values) > 1 else float("nan")
    return {
        "people_count": len(values),
        "missing_count": missing,
        "mean": float(values.mean()),
        "median": float(np.median(values)),
        "standard_deviation": spread,
        "skewness": _skewness(values),
        "minimum": float(values.min()),
        "maximum": float(values.max()),
        "at_goal_count": at_goal,
        "at_goal_rate": at_goal / len(values),
        "at_goal_rate_low": float(low),
        "at_goal_rate_high": float(high),
        "within_20_points_rate": float((np.abs(values - goal) <= 0.2 + 1e-12).mean()),
    }


def _skewness(values: npt.NDArray[np.float64]) -> float:
    deviation = values - values.mean()
    spread = float((deviation**2).mean())
    return float((deviation**3).mean() / spread**1.5) if spread > 0 else float("nan")


def attainment_bands(attainment: npt.ArrayLike, *, bounds: Sequence[float] = BANDS) -> pd.DataFrame:
    """Return how many people stand in each band of attainment (lower bound included).

    Returns
    -------
    DataFrame
        since_rate, until_rate, people_count, people_rate.

    Examples
    --------
    >>> attainment_bands([0.4, 0.9, 1.0, 1.3])["people_count"].tolist()
    [1, 0, 1, 1, 1]
    """
    values = np.asarray(attainment, np.float64)
    values = values[~np.isnan(values)]
    edges = [-np.inf, *bounds, np.inf]
    place = np.searchsorted(np.asarray(bounds), np.round(values, 12), side="right")
    counts = np.bincount(place, minlength=len(bounds) + 1)
    frame = pd.DataFrame({"since_rate": edges[:-1], "until_rate": edges[1:]})
    share = counts / len(values) if len(values) else np.full(len(counts), np.nan)
    return frame.assign(people_count=counts, people_rate=share)


def gini(amounts: npt.ArrayLike) -> float:
    """Return the Gini coefficient: 0 where all are paid alike, towards 1 where one has all.

    Examples
    --------
    >>> gini([1, 1, 1]), round(gini([0, 0, 3]), 4)
    (0.0, 0.6667)
    """
    values = np.sort(np.asarray(amounts, np.float64))
    total = values.sum()
    if len(values) == 0 or total <= 0:
        return float("nan")
    rank = np.arange(1, len(values) + 1)
    count = len(values)
    return float((2 * rank - count - 1).dot(values) / (count * total))


def top_share(amounts: npt.ArrayLike, *, top: float = 0.2) -> float:
    """Return the share of all pay that the best-paid part of the people receives.

    Examples
    --------
    >>> top_share([10, 10, 10, 10, 60])
    0.6
    """
    values = np.sort(np.asarray(amounts, np.float64))[::-1]
    if len(values) == 0 or values.sum() <= 0:
        return float("nan")
    count = max(int(np.ceil(len(values) * top - 1e-9)), 1)
    return float(values[:count].sum() / values.sum())


def cost_of_sales(pay: float, revenue: float) -> float:
    """Return the compensation cost of sales: pay / revenue, NaN without revenue.

    Examples
    --------
    >>> cost_of_sales(80_000, 1_000_000)
    0.08
    """
    return pay / revenue if revenue > 0 else float("nan")


def pay_versus_margin(
    revenue: Sequence[float], cost: float | Sequence[float], pay: Sequence[float]
) -> pd.DataFrame:
    """Return how pay follows margin: a revenue commission hardly feels a discount.

    Elasticity = relative change of pay / relative change of margin, against the first row.

    Returns
    -------
    DataFrame
        revenue_amount, cost_amount, margin_amount, pay_amount, margin_change_rate,
        pay_change_rate, elasticity (NaN where the margin did not change).

    Examples
    --------
    >>> seen = pay_versus_margin([1_000_000, 950_000], 900_000, [50_000, 47_500])
    >>> seen["margin_amount"].tolist(), seen["elasticity"].round(4).tolist()
    ([100000.0, 50000.0], [nan, 0.1])
    """
    frame = pd.DataFrame({"revenue_amount": np.asarray(revenue, np.float64)})
    frame["cost_amount"] = np.broadcast_to(np.asarray(cost, np.float64), len(frame)).copy()
    frame["margin_amount"] = frame["revenue_amount"] - frame["cost_amount"]
    frame["pay_amount"] = np.asarray(pay, np.float64)
    for name in ("margin", "pay"):
        first = frame[f"{name}_amount"].iloc[0]
        change = frame[f"{name}_amount"] / first - 1 if first else np.nan
        frame[f"{name}_change_rate"] = change
    moved = frame["margin_change_rate"].where(frame["margin_change_rate"] != 0)
    return frame.assign(elasticity=frame["pay_change_rate"] / moved)
