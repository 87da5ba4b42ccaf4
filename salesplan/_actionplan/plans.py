"""A plan per seller and week that fits the seller's hours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from salesplan import periods
from salesplan._actionplan.spread import Calendar, calendar_of, spread_accounts
from salesplan.crm import Crm
from salesplan.errors import one_of
from salesplan.stats import Floats

COLUMNS = [
    "person_id",
    "owner",
    "month",
    "week_on",
    "segment",
    "account_count",
    "call_count",
    "meeting_count",
    "proposals",
    "expected_revenue_amount",
    "hours",
    "capacity_hours",
]
UNSERVED = [
    "person_id",
    "owner",
    "account_id",
    "account",
    "segment",
    "cadence_hours",
    "potential_amount",
    "reason",
]


@dataclass(frozen=True)
class Built:
    """Dated contacts, accounts left out, hours and working days of each seller."""

    contacts: pd.DataFrame
    unserved: pd.DataFrame
    sellers: pd.DataFrame
    accounts: pd.DataFrame
    calendars: dict[str, Calendar]


def book_of_accounts(crm: Crm) -> pd.DataFrame:
    """Return every account with its owner, segment and potential."""
    return crm.query(
        """SELECT t.owner_id AS person_id, COALESCE(l.label, t.owner_id, '(none)') AS owner,
  t.account_id, COALESCE(t.name, t.account_id) AS account,
  COALESCE(t.segment, '(none)') AS segment, t.country, p.territory,
  CAST(t.potential_amount AS DOUBLE) AS potential_amount
FROM accounts AS t
LEFT JOIN people AS p ON p.person_id = t.owner_id
LEFT JOIN person_labels AS l ON l.person_id = t.owner_id
WHERE t.merged_into_id IS NULL AND t.owner_id IS NOT NULL
ORDER BY t.owner_id, t.account_id"""
    )


def selling_hours(crm: Crm, since: dt.date, until: dt.date) -> pd.DataFrame:
    """Return the hours that each owner of accounts has for selling in a period, and its days."""
    found = crm.query(
        """SELECT o.owner_id AS person_id, COALESCE(l.label, o.owner_id) AS owner,
  COALESCE(p.fte, 1.0) AS fte, p.hired_on, p.left_on, p.territory
FROM (SELECT DISTINCT owner_id FROM accounts WHERE owner_id IS NOT NULL) AS o
LEFT JOIN people AS p ON p.person_id = o.owner_id
LEFT JOIN person_labels AS l ON l.person_id = o.owner_id
ORDER BY o.owner_id"""
    )
    time = crm.settings.working_time
    share = max(1 - time.administration_share - time.travel_share, 0.0)
    begin, end = np.datetime64(since, "D"), np.datetime64(until, "D")
    first = pd.to_datetime(found["hired_on"]).fillna(pd.Timestamp(since)).to_numpy("M8[D]")
    gone = pd.to_datetime(found["left_on"]) + pd.Timedelta(days=1)
    last = gone.fillna(pd.Timestamp(until)).to_numpy("M8[D]")
    found["starts_on"] = np.clip(first, begin, end)
    found["ends_on"] = np.clip(last, found["starts_on"].to_numpy("M8[D]"), end)
    days = (found["ends_on"] - found["starts_on"]).dt.days
    found["employed_share"] = days / (until - since).days
    part = found["employed_share"] * periods.years_between(since, until)
    found["capacity_hours"] = time.hours_per_year * share * found["fte"] * part
    return found


def build(
    crm: Crm,
    since: dt.date,
    until: dt.date,
    *,
    holidays: str | Iterable[str | dt.date],
    every_months: Mapping[str, float],
) -> Built:
    """Return the contacts that fit each seller's hours, and the accounts that do not."""
    for segment in every_months:
        one_of(segment, list(crm.settings.cadence), "every_months")
    calendar = calendar_of(since, until, holidays)
    sellers, accounts = selling_hours(crm, since, until), book_of_accounts(crm)
    there = zip(
        sellers["owner"], sellers["starts_on"].dt.date, sellers["ends_on"].dt.date, strict=True
    )
    calendars = {str(owner): calendar.within(first, last) for owner, first, last in there}
    accounts["cadence_hours"] = _due(crm, accounts, sellers, since, until)
    hours = dict(zip(sellers["person_id"], sellers["capacity_hours"], strict=True))
    accounts["is_served"] = _fitting(accounts, hours)
    served = accounts[accounts["is_served"]]
    by_owner = dict(zip(sellers["owner"], sellers["capacity_hours"], strict=True))
    contacts = spread_accounts(
        served, crm.settings.cadence, calendar, every_months, by_owner, calendars
    )
    left_out = accounts[~accounts["is_served"]].copy()
    absent = sellers.loc[sellers["employed_share"] <= 0, "person_id"]
    left_out["reason"] = np.select(
        [left_out["cadence_hours"].isna(), left_out["person_id"].isin(absent)],
        ["no cadence for its segment", "its seller is not there in this period"],
        "no hours left for it",
    )
    return Built(contacts, left_out[UNSERVED].reset_index(drop=True), sellers, accounts, calendars)


def _due(
    crm: Crm, accounts: pd.DataFrame, sellers: pd.DataFrame, since: dt.date, until: dt.date
) -> pd.Series[float]:
    """Return the hours of each account's cadence, while its seller is there; all if never."""
    years = periods.years_between(since, until)
    due = {name: c.account_hours * years for name, c in crm.settings.cadence.items()}
    there = sellers.set_index("person_id")["employed_share"].replace(0.0, 1.0)
    return accounts["segment"].map(due).astype(float) * accounts["person_id"].map(there)


