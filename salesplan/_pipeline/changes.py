"""Every change of a deal in time, each beside what it put an end to."""

from __future__ import annotations

STAGE_MAP = """stage_map AS (
  SELECT COALESCE(pipeline, '') AS pipeline, stage, min(status) AS status,
    min(position) AS position, max(probability) AS probability,
    row_number() OVER (ORDER BY min(position) NULLS LAST, stage) AS place
  FROM stages GROUP BY COALESCE(pipeline, ''), stage
)"""

# One number puts the changes of a deal in order: the moment, then what the CRM says of the order
# within it, then the stage that comes later in the pipeline; so nothing need be sorted.
_SEQ, _PLACE = 2**40, 2**22
_ORDER = f"""CAST(epoch_us(c.changed_at) AS HUGEINT) * {8 * _SEQ * _PLACE}
      + CAST(COALESCE(c.seq + {_SEQ}, {4 * _SEQ}) AS HUGEINT) * {_PLACE}
      + COALESCE(own.place, common.place, CAST(hash(c.stage) % {_PLACE // 2} AS BIGINT)
        + {_PLACE // 2})"""

# Every change, numbered in time, with the stage that it put an end to. A CRM may hold rows of open
# stages after the closing one; where the record still says that the deal is closed, those rows are
# slips of the keyboard: left out. Deals are those of ``tracked``.
_CHANGES = f"""numbered AS (
  SELECT c.opportunity_id, c.changed_at, c.stage, c.amount, c.expected_close_on,
    c.probability, c.owner_id, o.status AS record_status, o.has_moved,
    COALESCE(own.status, common.status, CASE WHEN c.stage = o.stage THEN o.status END, 'open')
      AS status,
    {_ORDER} AS n
  FROM stage_changes AS c
  JOIN ({{tracked}}) AS o ON o.opportunity_id = c.opportunity_id
  LEFT JOIN stage_map AS own ON own.pipeline = o.pipeline AND own.stage = c.stage
  LEFT JOIN stage_map AS common ON common.pipeline = '' AND common.stage = c.stage
),
in_order AS (
  SELECT *, lag(stage) OVER w AS stage_before,
    max(CASE WHEN status <> 'open' THEN n END) OVER (PARTITION BY opportunity_id ORDER BY n
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS closed_n
  FROM numbered WINDOW w AS (PARTITION BY opportunity_id ORDER BY n)
),
changes AS (
  SELECT * FROM in_order
  WHERE COALESCE(record_status, 'open') = 'open' OR status <> 'open' OR n <= COALESCE(closed_n, n)
)"""


def changes(tracked: str) -> str:
    """Return the CTEs that end in ``changes``, of the deals that SQL selects."""
    return _CHANGES.format(tracked=tracked)
