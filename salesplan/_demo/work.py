"""The calendar: first meetings, meetings and proposals of deals, care of customers, desk work."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesplan._demo import plan
from salesplan._demo.accounts import Companies
from salesplan._demo.chance import NONE, Chance, Floats, Ints
from salesplan._demo.days import FIRST, LAST, from_work, to_work
from salesplan._demo.deals import Deals
from salesplan._demo.prospecting import CANCELLED, Prospecting, no_show_chance
from salesplan._demo.staff import LATE_HIRE, LATE_HIRED_ON, present

KINDS = (
    *("Meeting", "Demo", "Call", "Proposal"),
    *("Administration", "Prospecting", "E-mail", "Travel"),
)
MEETING, DEMO, CALL, PROPOSAL, ADMINISTRATION, PROSPECTING, EMAIL, TRAVEL = range(8)
STATUSES = ("Completed", "No show", "Cancelled", "Scheduled")
HELD, NO_SHOW, CALLED_OFF, PLANNED = range(4)
_WORDS = {"held": HELD, "no_show": NO_SHOW, "cancelled": CALLED_OFF, "planned": PLANNED}
_AHEAD = (1, 2, 4, 6, 9, 14, 22)
_CARE_MEETINGS = (2.4, 1.1, 0.5)
_CARE_CALLS = (6.0, 3.6, 2.4)
_WEEK = 5
_REBOOKED_AFTER = 4
_DESK_MINUTES = ((550, 760), (230, 380), (160, 280), (150, 280))


def activities(
    seed: int, scale: int, found: Prospecting, companies: Companies, deals: Deals
) -> pd.DataFrame:
    """Return every activity in order of its start."""
    chance = Chance(seed, "activities")
    parts = [
        _first_meetings(found, companies, deals.frame),
        *(_stage_work(chance, deals, stage) for stage in range(5)),
        _care(chance, companies, MEETING, _CARE_MEETINGS),
        _care(chance, companies, CALL, _CARE_CALLS),
        *(_desk(chance, scale, kind) for kind in (ADMINISTRATION, PROSPECTING, EMAIL, TRAVEL)),
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows["owner"] = present(rows["owner"].to_numpy(), rows["day"].to_numpy())
    rows["minute"] = np.where(rows["kind"] >= ADMINISTRATION, 17 * 60, _slots(chance, len(rows)))
    rows = rows.sort_values(["day", "minute", "owner"], kind="stable", ignore_index=True)
    rows["activity"] = np.arange(len(rows))
    return rows


def _slots(chance: Chance, count: int) -> Ints:
    return 9 * 60 + 30 * chance.below(16, count)


def _first_meetings(found: Prospecting, companies: Companies, deals: pd.DataFrame) -> pd.DataFrame:
    meetings = found.meetings
    frame = _rows(meetings["start"].to_numpy(), meetings["owner"].to_numpy(), MEETING)
    frame["booked"], frame["minutes"] = meetings["booked"], meetings["minutes"]
    frame["status"] = meetings["status"].map(_WORDS)
    frame["lead"] = meetings["lead"]
    known = companies.frame[companies.frame["lead"] >= 0].set_index("lead")["account"]
    frame["account"] = meetings["lead"].map(known).fillna(NONE).astype(np.int64)
    opened = deals[deals["lead"] >= 0].set_index("lead")["deal"]
    frame["deal"] = meetings["lead"].map(opened).fillna(NONE).astype(np.int64)
    return frame


def _stage_work(chance: Chance, deals: Deals, stage: int) -> pd.DataFrame:
    """Return what a stage asks for: a call, a meeting, a demo, a proposal, a meeting."""
    entered = deals.way.entered[:, stage]
    share = (0.5, 0.9, 0.95, 0.9, 0.6)[stage]
    rows = np.flatnonzero((entered >= 0) & chance.happens(share, len(entered)))
    frame = deals.frame[deals.frame["pipeline"] == 0].iloc[rows]
    stay = deals.way.stays[rows, stage]
    start = from_work(entered[rows] + stay // 3)
    kind = (CALL, MEETING, DEMO, PROPOSAL, MEETING)[stage]
    work = _of_deals(frame, start, kind)
    if kind in (MEETING, DEMO):
        first = _invite(chance, work)
        missed = first[(first["status"] == NO_SHOW) & chance.happens(0.8, len(first))].copy()
        missed["day"] = from_work(to_work(missed["day"]) + _REBOOKED_AFTER)
        again = _invite(chance, missed)
        again["booked"] = from_work(to_work(again["day"]) - _REBOOKED_AFTER)
        return pd.concat([first, again[again["day"] <= LAST]], ignore_index=True)
    work["minutes"] = 15 * (
        chance.between(1, 2, len(work)) if kind == CALL else _writing(chance, work)
    )
    return work[work["day"] <= LAST]


def _writing(chance: Chance, work: pd.DataFrame) -> Ints:
    """Return quarter hours of proposal writing; tenders and large deals take a day or two."""
    base = chance.between(6, 16, len(work))
    return np.where(work["tender"], base * 5, base)


def _of_deals(frame: pd.DataFrame, start: Ints, kind: int) -> pd.DataFrame:
    rows = _rows(start, frame["owner"].to_numpy(), kind)
    rows["account"], rows["deal"] = frame["account"].to_numpy(), frame["deal"].to_numpy()
    rows["tender"] = (frame["published"] >= 0).to_numpy()
    return rows


def _invite(chance: Chance, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the meetings of ``rows`` with the day they were booked and how they went."""
    count = len(rows)
    ahead = np.maximum(np.floor(chance.spread(_AHEAD, count)).astype(np.int64), 1)
    frame = rows.copy()
    start = frame["day"].to_numpy()
    frame["booked"] = from_work(to_work(start) - ahead)
    frame["status"] = _outcome(chance, no_show_chance(ahead, start), start)
    frame["minutes"] = 15 * chance.between(4, 8, count)
    known = (start <= LAST) | ((frame["booked"] <= LAST) & (start <= LAST + 30))
    return frame[np.asarray(known)]


