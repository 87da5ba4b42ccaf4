"""The lead side of a demo company of any seed, without writing and reading its exports."""

from __future__ import annotations

import numpy as np
import pandas as pd

import salesplan as sp
from salesplan._demo import money_spent, plan
from salesplan._demo.days import LAST
from salesplan._demo.prospecting import Prospecting, prospect
from salesplan._demo.visits import EVENTS, PAGES, visits
from salesplan.settings import Settings

NAMES = np.array([channel.name for channel in plan.CHANNELS])
SETTINGS = Settings(hourly_cost={**plan.HOURLY_COST, "default": 65.0})


def company(seed: int) -> tuple[sp.Crm, pd.DataFrame]:
    """Return the Crm of a seed's leads, meetings, costs and visits, and its true costs."""
    found = prospect(seed, 1)
    spent = money_spent.costs(seed, found)
    tables = {
        "leads": _leads(found),
        "activities": _meetings(found),
        "costs": _costs(spent),
        "web_visits": _visits(seed, found),
    }
    crm = sp.from_frames(tables, as_of=str(_day(LAST)), settings=SETTINGS)
    return crm, money_spent.true_cost(found, spent)


def _day(number):
    return np.datetime64(int(number), "D")


def _days(numbers):
    return pd.to_datetime(np.asarray(numbers), unit="D")


def _leads(found: Prospecting) -> pd.DataFrame:
    leads = found.leads
    return pd.DataFrame(
        {
            "lead_id": "L" + leads["lead"].astype(str),
            "created_on": _days(leads["created"]),
            "channel": NAMES[leads["channel"]],
            "owner_id": "P" + leads["owner"].astype(str),
        }
    )


def _meetings(found: Prospecting) -> pd.DataFrame:
    met = found.meetings.reset_index(drop=True)
    return pd.DataFrame(
        {
            "activity_id": "V" + met.index.astype(str),
            "kind": "meeting",
            "status": met["status"],
            "starts_at": _days(met["start"]) + pd.Timedelta(hours=10),
            "booked_at": _days(met["booked"]) + pd.Timedelta(hours=9),
            "minutes": met["minutes"],
            "owner_id": "P" + met["owner"].astype(str),
            "lead_id": "L" + met["lead"].astype(str),
        }
    )


def _costs(spent: pd.DataFrame) -> pd.DataFrame:
    in_hours = spent["quarter_hours"] >= 0
    roles = np.array([channel.role for channel in plan.CHANNELS])
    return pd.DataFrame(
        {
            "cost_id": "X" + spent["cost"].astype(str),
            "month": _days(spent["month"]),
            "channel": NAMES[spent["channel"]],
            "kind": spent["kind"],
            "amount": (spent["cents"] / 100).where(~in_hours),
            "hours": (spent["quarter_hours"] / 4).where(in_hours),
            "role": roles[spent["channel"]],
        }
    )


def _visits(seed: int, found: Prospecting) -> pd.DataFrame:
    seen = visits(seed, found)
    return pd.DataFrame(
        {
            "visit_id": "W" + seen["visit"].astype(str),
            "visited_at": _days(seen["day"]) + pd.to_timedelta(seen["minute"], unit="min"),
            "lead_id": "L" + seen["lead"].astype(str),
            "page": np.array(PAGES)[seen["page"]],
            "event": np.array(EVENTS)[seen["page"]],
            "seconds": seen["seconds"],
        }
    )
