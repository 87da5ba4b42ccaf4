"""Chances of open deals by stage and age, learnt from deals that once stood where they stand.

For a deal that has been in its stage for t days, the deals that teach us are those that were
still in that stage after t days; what became of them afterwards is followed with open deals
censored and losses competing (Aalen-Johansen at a landmark). Landmarks are the ages at which
enough such deals are left to learn from.

Source: landmarking after van Houwelingen (2007), Scandinavian Journal of Statistics 34.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from salesplan import survival
from salesplan._pipeline.past import ANY
from salesplan.stats import Floats

ENOUGH = 30
"""Closed deals that a landmark needs; with fewer, the next younger one answers."""
_STEPS = (0.0, 0.25, 0.5, 0.7, 0.85, 0.95)
"""Landmarks stand at these quantiles of how long deals stay in the stage."""
_LEFT = 0.05
"""Share still open below which a curve says nothing reliable of what follows."""


@dataclass(frozen=True)
class Landmark:
    """A stage, an age in it, and the curves of what followed."""

    kind: str
    stage: str
    age_days: float
    closed_count: float
    curves: dict[str, pd.DataFrame]

    def chance(self, outcome: str, days: npt.ArrayLike) -> Floats:
        """Return the chance of an outcome within so many days of the landmark."""
        if outcome not in self.curves:
            return np.zeros_like(np.asarray(days, float))
        return survival.at(self.curves[outcome], days, "incidence")

    def chance_after(self, outcome: str, waited: Floats, days: Floats) -> Floats:
        """Return the same for deals that have already waited some days past the landmark."""
        still_open = 1 - sum(self.chance(name, waited) for name in self.curves)
        by_then = (
            self.chance(outcome, waited[:, None] + days) - self.chance(outcome, waited)[:, None]
        )
        # Past the last age ever seen nothing is left to learn from: the landmark itself answers.
        seen = np.asarray(still_open > _LEFT)[:, None]
        divided = by_then / np.maximum(still_open, _LEFT)[:, None]
        return np.where(seen, divided, self.chance(outcome, days)[None, :])


Odds = dict[tuple[str, str], list[Landmark]]


def learn(past: pd.DataFrame) -> Odds:
    """Return the landmarks of every kind of deal and stage with enough closed deals."""
    odds: Odds = {}
    for (kind, stage), rows in past.groupby(["kind", "stage"], sort=True):
        found = [_landmark(str(kind), str(stage), rows, age) for age in _ages(rows)]
        enough = [mark for mark in found if mark.closed_count >= ENOUGH]
        if enough:
            odds[str(kind), str(stage)] = enough
    return odds


def _ages(rows: pd.DataFrame) -> list[float]:
    stay, count = rows["stay_days"].to_numpy(), rows["deal_count"].to_numpy()
    share = np.cumsum(count) / count.sum()
    places = np.searchsorted(share, _STEPS[1:], side="left")
    return sorted({0.0, *(float(stay[min(p, len(stay) - 1)]) for p in places)})


def _landmark(kind: str, stage: str, rows: pd.DataFrame, age: float) -> Landmark:
    there = (rows["stay_days"] > age) | (rows["is_staying"] & (rows["stay_days"] >= age))
    kept = rows if age == 0 else rows[there]
    # What ends on the very day it began is given half a day, so that it counts as seen.
    left = np.maximum(kept["span_days"].to_numpy() - age, 0.5)
    with np.errstate(over="ignore"):  # bounds of a curve that barely moves run off the scale
        curve = survival.aalen_johansen(left, kept["outcome"], counts=kept["deal_count"])
    curves = {str(name): part for name, part in curve.groupby("outcome")}
    closed = float(kept.loc[kept["outcome"].notna(), "deal_count"].sum())
    return Landmark(kind, stage, age, closed, curves)


@dataclass(frozen=True)
class Placed:
    """Which landmark answers for each open deal, -1 for none, and the days waited since."""

    marks: list[Landmark]
    place: npt.NDArray[np.int64]
    waited: Floats

    def chance(self, outcome: str, days: list[float]) -> Floats:
        """Return the chance of an outcome within each number of days: deals x horizons."""
        table = np.full((len(self.place), len(days)), np.nan)
        for number in np.unique(self.place[self.place >= 0]):
            mine = self.place == number
            table[mine] = self.marks[number].chance_after(
                outcome, self.waited[mine], np.asarray(days, float)
            )
        return table

    def doubt(self, chances: Floats) -> Floats:
        """Return how far each chance may be off, in standard deviations on the normal scale.

        A chance learnt from n closed deals has the standard error sqrt(p (1 - p) / n).
        """
        if not self.marks:
            return np.zeros_like(chances)
        n = np.array([mark.closed_count for mark in self.marks])[self.place]
        inside = np.clip(chances, 1 / (n + 2)[:, None], 1 - 1 / (n + 2)[:, None])
        error = np.sqrt(inside * (1 - inside) / n[:, None])
        height = np.exp(-0.5 * ndtri(inside) ** 2) / np.sqrt(2 * np.pi)
        return np.asarray(np.where(np.isnan(chances), 0.0, error / height), float)


def place(open_deals: pd.DataFrame, odds: Odds) -> Placed:
    """Match each open deal to its stage's landmark, or to one of whole deals by its age."""
    marks = [mark for ladder in odds.values() for mark in ladder]
    number = {id(mark): i for i, mark in enumerate(marks)}
    places, waited = np.full(len(open_deals), -1, np.int64), np.zeros(len(open_deals))
    kinds = open_deals["kind"].to_numpy(object)
    stage = open_deals["stage"].fillna(ANY).to_numpy(object)
    in_stage = open_deals["stage_days"].to_numpy(float)
    age = open_deals["age_days"].to_numpy(float)
    for (kind, at), ladder in sorted(odds.items()):
        # Whole deals come first in order, so that a stage's own landmarks overrule them.
        mine = (kinds == kind) & ((stage == at) | (at == ANY))
        days = age if at == ANY else in_stage
        edges = np.array([mark.age_days for mark in ladder])
        rung = np.searchsorted(edges, days, side="right") - 1
        usable = mine & ~np.isnan(days) & (rung >= 0)
        numbers = np.array([number[id(mark)] for mark in ladder])
        places[usable] = numbers[rung[usable]]
        waited[usable] = days[usable] - edges[rung[usable]]
    return Placed(marks, places, waited)
