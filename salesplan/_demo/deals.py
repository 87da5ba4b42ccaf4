"""Deals as the export of 30 September 2026 shows them, with their history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesplan._demo import plan
from salesplan._demo.chance import NONE, Chance
from salesplan._demo.days import month_of
from salesplan._demo.walk import Walk, history, walk

OPEN, WON, LOST = 0, 1, 2
_NEXT_STEPS = ("Send offer", "Call back", "Demo with IT", "Meet purchasing", "Contract draft")


@dataclass(frozen=True)
class Deals:
    """Deals, their changes, and the way each one goes in truth."""

    frame: pd.DataFrame
    changes: pd.DataFrame
    way: Walk


def run(seed: int, beginnings: pd.DataFrame) -> Deals:
    """Return deals after they went their way until the day of the export."""
    chance = Chance(seed, "stages")
    way = walk(chance, beginnings)
    changes = history(chance, beginnings, way)
    last = changes.groupby("deal").last()
    first = changes.groupby("deal").first()
    frame = beginnings.rename(columns={"amount": "final_amount"})
    for column in ("stage", "amount", "expected"):
        frame[column] = last[column].to_numpy()
    frame["original_close"] = first["expected"].to_numpy()
    frame["status"] = np.select(
        [frame["stage"] == plan.WON, frame["stage"] == plan.LOST], [WON, LOST], OPEN
    )
    frame["closed"] = np.where(frame["status"] == OPEN, NONE, last["day"].to_numpy())
    frame["pushes"] = _pushes(changes)
    _notes(chance, frame)
    return Deals(frame, changes, way)


def _pushes(changes: pd.DataFrame) -> pd.Series[int]:
    month = pd.Series(month_of(changes["expected"]), index=changes.index)
    moved = month.groupby(changes["deal"]).diff() > 0
    return moved.groupby(changes["deal"]).sum().to_numpy()  # type: ignore[return-value]


def _notes(chance: Chance, frame: pd.DataFrame) -> None:
    count = len(frame)
    reason = chance.pick(plan.LOST_SHARES, count)
    frame["reason"] = np.where(frame["status"] == LOST, reason, NONE)
    step = chance.below(len(_NEXT_STEPS), count)
    noted = (frame["status"] == OPEN) & chance.happens(0.7, count)
    frame["next_step"] = [_NEXT_STEPS[s] if n else "" for s, n in zip(step, noted, strict=True)]
    foreign = (frame["status"] != WON) & chance.happens(0.004, count)
    frame["currency"] = np.where(foreign, 1 + frame["account"] % 2, 0)
