"""Weighted pipeline: open amounts times their probability, with an honest interval."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from salesplan._pipeline.arithmetic import interval_of
from salesplan._pipeline.frames import Columns, columns_of, words
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
    sums: pd.DataFrame, names: list[str], *, correlation: float, level: float, lang: str
) -> pd.DataFrame:
    """Return the weighted amount of open deals per group, out of their sums."""
    found = weighed(columns_of(sums), correlation=correlation, level=level, lang=lang)
    return sums[names].assign(**found)[[*names, *COLUMNS]]


def weighed(sums: Columns, *, correlation: float, level: float, lang: str) -> dict[str, Any]:
    """Return the weighted amount and its interval, group by group."""
    mean, squares, total, floor, ceiling = (
        sums[name] for name in ("mean", "squares", "deviation", "floor", "ceiling")
    )
    _, deviation, low, high = interval_of(mean, squares, total, floor, ceiling, correlation, level)
    count = sums["open_count"]
    unpriced, unrated = (
        (count > 0) & (sums[name] == count) for name in ("unpriced_count", "unrated_count")
    )
    unknown = unpriced | unrated
    amounts = {"weighted_amount": mean, "weighted_low_amount": low,
               "weighted_high_amount": high, "deviation_amount": deviation}  # fmt: skip
    texts = [
        label("pipeline.no_amounts", lang, count=int(n)) if no_amount
        else label("pipeline.no_probabilities", lang) if no_rate else None
        for n, no_amount, no_rate in zip(count, unpriced, unrated, strict=True)
    ]  # fmt: skip
    return {
        "open_count": count,
        "open_amount": np.where(unpriced, np.nan, sums["open_amount"]),
        "unpriced_count": sums["unpriced_count"],
        "unrated_count": sums["unrated_count"],
        **{name: np.where(unknown, np.nan, values) for name, values in amounts.items()},
        "reason": words(texts),
    }