def _fitting(accounts: pd.DataFrame, hours: Mapping[Any, float]) -> pd.Series[bool]:
    """Serve the accounts with most potential per hour first, while the seller's hours last."""
    cadence = accounts["cadence_hours"]
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = accounts["potential_amount"].fillna(0.0) / cadence
    order = accounts.assign(worth=worth).sort_values(
        ["person_id", "worth", "account_id"], ascending=[True, False, True]
    )
    left = dict(hours)
    served: dict[Any, bool] = {}
    for row in order.itertuples():
        need = float(row.cadence_hours)  # type: ignore[arg-type]
        fits = bool(need <= left.get(row.person_id, 0.0) + 1e-9)
        served[row.Index] = fits
        if fits:
            left[row.person_id] -= need
    return pd.Series(served).reindex(accounts.index)


def weekly(built: Built, forward: Mapping[str, float]) -> pd.DataFrame:
    """Return calls, meetings, proposals, revenue and hours per seller, week and segment."""
    found = built.contacts.copy()
    week = found["planned_on"] - pd.to_timedelta(found["planned_on"].dt.day_of_week, unit="D")
    found["week_on"], found["month"] = week, found["planned_on"].dt.to_period("M").dt.to_timestamp()
    found["hours"] = (found["minutes"] + found["travel_minutes"]) / 60
    found["is_call"] = found["kind"] == "call"
    keys = ["owner", "month", "week_on", "segment"]
    table = found.groupby(keys, as_index=False).agg(
        account_count=("account_id", "nunique"),
        call_count=("is_call", "sum"),
        contact_count=("kind", "size"),
        hours=("hours", "sum"),
    )
    table["meeting_count"] = table["contact_count"] - table["call_count"]
    table["proposals"] = table["meeting_count"] * forward["proposals"]
    table["expected_revenue_amount"] = table["meeting_count"] * forward["revenue"]
    people = built.sellers[["person_id", "owner", "capacity_hours"]]
    table = table.merge(people, on="owner", how="left")
    table["capacity_hours"] *= _share_of_days(built.calendars, table)
    return table.sort_values(["owner", "week_on", "month", "segment"], ignore_index=True)[COLUMNS]


def _share_of_days(calendars: Mapping[str, Calendar], table: pd.DataFrame) -> Floats:
    """Return the share of the seller's working days that lies in each row's week and month."""
    days = pd.DataFrame(
        [(owner, day, len(own.days)) for owner, own in calendars.items() for day in own.days],
        columns=["owner", "day", "count"],
    )
    day = pd.to_datetime(days["day"])
    days["week_on"] = day - pd.to_timedelta(day.dt.day_of_week, unit="D")
    days["month"] = day.dt.to_period("M").dt.to_timestamp()
    keys = ["owner", "week_on", "month"]
    share = (1 / days["count"]).groupby([days[k] for k in keys]).sum()
    return share.reindex(pd.MultiIndex.from_frame(table[keys])).to_numpy(float)


def forward_rates(ratios: pd.DataFrame) -> dict[str, float]:
    """Return proposals and revenue that one meeting leads to, from the measured ratios."""
    per = dict(zip(ratios["step"], ratios["ratio"].astype(float), strict=True))
    proposals = 1 / per["meetings"]
    return {"proposals": proposals, "revenue": proposals / per["proposals"] / per["deals"]}


def fairness_of(built: Built) -> pd.DataFrame:
    """Return workload and potential per seller."""
    book = built.accounts.groupby("person_id", as_index=False).agg(
        account_count=("account_id", "size"),
        workload_hours=("cadence_hours", "sum"),
        potential_amount=("potential_amount", "sum"),
    )
    found = built.sellers.merge(book, on="person_id", how="left")
    hours = built.contacts.assign(
        h=(built.contacts["minutes"] + built.contacts["travel_minutes"]) / 60
    )
    planned = hours.groupby("owner")["h"].sum()
    found["planned_hours"] = found["owner"].map(planned).fillna(0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found["load_rate"] = np.where(
            found["capacity_hours"] > 0, found["workload_hours"] / found["capacity_hours"], np.nan
        )
    return found[WORKLOAD].sort_values("owner", ignore_index=True)


WORKLOAD = [
    "person_id",
    "owner",
    "account_count",
    "workload_hours",
    "planned_hours",
    "capacity_hours",
    "load_rate",
    "potential_amount",
]


def spread_of(values: Iterable[float]) -> dict[str, float]:
    """Return mean, coefficient of variation and largest over smallest of a number per seller.

    Examples
    --------
    >>> spread_of([10, 20, 30])
    {'mean': 20.0, 'cv': 0.408..., 'largest_to_smallest': 3.0}
    """
    known = np.asarray(list(values), float)
    known = known[~np.isnan(known)]
    if not len(known) or known.mean() == 0:
        return {"mean": float("nan"), "cv": float("nan"), "largest_to_smallest": float("nan")}
    smallest = known.min()
    ratio = float(known.max() / smallest) if smallest > 0 else float("nan")
    return {
        "mean": float(known.mean()),
        "cv": float(known.std() / known.mean()),
        "largest_to_smallest": ratio,
    }
