"""The way of a deal through the stages, with skips, returns, pushed dates and changed amounts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesplan._demo import plan
from salesplan._demo.asked import NEW
from salesplan._demo.chance import NONE, Bools, Chance, Floats, Ints
from salesplan._demo.days import LAST, from_work, to_work, weekday

_OPEN = 5
_RETURNS = 0.05
_FORWARD_DAYS = (60, 48, 36, 24, 12)
"""Days that a seller still adds to the close date from each stage when it has come too near."""
_EXISTING_BONUS = 0.035
_BEST_BONUS = 0.045


@dataclass(frozen=True)
class Walk:
    """When each deal entered each stage (in working days), when it closed and how."""

    entered: Ints
    stays: Ints
    closing: Ints
    won: Bools


def passing(deals: pd.DataFrame) -> Floats:
    """Return the true chance of each deal to leave each stage forward."""
    base = np.tile(np.array(plan.PASSING), (len(deals), 1))
    best = (deals["owner"] % len(plan.PATTERN) == plan.BEST_SELLER).to_numpy()
    little = ((deals["owner"] * 7) % 5 - 2).to_numpy() * 0.002
    bonus = np.where(best, _BEST_BONUS, little)
    bonus = bonus + np.where(deals["type"] == NEW, 0, _EXISTING_BONUS)
    return base + bonus[:, None]


def walk(chance: Chance, deals: pd.DataFrame) -> Walk:
    """Return the way of every deal, to its end even where that lies in the future."""
    count = len(deals)
    chances, pace = passing(deals), np.array(plan.PACE)[deals["segment"]]
    position = to_work(deals["created"])
    alive = np.ones(count, np.bool_)
    entered = np.full((count, _OPEN), NONE)
    stays = np.zeros((count, _OPEN), np.int64)
    for stage in range(_OPEN):
        visits = alive & ~chance.happens(plan.SKIPPING[stage], count)
        days = np.floor(chance.spread(plan.STAGE_DAYS[stage], count) * pace).astype(np.int64)
        stays[:, stage] = np.maximum(days, 1)
        entered[:, stage] = np.where(visits, position, NONE)
        position = position + np.where(visits, stays[:, stage], 0)
        alive = alive & (~visits | chance.happens(chances[:, stage], count))
    closing = _pulled_into_december(chance, entered, position, alive)
    return Walk(entered, stays, closing, alive)


def _pulled_into_december(chance: Chance, entered: Ints, closing: Ints, won: Bools) -> Ints:
    """Return closing days; many deals that would be won in January are signed before the year."""
    count = len(closing)
    days = from_work(closing)
    date = days.astype("datetime64[D]")
    year = date.astype("datetime64[Y]")
    since = (date - year.astype("datetime64[D]")).astype(np.int64)
    goal = to_work(days - since - 10) - chance.below(9, count)
    pulled = won & (since < 60) & chance.happens(0.8, count) & (goal > entered.max(axis=1))
    return np.where(pulled, goal, closing)


def history(chance: Chance, deals: pd.DataFrame, way: Walk) -> pd.DataFrame:
    """Return the changes of every deal up to the day of the export, in order."""
    parts = [_entries(way, stage) for stage in range(_OPEN)]
    parts += [_returns(chance, way, stage) for stage in range(1, _OPEN)]
    parts += [_pushes(chance, way, stage) for stage in range(_OPEN)]
    before = pd.concat(parts, ignore_index=True)
    before = before[before["work_day"] < way.closing[before["deal"]]]
    ends = np.where(way.won, plan.WON, plan.LOST)
    last = _events(np.arange(len(ends)), way.closing, ends, forecasts=False)
    rows = pd.concat([before, last], ignore_index=True)
    rows["day"] = from_work(rows["work_day"])
    rows = rows[rows["day"] <= LAST]
    rows = rows.sort_values(["deal", "work_day"], kind="stable", ignore_index=True)
    rows["minute"] = chance.between(8 * 60, 18 * 60 - 1, len(rows))
    _forecast(chance, deals, rows)
    return rows.drop(columns=["work_day", "forecasts"])


def _events(deal: Ints, work_day: Ints, stage: Ints | int, *, forecasts: bool) -> pd.DataFrame:
    frame = pd.DataFrame({"deal": deal, "work_day": work_day})
    frame["stage"] = stage
    frame["forecasts"] = forecasts
    return frame


def _entries(way: Walk, stage: int) -> pd.DataFrame:
    rows = np.flatnonzero(way.entered[:, stage] >= 0)
    return _events(rows, way.entered[rows, stage], stage, forecasts=True)


def _returns(chance: Chance, way: Walk, stage: int) -> pd.DataFrame:
    """Return visits that break off: back one stage, and in again some days later."""
    entered, stay = way.entered[:, stage], way.stays[:, stage]
    chosen = chance.happens(_RETURNS, len(entered)) & (entered >= 0) & (stay >= 8)
    rows = np.flatnonzero(chosen)
    back = _events(rows, entered[rows] + stay[rows] // 4, stage - 1, forecasts=True)
    again = _events(rows, entered[rows] + stay[rows] // 2, stage, forecasts=True)
    return pd.concat([back, again])


def _pushes(chance: Chance, way: Walk, stage: int) -> pd.DataFrame:
    """Return changes within a stage that only move the close date."""
    entered, stay = way.entered[:, stage], way.stays[:, stage]
    chosen = chance.happens(0.45, len(entered)) & (entered >= 0) & (stay >= 16)
    rows = np.flatnonzero(chosen)
    return _events(rows, entered[rows] + stay[rows] * 2 // 3, stage, forecasts=True)


def _forecast(chance: Chance, deals: pd.DataFrame, rows: pd.DataFrame) -> None:
    """Set close date and amount from each change on; a date only ever moves to a later day."""
    deal, stage = rows["deal"].to_numpy(), rows["stage"].to_numpy()
    first = deals["created"].to_numpy() + chance.between(45, 120, len(deals))
    ahead = np.array((*_FORWARD_DAYS, 0, 0))[stage] + chance.between(-8, 25, len(rows))
    moved = rows["forecasts"].to_numpy() & chance.happens(0.75, len(rows))
    floor = np.where(moved, rows["day"].to_numpy() + ahead, 0)
    expected = _highest_so_far(deal, np.maximum(floor, first[deal]))
    rows["expected"] = expected + np.array([0, 0, 0, 0, 0, 2, 1])[weekday(expected)]
    final = deals["amount"].to_numpy()
    changed = chance.happens(0.45, len(deals))
    guess = np.where(changed, final // 100 * chance.between(75, 130, len(deals)), final)
    unknown = chance.happens(0.08, len(deals))
    reached = _highest_so_far(deal, np.where(stage == plan.LOST, 0, stage))
    early = np.where(unknown[deal] & (reached < 2), NONE, guess[deal])
    rows["amount"] = np.where(reached >= 3, final[deal], early)


def _highest_so_far(group: Ints, values: Ints) -> Ints:
    """Return the running maximum within each group of sorted rows."""
    lift = group * (1 << 32)
    return np.asarray(np.maximum.accumulate(values + lift) - lift)
