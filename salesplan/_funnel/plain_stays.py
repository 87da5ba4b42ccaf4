"""The days in each stage: from first entries where a history is plain, else from row to row.

A deal is plain if it never goes back: all rows of a stage lie before the first row of every
later one, and the close, if any, ends all. The stays of such a deal follow from its first entry
of each stage, found in one pass without sorting. Both ways give the same days; a test holds
them together.
"""

from __future__ import annotations

from salesplan._funnel import history
from salesplan._funnel.history import AfterClose
from salesplan._funnel.spells import late_days, read_stays
from salesplan._funnel.stagemap import StageMap

_ENDINGS = "CASE {0} WHEN 'won' THEN 1 WHEN 'lost' THEN 2 WHEN 'other' THEN 4 ELSE 0 END"


def stays(
    stages: StageMap,
    visits: str,
    owner: str,
    after_close: AfterClose = "ignore",
    *,
    begins_late: bool = False,
    row_by_row: bool = False,
) -> str:
    """Return common table expressions up to ``stays``, on top of ``stage_map`` and ``deals``.

    ``stays``: opportunity_id, pipeline, position, owner_id, entered_on, days, late_days, is_over;
    one row per deal and open stage. With ``begins_late``, ``$begin`` is the day on which the
    history begins. The owner at entry is read row by row, and so is everything if
    ``row_by_row``, for the test that both ways agree.
    """
    by_row = row_by_row or owner == "entry"
    steps, several = _steps(stages), _several(stages)
    watched = history.ALL_WATCHED if by_row else _sorted(steps, several, begins_late)
    plain = [] if by_row else [_plain(n, steps, begins_late) for n in steps]
    read = """SELECT s.opportunity_id, w.pipeline, s.position, s.owner_id, s.entered_on, s.days,
    s.late_days, s.is_over
  FROM read_stays AS s
  JOIN watched AS w ON w.opportunity_id = s.opportunity_id"""
    rows = read_stays(visits, owner, after_close, begins_late=begins_late)
    return f"""{watched}, {rows}, stays AS (
  {" UNION ALL ".join([read, *plain])}
)"""


def _steps(stages: StageMap) -> range:
    """Return the positions at which a deal is open."""
    is_open = stages.rows["status"] == "open"
    return range(1, int(stages.rows.loc[is_open, "position"].max()) + 1)


def _several(stages: StageMap) -> bool:
    return bool(stages.rows["pipeline"].nunique() > 1)


def _sorted(steps: range, several: bool, begins_late: bool) -> str:
    """Return the deals with first and last row of each open stage, and those to be watched."""
    ends = ", ".join(
        f"min(CASE WHEN m.step = {n} THEN h.changed_at END) AS e{n}, "
        f"max(CASE WHEN m.step = {n} THEN h.changed_at END) AS l{n}"
        for n in steps
    )
    deal = "JOIN opportunities AS o ON o.opportunity_id = h.opportunity_id" if several else ""
    return f"""steps AS (
  SELECT pipeline, stage, CASE WHEN status = 'open' THEN position ELSE 0 END AS step,
    {_ENDINGS.format("status")} AS ending
  FROM stage_map
), entries AS (
  SELECT h.opportunity_id, {ends}, bit_or(m.ending) AS endings,
    min(CASE WHEN m.ending > 0 THEN h.changed_at END) AS ended_at
  FROM stage_changes AS h {deal}
  JOIN steps AS m ON m.stage = h.stage {"AND m.pipeline = COALESCE(o.pipeline, '')" * several}
  WHERE h.changed_at < CAST($as_of AS DATE) + INTERVAL 1 DAY
  GROUP BY h.opportunity_id
), sorted AS (
  SELECT d.opportunity_id, d.pipeline, d.stage, d.status, d.owner_id, d.created_on, d.closed_on,
    {", ".join(f"f.e{n}" for n in steps)}, f.ended_at, {_is_plain(steps, begins_late)} AS is_plain
  FROM deals AS d
  LEFT JOIN entries AS f ON f.opportunity_id = d.opportunity_id
), watched AS (
  SELECT * FROM sorted WHERE NOT is_plain
)"""


def _is_plain(steps: range, begins_late: bool) -> str:
    rising = [f"{_last(range(1, n))} < f.e{n}" for n in steps[1:]]
    closed_as_said = f"f.endings = {_ENDINGS.format('d.status')}"
    # Without a close, or without an open row, nothing can be out of order.
    onward = [f"COALESCE({step}, TRUE)" for step in (*rising, f"{_last(steps)} < f.ended_at")]
    # Where an older deal was found when the history began is told from its first row.
    moved = "(d.created_on >= CAST($begin AS DATE) OR CAST({0} AS DATE) <> CAST($begin AS DATE))"
    first = f"LEAST({', '.join(f'f.e{n}' for n in steps)}, f.ended_at)"
    onward += [f"COALESCE({moved.format(first)}, TRUE)"] if begins_late else []
    return f"f.opportunity_id IS NOT NULL AND {closed_as_said} AND {' AND '.join(onward)}"


def _last(steps: range) -> str:
    return f"GREATEST({', '.join(f'f.l{n}' for n in steps)})"


def _plain(step: int, steps: range, begins_late: bool) -> str:
    """Return the stays of plain deals at one stage: up to the next entry, the close or today."""
    later = ", ".join([*(f"s.e{n}" for n in steps if n > step), "s.ended_at"])
    entered_on = f"CAST(s.e{step} AS DATE)"
    days = f"CAST(COALESCE({later}, CAST($as_of AS DATE)) AS DATE) - {entered_on}"
    return f"""SELECT s.opportunity_id, s.pipeline, {step} AS position, NULL AS owner_id,
    {entered_on} AS entered_on, CAST({days} AS BIGINT) AS days,
    CAST({late_days(entered_on, days) if begins_late else 0} AS BIGINT) AS late_days,
    COALESCE({later}) IS NOT NULL AS is_over
  FROM sorted AS s WHERE s.is_plain AND s.e{step} IS NOT NULL"""
