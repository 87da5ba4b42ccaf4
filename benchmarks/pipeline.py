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


def main(count: int = 200_000) -> None:
    frames = deals(count)
    crm = sp.from_frames(frames, as_of="2026-06-30")
    changes = frames["stage_changes"]
    bare = "SELECT opportunity_id, arg_max(stage, changed_at) AS stage FROM stage_changes"

    def by_sql() -> None:
        crm.query(f"""SELECT (SELECT count(*) FROM ({bare} WHERE changed_at < '2026-01-01'
            GROUP BY opportunity_id) WHERE stage IN ('Qualified', 'Proposal')) AS a,
            (SELECT count(*) FROM ({bare} GROUP BY opportunity_id)
            WHERE stage IN ('Qualified', 'Proposal')) AS b""")

    def by_pandas() -> None:
        for until in ("2026-01-01", "2027-01-01"):
            kept = changes[changes["changed_at"] < until].sort_values("changed_at")
            kept.groupby("opportunity_id")["stage"].last().value_counts()

    ours = seconds(lambda: sp.pipeline.waterfall(crm, since="2026-01-01", until="2026-07-01"))
    raw, frame = seconds(by_sql), seconds(by_pandas)
    print(f"waterfall of {count:,} deals, {len(changes):,} changes: salesplan {ours:.2f} s;")
    print(f"  bare SQL for two counts of open deals: we take {ours / raw:.1f} times as long")
    print(f"  pandas for the same two counts takes {frame / ours:.1f} times as long as we do")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
