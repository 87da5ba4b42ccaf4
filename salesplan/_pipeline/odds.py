"""Chances of open deals by stage, age and size, learnt from deals that once stood where they stand.

For a deal that has been in its stage for t days, the deals that teach us are those that were
still in that stage after t days; what became of them afterwards is followed with open deals
censored and losses competing (Aalen-Johansen at a landmark). Deals of about its size count
most.

Source: landmarking after van Houwelingen (2007), Scandinavian Journal of Statistics 34.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from salesplan._pipeline.nearness import ENOUGH, windows
from salesplan._pipeline.past import ANY, BANDS
from salesplan.stats import Floats

OUTCOMES = ("won", "lost", "other")
"""How a deal ends; whatever is of none of them is still open."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Lives:
    """Past deals of a kind from a stage on, equal ones counted.

    ``ends`` says how: 0 for those still open, then the outcomes in order. Of those still in
    the stage, ``left_after`` is the day after the last on which they were seen there.
    """

    kind: str
    stage: str
    band: Ints
    left_after: Ints
    span: Ints
    ends: Ints
    count: Floats

    def oldest(self) -> int:
        """Return the highest age at which enough deals were still there, -1 for none but new ones.

        A deal that waits longer has the chances of those: they say most of one left behind.
        """
        order = np.argsort(-self.left_after, kind="stable")
        closed = np.cumsum((self.count * (self.ends > 0))[order])
        return int(self.left_after[order][np.searchsorted(closed, ENOUGH)]) - 1


@dataclass(frozen=True)
class Landmark:
    """A stage, an age in it, and by outcome the chances within each of the days asked for."""

    kind: str
    stage: str
    age_days: float
    closed_count: float
    chances: dict[str, Floats]


Odds = dict[tuple[str, str], Lives]


def learn(past: pd.DataFrame) -> Odds:
    """Return the lives of every kind of deal and stage with enough closed deals."""
    found: Odds = {}
    for (kind, stage), rows in past.groupby(["kind", "stage"], sort=True):
        if rows.loc[rows["outcome"].notna(), "deal_count"].sum() >= ENOUGH:
            found[str(kind), str(stage)] = _lives(str(kind), str(stage), rows)
    return found


def _lives(kind: str, stage: str, rows: pd.DataFrame) -> Lives:
    ends = 1 + pd.Index(OUTCOMES).get_indexer(pd.Index(rows["outcome"]))
    stay, is_staying = (rows[name].to_numpy(np.int64) for name in ("stay_days", "is_staying"))
    band, span = (rows[name].to_numpy(np.int64) for name in ("band", "span_days"))
    count = rows["deal_count"].to_numpy(float)
    return Lives(kind, stage, band, stay + is_staying, span, ends.astype(np.int64), count)


def incidence(table: Floats) -> Floats:
    """Return the share with each outcome by each day, from deals by how and when they ended.

    The last two axes of ``table`` are the ends of `Lives` and the days; the first end, still
    open, has no share. Aalen-Johansen: open until then x outcome / at risk, summed.
    """
    at_risk = np.cumsum(table.sum(axis=-2)[..., ::-1], axis=-1)[..., ::-1][..., None, :]
    events = table[..., 1:, :]
    hazard = np.divide(events, at_risk, out=np.zeros_like(events), where=events > 0)
    staying = np.cumprod(np.maximum(1 - hazard.sum(axis=-2), 0.0), axis=-1)
    before = np.concatenate([np.ones_like(staying[..., :1]), staying[..., :-1]], axis=-1)
    # Rounding may add up to a hair above 1, which is no chance.
    return np.asarray(np.minimum(np.cumsum(before[..., None, :] * hazard, axis=-1), 1.0), float)


def newborn(lives: Lives, bands: Ints, longest: int) -> Floats:
    """Return the share of new deals of some bands that is won by each age in days."""
    mine = np.isin(lives.band, bands)
    table = np.zeros((len(OUTCOMES) + 1, longest + 2))
    place = (lives.ends[mine], np.minimum(lives.span[mine], longest + 1))
    np.add.at(table, place, lives.count[mine])
    return np.asarray(incidence(table)[0, :-1], float)


