"""Points per page and event: ten points double the chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from salesplan.dimensions import NONE
from salesplan.stats import Floats

POINTS_PER_DOUBLING = 10
_PRIOR = 10  # leads at the average rate that each signal starts with


@dataclass(frozen=True)
class Seen:
    """Which lead (row) showed which signal (column), how often; a lead without any has its own."""

    signals: list[tuple[str, str]]
    counts: Floats

    def rows(self, chosen: npt.NDArray[np.bool_]) -> Seen:
        """Return the same for some of the leads."""
        return Seen(self.signals, self.counts[chosen])


def seen_by(lead_ids: pd.Series[str], visits: pd.DataFrame) -> Seen:
    """Return the signals of each lead, in the order of ``lead_ids``."""
    wide = visits.pivot_table(
        index="lead_id", columns=["page", "event"], values="visit_count", aggfunc="sum"
    )
    counts = wide.reindex(lead_ids).fillna(0.0).to_numpy(float)
    nothing = (counts.sum(axis=1, keepdims=True) == 0).astype(float)
    names = [(str(column[0]), str(column[1])) for column in wide.columns]
    return Seen([*names, (NONE, "no visit")], np.hstack([counts, nothing]))


def card(seen: Seen, outcome: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Return the points of each signal.

    Formula: 10 x log2(rate among leads with the signal / rate of all leads), rounded; each
    signal starts with ten leads at the average rate, so that a rare page earns few points.

    Returns
    -------
    DataFrame
        page, event, lead_count (n), outcome_count (k), rate, points.
    """
    has = seen.counts > 0
    n, k = has.sum(axis=0), (has & outcome[:, None]).sum(axis=0)
    average = float(outcome.mean())
    shrunk = (k + _PRIOR * average) / (n + _PRIOR)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(n > 0, k / n, np.nan)
    table = pd.DataFrame(seen.signals, columns=["page", "event"])
    return table.assign(
        lead_count=n,
        outcome_count=k,
        rate=rate,
        points=np.rint(POINTS_PER_DOUBLING * np.log2(shrunk / average)).astype(np.int64),
    )


def scores(seen: Seen, points: pd.Series[int]) -> Floats:
    """Return the points of each lead: those of every signal it showed, each once."""
    return np.asarray((seen.counts > 0) @ points.to_numpy(float))