def _outcome(chance: Chance, missing: Floats, start: Ints) -> Ints:
    count = len(start)
    called_off, no_show = chance.happens(CANCELLED, count), chance.happens(missing, count)
    return np.select([start > LAST, called_off, no_show], [PLANNED, CALLED_OFF, NO_SHOW], HELD)


def _care(
    chance: Chance, companies: Companies, kind: int, per_year: tuple[float, ...]
) -> pd.DataFrame:
    """Return visits and calls to customers; gold gets less than its cadence, bronze more."""
    frame = companies.frame.iloc[: companies.base]
    wanted = np.array(per_year)[frame["segment"]] * 3
    number = np.floor(wanted + chance.unit(len(frame))).astype(np.int64)
    account = np.repeat(frame["account"].to_numpy(), number)
    day = from_work(to_work(FIRST + chance.below(LAST - FIRST, len(account))))
    owner = companies.frame["owner"].to_numpy()[account]
    rows = _rows(np.minimum(day, LAST), owner, kind)
    rows["account"] = account
    if kind == MEETING:
        return _invite(chance, rows)
    rows["minutes"] = 5 * chance.between(2, 6, len(rows))
    return rows


def _desk(chance: Chance, scale: int, kind: int) -> pd.DataFrame:
    """Return the weekly time sheets; inside sellers do not travel."""
    teams = np.resize(plan.PATTERN, len(plan.PATTERN) * scale)
    sellers = np.flatnonzero(teams != 1) if kind == TRAVEL else np.arange(len(teams))
    days = from_work(np.arange(int(to_work(FIRST)) + _WEEK - 1, int(to_work(LAST)) + 1, _WEEK))
    day, owner = np.repeat(days, len(sellers)), np.tile(sellers, len(days))
    employed = (owner != LATE_HIRE) | (day >= LATE_HIRED_ON)
    rows = _rows(day[employed], owner[employed], kind)
    low, high = _DESK_MINUTES[kind - ADMINISTRATION]
    rows["minutes"] = 10 * chance.between(low // 10, high // 10, len(rows))
    return rows


def _rows(day: Ints, owner: Ints, kind: int) -> pd.DataFrame:
    frame = pd.DataFrame({"day": day, "owner": owner})
    frame["kind"], frame["status"], frame["tender"] = kind, HELD, False
    for column in ("booked", "account", "lead", "deal", "minutes"):
        frame[column] = NONE
    return frame
