"""The MRR bridge of 500,000 contract lines over 48 months, side by side in one run.

Ratios, not times: salesplan's bridge (price and volume, cross-sell, returns, counts) against
the shortest DuckDB SQL one would write by hand (new, up, down, churn by customer and month)
and against the same in pandas; and against itself on half the lines.

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
    """Return the same bridge the way one would write it in pandas."""
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


def best_of(run: Callable[[], object], times: int = 3) -> float:
    """Return the shortest of a few runs, in seconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return min(taken)


def main() -> None:
    """Print the ratios."""
    lines = book(LINES)
    crm = sp.from_frames({"contract_lines": lines}, as_of="2025-12-31")
    half = sp.from_frames({"contract_lines": lines.iloc[: LINES // 2]}, as_of="2025-12-31")
    engine = duckdb.connect()
    engine.register("frame", lines)
    engine.execute("CREATE TABLE lines AS SELECT * FROM frame")
    by_hand = engine.execute(BY_HAND).df()
    ours = sp.revenue.mrr_movements(crm)
    gap = (by_hand["closing"] - ours["closing_amount"]).abs().max()
    mine = best_of(lambda: sp.revenue.mrr_movements(crm))
    small = best_of(lambda: sp.revenue.mrr_movements(half))
    sql = best_of(lambda: engine.execute(BY_HAND).df())
    pandas = best_of(lambda: in_pandas(lines), 1)
    print(f"{LINES:,} lines x {MONTHS} months; closings agree to {gap:.6f}")
    print(f"salesplan / shortest DuckDB SQL: {mine / sql:.2f}   (at most 1.5)")
    print(f"pandas / salesplan:              {pandas / mine:.1f}   (at least 5)")
    print(f"twice the lines take             {mine / small:.2f} times as long   (about 2)")


if __name__ == "__main__":
    main()
