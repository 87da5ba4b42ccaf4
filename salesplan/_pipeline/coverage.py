"""Coverage: whether open pipeline carries what is left of the target."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from salesplan._pipeline.arithmetic import coverage_of, divide
from salesplan._pipeline.flow import Ask, Window, trailing
from salesplan._pipeline.frames import Columns, columns_of, joined, words
from salesplan._pipeline.targets import has_targets, target_by
from salesplan.crm import Crm
from salesplan.errors import one_of
from salesplan.stats import wilson
from salesplan.text import label

POOLS = {
    "due": ("due_count", "due_amount", "due_unpriced_count"),
    "all": ("open_count", "open_amount", "unpriced_count"),
}
"""Which open deals are to pay for the target, and the sums that tell of them."""
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
    crm: Crm, window: Window, sums: pd.DataFrame, flow: pd.DataFrame, *, names: list[str],
    pool: str, measure: str, lang: str,
) -> pd.DataFrame:  # fmt: skip
    """Return coverage per group for a period, of the deals that are open on its day."""
    parts = joined([flow, sums, target(crm, window, names, measure)], names)
    found = covered(columns_of(parts), pool, lang)
    return parts[names].assign(**found)[[*names, *COLUMNS]]


def target(crm: Crm, window: Window, names: list[str], measure: str) -> pd.DataFrame:
    """Return the target of each group; no rows where no goal is set for such groups."""
    if not has_targets(names):
        return pd.DataFrame({name: pd.Series([], dtype="str") for name in names}).assign(
            target_amount=pd.Series([], dtype=float)
        )
    return target_by(crm, window.since, window.until, names, measure)


def covered(parts: Columns, pool: str, lang: str) -> dict[str, Any]:
    """Return coverage of each group, out of flows, sums of open deals and targets.

    The pool ``due`` keeps what should close before the period ends, overdue deals included.
    """
    count, amount, unpriced = POOLS[one_of(pool, list(POOLS), "pool")]
    won, wins, closed, open_count, blank = (
        _counted(parts[name])
        for name in ("period_won_count", "year_won_count", "year_closed_count", count, unpriced)
    )
    won_amount = np.where(won == 0, 0.0, parts["period_won_amount"])
    open_amount = np.where(blank == open_count, np.nan, parts[amount])
    open_amount = np.where(open_count == 0, 0.0, open_amount)
    target_amount = parts["target_amount"].astype(float)
    low, high = wilson(wins, closed)
    win_rate = divide(wins, closed)
    result = coverage_of(open_amount, target_amount, won_amount=won_amount, win_rate=win_rate)
    found = {
        "target_amount": target_amount,
        "won_amount": won_amount,
        "remaining_amount": np.maximum(target_amount - won_amount, 0.0),
        "open_count": open_count,
        "open_amount": open_amount,
        "unpriced_count": blank,
        "coverage_ratio": result.coverage,
        "full_target_ratio": result.of_full_target,
        "win_count": wins,
        "closed_count": closed,
        "win_rate": win_rate,
        "win_rate_low": low,
        "win_rate_high": high,
        "required_ratio": result.required,
        "required_amount": result.required_amount,
        "expected_amount": result.expected_amount,
        "expected_attainment": result.expected_attainment,
    }
    return found | {"reason": words(_reasons(found, lang))}


def _counted(counts: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return counts; a group that is missing in some part of the question counted nothing there."""
    return np.asarray(np.nan_to_num(counts.astype(float)), np.int64)


_ASKED = ("target_amount", "open_amount", "won_amount", "remaining_amount", "win_rate",
          "open_count")  # fmt: skip


def _reasons(found: Columns, lang: str) -> list[str | None]:
    return [_reason(lang, *row) for row in zip(*(found[c].tolist() for c in _ASKED), strict=True)]


def _reason(
    lang: str, target: float, pipeline: float, won: float, remaining: float, win_rate: float,
    open_count: int,
) -> str | None:  # fmt: skip
    if np.isnan(target):
        return label("pipeline.no_target", lang)
    if np.isnan(pipeline):
        return label("pipeline.no_amounts", lang, count=open_count)
    if np.isnan(won):
        return label("pipeline.no_won_amounts", lang)
    if remaining <= 0:
        return label("pipeline.target_reached", lang)
    return label("pipeline.nothing_closed", lang) if np.isnan(win_rate) else None
