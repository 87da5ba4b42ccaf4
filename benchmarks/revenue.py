"""The MRR bridge of 500,000 contract lines over 48 months, side by side in one run.

Ratios, not times: salesplan's bridge (price and volume, cross-sell, swaps, returns, counts)
against the shortest DuckDB SQL one would write by hand (new, up, down, lost by customer and
month); against pandas as most write it (a table of customers times months, the same short
list of movements); against pandas written by someone who knows salesplan's own steps (what
each line adds and takes away, on integer codes, most of the same movements); and against
itself on half the lines.

    python benchmarks/revenue.py
"""

from __future__ import annotations

import time
from collections.abc import Callable

import duckdb
import numpy as np
import pandas as pd

import salesplan as sp

LINES, MONTHS = 500_000, 48

BY_HAND = """
WITH m AS (SELECT unnest(generate_series(DATE '2022-01-01', DATE '2025-12-01', INTERVAL 1 MONTH))::DATE AS month),
c AS (SELECT account_id, m.month, sum(unit_price * quantity / CASE billing_period WHEN 'year' THEN 12 ELSE 1 END) AS mrr
      FROM lines JOIN m ON starts_on <= last_day(m.month) AND (ends_on IS NULL OR ends_on > last_day(m.month))
      GROUP BY 1, 2),
d AS (SELECT account_id, month, mrr, lag(mrr) OVER w AS was, lag(month) OVER w AS was_on,
        lead(month) OVER w AS next_on FROM c WINDOW w AS (PARTITION BY account_id ORDER BY month))
SELECT month, sum(mrr) AS closing, sum(CASE WHEN was IS NULL THEN mrr ELSE 0 END) AS new,
  sum(CASE WHEN was_on = month - INTERVAL 1 MONTH THEN greatest(mrr - was, 0) ELSE 0 END) AS up,
  sum(CASE WHEN was_on = month - INTERVAL 1 MONTH THEN least(mrr - was, 0) ELSE 0 END) AS down,
  sum(CASE WHEN next_on IS NULL OR next_on > month + INTERVAL 1 MONTH THEN mrr ELSE 0 END) AS lost_next
FROM d GROUP BY month ORDER BY month
"""  # noqa: E501


