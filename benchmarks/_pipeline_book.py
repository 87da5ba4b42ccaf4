"""A random company as large as asked for: five changes to a deal, an activity, a target a head."""

from __future__ import annotations

import numpy as np
import pandas as pd

AS_OF = "2026-06-30"
STAGES = pd.DataFrame(
    {
        "stage": ["Qualified", "Meeting", "Proposal", "Negotiation", "Won", "Lost"],
        "position": [1, 2, 3, 4, 5, 6],
        "status": ["open", "open", "open", "open", "won", "lost"],
        "probability": [0.1, 0.3, 0.5, 0.8, 1.0, 0.0],
    }
)
_BEGIN, _END = np.datetime64("2023-07-01"), np.datetime64(AS_OF)
_STEPS = 4


def frames(count: int, seed: int = 7) -> dict[str, pd.DataFrame]:
    """Return canonical tables of a company with so many deals over three years."""
    rng = np.random.default_rng(seed)
    changes, created = _history(count, rng)
    deals = _deals(changes, created, rng)
    changes["opportunity_id"] = deals["opportunity_id"].to_numpy()[changes.pop("deal")]
    people = pd.DataFrame({"person_id": [f"P{i:03}" for i in range(40)]})
    people["name"], people["team"] = people["person_id"], [f"T{i % 5}" for i in range(40)]
    target = {"person_id": people["person_id"], "period": "2026", "measure": "bookings"}
    accounts = pd.DataFrame({"account_id": [f"A{i:06}" for i in range(max(count // 4, 1))]})
    return {
        "opportunities": deals,
        "stage_changes": changes,
        "stages": STAGES,
        "people": people,
        "accounts": accounts,
        "activities": _activities(deals, rng),
        "targets": pd.DataFrame(target | {"target": count * 2e3}),
    }


def _history(count: int, rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    created = _BEGIN + rng.integers(0, (_END - _BEGIN).astype(int) + 1, count)
    reached = np.minimum(rng.geometric(0.25, count), _STEPS)
    won = (reached == _STEPS) & (rng.random(count) < 0.6)
    day, due = created.copy(), created + rng.integers(20, 120, count)
    amount = np.where(rng.random(count) < 0.03, np.nan, rng.integers(1, 90, count) * 1000.0)
    slow = np.where(rng.random(count) < 0.05, 10, 1)
    parts = []
    for step in range(_STEPS):
        here = reached > step
        # Each stage is entered, and half of the deals are saved once more while they are there.
        for again in (False, True):
            kept = here & (rng.random(count) < 0.6) if again else here
            due = np.where(kept & again, due + rng.integers(0, 60, count), due)
            amount = np.where(kept & again, amount + rng.integers(-2, 3, count) * 250.0, amount)
            parts.append(_rows(kept, day, STAGES["stage"][step], amount, due))
            day = np.where(kept, day + rng.integers(1, 25, count) * slow, day)
    end = np.where(won, "Won", "Lost")
    parts.append(_rows(np.ones(count, bool), day, end, amount, due))
    changes = pd.concat(parts, ignore_index=True)
    changes = changes[changes["changed_at"] <= _END]
    changes["seq"] = np.arange(len(changes))
    return changes, created


def _rows(kept, day, stage, amount, due) -> pd.DataFrame:
    names = stage if isinstance(stage, str) else stage[kept]
    return pd.DataFrame(
        {
            "deal": np.flatnonzero(kept),
            "changed_at": day[kept].astype("M8[s]"),
            "stage": names,
            "amount": amount[kept],
            "expected_close_on": due[kept].astype("M8[s]"),
        }
    )


def _deals(changes: pd.DataFrame, created: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    count = len(created)
    last = changes.groupby("deal", sort=True).tail(1).set_index("deal").sort_index()
    closed = last["stage"].isin(["Won", "Lost"])
    return pd.DataFrame(
        {
            "opportunity_id": [f"O{i:08}" for i in range(count)],
            "account_id": [f"A{i:06}" for i in rng.integers(0, max(count // 4, 1), count)],
            "owner_id": [f"P{i:03}" for i in rng.integers(0, 40, count)],
            "stage": last["stage"].to_numpy(),
            "amount": last["amount"].to_numpy(),
            "created_on": created.astype("M8[s]"),
            "expected_close_on": last["expected_close_on"].to_numpy(),
            "closed_on": last["changed_at"].where(closed).to_numpy(),
            "next_step": np.where(rng.random(count) < 0.7, "call", None),
        }
    )


def _activities(deals: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    count = len(deals)
    mine = rng.integers(0, count, count)
    when = deals["created_on"].to_numpy()[mine] + rng.integers(0, 120, count).astype("m8[D]")
    ahead = when > _END
    return pd.DataFrame(
        {
            "activity_id": [f"V{i:08}" for i in range(count)],
            "kind": "call",
            "status": np.where(ahead, "planned", "held"),
            "starts_at": when,
            "opportunity_id": deals["opportunity_id"].to_numpy()[mine],
        }
    )
