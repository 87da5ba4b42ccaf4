"""Finds whether an export knows of nothing before some day (left truncation)."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from salesplan import survival
from salesplan._funnel import history
from salesplan.crm import Crm

_UNLIKELY = math.log(0.001)

# However long it stayed open, one deal alone proves nothing: it takes three.
_LEAST_CHANCE = 0.05


def counted_by_age(keys: Sequence[str]) -> str:
    """Return the SQL of ``ages``: how many of ``watched`` are alike in keys and in age.

    ``watched`` has ``began_on``, ``last_on``, ``ended_as`` ('open' if it has not) and the keys.
    ``first_on`` is $observed_since or, where that is NULL, the day on which the first one ended;
    ``head_start`` the age on that day, 0 for all that came later; ``days`` the age when last seen.
    """
    names = "".join(f'w."{name}", ' for name in keys)
    head_start = "COALESCE(GREATEST(b.first_on - w.began_on, 0), 0)"
    days = "w.last_on - w.began_on"
    return f"""begins AS (
  SELECT COALESCE(CAST($observed_since AS DATE),
    min(CASE WHEN w.ended_as <> 'open' THEN w.last_on END)) AS first_on
  FROM watched AS w
), ages AS (
  SELECT {names} w.ended_as, b.first_on, CAST({head_start} AS BIGINT) AS head_start,
    CAST({days} AS BIGINT) AS days, CAST(count(*) AS BIGINT) AS deals
  FROM watched AS w CROSS JOIN begins AS b
  GROUP BY {names} w.ended_as, b.first_on, {head_start}, {days}
)"""


def records_begin_on(ages: pd.DataFrame) -> dt.date | None:
    """Return the day from which closings are on record, or None if they always were.

    ``ages`` is as `counted_by_age` counts it, with ``outcome`` (None while open). The first
    closing is suspect if, at the pace of the deals created from then on, it is all but
    impossible that every older deal was still open on that day.
    """
    older, later = ages[ages["head_start"] > 0], ages[ages["head_start"] == 0]
    if older.empty or later["outcome"].notna().sum() == 0:
        return None
    pace = survival.kaplan_meier(later["days"], later["outcome"].notna(), counts=later["deals"])
    still_open = survival.at(pace, older["head_start"] - 1).clip(min=_LEAST_CHANCE)
    chance = float((np.log(still_open) * older["deals"].to_numpy(float)).sum())
    return pd.Timestamp(ages["first_on"].iloc[0]).date() if chance < _UNLIKELY else None


def history_begins_on(crm: Crm) -> dt.date | None:
    """Return the day from which stages are on record, or None if they always were.

    Either no row of the history is older, though deals are; or no closing is, so that the
    export holds only the deals that outlived that day, and their early stages with them.
    """
    return crm.once(_history_begins_on, crm.as_of.isoformat())


def _history_begins_on(crm: Crm, _as_of: str) -> dt.date | None:
    found = (records_begin_on(_first(crm, event)) for event in _EVENTS)
    return max((day for day in found if day is not None), default=None)


_EVENTS = ("f.first_on", "CASE WHEN t.status <> 'open' THEN t.closed_on END")


def _first(crm: Crm, event: str) -> pd.DataFrame:
    """Return how many deals waited how long for their first row, or for their close."""
    sql = f"""
WITH {history.deals(crm)}, firsts AS (
  SELECT opportunity_id, CAST(min(changed_at) AS DATE) AS first_on
  FROM stage_changes
  WHERE changed_at < CAST($as_of AS DATE) + INTERVAL 1 DAY
  GROUP BY opportunity_id
), watched AS MATERIALIZED (
  SELECT t.created_on AS began_on,
    CASE WHEN {event} IS NULL THEN 'open' ELSE 'seen' END AS ended_as,
    GREATEST(COALESCE({event}, t.closed_on, CAST($as_of AS DATE)), t.created_on) AS last_on
  FROM deals AS t
  LEFT JOIN firsts AS f ON f.opportunity_id = t.opportunity_id
  WHERE t.created_on IS NOT NULL AND (t.status = 'open' OR t.closed_on IS NOT NULL)
), {counted_by_age([])}
SELECT first_on, head_start, days, deals, NULLIF(ended_as, 'open') AS outcome FROM ages
"""
    return crm.query(sql, as_of=crm.as_of, observed_since=None)