def book(lines: int) -> pd.DataFrame:
    """Return random contract lines: customers with a few lines, yearly and monthly."""
    chance = np.random.default_rng(7)
    start = pd.Timestamp("2022-01-01") + pd.to_timedelta(chance.integers(0, 1440, lines), "D")
    ends = start + pd.to_timedelta(chance.integers(60, 1200, lines), "D")
    return pd.DataFrame(
        {
            "line_id": [f"L{i}" for i in range(lines)],
            "account_id": [f"A{i}" for i in chance.integers(0, lines // 5, lines)],
            "product": chance.choice(["core", "plus", "care"], lines),
            "starts_on": start,
            "ends_on": ends.where(chance.random(lines) < 0.7, pd.NaT),
            "quantity": chance.integers(1, 20, lines),
            "unit_price": chance.choice([12.0, 24.0, 39.0, 60.0], lines),
            "billing_period": chance.choice(["month", "year"], lines),
        }
    )


def in_pandas(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the same bridge as salesplan's in pandas: by step, customer, product and price.

    Seats and price apart, cross-sell and returns by name, to a millionth; no same-day swaps,
    no currencies, no late bookings, no counts.
    """
    cells = _steps(lines).groupby(["account", "product", "price", "month"], sort=False).sum()
    cells = cells.reset_index()
    up, down = cells["seats"] > 0, cells["seats"] < 0
    sides = cells.assign(
        added=cells["seats"].where(up, 0), added_amount=cells["amount"].where(up, 0),
        removed=-cells["seats"].where(down, 0), removed_amount=-cells["amount"].where(down, 0),
    ).drop(columns=["price", "seats"])  # fmt: skip
    product = sides.groupby(["account", "product", "month"]).sum().reset_index()
    product = product[(product["amount"] != 0) | (product["member"] != 0) | (product["added"] != 0)]
    members = product.groupby(["account", "product"])["member"].cumsum()
    was, now = members - product["member"] > 0, members > 0
    moved = (product["added"] > 0) & (product["removed"] > 0) & was & now
    each = product["added_amount"] / product["added"] - (
        product["removed_amount"] / product["removed"]
    )
    price = (product[["added", "removed"]].min(axis=1) * each).where(moved, 0)
    volume = (product["amount"] - price).where(was & now, 0)
    named = product[["account", "month", "amount", "member"]].assign(
        upsell=volume.clip(lower=0), cross=product["amount"].where(now & ~was, 0),
        price_up=price.clip(lower=0), price_down=-price.clip(upper=0),
        fewer=-volume.clip(upper=0) - product["amount"].where(was & ~now, 0),
    )  # fmt: skip
    return _named(named.groupby(["account", "month"]).sum().reset_index())


def _steps(lines: pd.DataFrame) -> pd.DataFrame:
    """Return what each line adds when it starts and takes away when it ends."""
    yearly = np.where(lines["billing_period"] == "year", 1, 12)
    ends = lines["ends_on"].where(lines["ends_on"] <= "2025-12-31")
    first, last = (day.dt.year * 12 + day.dt.month for day in (lines["starts_on"], ends))
    line = pd.DataFrame(
        {
            "account": pd.factorize(lines["account_id"])[0],
            "product": pd.factorize(lines["product"])[0],
            "price": lines["unit_price"] * yearly,
            "month": first,
            "amount": (lines["unit_price"] * lines["quantity"] * yearly).round(6),
            "seats": lines["quantity"],
            "member": 1,
        }
    )
    line, last = line[first != last], last[first != last]  # never in force at a month's end
    left = line.assign(month=last)[last.notna()]
    left[["amount", "seats", "member"]] *= -1
    return pd.concat([line, left.astype(line.dtypes)], ignore_index=True)


def _named(moves: pd.DataFrame) -> pd.DataFrame:
    """Return the movements of each month, named for the customer as a whole."""
    members = moves.groupby("account")["member"].cumsum()
    was, now = members - moves["member"] > 0, members > 0
    first = ~moves["account"].duplicated()
    stay = was & now
    named = pd.DataFrame(
        {
            "month": moves["month"],
            "new": moves["amount"].where(now & ~was & first, 0),
            "reactivation": moves["amount"].where(now & ~was & ~first, 0),
            "expansion_upsell": moves["upsell"].where(stay, 0),
            "expansion_cross_sell": moves["cross"].where(stay, 0),
            "price_increase": moves["price_up"].where(stay, 0),
            "contraction": moves["fewer"].where(stay, 0),
            "price_decrease": moves["price_down"].where(stay, 0),
            "churn": -moves["amount"].where(was & ~now, 0),
            "closing": moves["amount"],
        }
    )
    bridge = named.groupby("month").sum() / 12
    bridge["closing"] = bridge["closing"].cumsum()
    return bridge.reset_index()


def by_months_in_pandas(lines: pd.DataFrame) -> pd.DataFrame:
    """Return new, up, down and closing by a table of customers times months: less, but usual."""
    yearly = np.where(lines["billing_period"] == "year", 12, 1)
    value = lines["unit_price"] * lines["quantity"] / yearly
    parts = []
    for month in pd.date_range("2022-01-01", periods=MONTHS, freq="MS"):
        last = month + pd.offsets.MonthEnd(0)
        live = (lines["starts_on"] <= last) & ~(lines["ends_on"] <= last)
        parts.append(value[live].groupby(lines["account_id"][live]).sum().rename(month))
    table = pd.concat(parts, axis=1).fillna(0.0)
    change = table.diff(axis=1).fillna(table.iloc[:, [0]])
    was = table.shift(axis=1).fillna(0.0)
    return pd.DataFrame(
        {
            "closing": table.sum(),
            "new": change.where(was == 0, 0).sum(),
            "up": change.where((was > 0) & (change > 0), 0).sum(),
            "down": change.where((was > 0) & (change < 0) & (table > 0), 0).sum(),
        }
    )


def side_by_side(runs: dict[str, Callable[[], object]], times: int = 4) -> dict[str, float]:
    """Return the shortest of a few runs of each, in seconds, taken in turns."""
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(times):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def widest_gap(ours: pd.DataFrame, theirs: pd.DataFrame) -> float:
    """Return by how much the two bridges differ at most, in any column and month."""
    names = [name for name in theirs if name != "month"]
    return max(
        float(np.abs(ours[f"{name}_amount"].to_numpy() - theirs[name].to_numpy()).max())
        for name in names
    )


def main() -> None:
    """Print the ratios."""
    lines = book(LINES)
    crm = sp.from_frames({"contract_lines": lines}, as_of="2025-12-31")
    half = sp.from_frames({"contract_lines": lines.iloc[: LINES // 2]}, as_of="2025-12-31")
    engine = duckdb.connect()
    engine.register("frame", lines)
    engine.execute("CREATE TABLE lines AS SELECT * FROM frame")
    by_hand = engine.execute(BY_HAND).df()
    gap = (by_hand["closing"] - sp.revenue.mrr_movements(crm)["closing_amount"]).abs().max()
    gross = sp.revenue.mrr_movements(crm, policy=sp.revenue.Policy(swaps="gross"))
    same = widest_gap(gross, in_pandas(lines))
    best = side_by_side(
        {
            "ours": lambda: sp.revenue.mrr_movements(crm),
            "half": lambda: sp.revenue.mrr_movements(half),
            "sql": lambda: engine.execute(BY_HAND).df(),
        }
    )
    best |= side_by_side(
        {"same": lambda: in_pandas(lines), "months": lambda: by_months_in_pandas(lines)}, 2
    )
    mine = best["ours"]
    print(f"{LINES:,} lines x {MONTHS} months; closings agree to {gap:.6f}, the whole bridge "
          f"and pandas' to {same:.6f}")  # fmt: skip
    print(f"salesplan / shortest DuckDB SQL:        {mine / best['sql']:.2f}   (at most 1.5)")
    print(f"pandas, customers x months / salesplan: {best['months'] / mine:.1f}   (at least 5)")
    print(f"pandas, our own steps / salesplan:      {best['same'] / mine:.1f}   (no goal)")
    print(f"twice the lines take                    {mine / best['half']:.2f} times as long (2)")


if __name__ == "__main__":
    main()
