"""Cost per first meeting beside what an analyst would write, and the intervals beside the truth."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

import salesplan as sp

LEADS = 200_000
CHANNELS = np.array(["referral", "web", "partner", "fair", "mail"])
RATES = np.array([0.5, 0.3, 0.4, 0.3, 0.1])


def tables(seed: int = 1) -> dict[str, pd.DataFrame]:
    """Return leads with at most one meeting each, and monthly costs."""
    chance = np.random.default_rng(seed)
    channel = chance.integers(0, len(CHANNELS), LEADS)
    created = pd.Timestamp("2024-01-01") + pd.to_timedelta(chance.integers(0, 700, LEADS), unit="D")
    leads = pd.DataFrame({"lead_id": np.arange(LEADS).astype(str), "created_on": created})
    leads["channel"] = CHANNELS[channel]
    met = chance.random(LEADS) < RATES[channel]
    meetings = leads.loc[met, ["lead_id"]].assign(kind="meeting")
    meetings["status"] = np.where(chance.random(len(meetings)) < 0.2, "no_show", "held")
    meetings["starts_at"] = created[met] + pd.Timedelta(days=9)
    meetings["activity_id"] = "V" + meetings["lead_id"]
    months = pd.date_range("2024-01-01", periods=23, freq="MS")
    grid = pd.MultiIndex.from_product([months, CHANNELS], names=["month", "channel"]).to_frame(
        False
    )
    costs = grid.assign(cost_id=np.arange(len(grid)).astype(str), amount=1000.0, kind="external")
    return {"leads": leads, "activities": meetings, "costs": costs}


def by_hand(given: dict[str, pd.DataFrame]) -> pd.Series:
    """Return the cost per held meeting, without interval, lag, attribution or reasons."""
    held = given["activities"].query("status == 'held'").drop_duplicates("lead_id")
    count = given["leads"].merge(held, on="lead_id")["channel"].value_counts()
    return given["costs"].groupby("channel")["amount"].sum() / count


def seconds(call, repeat: int = 3) -> float:
    """Return the best of a few runs."""
    best = np.inf
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


def main() -> None:
    """Print times side by side, measured in one run, and whether the figures agree."""
    given = tables()
    crm = sp.from_frames(given, as_of="2026-01-31")
    ours = sp.acquisition.cost_per_first_meeting(crm, seed=1).set_index("channel")
    theirs = by_hand(given)
    agree = np.allclose(ours["cost_per_first_meeting"], theirs.reindex(ours.index))
    full = seconds(lambda: sp.acquisition.cost_per_first_meeting(crm, seed=1))
    even = seconds(lambda: sp.acquisition.cost_per_first_meeting(crm, attribution="even", seed=1))
    plain = seconds(lambda: by_hand(given))
    print(f"{LEADS:,} leads, 5 channels; same figures as by hand: {agree}")
    print(f"pandas, point figure only           {plain:6.2f} s   1.0 x")
    print(f"salesplan, all columns and interval {full:6.2f} s {full / plain:5.1f} x")
    print(f"salesplan, touches in even shares   {even:6.2f} s {even / plain:5.1f} x")
    crm.close()


if __name__ == "__main__":
    main()
