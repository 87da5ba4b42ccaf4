"""From counts and costs to ratios: cost per lead, per meeting, per win, and their interval."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesplan._acquisition.spend import KINDS

COUNTS = ["lead_count", "booked_count", "held_count", "qualified_count", "won_count"]
MEETINGS = ["no_show_count", "cancelled_count"]
COSTS = [f"{kind}_cost" for kind in KINDS]
COLUMNS = [
    *COUNTS,
    *MEETINGS,
    *COSTS,
    "total_cost",
    "not_started_cost",
    "cost_per_lead",
    "cost_per_booked",
    "cost_per_first_meeting",
    "cost_low",
    "cost_high",
    "cost_per_qualified",
    "cost_per_won",
    "ratio_to_cheapest",
    "reason",
]
_PER = {
    "cost_per_lead": "lead_count",
    "cost_per_booked": "booked_count",
    "cost_per_first_meeting": "held_count",
    "cost_per_qualified": "qualified_count",
    "cost_per_won": "won_count",
}


def ratios(table: pd.DataFrame, by: str, draws: int, seed: int) -> pd.DataFrame:
    """Return the table with every ratio, its interval and the reason where there is none."""
    # A recorded cost of 0 is not "free": nothing was booked there.
    total = table[COSTS].sum(axis=1, min_count=1)
    total = total.where(total > 0)
    result = table.assign(total_cost=total)
    for name, count in _PER.items():
        result[name] = (total / table[count]).where(table[count] > 0)
    low, high = _interval(total, table["held_count"], draws, seed)
    cheapest = result["cost_per_first_meeting"].min()
    result = result.assign(
        cost_low=low,
        cost_high=high,
        ratio_to_cheapest=result["cost_per_first_meeting"] / cheapest,
        reason=_reasons(total, table["held_count"], table["not_started_cost"]),
    )
    return result[[by, *COLUMNS]]


def _interval(
    total: pd.Series[float], held: pd.Series[float], draws: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Bootstrap: each first meeting is drawn again with a Poisson weight; spend is what it is."""
    drawn = np.random.default_rng(seed).poisson(held.to_numpy(float), (draws, len(held)))
    with np.errstate(divide="ignore", invalid="ignore"):
        cost = total.to_numpy(float) / drawn
    drawn_cost = np.where(np.isnan(cost), np.inf, cost)
    # Whole order statistics: infinite costs (no meeting drawn) cannot be interpolated.
    low, high = np.percentile(drawn_cost, [2.5, 97.5], axis=0, method="nearest")
    known = total.notna().to_numpy() & (held > 0).to_numpy()
    # A group so small that no meeting at all is a likely draw has no upper end.
    return np.where(known, low, np.nan), np.where(known & np.isfinite(high), high, np.nan)


def _reasons(
    total: pd.Series[float], held: pd.Series[float], later: pd.Series[float]
) -> np.ndarray:
    conditions = [
        (held > 0) & total.isna(),
        (held == 0) & total.notna(),
        (held == 0) & total.isna() & (later.fillna(0) > 0),
        (held == 0) & total.isna(),
    ]
    words = [
        "no cost recorded",
        "no first meeting held",
        "not started",
        "no cost recorded, no first meeting held",
    ]
    return np.select(conditions, words, default="")
