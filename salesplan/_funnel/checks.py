"""How far the history of stages can be trusted, counted."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from salesplan._funnel import history
from salesplan._funnel.stagemap import stage_map
from salesplan.crm import Crm

COLUMNS = [
    "pipeline",
    "deals",
    "without_history_count",
    "undated_count",
    "skipped_wins_count",
    "reopened_count",
    "ignored_count",
    "mismatch_count",
    "unmapped_count",
    "tied_count",
]


def history_checks(
    crm: Crm, *, as_of: str | dt.date | None = None, after_close: history.AfterClose = "ignore"
) -> pd.DataFrame:
    """Return what in the history of stages bends the funnel, per pipeline.

    Nothing here is dropped in silence: these are the numbers behind the rules of `conversion`.

    Returns
    -------
    DataFrame
        ``pipeline``, ``deals``, ``without_history_count`` (deals known by their stage now),
        ``undated_count`` (no date of creation), ``skipped_wins_count`` (won without a row in
        every stage), ``reopened_count`` (deals with an open row after a closing row),
        ``ignored_count`` (rows after the closing row of a deal that is closed),
        ``mismatch_count`` (deals whose last row is not the stage they are in now),
        ``unmapped_count`` (rows in a stage that the map lacks) and ``tied_count`` (rows that
        share deal, time and ``seq`` with another).

    Raises
    ------
    MissingDataError
        Where there are no deals or no stage map.

    Examples
    --------
    >>> sp.funnel.history_checks(paper())[["deals", "skipped_wins_count", "reopened_count"]]
       deals  skipped_wins_count  reopened_count
    0     10                   2               0
    """
    crm = crm if as_of is None else crm.at(as_of)
    stages = stage_map(crm, "history_checks")
    sql = f"""
WITH {stages.sql}, {history.deals(crm)}, {history.ALL_WATCHED}, {history.ROWS},
{history.visits(after_close)}, {_FINDINGS}
SELECT d.pipeline, {_count("TRUE")} AS deals,
  {_count("e.opportunity_id IS NULL")} AS without_history_count,
  {_count("d.created_on IS NULL")} AS undated_count,
  {_count("d.status = 'won' AND c.steps < p.won_position")} AS skipped_wins_count,
  {_count("e.is_reopened")} AS reopened_count,
  CAST(COALESCE(sum(e.late_rows), 0) AS BIGINT) AS ignored_count,
  {_count("e.last_position <> m.position OR e.last_status <> m.status")} AS mismatch_count,
  CAST(COALESCE(max(u.row_count), 0) AS BIGINT) AS unmapped_count,
  CAST(COALESCE(max(t.row_count), 0) AS BIGINT) AS tied_count
FROM deals AS d
JOIN top AS p ON p.pipeline = d.pipeline
LEFT JOIN ends AS e ON e.opportunity_id = d.opportunity_id
LEFT JOIN climbed AS c ON c.opportunity_id = d.opportunity_id
LEFT JOIN stage_map AS m ON m.pipeline = d.pipeline AND m.stage = d.stage
LEFT JOIN unmapped AS u ON u.pipeline = d.pipeline
LEFT JOIN tied AS t ON t.pipeline = d.pipeline
GROUP BY d.pipeline
ORDER BY d.pipeline
"""
    return crm.query(sql, as_of=crm.as_of, **stages.params)[COLUMNS]


_FINDINGS = """
ends AS (
  SELECT opportunity_id, max_by(position, place) AS last_position, count(*) AS steps,
    max_by(status, place) AS last_status, count(*) FILTER (WHERE is_late) AS late_rows,
    min(CASE WHEN status <> 'open' THEN place END) < max(CASE WHEN status = 'open' THEN place END)
      AS is_reopened
  FROM dated GROUP BY opportunity_id
), climbed AS (
  SELECT opportunity_id, count(DISTINCT position) AS steps FROM visits GROUP BY opportunity_id
), unmapped AS (
  SELECT d.pipeline, count(*) AS row_count
  FROM stage_changes AS h JOIN deals AS d ON d.opportunity_id = h.opportunity_id
  LEFT JOIN stage_map AS m ON m.pipeline = d.pipeline AND m.stage = h.stage
  WHERE m.stage IS NULL AND h.changed_at < CAST($as_of AS DATE) + INTERVAL 1 DAY
  GROUP BY d.pipeline
), tied AS (
  SELECT d.pipeline, sum(t.row_count) AS row_count
  FROM (
    SELECT opportunity_id, count(*) AS row_count FROM stage_changes
    GROUP BY opportunity_id, changed_at, seq HAVING count(*) > 1
  ) AS t JOIN deals AS d ON d.opportunity_id = t.opportunity_id
  GROUP BY d.pipeline
), top AS (
  SELECT pipeline, max(position) AS won_position FROM stage_map GROUP BY pipeline
)"""


def _count(condition: str) -> str:
    return f"CAST(count(*) FILTER (WHERE {condition}) AS BIGINT)"
