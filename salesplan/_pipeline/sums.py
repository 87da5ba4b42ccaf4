"""Open deals added up in the engine, one row per group: what questions about all of them need.

Money is summed as the engine keeps it, exact to the cent. Deals of one group that share a
probability are summed first, so that what depends on it is a product of few sums; each group
then adds up its probabilities in their order, and comes out the same every time.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from salesplan._pipeline import stays
from salesplan._pipeline.arithmetic import deviations
from salesplan._pipeline.flow import By, Only
from salesplan._pipeline.frames import Columns, by_names, columns_of
from salesplan._pipeline.open_deals import found_deals
from salesplan._pipeline.states import states
from salesplan.crm import Crm

_IS_DUE = "expected_close_on < CAST($due_until AS DATE)"
_SUMS = {
    "open_count": "count(*)",
    "open_amount": "sum(reporting_amount)",
    "unpriced_count": "count(*) - count(reporting_amount)",
    "due_count": f"count(*) FILTER (WHERE {_IS_DUE})",
    "due_amount": f"sum(reporting_amount) FILTER (WHERE {_IS_DUE})",
    "due_unpriced_count": f"count(*) FILTER (WHERE {_IS_DUE} AND reporting_amount IS NULL)",
    "floor": "sum(reporting_amount) FILTER (WHERE reporting_amount < 0)",
    "ceiling": "sum(reporting_amount) FILTER (WHERE reporting_amount > 0)",
    "square": "sum(reporting_amount * reporting_amount)",
    "largest_amount": "max(largest_amount)",
    "aged_count": "count(*) FILTER (WHERE age_days > slow_days)",
    "age_known_count": "count(age_days + slow_days)",
    "idle_count": "count(*) FILTER (WHERE inactive_days >= $stalled OR inactive_days IS NULL)",
    "past_due_count": "count(*) FILTER (WHERE past_due_days > 0)",
    "dated_count": "count(expected_close_on)",
    "amount_filled_count": "count(*) FILTER (WHERE reporting_amount > 0)",
    "close_date_filled_count": "count(expected_close_on)",
    "next_step_filled_count": "count(*) FILTER (WHERE has_next_step)",
    "account_filled_count": "count(*) FILTER (WHERE has_account)",
    "activity_filled_count": "count(last_activity_on)",
    "promoter_filled_count": "count(*) FILTER (WHERE has_promoter)",
}
"""What is added up, and how; a sum of nothing is 0."""

# The window holds amounts alone: what it sorts it carries along.
_RANKED = """places AS (
  SELECT {keys}reporting_amount AS amount,
    row_number() OVER ({partition}ORDER BY COALESCE(reporting_amount, 0) DESC) AS place
  FROM found
),
largest AS (
  SELECT {keys}sum(amount) AS largest_amount FROM places WHERE place <= $largest{grouped}
),
ranked AS (
  SELECT f.*, w.slow_days, l.largest_amount
  FROM found AS f {join} LEFT JOIN won_cycle AS w ON w.pipeline = COALESCE(f.pipeline, '')
)"""


def open_sums(
    crm: Crm, day: dt.date, *, by: By = None, only: Only = None, until: dt.date = dt.date.max
) -> pd.DataFrame:
    """Return one row per group of deals open on a day, or one row in all: their sums.

    ``due_`` tells of deals that should close before ``until``; ``mean``, ``squares`` and
    ``deviation`` are the expected amount, its variance and the sum of single deviations.
    """
    names = by_names(by)
    found = found_deals(crm, states(crm, among="o.status = 'open'", deals=day), by, only)
    cycle, values = _yardstick(crm.once(_won_cycle, day.isoformat()))
    keys = [f'"by_{name}"' for name in names]
    listed = "".join(f"{key}, " for key in keys)
    sums = ", ".join(
        f"CAST(COALESCE({sql}, 0) AS {'BIGINT' if name.endswith('_count') else 'DOUBLE'}) AS {name}"
        for name, sql in _SUMS.items()
    )
    single = crm.query(
        f"WITH {found.ctes},\n{cycle},\n{_ranked(keys)}\nSELECT {listed}probability AS chance, "
        f"{sums} FROM ranked GROUP BY {listed}probability ORDER BY {listed}probability",
        due_until=until,
        largest=crm.settings.thresholds.largest_deals,
        stalled=crm.settings.thresholds.stalled_days,
        **values,
        **found.params,
    )
    return _by_group(single, names)


def _ranked(keys: list[str]) -> str:
    """Return the CTEs that set beside each deal the sum of the largest ones of its group."""
    listed = ", ".join(keys)
    same = " AND ".join(f"l.{key} IS NOT DISTINCT FROM f.{key}" for key in keys)
    return _RANKED.format(
        keys=f"{listed}, " if keys else "",
        partition=f"PARTITION BY {listed} " if keys else "",
        grouped=f" GROUP BY {listed}" if keys else "",
        join=f"JOIN largest AS l ON {same}" if keys else "CROSS JOIN largest AS l",
    )


def _won_cycle(crm: Crm, day: str) -> pd.DataFrame:
    """Return how long the deals won up to a day took, by pipeline: the same for every group."""
    known = states(crm, among="o.status = 'won'", deals=dt.date.fromisoformat(day))
    slow = crm.settings.thresholds.age_percentile
    sql = f"WITH {known.ctes}, {stays.WON_CYCLE}\nSELECT * FROM won_cycle"
    return crm.query(sql, slow=slow, **known.params)


def _yardstick(cycle: pd.DataFrame) -> tuple[str, dict[str, Any]]:
    """Return a slow deal's days by pipeline as a CTE and its parameters."""
    rows = [
        f"SELECT $pipeline_{i} AS pipeline, CAST($slow_{i} AS DOUBLE) AS slow_days"
        for i in range(len(cycle))
    ] or ["SELECT '' AS pipeline, CAST(NULL AS DOUBLE) AS slow_days"]
    values = {f"pipeline_{i}": name for i, name in enumerate(cycle["pipeline"].tolist())}
    values |= {f"slow_{i}": days for i, days in enumerate(cycle["slow_days"].tolist())}
    return f"won_cycle AS ({' UNION ALL '.join(rows)})", values


_SHARED = "largest_amount"
"""The one sum that belongs to a whole group: each of its rows carries all of it."""


def _by_group(single: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return the sums of each group over its probabilities; one row where no group is asked."""
    weighed = _weighed(columns_of(single))
    if not names:
        return pd.DataFrame(
            {n: [v.max(initial=0) if n == _SHARED else v.sum()] for n, v in weighed.items()}
        )
    keys = [f"by_{name}" for name in names]
    grouped = single[keys].assign(**weighed).groupby(keys, dropna=False)
    table = grouped.sum().assign(**{_SHARED: grouped[_SHARED].max()})
    return table.rename_axis(names).reset_index()


def _weighed(single: Columns) -> dict[str, npt.NDArray[Any]]:
    """Add what depends on the probability; nothing is added for deals without one, or unpriced."""
    p = single["chance"].astype(float)
    known = ~np.isnan(p) & (single["unpriced_count"] < single["open_count"])
    p = np.where(known, p, 0.0)
    total, floor, ceiling, square = (
        np.where(known, single[name], 0.0) for name in ("open_amount", "floor", "ceiling", "square")
    )
    return {name: single[name] for name in _SUMS if name != "square"} | {
        "unrated_count": np.where(np.isnan(single["chance"]), single["open_count"], 0),
        "mean": total * p,
        "squares": deviations(np.sqrt(square), p) ** 2,
        "deviation": deviations(ceiling - floor, p),
        "floor": floor,
        "ceiling": ceiling,
    }
