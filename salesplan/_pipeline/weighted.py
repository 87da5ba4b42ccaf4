"""Weighted pipeline: open amounts times their probability, with an honest interval."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from salesplan._pipeline.arithmetic import deviations, interval_of
from salesplan._pipeline.frames import words
from salesplan.text import label

COLUMNS = [
    "open_count",
    "open_amount",
    "unpriced_count",
    "unrated_count",
    "weighted_amount",
    "weighted_low_amount",
    "weighted_high_amount",
    "deviation_amount",
    "reason",
]


def weighted_table(
    facts: pd.DataFrame, names: list[str], *, correlation: float, level: float, lang: str
) -> pd.DataFrame:
    """Return the weighted amount of open deals per group."""
    single = _per_deal(facts)
    keys = [facts[f"by_{name}"] for name in names] or [pd.Series(0, facts.index)]
    sums = single.groupby(keys, sort=True).sum()
    if not names and sums.empty:
        sums.loc[0] = 0.0
    _, deviation, low, high = interval_of(
        sums["mean"],
        sums["squares"],
        sums["deviation"],
        sums["floor"],
        sums["ceiling"],
        correlation,
        level,
    )
    counts = ["open_count", "unpriced_count", "unrated_count"]
    table = sums.astype(dict.fromkeys(counts, "int64")).assign(
        weighted_amount=sums["mean"],
        weighted_low_amount=low,
        weighted_high_amount=high,
        deviation_amount=deviation,
    )
    return _explained(table, names, lang)


def _per_deal(facts: pd.DataFrame) -> pd.DataFrame:
    amount, p = facts["amount"].to_numpy(float), facts["probability"].to_numpy(float)
    known = ~np.isnan(amount) & ~np.isnan(p)
    spread = deviations(amount[known], p[known])
    worth = np.where(np.isnan(amount), 0.0, amount)
    single = {
        "open_count": np.ones(len(facts)),
        "open_amount": worth,
        "unpriced_count": np.isnan(amount),
        "unrated_count": np.isnan(p),
        "mean": np.where(known, amount * p, 0.0),
        "squares": _placed(known, spread**2),
        "deviation": _placed(known, spread),
        "floor": np.where(known, np.minimum(worth, 0.0), 0.0),
        "ceiling": np.where(known, np.maximum(worth, 0.0), 0.0),
    }
    return pd.DataFrame(single, index=facts.index, dtype=float)


def _placed(known: Any, values: Any) -> Any:
    whole = np.zeros(len(known))
    whole[known] = values
    return whole


def _explained(table: pd.DataFrame, names: list[str], lang: str) -> pd.DataFrame:
    unpriced = (table["open_count"] > 0) & (table["unpriced_count"] == table["open_count"])
    unrated = (table["open_count"] > 0) & (table["unrated_count"] == table["open_count"])
    amounts = [c for c in COLUMNS if c.startswith("weighted") or c == "deviation_amount"]
    table[amounts] = table[amounts].mask(unpriced | unrated)
    table["open_amount"] = table["open_amount"].mask(unpriced)
    texts = [
        label("pipeline.no_amounts", lang, count=count) if no_amount
        else label("pipeline.no_probabilities", lang) if no_rate else None
        for count, no_amount, no_rate in zip(table["open_count"], unpriced, unrated, strict=True)
    ]  # fmt: skip
    table["reason"] = words(texts).set_axis(table.index)
    if not names:
        return table[COLUMNS].reset_index(drop=True)
    return table[COLUMNS].rename_axis(names).reset_index()
