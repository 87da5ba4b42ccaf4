"""How many parties came, were booked, met and won: per group, and one by one for resampling."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from salesplan._acquisition.arguments import Span, inside
from salesplan._acquisition.attribution import attribution_sql
from salesplan._acquisition.parties import parties_sql
from salesplan.crm import Crm
from salesplan.dimensions import NONE

COUNTS = ["lead_count", "booked_count", "held_count", "qualified_count", "won_count"]
MEETINGS = ["no_show_count", "cancelled_count"]

_GROUPS = {
    "all": f"'{NONE}'",
    "channel": "e.channel",
    "campaign": "e.campaign",
    "month": "CAST(date_trunc('month', e.on_date) AS DATE)",
    "owner": f"COALESCE(w.label, e.owner_id, '{NONE}')",
    "segment": f"COALESCE(a.segment, '{NONE}')",
}

# Each count stands on its own day: a lead on the day it came, a meeting on the day it was held.
_EVENTS = """
facts AS (
  SELECT p.party_id, t.channel, t.campaign, t.share, p.owner_id, p.account_id, p.created_on,
         f.booked_on, f.held_on, COALESCE(p.qualified_on <= $as_of, FALSE) AS is_qualified,
         w.party_id IS NOT NULL AS is_won, w.amount
  FROM parties AS p
  JOIN firsts AS f ON f.party_id = p.party_id
  JOIN attributed AS t ON t.party_id = p.party_id
  LEFT JOIN wins AS w ON w.party_id = p.party_id
  WHERE p.created_on IS NULL OR p.created_on <= $as_of OR f.booked_on IS NOT NULL
),
dated AS (
  SELECT party_id, 'lead' AS what, created_on AS on_date FROM parties
  UNION ALL SELECT party_id, 'booked', booked_on FROM firsts WHERE booked_on IS NOT NULL
  UNION ALL SELECT party_id, 'held', held_on FROM firsts WHERE held_on IS NOT NULL
  UNION ALL SELECT party_id, status, due_on FROM due WHERE status IN ('no_show', 'cancelled')
),
events AS (
  SELECT d.what, d.on_date, f.party_id, f.channel, f.campaign, f.share, f.owner_id,
         f.account_id, f.created_on, f.is_qualified, f.is_won, f.amount
  FROM dated AS d JOIN facts AS f ON f.party_id = d.party_id
  WHERE {inside}
)
"""

_COUNTED = """
SELECT {group} AS grp, {of_channel} AS of_channel,
  CAST(COALESCE(sum(e.share) FILTER (WHERE e.what = 'lead'), 0) AS DOUBLE) AS lead_count,
  CAST(COALESCE(sum(e.share) FILTER (WHERE e.what = 'booked'), 0) AS DOUBLE) AS booked_count,
  CAST(COALESCE(sum(e.share) FILTER (WHERE e.what = 'held'), 0) AS DOUBLE) AS held_count,
  CAST(COALESCE(sum(e.share) FILTER (WHERE e.what = 'held' AND e.is_qualified), 0) AS DOUBLE)
    AS qualified_count,
  CAST(COALESCE(sum(e.share) FILTER (WHERE e.what = 'held' AND e.is_won), 0) AS DOUBLE)
    AS won_count,
  CAST(COALESCE(sum(e.share) FILTER (WHERE e.what = 'no_show'), 0) AS DOUBLE) AS no_show_count,
  CAST(COALESCE(sum(e.share) FILTER (WHERE e.what = 'cancelled'), 0) AS DOUBLE)
    AS cancelled_count,
  CAST(COALESCE(sum(e.share * CAST(e.amount AS DOUBLE)) FILTER (WHERE e.what = 'held'), 0)
    AS DOUBLE) AS won_amount
FROM events AS e {joins}
GROUP BY {group}, {of_channel}
ORDER BY 1, 2
"""

# One row per kind of party: how much of a lead and of a held meeting it is, and how many.
_POPULATION = """
SELECT grp, of_channel, led, held, CAST(count(*) AS BIGINT) AS party_count
FROM (
  SELECT {group} AS grp, {of_channel} AS of_channel, e.party_id,
         max(CASE WHEN e.what = 'lead' THEN e.share ELSE 0.0 END) AS led,
         max(CASE WHEN e.what = 'held' THEN e.share ELSE 0.0 END) AS held
  FROM events AS e {joins}
  WHERE e.what IN ('lead', 'held')
  GROUP BY {group}, {of_channel}, e.party_id
) AS party
GROUP BY grp, of_channel, led, held
ORDER BY 1, 2, 3, 4
"""

_LAGS = """
SELECT {group} AS grp,
  CAST(median(date_diff('day', e.created_on, e.on_date)) AS DOUBLE) AS days_to_meeting
FROM (
  SELECT DISTINCT what, on_date, party_id, channel, campaign, owner_id, account_id, created_on
  FROM events WHERE what = 'held'
) AS e {joins}
GROUP BY {group}
"""

_JOINS = {
    "owner": "LEFT JOIN person_labels AS w ON w.person_id = e.owner_id",
    "segment": "LEFT JOIN accounts AS a ON a.account_id = e.account_id",
}


@dataclass(frozen=True)
class Question:
    """Which parties to count, how, and by what."""

    by: str
    span: Span
    unit: str = "lead"
    attribution: str = "recorded"


def counted(crm: Crm, question: Question) -> pd.DataFrame:
    """Return the counts of each group and channel."""
    return _ask(crm, question, _COUNTED)


def population(crm: Crm, question: Question) -> pd.DataFrame:
    """Return the parties behind the counts, alike ones together, to be drawn again."""
    return _ask(crm, question, _POPULATION)


def lags(crm: Crm, question: Question) -> pd.DataFrame:
    """Return the median days from the lead to its first held meeting, per group."""
    return _ask(crm, question, _LAGS)


def _ask(crm: Crm, question: Question, select: str) -> pd.DataFrame:
    since, until = question.span
    events = _EVENTS.format(inside=inside("d.on_date"))
    # Without its channel a meeting cannot carry a cost; by month nothing else tells it apart.
    of_channel = "e.channel" if question.by in ("owner", "segment") else f"'{NONE}'"
    select = select.format(
        group=_GROUPS[question.by], of_channel=of_channel, joins=_JOINS.get(question.by, "")
    )
    return crm.query(
        f"WITH {parties_sql(question.unit)}, {attribution_sql(question.attribution)}, "
        f"{events} {select}",
        as_of=crm.as_of,
        since=since,
        until=until,
    )
