"""What finding customers cost: agencies, tools and hours of people, by channel and month."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesplan._demo import plan
from salesplan._demo.chance import NONE, Chance
from salesplan._demo.days import LAST, day, month_start
from salesplan._demo.prospecting import Prospecting

NEXT_CAMPAIGN = "Trade fair spring 2027"
_NEXT_CAMPAIGN_CENTS = 950_000


def campaign(channel: int, year: int) -> str:
    """Return the campaign of a channel in a fiscal year counted from FY2024."""
    return f"{plan.CHANNELS[channel].name} FY{2024 + year}"


def costs(seed: int, found: Prospecting) -> pd.DataFrame:
    """Return cost rows; people are recorded in hours, as the team writes them down."""
    chance = Chance(seed, "costs")
    spend = found.spend.copy()
    per_lead = found.leads.groupby("channel")["expected_held"].sum().reindex(range(9)).to_numpy()
    total = np.array([c.cost * 100 for c in plan.CHANNELS]) * per_lead
    weight = spend["effort"] * np.resize(plan.SEASON, len(spend))
    weight = weight / weight.groupby(spend["channel"]).transform("sum")
    spend["cents"] = total[spend["channel"]] * weight
    parts = [_part(spend, kind) for kind in ("external", "tools", "people")]
    frame = pd.concat(parts, ignore_index=True)
    frame = frame[(frame["cents"] > 0) | (frame["quarter_hours"] > 0)]
    frame = pd.concat([frame, _not_started()], ignore_index=True)
    frame = frame.sort_values(["month", "channel", "kind"], kind="stable", ignore_index=True)
    frame["cost"] = np.arange(len(frame))
    frame["note"] = np.where(chance.happens(0.1, len(frame)), "estimated", "")
    return frame


def _part(spend: pd.DataFrame, kind: str) -> pd.DataFrame:
    channels = plan.CHANNELS
    share = {
        "external": [c.external for c in channels],
        "tools": [c.tools for c in channels],
        "people": [1 - c.external - c.tools if c.cost else 0 for c in channels],
    }[kind]
    cents = spend["cents"] * np.array(share)[spend["channel"]]
    rates = np.array([plan.HOURLY_COST[c.role] * 100 for c in channels])[spend["channel"]]
    people = kind == "people"
    frame = pd.DataFrame({"month": month_start(spend["month"]), "channel": spend["channel"]})
    frame["year"] = spend["month"] // 12
    frame["kind"] = kind
    frame["cents"] = NONE if people else np.floor(cents + 0.5).astype(np.int64)
    frame["quarter_hours"] = np.floor(cents / rates * 4 + 0.5).astype(np.int64) if people else NONE
    return frame


def _not_started() -> pd.DataFrame:
    row = {
        "month": day("2026-11-01"),
        "channel": 6,
        "year": 3,
        "kind": "external",
        "cents": _NEXT_CAMPAIGN_CENTS,
        "quarter_hours": NONE,
    }
    return pd.DataFrame([row])


def true_cost(found: Prospecting, spent: pd.DataFrame) -> pd.DataFrame:
    """Return, per channel, what was spent, meetings held, and the true cost of a first one."""
    started = spent[spent["month"] <= LAST]
    rate = np.array([plan.HOURLY_COST[c.role] * 100 for c in plan.CHANNELS])[started["channel"]]
    cents = started["cents"].clip(lower=0) + started["quarter_hours"].clip(lower=0) * rate / 4
    total = cents.groupby(started["channel"]).sum().reindex(range(9), fill_value=0) / 100
    leads = found.leads.groupby("channel")
    expected = leads["expected_held"].sum()
    frame = pd.DataFrame({"channel": [c.name for c in plan.CHANNELS], "cost": total})
    frame["leads"] = leads.size()
    frame["held"] = found.leads[found.leads["held"] >= 0].groupby("channel").size()
    frame["expected_held"] = expected
    frame["cost_per_first_meeting"] = (total / expected).where(total > 0)
    return frame.reset_index(drop=True)


def campaigns() -> pd.DataFrame:
    """Return the campaigns: one of each channel and year, and one that has not started."""
    rows = [
        {
            "campaign": campaign(number, year),
            "channel": channel.name,
            "status": "completed" if year < 2 else "active",
            "starts": int(month_start(12 * year)),
            "ends": int(month_start(12 * year + 12)) - 1,
        }
        for number, channel in enumerate(plan.CHANNELS)
        for year in range(3)
    ]
    rows.append(
        {
            "campaign": NEXT_CAMPAIGN,
            "channel": plan.CHANNELS[6].name,
            "status": "planned",
            "starts": day("2026-11-01"),
            "ends": day("2027-04-30"),
        }
    )
    return pd.DataFrame(rows)
