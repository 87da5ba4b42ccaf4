"""What was open, won and lost at the end of an earlier day, told from the records' dates alone.

In a calm book every deal was closed once, on the day that its record gives, and nothing was
written of it afterwards. There the dates of the records say what was open, won and lost on any
day, and for how much, and no history need be read. What a deal that was open then looked like
(its amount, stage or owner) they do not say.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from salesplan._pipeline.changes import STAGE_MAP
from salesplan._pipeline.records import has_foreign_amounts, home_currency
from salesplan._pipeline.states import States, beginnings, rated
from salesplan.crm import Crm

# A change of a deal that the record calls open must be to an open stage; one of a closed deal
# must lie no later than its closing, and the closing itself on the day of the record.
_RESTLESS = f"""
WITH {STAGE_MAP},
dated AS (
  SELECT o.status, o.closed_on, CAST(c.changed_at AS DATE) AS changed_on,
    COALESCE(own.status, common.status, CASE WHEN c.stage = o.stage THEN o.status END, 'open')
      AS status_then
  FROM stage_changes AS c JOIN opportunities AS o ON o.opportunity_id = c.opportunity_id
  LEFT JOIN stage_map AS own ON own.pipeline = o.pipeline AND own.stage = c.stage
  LEFT JOIN stage_map AS common ON common.pipeline = '' AND common.stage = c.stage
)
SELECT count(*) AS n FROM dated
WHERE status IS NULL OR CASE WHEN status = 'open' THEN status_then <> 'open'
  ELSE closed_on IS NULL OR changed_on > closed_on
    OR (status_then <> 'open' AND (changed_on < closed_on OR status_then <> status)) END"""


def is_calm(crm: Crm) -> bool:
    """Whether the dates of the records tell what was open, won and lost on any day.

    Owners of then are not in the records, so a history that keeps owners must be read.
    """
    return crm.missing("stage_changes", "owner_id") and crm.once(_is_calm)


_TOLD_BY_HISTORY = {
    "stage", "status", "closed_on", "amount", "expected_close_on", "probability", "push_count",
}  # fmt: skip
"""What a deal may have been split by that was different on an earlier day."""


def are_dated(crm: Crm, groups: Sequence[str]) -> bool:
    """Whether the dates of the records tell the outcomes of any day, split by such groups."""
    return not _TOLD_BY_HISTORY.intersection(groups) and is_calm(crm)


def _is_calm(crm: Crm) -> bool:
    return bool(crm.query(_RESTLESS)["n"].iloc[0] == 0)


def outcomes(crm: Crm, day: dt.date) -> States:
    """Return ``deals`` as `states` does, for outcomes and closed amounts alone: see `are_dated`."""
    begun, beginning = beginnings(crm)
    raw = _RAW.format(
        beginning=beginning,
        join="LEFT JOIN begun AS b ON b.opportunity_id = o.opportunity_id" if begun else "",
    )
    is_foreign = has_foreign_amounts(crm)
    params = {"home": home_currency(crm)} if is_foreign else {}
    ctes = (STAGE_MAP, *begun, raw, rated("deals", is_foreign))
    return States(",\n".join(ctes), params | {"deals_day": day})


_RAW = """deals_raw AS (
  SELECT o.* REPLACE (
      CASE WHEN o.status <> 'open' AND o.closed_on > CAST($deals_day AS DATE) THEN 'open'
        ELSE o.status END AS status,
      CASE WHEN o.closed_on <= CAST($deals_day AS DATE) THEN o.closed_on END AS closed_on),
    {beginning} AS began_on
  FROM opportunities AS o {join}
  WHERE {beginning} IS NULL OR {beginning} <= CAST($deals_day AS DATE)
)"""
