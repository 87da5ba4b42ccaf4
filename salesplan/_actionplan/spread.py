"""A cadence spread over a year: even gaps, working days only, one contact a day and account."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from salesplan import periods
from salesplan._actionplan.workdays import working_days
from salesplan.errors import InputError
from salesplan.settings import Cadence

COLUMNS = [
    "planned_on",
    "owner",
    "account_id",
    "account",
    "segment",
    "kind",
    "number",
    "of",
    "minutes",
    "travel_minutes",
]


@dataclass(frozen=True)
class Calendar:
    """The working days of a period, and how to find one."""

    days: list[dt.date]
    since: dt.date
    until: dt.date

    def nearest(self, position: float) -> int:
        """Return the index of the working day at a position between 0 and 1."""
        return min(int(position * len(self.days)), len(self.days) - 1)

    def on_or_after(self, day: dt.date) -> int:
        """Return the index of the first working day not before a day; the last if none."""
        at = int(np.searchsorted(np.array(self.days, "M8[D]"), np.datetime64(day)))
        return min(at, len(self.days) - 1)

    def within(self, since: dt.date, until: dt.date) -> Calendar:
        """Return the part of the calendar in which somebody is there."""
        return Calendar([day for day in self.days if since <= day < until], since, until)


def calendar_of(
    since: dt.date, until: dt.date, holidays: str | Iterable[str | dt.date]
) -> Calendar:
    """Return the working days of a period."""
    days = working_days(since, until, holidays)
    if not days:
        raise InputError(f"There is no working day between {since} and {until}.")
    return Calendar(days, since, until)


class Room:
    """Hours that an owner has left in each week; without a capacity there is always room.

    A week that lies in two months counts as two, as it does in the plans.
    """

    def __init__(self, calendar: Calendar, hours: float) -> None:
        self.week = [(*day.isocalendar()[:2], day.month) for day in calendar.days]
        per_day = hours / len(self.week)
        self.left = {week: days * per_day for week, days in Counter(self.week).items()}

    def fits(self, place: int, hours: float) -> bool:
        """Whether a contact still fits the week of a working day."""
        return self.left[self.week[place]] >= hours - 1e-9

    def take(self, place: int, hours: float) -> None:
        """Use up hours of a week."""
        self.left[self.week[place]] -= hours


def spread_accounts(
    accounts: pd.DataFrame,
    cadence: Mapping[str, Cadence],
    calendar: Calendar,
    every_months: Mapping[str, float],
    capacity: Mapping[str, float] | None = None,
    own_calendars: Mapping[str, Calendar] | None = None,
) -> pd.DataFrame:
    """Return the dated contacts of every account with a cadence.

    Accounts of one owner start one after another, so that weeks are equally full. With a
    capacity no week of an owner holds more hours than it has: a contact moves to the nearest
    week with room and is left out where there is none. An owner with a calendar of their own
    has the cadence of that part of the period only.
    """
    rows: list[tuple[object, ...]] = []
    ordered = accounts.sort_values(["owner", "segment", "account_id"])
    for owner, own in ordered.groupby("owner", sort=True, dropna=False):
        days = (own_calendars or {}).get(str(owner), calendar)
        if not days.days:
            continue
        room = Room(days, (capacity or {}).get(str(owner), np.inf))
        for place, account in enumerate(own.to_dict("records")):
            segment = str(account["segment"])
            if segment in cadence:
                phase = (place + 0.5) / len(own)
                plan = _contacts(cadence[segment], every_months.get(segment), days)
                rows += _dated(account, plan, phase, days, cadence[segment], room)
    found = pd.DataFrame(rows, columns=COLUMNS)
    found["planned_on"] = pd.to_datetime(found["planned_on"])
    return found.sort_values(["planned_on", "owner", "account_id", "kind"], ignore_index=True)


@dataclass(frozen=True)
class _Contacts:
    """How many calls and meetings, and the months between meetings where they are fixed."""

    calls: int
    meetings: int
    every_months: float | None


def _contacts(cadence: Cadence, every: float | None, calendar: Calendar) -> _Contacts:
    if every is not None and not every > 0:
        raise InputError(f"every_months must be above 0, not {every}.")
    years = periods.years_between(calendar.since, calendar.until)
    calls = round(cadence.calls * years)
    meetings = round(cadence.meetings * years)
    if every is not None:
        meetings = max(int(np.ceil(years * 12 / every - 1e-9)), 1)
    if calls + meetings > len(calendar.days):
        raise InputError(
            f"{calls + meetings} contacts do not fit {len(calendar.days)} working days."
        )
    return _Contacts(calls, meetings, every)


def _dated(
    account: Mapping[Any, Any],
    plan: _Contacts,
    phase: float,
    calendar: Calendar,
    cadence: Cadence,
    room: Room,
) -> list[tuple[object, ...]]:
    """Return the contacts of one account, meetings among calls, gaps as even as days allow."""
    taken: set[int] = set()
    rows: list[tuple[object, ...]] = []
    meetings = _meeting_days(plan, phase, calendar)
    calls = [calendar.nearest((i + phase) / plan.calls) for i in range(plan.calls)]
    for kind, places in (("meeting", meetings), ("call", calls)):
        minutes = cadence.minutes_per_meeting if kind == "meeting" else cadence.minutes_per_call
        travel = cadence.travel_minutes_per_meeting if kind == "meeting" else 0.0
        for number, place in enumerate(places, 1):
            at = _free(place, taken, room, (minutes + travel) / 60)
            if at is None:
                continue
            taken.add(at)
            room.take(at, (minutes + travel) / 60)
            who = (account["owner"], account["account_id"], account["account"], account["segment"])
            rows.append(
                (calendar.days[at], *who, kind, number, len(places), float(minutes), float(travel))
            )
    return rows


def _meeting_days(plan: _Contacts, phase: float, calendar: Calendar) -> list[int]:
    if plan.every_months is None:
        # Half a gap away from the calls, so that a meeting does not follow a call at once.
        shifted = (phase + 0.5) % 1.0
        return [calendar.nearest((i + shifted) / plan.meetings) for i in range(plan.meetings)]
    gap = plan.every_months * 365.25 / 12
    first = calendar.since + dt.timedelta(days=int(phase * gap))
    days = [first + dt.timedelta(days=round(i * gap)) for i in range(plan.meetings)]
    return [calendar.on_or_after(day) for day in days if day < calendar.until]


def _free(place: int, taken: set[int], room: Room, hours: float) -> int | None:
    """Return the nearest working day without a contact of the account and with hours left."""
    count = len(room.week)
    for distance in range(count):
        for at in (place + distance, place - distance):
            if 0 <= at < count and at not in taken and room.fits(at, hours):
                return at
    return None
