"""From counts and costs to ratios: cost per lead, per meeting, per win, and why one is missing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesplan._acquisition.arguments import words
from salesplan._acquisition.carry import COSTS
from salesplan._acquisition.counts import COUNTS, MEETINGS
from salesplan.crm import Crm

PER = {
    "cost_per_lead": "lead_count",
    "cost_per_booked": "booked_count",
    "cost_per_first_meeting": "held_count",
    "cost_per_qualified": "qualified_count",
    "cost_per_won": "won_count",
}
COLUMNS = [
    *COUNTS,
    *MEETINGS,
    "days_to_meeting",
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
    "won_amount",
    "payback_months",
    "reason",
]


def total_cost(costs: pd.DataFrame) -> pd.Series[float]:
    """Return what was spent in all kinds; NaN where nothing is recorded.

    A recorded cost of 0 is not "free": nothing was booked there.
    """
    total = costs[COSTS].sum(axis=1, min_count=1)
    return total.where(total > 0)


def per_unit(table: pd.DataFrame, per: dict[str, str]) -> pd.DataFrame:
    """Add each ratio of total_cost to a count; NaN where the count is 0."""
    ratios = {n: (table["total_cost"] / table[c]).where(table[c] > 0) for n, c in per.items()}
    return table.assign(**ratios)


def with_ratios(crm: Crm, table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with every ratio, and the reason where there is none."""
    table = per_unit(table.assign(total_cost=total_cost(table)), PER)
    unit = table["cost_per_first_meeting"]
    known = unit.notna()
    margin = table["won_amount"] * crm.settings.gross_margin
    return table.assign(
        # The prior would push the interval of two meetings from two leads off its own ratio.
        cost_low=table["cost_low"].clip(upper=unit).where(known),
        cost_high=table["cost_high"]
        .clip(lower=unit)
        .where(known & np.isfinite(table["cost_high"])),
        ratio_to_cheapest=table["cost_per_first_meeting"] / table["cost_per_first_meeting"].min(),
        payback_months=(12 * table["total_cost"] / margin).where(margin > 0),
        reason=_reasons(crm, table),
    )


def _reasons(crm: Crm, table: pd.DataFrame) -> np.ndarray:
    met, paid = table["held_count"] > 0, table["total_cost"].notna()
    later = table["not_started_cost"].fillna(0) > 0
    conditions = [met & ~paid, ~met & paid, ~met & ~paid & later, ~met & ~paid]
    keys = ["no_cost", "no_meeting", "not_started", "neither"]
    return np.select(conditions, [words(crm, f"reason_{key}") for key in keys], default="")
