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

from salesplan._pipeline.past import ANY
from salesplan._survival.incidence import Steps, competing
from salesplan.stats import Floats

ENOUGH = 30
"""Closed deals that a landmark needs; with fewer, the next younger one answers."""
_STEPS = tuple(step / 20 for step in range(20))
"""Landmarks stand at these quantiles of how long deals stay in the stage.

Close together, because between two of them a curve also follows deals that have moved on to
a later stage: a deal that waits would be given the chances of those that did not.
"""
_LEFT = 0.05
"""Share still open below which a curve says nothing reliable of what follows."""


@dataclass(frozen=True)
class Landmark:
    """A stage, an age in it, and the curves of what followed."""

    kind: str
    stage: str
    age_days: float
    closed_count: float
    curves: dict[str, Steps]

    def chance(self, outcome: str, days: npt.ArrayLike) -> Floats:
        """Return the chance of an outcome within so many days of the landmark."""
        if outcome not in self.curves:
            return np.zeros_like(np.asarray(days, float))
        return self.curves[outcome].at(days)

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
        enough = _ladder(str(kind), str(stage), rows)
        if enough:
            odds[str(kind), str(stage)] = enough
    return odds


def _ladder(kind: str, stage: str, rows: pd.DataFrame) -> list[Landmark]:
    stay, span = rows["stay_days"].to_numpy(float), rows["span_days"].to_numpy(float)
    staying, counts = rows["is_staying"].to_numpy(bool), rows["deal_count"].to_numpy(float)
    names = rows["outcome"].dropna().unique()
    ended = {str(name): (rows["outcome"] == name).to_numpy(bool, na_value=False) for name in names}
    closed = rows["outcome"].notna().to_numpy()
    marks = []
    for age in _ages(stay, counts):
        # What left on the very day is gone by its end; what was still there then is not.
        there = (stay > age) | (staying & (stay >= age)) if age > 0 else np.ones(len(stay), bool)
        number = float(counts[there & closed].sum())
        if number < ENOUGH:
            break  # later ages have fewer still
        # What ends on the very day it began is given half a day, so that it counts as seen.
        left = np.maximum(span[there] - age, 0.5)
        kept = {name: outcome[there] for name, outcome in ended.items()}
        curves = competing(left, counts[there], kept)
        marks.append(Landmark(kind, stage, age, number, curves))
    return marks


def _ages(stay: Floats, counts: Floats) -> list[float]:
    order = np.argsort(stay, kind="stable")
    share = np.cumsum(counts[order]) / counts.sum()
    places = np.searchsorted(share, _STEPS[1:], side="left")
    return sorted({0.0, *stay[order][np.minimum(places, len(stay) - 1)].tolist()})


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
    """Match each open deal to its stage's landmark, or to one of whole deals by its age.

    A deal that waits on past the last landmark of its stage has the chances of that landmark
    anew: most of the deals that its curve follows have moved on to later stages by then, and
    would promise the one left behind their own quick end.
    """
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
        begins_anew = (rung == len(ladder) - 1) & (at != ANY)
        waited[usable] = np.where(begins_anew, 0.0, days - edges[rung])[usable]
    return Placed(marks, places, waited)
