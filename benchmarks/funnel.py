"""The funnel against the shortest SQL for the same bare counts, and against pandas.

``python -m benchmarks.funnel 1000000`` runs it at the size of a large company: one million
deals, five million rows of history. Ratios are taken side by side in one run.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

import salesplan as sp

DEALS = 100_000
STAGES = ["Qualified", "Contact", "Meeting", "Proposal", "Negotiation", "Contract"]


def main(deals: int = DEALS) -> None:
    tables = company(deals)
    crm = sp.from_frames(tables, as_of="2027-12-31")
    print(f"{deals:,} deals, {len(tables['stage_changes']):,} rows of history")
    print(f"{'':24}{'salesplan':>10}{'SQL':>8}{'pandas':>8}{'/ SQL':>8}{'pandas /':>10}")
    for name, (ours, sql, frame) in contestants(crm, tables).items():
        times = side_by_side(ours, sql, frame)
        mine, bare, slow = (statistics.median(t) for t in times)
        print(f"{name:24}{mine:9.2f}s{bare:7.2f}s{slow:7.2f}s{mine / bare:8.2f}{slow / mine:10.1f}")


def side_by_side(*runs: Callable[[], object], rounds: int = 3) -> list[list[float]]:
    times: list[list[float]] = [[] for _ in runs]
    for _ in range(rounds):
        for place, run in enumerate(runs):
            start = time.perf_counter()
            run()
            times[place].append(time.perf_counter() - start)
    return times


def contestants(crm: sp.Crm, tables: dict[str, pd.DataFrame]) -> dict[str, tuple]:
    return {
        "conversion": (
            lambda: sp.funnel.conversion(crm),
            lambda: crm.query(READINGS),
            lambda: pandas_readings(tables),
        ),
        "conversion by owner": (
            lambda: sp.funnel.conversion(crm, by="owner"),
            lambda: crm.query(READINGS_BY_OWNER),
            lambda: pandas_readings(tables, "owner_id"),
        ),
        "win rate by owner": (
            lambda: sp.funnel.win_rate(crm, by="owner"),
            lambda: crm.query(WIN_RATE),
            lambda: pandas_win_rate(tables),
        ),
        "time in stage": (
            lambda: sp.funnel.time_in_stage(crm),
            lambda: crm.query(DAYS),
            lambda: pandas_days(tables),
        ),
    }


PATHS = """
WITH p AS (
  SELECT h.opportunity_id, max(CASE WHEN s.status <> 'lost' THEN s.position END) AS furthest,
    bit_or(1 << s.position) AS visited,
    string_agg(CAST(s.position AS VARCHAR), '' ORDER BY h.changed_at, h.seq) AS path
  FROM stage_changes AS h JOIN stages AS s ON s.stage = h.stage
  GROUP BY h.opportunity_id
)"""
_STRICT = " + ".join(
    f"(p.path LIKE '%{'%'.join('1234567'[:n])}%')::INT" for n in range(1, len(STAGES) + 2)
)
READINGS = f"""{PATHS}
SELECT p.furthest, p.visited, {_STRICT} AS in_order, o.status, count(*)
FROM p JOIN opportunities AS o ON o.opportunity_id = p.opportunity_id GROUP BY 1, 2, 3, 4"""
READINGS_BY_OWNER = f"""{PATHS}
SELECT o.owner_id, p.furthest, p.visited, {_STRICT} AS in_order, o.status, count(*)
FROM p JOIN opportunities AS o ON o.opportunity_id = p.opportunity_id GROUP BY 1, 2, 3, 4, 5"""
WIN_RATE = """
SELECT owner_id, count(*) FILTER (WHERE status = 'won'), count(*),
  sum(amount) FILTER (WHERE status = 'won'), sum(amount)
FROM opportunities WHERE status IN ('won', 'lost') GROUP BY owner_id"""
DAYS = """
WITH d AS (
  SELECT opportunity_id, stage, changed_at::DATE AS day,
    lead(changed_at::DATE) OVER (PARTITION BY opportunity_id ORDER BY changed_at, seq) AS next_day
  FROM stage_changes
), s AS (
  SELECT opportunity_id, stage, sum(COALESCE(next_day, DATE '2027-12-31') - day) AS days,
    bool_or(next_day IS NULL) AS is_there
  FROM d GROUP BY opportunity_id, stage
)
SELECT stage, days, is_there, count(*) FROM s GROUP BY stage, days, is_there"""


def pandas_readings(tables: dict[str, pd.DataFrame], by: str | None = None) -> pd.DataFrame:
    stages = tables["stages"]
    history = tables["stage_changes"].merge(stages, on="stage")
    history = history.sort_values(["opportunity_id", "changed_at", "seq"])
    alive = history[history["status"] != "lost"]
    per_deal = alive.groupby("opportunity_id")["position"].agg(["max", "unique", list])
    deals = tables["opportunities"].set_index("opportunity_id").join(per_deal)
    deals["in_order"] = [_in_order(path) for path in deals["list"]]
    deals["visited"] = [sum(1 << int(p) for p in seen) for seen in deals["unique"]]
    keys = [by] if by else []
    return deals.groupby([*keys, "max", "visited", "in_order", "stage"]).size()


def _in_order(path: list[int]) -> int:
    reached = 0
    for position in path:
        reached += position == reached + 1
    return reached


def pandas_win_rate(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    deals = tables["opportunities"]
    closed = deals[deals["stage"].isin(["Won", "Lost"])]
    closed = closed.assign(won=closed["stage"] == "Won")
    closed["won_amount"] = closed["amount"].where(closed["won"], 0)
    return closed.groupby("owner_id")[["won", "amount", "won_amount"]].agg(["sum", "count"])


def pandas_days(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    history = tables["stage_changes"].sort_values(["opportunity_id", "changed_at", "seq"])
    day = history["changed_at"].dt.normalize()
    after = day.groupby(history["opportunity_id"]).shift(-1)
    days = (after.fillna(pd.Timestamp("2027-12-31")) - day).dt.days
    spells = history.assign(days=days, there=after.isna())
    stays = spells.groupby(["opportunity_id", "stage"]).agg({"days": "sum", "there": "any"})
    return stays.reset_index().groupby(["stage", "days", "there"]).size()


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
    opportunities["stage"] = np.where(over, end, np.array(STAGES)[last - 1])
    opportunities["closed_on"] = pd.Series(moment.astype("M8[D]").astype("M8[s]")).where(over)
    return {"stages": _stages(), "opportunities": opportunities, "stage_changes": history}


def _saves(history: pd.DataFrame, count: int) -> pd.DataFrame:
    """Rows that change the amount and repeat the stage, a minute after it was entered."""
    chosen = history[history["stage"] != "Won"].sample(max(count, 0), random_state=1, replace=True)
    return chosen.assign(changed_at=chosen["changed_at"] + pd.Timedelta(minutes=1))


def _stages() -> pd.DataFrame:
    names = [*STAGES, "Won", "Lost"]
    status = ["open"] * len(STAGES) + ["won", "lost"]
    return pd.DataFrame({"stage": names, "position": range(1, len(names) + 1), "status": status})


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else DEALS)
