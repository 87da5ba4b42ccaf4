"""How long each deal stood in each stage, from row to row of its history.

A stay ends with the next row that names another stage, or with the close; a deal that is
still there has stood there at least until ``as_of``. Days are calendar days: most exports
carry no time of day.
"""

from __future__ import annotations

from salesplan._funnel import history
from salesplan._funnel.history import AfterClose


def read_stays(visits: str, owner: str, after_close: AfterClose = "ignore") -> str:
    """Return common table expressions up to ``read_stays``, on top of ``watched``.

    ``read_stays``: opportunity_id, position, owner_id, entered_on, days, is_over; one row per deal
    and open stage. ``visits`` adds up all visits to a stage (cumulative) or takes the latest.
    """
    kept = "TRUE" if after_close == "keep" else "NOT is_late"
    return f"""
{history.ROWS}, {_walk(kept)}, pieces AS (
  SELECT opportunity_id, position, status, place, on_date, {_owner(owner)} AS owner_id,
    lead(on_date) OVER in_time AS next_on, lead(position) OVER in_time IS NULL AS is_last,
    {_is_turn(visits)} AS is_turn
  FROM walk
  WINDOW in_time AS (PARTITION BY opportunity_id ORDER BY place)
), {_stays(visits)}"""


_POSITION = "COALESCE(m.position, 0)"


def _walk(kept: str) -> str:
    """Return the rows that count, with the close or the first stage where no row tells them."""
    return f"""walk AS (
  SELECT opportunity_id, position, status, owner_id, on_date, place FROM dated WHERE {kept}
  UNION ALL
  SELECT w.opportunity_id, COALESCE(m.position, 0), w.status, w.owner_id,
    CASE WHEN w.status = 'open' THEN w.created_on ELSE w.closed_on END,
    {history.place("CAST('9999-12-31' AS TIMESTAMP)", "0", "w.status <> 'open'", _POSITION)}
  FROM watched AS w
  LEFT JOIN stage_map AS m ON m.pipeline = w.pipeline AND m.stage = w.stage AND m.status = w.status
  WHERE (w.status <> 'open' OR m.position IS NOT NULL) AND NOT EXISTS (
    SELECT 1 FROM history AS h WHERE h.opportunity_id = w.opportunity_id
      AND (w.status = 'open' OR h.status = w.status))
)"""


def _owner(owner: str) -> str:
    """Return the owner on a row: the last one named up to it, which only "entry" asks for."""
    named = "last_value(owner_id IGNORE NULLS) OVER in_time"
    return named if owner == "entry" else "CAST(NULL AS VARCHAR)"


def _is_turn(visits: str) -> str:
    turn = "COALESCE(lag(position) OVER in_time <> position, TRUE)"
    return turn if visits == "latest" else "FALSE"


def _stays(visits: str) -> str:
    # Rows that repeat a stage add up to the same days as one row would.
    days = "GREATEST(COALESCE(next_on, CAST($as_of AS DATE)) - on_date, 0)"
    total = f"""min(on_date) AS entered_on, min_by(owner_id, place) AS owner_id,
    CAST(sum({days}) AS BIGINT) AS days, NOT bool_or(is_last) AS is_over"""
    each = f"SELECT opportunity_id, position, {total}"
    if visits == "cumulative":
        return f"""read_stays AS (
  {each} FROM pieces WHERE status = 'open' GROUP BY opportunity_id, position
)"""
    return f"""visits AS (
  SELECT *, sum(CASE WHEN is_turn THEN 1 ELSE 0 END) OVER (
    PARTITION BY opportunity_id ORDER BY place) AS visit_no
  FROM pieces
), read_stays AS (
  SELECT opportunity_id, position, entered_on, owner_id, days, is_over
  FROM (
    {each}, row_number() OVER (
      PARTITION BY opportunity_id, position ORDER BY visit_no DESC) AS from_last
    FROM visits WHERE status = 'open' GROUP BY opportunity_id, position, visit_no
  ) AS each_visit WHERE from_last = 1
)"""