def _still_there(lives: Lives, ages: Ints, longest: int) -> Iterator[tuple[int, Floats]]:
    """Yield each age and, by band, end and day, the deals still there then: the oldest first."""
    table = np.zeros((BANDS + 1, len(OUTCOMES) + 1, longest + 2))
    span = np.minimum(lives.span, longest + 1)
    order = np.argsort(-lives.left_after, kind="stable")
    start = 0
    for age in ages[::-1]:
        stop = int(np.searchsorted(-lives.left_after[order], -age, side="left"))
        more = order[start:stop]
        # Unpriced deals are of band -1, which is the last.
        np.add.at(table, (lives.band[more], lives.ends[more], span[more]), lives.count[more])
        start = stop
        yield int(age), table[:, :, max(age, 0) :]


def landmarks(lives: Lives, ages: Ints, bands: Ints, days: Ints) -> list[Landmark]:
    """Return the landmark of each age and band; ages in order."""
    longest = int(min(max(ages[-1], 0) + days.max(), lives.span.max()))
    found = []
    for age, there in _still_there(lives, np.unique(ages), longest):
        closed = there[:, 1:].sum(axis=(1, 2))
        weights = windows(closed)[bands[ages == age]]
        number = float(closed.sum())
        shares = incidence(np.tensordot(weights, there, axes=1))
        by_day = shares[:, :, np.minimum(days, shares.shape[2] - 1)]
        found += [
            Landmark(lives.kind, lives.stage, float(max(age, 0)), number,
                     dict(zip(OUTCOMES, chances, strict=True)))
            for chances in by_day[::-1]
        ]  # fmt: skip
    return found[::-1]


@dataclass(frozen=True)
class Placed:
    """Which landmark answers for each open deal, -1 for none."""

    marks: list[Landmark]
    place: Ints
    horizons: int

    def chance(self, outcome: str) -> Floats:
        """Return the chance of an outcome within each number of days: deals x horizons."""
        nobody = np.full((1, self.horizons), np.nan)
        return np.vstack([*(mark.chances[outcome] for mark in self.marks), nobody])[self.place]

    def doubt(self, chances: Floats) -> Floats:
        """Return how far each chance may be off, in standard deviations on the normal scale.

        A chance learnt from n closed deals has the standard error sqrt(p (1 - p) / n). What
        windows over their sizes err besides evens out between large deals and small ones.
        """
        n = np.array([*(mark.closed_count for mark in self.marks), 1.0])[self.place]
        inside = np.clip(chances, 1 / (n + 2)[:, None], 1 - 1 / (n + 2)[:, None])
        error = np.sqrt(inside * (1 - inside) / n[:, None])
        height = np.exp(-0.5 * ndtri(inside) ** 2) / np.sqrt(2 * np.pi)
        return np.asarray(np.where(np.isnan(chances), 0.0, error / height), float)


def place(open_deals: pd.DataFrame, odds: Odds, days: list[float]) -> Placed:
    """Match each open deal to its stage's landmark of its age, or to one of whole deals."""
    marks: list[Landmark] = []
    places = np.full(len(open_deals), -1, np.int64)
    kinds = open_deals["kind"].to_numpy(object)
    stages = open_deals["stage"].fillna(ANY).to_numpy(object)
    bands = open_deals["band"].to_numpy(np.int64)
    for lives in sorted(odds.values(), key=lambda one: (one.stage == ANY, one.kind, one.stage)):
        whole = lives.stage == ANY
        age = open_deals["age_days" if whole else "stage_days"].to_numpy(float)
        mine = (kinds == lives.kind) & (whole | (stages == lives.stage))
        mine &= (places < 0) & (age >= 0)
        if mine.any():
            at = np.minimum(age[mine], lives.oldest()).astype(np.int64)
            distinct, which = np.unique(
                np.column_stack([at, bands[mine]]), axis=0, return_inverse=True
            )
            places[mine] = len(marks) + which
            marks += landmarks(lives, distinct[:, 0], distinct[:, 1], np.asarray(days, np.int64))
    return Placed(marks, places, len(days))
