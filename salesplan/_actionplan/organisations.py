"""The same accounts served by territory, by segment specialists or from one pool of hours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesplan import stats
from salesplan._actionplan.plans import spread_of
from salesplan.allocation import Problem, continuous, read_segments
from salesplan.errors import InputError

COLUMNS = [
    "organisation",
    "pool_count",
    "seller_count",
    "hours",
    "value_amount",
    "without_lift_amount",
    "break_even_lift_rate",
    "cost_of_borders_amount",
    "moved_account_count",
    "moved_account_share",
    "workload_cv",
    "workload_largest_to_smallest",
    "potential_cv",
    "left_out_account_count",
]
_AVERAGE = 1.05


@dataclass(frozen=True)
class Organisation:
    """A way to split the accounts: the column that names the pool, and what it changes."""

    name: str
    column: str
    lift: float = 0.0
    travel_hours: float = 0.0


def compare(
    accounts: pd.DataFrame,
    sellers: pd.DataFrame,
    segments: pd.DataFrame,
    *,
    lift: float,
    travel_minutes: float,
) -> pd.DataFrame:
    """Return both organisations and the single pool, each at its best use of hours."""
    if not lift > -1 or not travel_minutes >= 0:
        raise InputError(f"lift={lift} and travel_minutes={travel_minutes} must not be negative.")
    known = accounts["segment"].isin(segments["segment"])
    served = accounts[known].assign(everyone="all")
    if served.empty:
        raise InputError("No account belongs to a segment of the table of segments.")
    ways = [
        Organisation("one pool", "everyone"),
        Organisation("territories", "territory"),
        Organisation("specialists", "segment", lift, travel_minutes / 60),
    ]
    rows = [_row(way, served, sellers, segments, int((~known).sum())) for way in ways]
    found = pd.DataFrame(rows)
    pooled, by_territory = (
        found["without_lift_amount"].iloc[0],
        found["without_lift_amount"].iloc[1],
    )
    found["cost_of_borders_amount"] = pooled - found["without_lift_amount"]
    # Values grow with the lift in proportion, so the lift that makes up the difference is exact.
    even = by_territory / found["without_lift_amount"] - 1
    found["break_even_lift_rate"] = even.where(found["organisation"] == "specialists")
    return found[COLUMNS]


def _row(
    way: Organisation,
    accounts: pd.DataFrame,
    sellers: pd.DataFrame,
    segments: pd.DataFrame,
    left_out: int,
) -> dict[str, object]:
    pools = accounts[way.column].fillna("(none)").astype(str)
    per_call = dict(zip(segments["segment"].astype(str), _hours(segments), strict=True))
    work = accounts["segment"].map(per_call).astype(float) + way.travel_hours
    value = _value(way, accounts, pools, work, sellers, segments)
    owner = assign(accounts.assign(pool=pools, work=work), sellers)
    moved = owner.to_numpy() != accounts["person_id"].to_numpy()
    hours = work.groupby(owner.to_numpy()).sum().reindex(sellers["person_id"]).fillna(0.0)
    potential = accounts["potential_amount"].groupby(owner.to_numpy()).sum()
    load = spread_of(hours)
    return {
        "organisation": way.name,
        "pool_count": pools.nunique(),
        "seller_count": len(sellers),
        "hours": float(sellers["capacity_hours"].sum()),
        "value_amount": value * (1 + way.lift),
        "without_lift_amount": value,
        "moved_account_count": int(moved.sum()) if way.column != "everyone" else 0,
        "moved_account_share": float(moved.mean()) if way.column != "everyone" else 0.0,
        "workload_cv": load["cv"],
        "workload_largest_to_smallest": load["largest_to_smallest"],
        "potential_cv": spread_of(potential.reindex(sellers["person_id"]).fillna(0.0))["cv"],
        "left_out_account_count": left_out,
    }


def _hours(segments: pd.DataFrame) -> pd.Series[float]:
    if "hours_per_call" not in segments:
        return pd.Series(1.0, segments.index)
    return segments["hours_per_call"].astype(float)


def _value(
    way: Organisation,
    accounts: pd.DataFrame,
    pools: pd.Series[str],
    work: pd.Series[float],
    sellers: pd.DataFrame,
    segments: pd.DataFrame,
) -> float:
    """Return the value of the best use of each pool's hours; pools share them by workload."""
    hours = float(sellers["capacity_hours"].sum())
    load = work.groupby(pools).sum()
    count = stats.largest_remainder(load, len(sellers))
    # Fewer sellers than pools: a seller then splits the week, and hours follow the workload.
    share = count / count.sum() if np.all(count > 0) else load / load.sum()
    total = 0.0
    for pool, part in zip(load.index, np.asarray(share, float), strict=True):
        inside = accounts.loc[pools == pool, "segment"].value_counts()
        table = segments[segments["segment"].isin(inside.index)].copy()
        table["account_count"] = table["segment"].map(inside).astype(float)
        table["hours_per_call"] = _hours(table) + way.travel_hours
        total += _best(table, hours * float(part))
    return total


def _best(table: pd.DataFrame, hours: float) -> float:
    ready = read_segments(table)
    low = np.zeros(len(table))
    return continuous(Problem(ready.curves, ready.hours, low, hours / ready.hours, hours)).value


def assign(accounts: pd.DataFrame, sellers: pd.DataFrame) -> pd.Series[str]:
    """Return an owner for each account: pools whole, loads even, today's owner first.

    Sellers go to the pool where most of their present work lies, each pool getting its share
    of sellers; accounts go, largest first, to today's owner while that load is not above
    average, else to the least loaded seller of the pool.
    """
    load = accounts.groupby("pool")["work"].sum()
    seats = _seats(load, accounts, sellers)
    owner = pd.Series("", index=accounts.index, dtype="str")
    for pool, members in seats.items():
        inside = accounts[accounts["pool"] == pool].sort_values(
            ["work", "account_id"], ascending=[False, True]
        )
        average = inside["work"].sum() / len(members)
        used = dict.fromkeys(members, 0.0)
        for at, row in zip(inside.index, inside.to_dict("records"), strict=True):
            now, need = row["person_id"], float(row["work"])
            keeps = now in used and used[now] + need <= _AVERAGE * average
            chosen = now if keeps else min(used, key=lambda p: (used[p], p))
            owner[at] = chosen
            used[chosen] += need
    return owner


def _seats(
    load: pd.Series[float], accounts: pd.DataFrame, sellers: pd.DataFrame
) -> dict[str, list[str]]:
    """Return the sellers of each pool."""
    count = stats.largest_remainder(load, len(sellers))
    present = accounts.pivot_table(
        index="person_id", columns="pool", values="work", aggfunc="sum", fill_value=0.0
    )
    free = sorted(sellers["person_id"])
    seats: dict[str, list[str]] = {}
    for pool, places in sorted(zip(load.index, count, strict=True), key=lambda p: -load[p[0]]):
        here = present[pool] if pool in present else pd.Series(dtype=float)
        ranked = sorted(free, key=lambda s: (-float(here.get(s, 0.0)), s))
        seats[str(pool)] = ranked[: int(places)]
        free = [s for s in free if s not in seats[str(pool)]]
    everybody = sorted(sellers["person_id"])
    # A pool too small for a seller of its own is served by whoever works most in it now.
    return {
        pool: members or [max(everybody, key=lambda s: float(present[pool].get(s, 0.0)))]
        for pool, members in seats.items()
    }
