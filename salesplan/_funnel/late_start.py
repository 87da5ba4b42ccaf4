"""Finds whether an export knows of nothing before some day (left truncation)."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd

from salesplan import survival
from salesplan._funnel import history
from salesplan.crm import Crm

_UNLIKELY = math.log(0.001)

# However long it stayed open, one deal alone proves nothing: it takes three.
_LEAST_CHANCE = 0.05


def records_begin_on(deals: pd.DataFrame) -> dt.date | None:
    """Return the day from which closings are on record, or None if they always were.

    ``deals`` has ``created_on``, ``days``, ``outcome`` (None while open) and ``deals``. The
    first closing is suspect if, at the pace of the deals created from then on, it is all but
    impossible that every older deal was still open on that day.
    """
    ended = deals[deals["outcome"].notna()]
    if ended.empty:
        return None
    first = (ended["created_on"] + pd.to_timedelta(ended["days"], unit="D")).min()
    older, later = deals[deals["created_on"] < first], deals[deals["created_on"] >= first]
    if older.empty or later["outcome"].notna().sum() == 0:
        return None
    pace = survival.kaplan_meier(later["days"], later["outcome"].notna(), counts=later["deals"])
    ages = (first - older["created_on"]).dt.days
    still_open = survival.at(pace, ages - 1).clip(min=_LEAST_CHANCE)
    chance = float((np.log(still_open) * older["deals"].to_numpy(float)).sum())
    return first.date() if chance < _UNLIKELY else None


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
    last = f"COALESCE({event}, t.closed_on, CAST($as_of AS DATE))"
    days = f"CAST(GREATEST({last} - t.created_on, 0) AS BIGINT)"
    outcome = f"CASE WHEN {event} IS NOT NULL THEN 'seen' END"
    sql = f"""
WITH {history.deals(crm)}, firsts AS (
  SELECT opportunity_id, CAST(min(changed_at) AS DATE) AS first_on
  FROM stage_changes
  WHERE changed_at < CAST($as_of AS DATE) + INTERVAL 1 DAY
  GROUP BY opportunity_id
)
SELECT t.created_on, {days} AS days, {outcome} AS outcome, CAST(count(*) AS BIGINT) AS deals
FROM deals AS t
LEFT JOIN firsts AS f ON f.opportunity_id = t.opportunity_id
WHERE t.created_on IS NOT NULL AND (t.status = 'open' OR t.closed_on IS NOT NULL)
GROUP BY t.created_on, {days}, {outcome}
"""
    return crm.query(sql, as_of=crm.as_of)
