"""What was asked of people, what they did, and what last year's scheme paid them for it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesplan._demo.asked import NEW
from salesplan._demo.chance import Chance
from salesplan._demo.days import MONTHS, month_of, quarter_label
from salesplan._demo.deals import WON
from salesplan._demo.work import DEMO, HELD, MEETING

MEASURES = ("bookings", "new_customers", "meetings_held")
WEIGHTS = (0.5, 0.3, 0.2)
_ATTAINED = (0.62, 0.9, 1.01, 1.05, 1.1, 1.17, 1.3)
"""Quantiles of a year's attainment: a little more than seven in ten people reach a goal."""
_STEP = (1000, 1, 1)
_QUARTERS = MONTHS // 3
_AHEAD = 4


def actuals(
    people: pd.DataFrame, deals: pd.DataFrame, shared: pd.DataFrame, work: pd.DataFrame
) -> pd.DataFrame:
    """Return what each seller did in each quarter: bookings in euros, customers, meetings."""
    won = _credited(deals[deals["status"] == WON], shared)
    met = work[(work["status"] == HELD) & work["kind"].isin([MEETING, DEMO])]
    fresh = won[won["type"] == NEW]
    facts = (
        (won["person"], won["closed"], won["amount"] * won["percent"] / 10_000),
        (fresh["person"], fresh["closed"], fresh["percent"] / 100),
        (met["owner"], met["day"], met["kind"] * 0 + 1),
    )
    parts = [_by_quarter(people, m, *fact) for m, fact in enumerate(facts)]
    return pd.concat(parts, ignore_index=True)


def _credited(won: pd.DataFrame, shared: pd.DataFrame) -> pd.DataFrame:
    """Return won deals once per person credited: the owner, unless the deal is shared."""
    frame = won.merge(shared[["deal", "person", "percent"]], on="deal", how="left")
    frame["person"] = frame["person"].fillna(frame["owner"]).astype(np.int64)
    frame["percent"] = frame["percent"].fillna(100)
    return frame


def _by_quarter(
    people: pd.DataFrame,
    measure: int,
    who: pd.Series[int],
    when: pd.Series[int],
    value: pd.Series[float],
) -> pd.DataFrame:
    sellers = people[people["role"] != "manager"]["person"]
    quarter = pd.Series(month_of(when) // 3, index=who.index)
    total = value.groupby([who, quarter]).sum()
    every = pd.MultiIndex.from_product([sellers, range(_QUARTERS)], names=["person", "quarter"])
    frame = total.reindex(every, fill_value=0).rename("actual").reset_index()
    frame["measure"] = measure
    return frame


def targets(seed: int, done: pd.DataFrame) -> pd.DataFrame:
    """Return goals of each seller and quarter, the coming year's included.

    A year's goal stands to what was done as the attainment drawn for it; the quarters share
    it as the company's year does, so that a person's quarters swing about their year.
    """
    chance = Chance(seed, "targets")
    done = done.assign(year=done["quarter"] // 4, place=done["quarter"] % 4)
    keys = ["person", "measure", "year"]
    year = done.groupby(keys)["actual"].sum().reset_index()
    year["goal"] = year["actual"] / chance.spread(_ATTAINED, len(year))
    coming = year[year["year"] == year["year"].max()].assign(year=_QUARTERS // 4)
    coming["goal"] = coming["goal"] * 1.06
    year = pd.concat([year, coming], ignore_index=True)
    total = done.groupby(["measure", "place"])["actual"].sum()
    season = (total / total.groupby("measure").transform("sum")).rename("share").reset_index()
    frame: pd.DataFrame = year.drop(columns="actual").merge(season, on="measure")
    step = np.array(_STEP)[frame["measure"]]
    rounded = np.floor(frame["goal"] * frame["share"] / step) * step
    frame["target"] = np.maximum(rounded, step).astype(np.int64)
    frame["quarter"] = frame["year"] * 4 + frame["place"]
    return frame.sort_values(["quarter", "person", "measure"], ignore_index=True)


def team_targets(people: pd.DataFrame, goals: pd.DataFrame) -> pd.DataFrame:
    """Return each team's goal for bookings: 97 % of what its people are asked for together."""
    team = people.set_index("person")["team"]
    own = goals[goals["measure"] == 0].assign(team=lambda f: f["person"].map(team))
    frame = own.groupby(["quarter", "team"])["target"].sum().reset_index()
    frame["target"] = np.floor(frame["target"] * 0.97 / 1000).astype(np.int64) * 1000
    return frame


def payroll(people: pd.DataFrame, goals: pd.DataFrame, done: pd.DataFrame) -> pd.DataFrame:
    """Return what last year's scheme paid for the last two fiscal years, quarter by quarter.

    Half the variable pay follows bookings, three tenths new customers, a fifth meetings held;
    each pays nothing under 50 % of its goal, its attainment from there, and at most 150 %.
    """
    both = goals.merge(done, on=["person", "quarter", "measure"])
    both = both[both["quarter"] >= 4]
    attained = both["actual"] / both["target"]
    paid = np.where(attained < 0.5, 0, np.minimum(attained, 1.5))
    both["share"] = paid * np.array(WEIGHTS)[both["measure"]]
    frame = both.groupby(["person", "quarter"])["share"].sum().reset_index()
    row = people.set_index("person").loc[frame["person"]].reset_index()
    frame["paid"] = np.floor(row["target_variable"] / 4 * frame["share"] * 100 + 0.5)
    frame["base"] = np.floor(row["base_salary"] / 4 * 100 + 0.5)
    return frame.sort_values(["quarter", "person"], ignore_index=True)


def periods() -> list[str]:
    """Return the calendar quarters that have goals."""
    return [quarter_label(3 * q) for q in range(_QUARTERS + _AHEAD)]
