"""Weighted pipeline: open amounts times their probability, with an honest interval."""

from __future__ import annotations

import pandas as pd

from salesplan._pipeline.arithmetic import interval_of
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
    sums: pd.DataFrame, names: list[str], *, correlation: float, level: float, lang: str
) -> pd.DataFrame:
    """Return the weighted amount of open deals per group, out of their sums."""
    _, deviation, low, high = interval_of(
        sums["mean"],
        sums["squares"],
        sums["deviation"],
        sums["floor"],
        sums["ceiling"],
        correlation,
        level,
    )
    table = sums.assign(
        weighted_amount=sums["mean"],
        weighted_low_amount=low,
        weighted_high_amount=high,
        deviation_amount=deviation,
    )
    return _explained(table, names, lang)


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
    table["reason"] = words(texts)
    return table[[*names, *COLUMNS]]
