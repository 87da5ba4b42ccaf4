"""Pipeline: our figures against the shortest SQL and pandas for the same bare counts.

Ratios, not times, measured side by side in one run on random deals.

    python -m benchmarks.pipeline 200000
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd

import salesplan as sp

STAGES = pd.DataFrame(
    {
        "stage": ["Qualified", "Proposal", "Won", "Lost"],
        "position": [1, 2, 3, 4],
        "status": ["open", "open", "won", "lost"],
        "probability": [0.2, 0.6, 1.0, 0.0],
    }
)


def deals(count: int) -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(7)
    ids = np.array([f"O{i:07}" for i in range(count)])
    created = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 900, count), "D")
    closed = created + pd.to_timedelta(rng.integers(5, 200, count), "D")
    is_open = closed > "2026-06-30"
    stage = np.where(is_open, "Proposal", rng.choice(["Won", "Lost"], count))
    frame = pd.DataFrame(
        {"opportunity_id": ids, "stage": stage, "amount": rng.integers(1, 90, count) * 1000.0,
         "created_on": created, "closed_on": pd.Series(closed).mask(is_open),
         "expected_close_on": closed}
    )  # fmt: skip
    first = frame[["opportunity_id", "amount", "created_on"]].assign(stage="Qualified")
    then = first.assign(stage="Proposal", created_on=created + pd.Timedelta("3D"))
    last = frame.loc[~is_open, ["opportunity_id", "amount", "closed_on", "stage"]]
    changes = pd.concat(
        [part.rename(columns={"created_on": "changed_at", "closed_on": "changed_at"})
         for part in (first, then, last)],
        ignore_index=True,
    )  # fmt: skip
    return {"opportunities": frame, "stages": STAGES, "stage_changes": changes}


def seconds(run) -> float:
    found = []
    for _ in range(3):
        start = time.perf_counter()
        run()
        found.append(time.perf_counter() - start)
    return min(found)


OPEN = "stage IN ('Qualified', 'Proposal')"
LATEST = "SELECT opportunity_id, arg_max(stage, changed_at) AS stage FROM stage_changes"
COUNT = f"""SELECT stage, count(*) AS n, sum(amount) AS amount FROM opportunities
WHERE {OPEN} GROUP BY stage"""
TWO_COUNTS = f"""SELECT (SELECT count(*) FROM ({LATEST} WHERE changed_at < '2026-01-01'
GROUP BY opportunity_id) WHERE {OPEN}) AS a,
(SELECT count(*) FROM ({LATEST} GROUP BY opportunity_id) WHERE {OPEN}) AS b"""
AGES = f"""SELECT o.opportunity_id, o.stage, o.amount, date_diff('day', o.created_on,
  DATE '2026-06-30') AS age_days, date_diff('day', c.entered, DATE '2026-06-30') AS stage_days
FROM opportunities AS o JOIN (SELECT opportunity_id, max(changed_at) AS entered
  FROM stage_changes GROUP BY opportunity_id) AS c USING (opportunity_id) WHERE o.{OPEN}"""


def latest(changes: pd.DataFrame, until: str) -> pd.DataFrame:
    kept = changes[changes["changed_at"] < until].sort_values("changed_at")
    return kept.groupby("opportunity_id")[["stage", "changed_at"]].last()


def ages(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    found = frames["opportunities"]
    found = found[found["stage"].isin(["Qualified", "Proposal"])].set_index("opportunity_id")
    entered = latest(frames["stage_changes"], "2027-01-01")["changed_at"]
    day = pd.Timestamp("2026-06-30")
    return found.assign(
        age_days=(day - found["created_on"]).dt.days,
        stage_days=(day - entered.reindex(found.index)).dt.days,
    )


def counts(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    found = frames["opportunities"]
    kept = found[found["stage"].isin(["Qualified", "Proposal"])]
    return kept.groupby("stage")["amount"].agg(["size", "sum"])


def rivals(crm: sp.Crm, frames: dict[str, pd.DataFrame]) -> dict[str, tuple]:
    """Return ours, the shortest SQL for its bare counts, and the same in pandas."""
    changes = frames["stage_changes"]
    return {
        "waterfall (bare: two counts of open deals)": (
            lambda: sp.pipeline.waterfall(crm, since="2026-01-01", until="2026-07-01"),
            lambda: crm.query(TWO_COUNTS),
            lambda: [latest(changes, day)["stage"].value_counts() for day in
                     ("2026-01-01", "2027-01-01")],
        ),
        "open_deals (bare: age and days in stage)": (
            lambda: sp.pipeline.open_deals(crm),
            lambda: crm.query(AGES),
            lambda: ages(frames),
        ),
        "health (bare: count and amount per stage)": (
            lambda: sp.pipeline.health(crm),
            lambda: crm.query(COUNT),
            lambda: counts(frames),
        ),
    }  # fmt: skip


def main(count: int = 200_000) -> None:
    frames = deals(count)
    crm = sp.from_frames(frames, as_of="2026-06-30")
    print(f"{count:,} deals, {len(frames['stage_changes']):,} changes")
    for name, ways in rivals(crm, frames).items():
        ours, raw, frame = (seconds(way) for way in ways)
        print(f"{name}: salesplan takes {ours / raw:.1f} times the bare SQL, "
              f"{ours / frame:.1f} times pandas")  # fmt: skip


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
