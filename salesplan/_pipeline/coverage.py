"""Coverage: whether open pipeline carries what is left of the target."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd

from salesplan._pipeline.arithmetic import coverage_of
from salesplan._pipeline.flow import Ask, Window, trailing
from salesplan._pipeline.frames import joined, words
from salesplan._pipeline.targets import has_targets, target_by
from salesplan.crm import Crm
from salesplan.errors import one_of
from salesplan.stats import with_rate
from salesplan.text import label

POOLS = ("due", "all")
COLUMNS = [
    "target_amount",
    "won_amount",
    "remaining_amount",
    "open_count",
    "open_amount",
    "unpriced_count",
    "coverage_ratio",
    "full_target_ratio",
    "win_count",
    "closed_count",
    "win_rate",
    "win_rate_low",
    "win_rate_high",
    "required_ratio",
    "required_amount",
    "expected_amount",
    "expected_attainment",
    "reason",
]


def asks(crm: Crm, window: Window) -> dict[str, Ask]:
    """Return the flows that coverage needs: won in the period, and won of closed in a year."""
    year = trailing(crm, window.day)
    return {
        "period": Ask(window.since, window.until, ("won",), valued=("won",)),
        "year": Ask(year.since, year.until, ("won", "closed")),
    }


def coverage_table(
    crm: Crm, window: Window, open_deals: pd.DataFrame, flow: pd.DataFrame, *, names: list[str],
    pool: str, measure: str, lang: str,
) -> pd.DataFrame:  # fmt: skip
    """Return coverage per group for a period, of the deals that are open on its day."""
    one_of(pool, POOLS, "pool")
    frames = [
        _flow(flow, names),
        pooled(open_deals, names, window, pool),
        target(crm, window, names, measure),
    ]
    return _computed(_counted(joined(frames, names)), names, lang)


def target(crm: Crm, window: Window, names: list[str], measure: str) -> pd.DataFrame:
    """Return the target of each group; no rows where no goal is set for such groups."""
    if not has_targets(names):
        return pd.DataFrame({name: pd.Series([], dtype="str") for name in names}).assign(
            target_amount=pd.Series([], dtype=float)
        )
    return target_by(crm, window.since, window.until, names, measure)


def pooled(open_deals: pd.DataFrame, names: list[str], window: Window, pool: str) -> pd.DataFrame:
    """Return open deals, their amount and how many carry none, per group.

    ``due`` keeps what should close before the period ends, overdue deals included.
    """
    kept = open_deals
    if pool == "due":
        kept = kept[kept["expected_close_on"] < pd.Timestamp(window.until)]
    kept = kept.assign(unpriced=kept["amount"].isna())
    keys = [f"by_{name}" for name in names]
    if not names:
        total = kept["amount"].sum(min_count=1)
        return pd.DataFrame(
            {
                "open_count": [len(kept)],
                "open_amount": [total],
                "unpriced_count": [int(kept["unpriced"].sum())],
            }
        )
    grouped = kept.groupby(keys).agg(
        open_count=("opportunity_id", "size"),
        open_amount=("amount", lambda a: a.sum(min_count=1)),
        unpriced_count=("unpriced", "sum"),
    )
    return grouped.reset_index().set_axis([*names, *grouped.columns], axis=1)


def _flow(flow: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    columns = {
        "period_won_amount": "won_amount",
        "period_won_count": "won_count",
        "period_won_priced_count": "won_priced_count",
        "year_won_count": "win_count",
        "year_closed_count": "closed_count",
    }
    return flow[[*names, *columns]].rename(columns=columns)


def _counted(table: pd.DataFrame) -> pd.DataFrame:
    counts = ["won_count", "won_priced_count", "win_count", "closed_count"]
    counts += ["open_count", "unpriced_count"]
    filled = table.assign(**{c: table[c].fillna(0).astype("int64") for c in counts})
    nothing_won = filled["won_count"] == 0
    nothing_open = filled["open_count"] == 0
    return filled.assign(
        won_amount=filled["won_amount"].mask(nothing_won, 0.0),
        open_amount=filled["open_amount"].mask(nothing_open, 0.0),
    )


def _computed(table: pd.DataFrame, names: list[str], lang: str) -> pd.DataFrame:
    table = with_rate(table, "win_count", "closed_count", "win_rate")
    result = coverage_of(
        table["open_amount"],
        table["target_amount"],
        won_amount=table["won_amount"],
        win_rate=table["win_rate"],
    )
    table = table.assign(
        remaining_amount=(table["target_amount"] - table["won_amount"]).clip(lower=0),
        coverage_ratio=result.coverage,
        full_target_ratio=result.of_full_target,
        required_ratio=result.required,
        required_amount=result.required_amount,
        expected_amount=result.expected_amount,
        expected_attainment=result.expected_attainment,
    )
    table["reason"] = words([_reason(row, lang) for row in table.to_dict("records")])
    return table[[*names, *COLUMNS]].sort_values(names or "open_count").reset_index(drop=True)


def _reason(row: dict[Hashable, Any], lang: str) -> str | None:
    if pd.isna(row["target_amount"]):
        return label("pipeline.no_target", lang)
    if pd.isna(row["open_amount"]):
        return label("pipeline.no_amounts", lang, count=row["open_count"])
    if pd.isna(row["won_amount"]):
        return label("pipeline.no_won_amounts", lang)
    if row["remaining_amount"] <= 0:
        return label("pipeline.target_reached", lang)
    if pd.isna(row["win_rate"]):
        return label("pipeline.nothing_closed", lang)
    return None
