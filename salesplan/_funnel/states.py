"""Each deal of a cohort in a few numbers, counted in the engine.

What a funnel needs of a deal is which stages it saw, how far it got and whether it has ended.
Deals alike in these are counted together, so that a million of them come home as a few
hundred rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from salesplan import dimensions
from salesplan._funnel import history
from salesplan._funnel.arguments import Span, inside
from salesplan._funnel.stagemap import StageMap
from salesplan.crm import Crm

# Positions become letters from À on, which no pattern character of LIKE is among.
_LETTER = 191


def cohort_states(
    crm: Crm,
    stages: StageMap,
    period: Span,
    by: dimensions.Grouping,
    *,
    only: Mapping[str, Any] | None,
    window_days: int | None,
    after_close: history.AfterClose,
) -> pd.DataFrame:
    """Return how many deals of each group are in each state.

    One row per group, pipeline, set of stages visited (``visited``, one bit per position),
    furthest stage, stages seen strictly in order, whether the deal has ended and whether its
    window is over, with the number of ``deals`` and of their rows after the closing one.
    """
    condition, joins, params = dimensions.where(only, "opportunities", alias="w")
    keys = f"{by.columns} {_STATE}"
    sql = f"""
WITH {stages.sql}, {history.DEALS}, {history.ROWS}, {history.visits(after_close)},
{_cohort(condition, joins)}, {_path(window_days)}, each_deal AS (
  SELECT {by.select} c.pipeline, COALESCE(p.visited, 0) AS visited,
    COALESCE(p.furthest, 0) AS furthest, {_in_order(stages)} AS in_order,
    c.status <> 'open' {_within("c.closed_on", window_days)} AS has_ended,
    {_mature(window_days)} AS is_mature, COALESCE(l.late_rows, 0) AS late_rows
  FROM cohort AS c
  JOIN opportunities AS t ON t.opportunity_id = c.opportunity_id
  LEFT JOIN path AS p ON p.opportunity_id = c.opportunity_id
  LEFT JOIN (
    SELECT opportunity_id, count(*) AS late_rows FROM dated WHERE is_late GROUP BY opportunity_id
  ) AS l ON l.opportunity_id = c.opportunity_id
  {by.joins}
)
SELECT {keys}, CAST(count(*) AS BIGINT) AS deals, CAST(sum(late_rows) AS BIGINT) AS ignored_count
FROM each_deal
GROUP BY {keys}
"""
    since, until = period
    params |= {"as_of": crm.as_of, "since": since, "until": until, **stages.params}
    if window_days is not None:
        params["window_days"] = window_days
    return crm.query(sql, **params)


_STATE = "pipeline, visited, furthest, in_order, has_ended, is_mature"


def _cohort(condition: str, joins: str) -> str:
    """Return the deals that entered a pipeline in the period; first row if no date says when."""
    return f"""cohort AS (
  SELECT e.opportunity_id, e.pipeline, e.entered_on, e.status, e.closed_on
  FROM (
    SELECT d.opportunity_id, d.pipeline, d.status, d.closed_on,
      COALESCE(d.created_on, v.first_on) AS entered_on
    FROM deals AS d
    LEFT JOIN (
      SELECT v.opportunity_id, min(v.on_date) AS first_on
      FROM visits AS v
      JOIN deals AS u ON u.opportunity_id = v.opportunity_id AND u.created_on IS NULL
      GROUP BY v.opportunity_id
    ) AS v ON v.opportunity_id = d.opportunity_id
  ) AS e
  JOIN opportunities AS w ON w.opportunity_id = e.opportunity_id {joins}
  WHERE {condition} AND {inside("e.entered_on")}
)"""


def _path(window_days: int | None) -> str:
    """Return what a deal saw within its window: stages as bits, the furthest, all in order."""
    return f"""path AS (
  SELECT c.opportunity_id, bit_or(CAST(1 AS BIGINT) << v.position) AS visited,
    max(v.position) AS furthest,
    string_agg(chr(CAST({_LETTER} + v.position AS INTEGER)), '' ORDER BY v.place) AS letters
  FROM cohort AS c
  JOIN visits AS v ON v.opportunity_id = c.opportunity_id {_within("v.on_date", window_days)}
  GROUP BY c.opportunity_id
)"""


def _within(date: str, window_days: int | None) -> str:
    limit = "c.entered_on + CAST($window_days AS INTEGER)"
    return "" if window_days is None else f"AND COALESCE({date} <= {limit}, FALSE)"


def _mature(window_days: int | None) -> str:
    """Return whether a deal has had its whole window; one whose entry is undated never has."""
    limit = "c.entered_on + CAST($window_days AS INTEGER)"
    known = f"COALESCE({limit} <= CAST($as_of AS DATE), FALSE)"
    return "TRUE" if window_days is None else known


def _in_order(stages: StageMap) -> str:
    """Count the stages that a path holds in pipeline order, other visits in between allowed."""
    most = int(stages.ladder["position"].max())
    letters = [chr(_LETTER + position) for position in range(1, most + 1)]
    patterns = ["%" + "%".join(letters[:n]) + "%" for n in range(1, most + 1)]
    return " + ".join(f"CASE WHEN p.letters LIKE '{p}' THEN 1 ELSE 0 END" for p in patterns)
