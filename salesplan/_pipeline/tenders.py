"""Tenders and key accounts beside all other deals: won how often, how fast, at what cost."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesplan import dimensions
from salesplan._pipeline.arithmetic import divide
from salesplan._pipeline.flow import Only, Window
from salesplan._pipeline.frames import words
from salesplan._pipeline.states import states
from salesplan.crm import Crm
from salesplan.errors import one_of
from salesplan.stats import with_rate
from salesplan.text import label

SPLITS = {
    "tender": "COALESCE(d.is_tender, FALSE)",
    "key_account": "COALESCE(a.segment, '') IN (SELECT unnest($key_segments))",
}
COLUMNS = [
    "kind",
    "title",
    "closed_count",
    "win_count",
    "win_rate",
    "win_rate_low",
    "win_rate_high",
    "won_amount",
    "typical_cycle_days",
    "worked_hours",
    "worked_cost",
    "deal_hours",
    "deal_cost",
    "win_cost",
    "reason",
]


def split_table(crm: Crm, window: Window, *, split: str, only: Only, lang: str) -> pd.DataFrame:
    """Return one row for the deals of a kind and one for the others."""
    is_kind = SPLITS[one_of(split, list(SPLITS), "split")]
    known = states(crm, deals=window.day)
    kept, joins, values = dimensions.where(only, "opportunities", alias="d")
    if split == "key_account":
        values["key_segments"] = list(crm.settings.key_account_segments)
    found = crm.query(
        f"""WITH {known.ctes},
{_WORK},
chosen AS (
  SELECT {is_kind} AS is_kind, d.status, d.reporting_amount AS amount,
    date_diff('day', d.began_on, d.closed_on) AS days, w.hours, w.cost
  FROM deals AS d LEFT JOIN accounts AS a ON a.account_id = d.account_id
  LEFT JOIN work AS w ON w.opportunity_id = d.opportunity_id {joins}
  WHERE d.status IN ('won', 'lost') AND d.closed_on >= $since AND d.closed_on < $until AND {kept}
)
SELECT is_kind, CAST(count(*) AS BIGINT) AS closed_count,
  CAST(count(*) FILTER (WHERE status = 'won') AS BIGINT) AS win_count,
  CAST(sum(CASE WHEN status = 'won' THEN amount END) AS DOUBLE) AS won_amount,
  CAST(median(days) FILTER (WHERE days >= 0) AS DOUBLE) AS typical_cycle_days,
  CAST(sum(hours) AS DOUBLE) AS worked_hours, CAST(sum(cost) AS DOUBLE) AS worked_cost
FROM chosen GROUP BY is_kind ORDER BY is_kind DESC""",
        since=window.since,
        until=window.until,
        **known.params,
        **_cost_of_roles(crm),
        **values,
    )
    return _finished(_both(found), split, crm.has("activities"), lang)


# Work on lost deals is a cost of winning the others, so hours of every closed deal count.
_WORK = """roles AS (SELECT unnest($roles) AS role, unnest($hourly) AS hourly_cost),
work AS (
  SELECT t.opportunity_id, sum(t.minutes) / 60.0 AS hours,
    sum(t.minutes / 60.0 * COALESCE(r.hourly_cost, $default_cost)) AS cost
  FROM activities AS t
  LEFT JOIN people AS p ON p.person_id = t.owner_id LEFT JOIN roles AS r ON r.role = p.role
  WHERE t.opportunity_id IS NOT NULL AND COALESCE(t.status, 'held') NOT IN ('planned', 'cancelled')
    AND CAST(t.starts_at AS DATE) <= CAST($deals_day AS DATE)
  GROUP BY t.opportunity_id
)"""


def _cost_of_roles(crm: Crm) -> dict[str, object]:
    costs = crm.settings.hourly_cost
    return {
        "roles": list(costs),
        "hourly": [float(c) for c in costs.values()],
        "default_cost": float(crm.settings.cost_of_hour(None)),
    }


def _both(found: pd.DataFrame) -> pd.DataFrame:
    """Return the row of the kind first and of the others second, also where one is empty."""
    rows = found.set_index("is_kind").reindex([True, False])
    counts = rows[["closed_count", "win_count"]].fillna(0).astype("int64")
    return rows.assign(**counts).reset_index()


def _finished(rows: pd.DataFrame, split: str, has_work: bool, lang: str) -> pd.DataFrame:
    kinds = [split, f"not_{split}"]
    rows = with_rate(rows, "win_count", "closed_count", "win_rate")
    worked = rows[["worked_hours", "worked_cost"]].to_numpy(float)
    worked = np.where(has_work & (rows["closed_count"] > 0).to_numpy()[:, None],
                      np.nan_to_num(worked), np.nan)  # fmt: skip
    nothing = label("pipeline.nothing_closed", lang)
    no_work = None if has_work else label("pipeline.no_activities", lang)
    reasons = [nothing if n == 0 else no_work for n in rows["closed_count"]]
    return rows.assign(
        kind=kinds,
        title=[label(f"pipeline.{kind}", lang) for kind in kinds],
        worked_hours=worked[:, 0],
        worked_cost=worked[:, 1],
        deal_hours=divide(worked[:, 0], rows["closed_count"]),
        deal_cost=divide(worked[:, 1], rows["closed_count"]),
        win_cost=divide(worked[:, 1], rows["win_count"]),
        reason=words(reasons),
    )[COLUMNS]
