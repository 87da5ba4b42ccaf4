"""Leads of every channel: when they come, how keen they are, and their first meeting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesplan._demo import plan
from salesplan._demo.chance import NONE, Chance, Floats, Ints
from salesplan._demo.days import LAST, MONTHS, from_work, month_start, to_work, weekday
from salesplan._demo.staff import owners, sellers_of

NO_SHOW = 0.20
CANCELLED = 0.05
_REBOOKED = 0.60
_KEENNESS = (0.5, 1.0, 1.5)
_KEENNESS_SHARES = (0.35, 0.3, 0.35)
_LEAD_SEGMENTS = (0.06, 0.29, 0.65)
_DAYS_AHEAD = (1, 2, 4, 6, 9, 14, 22)
"""Quantiles of the working days between booking a meeting and holding it; about 7.7 on average."""
_MEAN_AHEAD = 7.75


@dataclass(frozen=True)
class Prospecting:
    """Leads, what was spent on them in each month, and their first meetings."""

    leads: pd.DataFrame
    spend: pd.DataFrame
    meetings: pd.DataFrame


def no_show_chance(days_ahead: Ints, starts: Ints) -> Floats:
    """Return the chance that nobody comes: higher when booked long ahead, and on Fridays."""
    fridays = np.where(weekday(starts) == 4, 0.04, -0.01)
    return np.clip(NO_SHOW + 0.008 * (days_ahead - _MEAN_AHEAD) + fridays, 0.02, 0.6)


def prospect(seed: int, scale: int) -> Prospecting:
    """Return three years of leads."""
    chance = Chance(seed, "leads")
    spend = _spend(chance, scale)
    leads = _captured(chance, spend, scale)
    meetings, expected = _first_meetings(chance, leads)
    leads["expected_held"] = expected
    held = meetings.loc[meetings["status"] == "held"].set_index("lead")["start"]
    leads["held"] = leads["lead"].map(held).fillna(NONE).astype(np.int64)
    leads["status"] = _statuses(chance, leads, meetings)
    return Prospecting(leads, spend, meetings)


def _spend(chance: Chance, scale: int) -> pd.DataFrame:
    """Return leads of each channel and month; twice the money brings less than twice the leads."""
    rows = []
    season = np.resize(plan.SEASON, MONTHS) / np.mean(plan.SEASON)
    for number, channel in enumerate(plan.CHANNELS):
        effort = 0.5 + 1.1 * chance.unit(MONTHS)
        wanted = channel.leads * scale / MONTHS * season * np.sqrt(effort * np.sqrt(effort))
        count = np.floor(wanted + chance.unit(MONTHS)).astype(np.int64)
        rows.append(
            pd.DataFrame(
                {"channel": number, "month": np.arange(MONTHS), "leads": count, "effort": effort}
            )
        )
    return pd.concat(rows, ignore_index=True)


def _captured(chance: Chance, spend: pd.DataFrame, scale: int) -> pd.DataFrame:
    per_row = spend["leads"].to_numpy()
    month = np.repeat(spend["month"].to_numpy(), per_row)
    channel = np.repeat(spend["channel"].to_numpy(), per_row)
    count = len(month)
    first, following = month_start(month), month_start(month + 1)
    created = first + chance.below(following - first, count)
    frame = pd.DataFrame({"created": created, "channel": channel, "month": month})
    frame = frame.sort_values(["created", "channel"], kind="stable", ignore_index=True)
    frame["lead"] = np.arange(count)
    frame["segment"] = chance.pick(_LEAD_SEGMENTS, count)
    frame["country"] = chance.pick(plan.COUNTRY_SHARES, count)
    frame["keen"] = chance.pick(_KEENNESS_SHARES, count)
    frame["score"] = np.clip(chance.between(5, 60, count) + 15 * frame["keen"], 0, 100)
    callers = sellers_of(1, scale)
    frame["owner"] = callers[chance.below(len(callers), count)]
    frame["closer"] = owners(chance, frame["segment"].to_numpy(), scale)
    return frame


def _first_meetings(chance: Chance, leads: pd.DataFrame) -> tuple[pd.DataFrame, Floats]:
    """Return the first meetings, rebooked ones included, and the true chance that one was held."""
    count = len(leads)
    booking = np.array([c.booking for c in plan.CHANNELS])[leads["channel"]]
    likely = np.minimum(booking * np.array(_KEENNESS)[leads["keen"]], 0.95)
    booked_on = from_work(to_work(leads["created"]) + chance.between(0, 5, count))
    first = _appointment(chance, leads, booked_on)
    second = _appointment(chance, leads, first["start"].to_numpy())
    comes = 1 - first["no_show"].to_numpy()
    again = (1 - comes) * _REBOOKED * (1 - CANCELLED) * (1 - second["no_show"].to_numpy())
    expected = np.where(first["start"] <= LAST, comes, 0.0)
    expected = expected + np.where(second["start"] <= LAST, again, 0.0)
    expected = expected * likely * (1 - CANCELLED)
    asked = chance.happens(likely, count) & (booked_on <= LAST)
    rebooked = asked & (first["status"] == "no_show") & chance.happens(_REBOOKED, count)
    rebooked &= first["start"] <= LAST
    return pd.concat([first[asked], second[rebooked]], ignore_index=True), expected


def _appointment(chance: Chance, leads: pd.DataFrame, booked_on: Ints) -> pd.DataFrame:
    count = len(leads)
    ahead = np.floor(chance.spread(_DAYS_AHEAD, count)).astype(np.int64)
    start = from_work(to_work(booked_on) + np.maximum(ahead, 1))
    missing = no_show_chance(ahead, start)
    called_off = chance.happens(CANCELLED, count)
    no_show = chance.happens(missing, count)
    status = np.select(
        [start > LAST, called_off, no_show], ["planned", "cancelled", "no_show"], "held"
    )
    return pd.DataFrame(
        {
            "lead": leads["lead"],
            "owner": leads["closer"],
            "booked": booked_on,
            "start": start,
            "no_show": missing,
            "status": status,
            "minutes": 15 * chance.between(3, 5, count),
        }
    )


def _statuses(chance: Chance, leads: pd.DataFrame, meetings: pd.DataFrame) -> list[str]:
    booked = leads["lead"].isin(meetings["lead"]).to_numpy()
    worked = chance.happens(0.85, len(leads))
    words = np.select(
        [leads["held"] >= 0, booked, leads["created"] > LAST - 10, worked],
        ["Qualified", "Meeting booked", "New", "Contacted"],
        "Disqualified",
    )
    return [str(w) for w in words]


def touches(seed: int, found: Prospecting) -> pd.DataFrame:
    """Return the channels that some leads met: the first captured them, others followed."""
    chance = Chance(seed, "touches")
    leads = found.leads[chance.happens(0.3, len(found.leads))]
    parts = [_touch(chance, leads, 0, leads["channel"].to_numpy())]
    for after in (1, 2):
        later = leads[chance.happens(0.9 if after == 1 else 0.4, len(leads))]
        other = chance.below(len(plan.CHANNELS) - 1, len(later))
        parts.append(_touch(chance, later, after, other))
    rows = pd.concat(parts, ignore_index=True)
    rows = rows[rows["day"] <= LAST].drop_duplicates(["lead", "day", "minute", "channel"])
    return rows.sort_values(["lead", "day", "minute"], kind="stable", ignore_index=True)


def _touch(chance: Chance, leads: pd.DataFrame, after: int, channel: Ints) -> pd.DataFrame:
    count = len(leads)
    frame = pd.DataFrame({"lead": leads["lead"].to_numpy(), "channel": channel})
    frame["day"] = leads["created"].to_numpy() + after * chance.between(1, 4, count)
    frame["minute"] = chance.between(7 * 60, 20 * 60, count)
    frame["year"] = leads["month"].to_numpy() // 12
    return frame
