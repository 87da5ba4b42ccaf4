"""How long each deal stood in each stage, from row to row of its history.

A stay ends with the next row that names another stage, or with the close; a deal that is
still there has stood there at least until ``as_of``. Days are calendar days: most exports
carry no time of day.
"""

from __future__ import annotations

from salesplan._funnel import history
from salesplan._funnel.history import AfterClose


def read_stays(
    visits: str, owner: str, after_close: AfterClose = "ignore", *, begins_late: bool = False
) -> str:
    """Return common table expressions up to ``read_stays``, on top of ``watched``.

    ``read_stays``: opportunity_id, position, owner_id, entered_on, days, late_days, is_over; one
    row per deal and open stage. ``visits`` adds up all visits to a stage (cumulative) or takes
    the latest. ``late_days`` are those spent there before the history begins (``$begin``).
    """
    kept = "TRUE" if after_close == "keep" else "NOT is_late"
    return f"""
{history.ROWS}, {_walk(kept, begins_late)}, {_FOUND if begins_late else _ENTERED}, pieces AS (
  SELECT opportunity_id, position, status, place, on_date, {_owner(owner)} AS owner_id,
    lead(on_date) OVER in_time AS next_on, lead(position) OVER in_time IS NULL AS is_last,
    {_is_turn(visits)} AS is_turn
  FROM moments
  WINDOW in_time AS (PARTITION BY opportunity_id ORDER BY place)
), {_stays(visits, begins_late)}"""


_ENTERED = "moments AS (SELECT * FROM walk)"
# What an older deal's history opens with on its very first day is where the deal was found, not
# a move: at the first stage since its creation, at a later one since nobody knows when.
_FOUND = """moments AS (
  SELECT w.opportunity_id, w.position, w.status, w.owner_id, w.place,
    CASE WHEN w.on_date = CAST($begin AS DATE) AND d.created_on < CAST($begin AS DATE)
        AND lag(w.position) OVER (PARTITION BY w.opportunity_id ORDER BY w.place) IS NULL
      THEN CASE WHEN w.position = 1 THEN d.created_on END ELSE w.on_date END AS on_date
  FROM walk AS w
  JOIN watched AS d ON d.opportunity_id = w.opportunity_id
)"""

_POSITION = "COALESCE(m.position, 0)"


def _walk(kept: str, begins_late: bool) -> str:
    """Return the rows that count, with the close or the first stage where no row tells them."""
    found = "WHEN m.position > 1 AND w.created_on < CAST($begin AS DATE) THEN NULL"
    return f"""walk AS (
  SELECT opportunity_id, position, status, owner_id, on_date, place FROM dated WHERE {kept}
  UNION ALL
  SELECT w.opportunity_id, COALESCE(m.position, 0), w.status, w.owner_id,
    CASE WHEN w.status <> 'open' THEN w.closed_on {found if begins_late else ""}
      ELSE w.created_on END,
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


def _stays(visits: str, begins_late: bool) -> str:
    # Rows that repeat a stage add up to the same days as one row would.
    days = "GREATEST(CASE WHEN is_last THEN CAST($as_of AS DATE) ELSE next_on END - on_date, 0)"
    known = "CASE WHEN count(*) = count({0}) THEN {1} END"
    total = f"""{known.format("on_date", "min(on_date)")} AS entered_on,
    min_by(owner_id, place) AS owner_id,
    CAST({known.format(_DATED, f"sum({days})")} AS BIGINT) AS days,
    CAST({f"sum({late_days('on_date', days)})" if begins_late else 0} AS BIGINT) AS late_days,
    NOT bool_or(is_last) AS is_over"""
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
  SELECT opportunity_id, position, entered_on, owner_id, days, late_days, is_over
  FROM (
    {each}, row_number() OVER (
      PARTITION BY opportunity_id, position ORDER BY visit_no DESC) AS from_last
    FROM visits WHERE status = 'open' GROUP BY opportunity_id, position, visit_no
  ) AS each_visit WHERE from_last = 1
)"""


_DATED = "CASE WHEN is_last OR next_on IS NOT NULL THEN on_date END"


def late_days(entered_on: str, days: str) -> str:
    """Return the days of a stay before the history begins, when nobody was watching."""
    # A stay that ends on the first day of the history is on record: watched from the day before.
    return f"GREATEST(LEAST(CAST($begin AS DATE) - 1 - {entered_on}, {days}), 0)"
