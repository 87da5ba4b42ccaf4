"""A made-up company for the benchmark of the funnel: deals, five rows of history each, leads."""

from __future__ import annotations

import numpy as np
import pandas as pd

STAGES = ["Qualified", "Contact", "Meeting", "Proposal", "Negotiation", "Contract"]
AS_OF = "2027-12-31"


def company(deals: int) -> dict[str, pd.DataFrame]:
    """Deals that climb six stages, skip some, are won, lost or open; five rows each."""
    rng = np.random.default_rng(1)
    created = np.datetime64("2023-01-01", "s") + rng.integers(0, 1300 * 86400, deals).astype(
        "m8[s]"
    )
    last = np.minimum(rng.geometric(0.28, deals), len(STAGES))
    end = rng.choice(["Won", "Lost", ""], deals, p=[0.25, 0.5, 0.25])
    moment, parts, people = created.copy(), [], rng.integers(0, 40, deals)
    for position, stage in enumerate(STAGES, 1):
        here = (last >= position) & ((rng.random(deals) > 0.1) | (position == 1))
        parts.append(
            pd.DataFrame({"deal": np.flatnonzero(here), "changed_at": moment[here], "stage": stage})
        )
        moment = moment + rng.exponential(20 * 86400, deals).astype("m8[s]")
    over = end != ""
    parts.append(
        pd.DataFrame({"deal": np.flatnonzero(over), "changed_at": moment[over], "stage": end[over]})
    )
    history = pd.concat(parts, ignore_index=True)
    history = pd.concat([history, _saves(history, 5 * deals - len(history))], ignore_index=True)
    history = history.sort_values(["changed_at"], ignore_index=True)
    ids = np.array([f"O{i:07d}" for i in range(deals)], dtype=object)
    history["opportunity_id"], history["seq"] = ids[history.pop("deal")], np.arange(len(history))
    opportunities = pd.DataFrame(
        {"opportunity_id": ids, "created_on": created.astype("M8[D]").astype("M8[s]")}
    )
    opportunities["owner_id"] = [f"P{person:02d}" for person in people]
    opportunities["amount"] = rng.integers(1, 100, deals) * 500
    opportunities["lead_id"] = pd.Series(ids).where(rng.random(deals) < 0.6)
    opportunities["stage"] = np.where(over, end, np.array(STAGES)[last - 1])
    opportunities["closed_on"] = pd.Series(moment.astype("M8[D]").astype("M8[s]")).where(over)
    return {
        "stages": _stages(),
        "people": _people(),
        "opportunities": opportunities,
        "stage_changes": history,
        "leads": _leads(opportunities),
    }


def _people() -> pd.DataFrame:
    ids = [f"P{person:02d}" for person in range(40)]
    return pd.DataFrame({"person_id": ids, "name": [f"Seller {i}" for i in ids]})


def _leads(opportunities: pd.DataFrame) -> pd.DataFrame:
    """The leads that deals came from, a week before them, and as many that came to nothing."""
    came = opportunities.dropna(subset="lead_id")[["lead_id", "created_on"]]
    rest = came.assign(lead_id="x" + came["lead_id"])
    leads = pd.concat([came, rest], ignore_index=True)
    return leads.assign(created_on=leads["created_on"] - pd.Timedelta(days=7))


def _saves(history: pd.DataFrame, count: int) -> pd.DataFrame:
    """Rows that change the amount and repeat the stage, a minute after it was entered."""
    chosen = history[history["stage"] != "Won"].sample(max(count, 0), random_state=1, replace=True)
    return chosen.assign(changed_at=chosen["changed_at"] + pd.Timedelta(minutes=1))


def _stages() -> pd.DataFrame:
    names = [*STAGES, "Won", "Lost"]
    status = ["open"] * len(STAGES) + ["won", "lost"]
    return pd.DataFrame({"stage": names, "position": range(1, len(names) + 1), "status": status})
