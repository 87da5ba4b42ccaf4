"""Who was met: one party per lead, deal or account, with its channel and its first meetings.

A first meeting is counted once per party. What a party is must be named, because the same
calendar gives three numbers: a lead met twice is one first meeting, and an account with two
deals is one account but two deals.
"""

from __future__ import annotations

from salesplan.errors import one_of

UNITS = ("lead", "opportunity", "account")
MEETING_KINDS = "('meeting', 'demo')"

# A meeting belongs to a lead if it names the lead, or the deal that the lead became.
_LEADS = """
parties AS (
  SELECT l.lead_id AS party_id, l.created_on, l.channel, l.campaign, l.owner_id, l.account_id,
         l.opportunity_id, COALESCE(l.accepted_on, l.qualified_on) AS qualified_on
  FROM leads AS l
),
meetings AS (
  SELECT p.party_id, v.activity_id, v.status, v.starts_at, v.owner_id
  FROM activities AS v JOIN parties AS p ON p.party_id = v.lead_id
  WHERE v.kind IN {kinds}
  UNION ALL
  SELECT p.party_id, v.activity_id, v.status, v.starts_at, v.owner_id
  FROM activities AS v JOIN parties AS p ON p.opportunity_id = v.opportunity_id
  WHERE v.kind IN {kinds} AND v.lead_id IS NULL
)
"""

_OPPORTUNITIES = """
parties AS (
  SELECT o.opportunity_id AS party_id, o.created_on, o.channel, o.campaign, o.owner_id,
         o.account_id, o.opportunity_id, o.created_on AS qualified_on
  FROM opportunities AS o
),
meetings AS (
  SELECT v.opportunity_id AS party_id, v.activity_id, v.status, v.starts_at, v.owner_id
  FROM activities AS v JOIN parties AS p ON p.party_id = v.opportunity_id
  WHERE v.kind IN {kinds}
)
"""

# An account comes from the channel of its earliest lead, else of its earliest deal.
_ACCOUNTS = """
origins AS (
  SELECT account_id, arg_min(channel, (origin, created_on, id)) AS channel,
         arg_min(campaign, (origin, created_on, id)) AS campaign,
         min(created_on) AS created_on, min(opportunity_id) AS opportunity_id,
         min(qualified_on) AS qualified_on
  FROM (
    SELECT account_id, channel, campaign, created_on, lead_id AS id, 0 AS origin,
           opportunity_id, COALESCE(accepted_on, qualified_on) AS qualified_on
    FROM leads WHERE account_id IS NOT NULL
    UNION ALL
    SELECT account_id, channel, campaign, created_on, opportunity_id AS id, 1 AS origin,
           opportunity_id, created_on AS qualified_on
    FROM opportunities WHERE account_id IS NOT NULL
  ) AS seen
  GROUP BY account_id
),
parties AS (
  SELECT a.account_id AS party_id, COALESCE(g.created_on, a.created_on) AS created_on,
         g.channel, g.campaign, a.owner_id, a.account_id, g.opportunity_id, g.qualified_on
  FROM accounts AS a LEFT JOIN origins AS g ON g.account_id = a.account_id
),
meetings AS (
  SELECT v.account_id AS party_id, v.activity_id, v.status, v.starts_at, v.owner_id
  FROM activities AS v JOIN parties AS p ON p.party_id = v.account_id
  WHERE v.kind IN {kinds}
)
"""

_BY_UNIT = {"lead": _LEADS, "opportunity": _OPPORTUNITIES, "account": _ACCOUNTS}


def parties_sql(unit: str) -> str:
    """Return the common table expressions ``parties`` and ``meetings`` for a unit.

    ``parties``: party_id, created_on, channel, campaign, owner_id, account_id,
    opportunity_id, qualified_on. ``meetings``: party_id, activity_id, status, starts_at,
    owner_id.
    """
    return _BY_UNIT[one_of(unit, UNITS, "unit")].format(kinds=MEETING_KINDS)


FIRSTS = """
ordered AS (
  SELECT party_id, activity_id, status, starts_at, owner_id,
         row_number() OVER (PARTITION BY party_id ORDER BY starts_at, activity_id) AS nth,
         row_number() OVER (PARTITION BY party_id, status ORDER BY starts_at, activity_id)
           AS nth_of_status
  FROM meetings
  WHERE starts_at IS NOT NULL AND CAST(starts_at AS DATE) <= $as_of
),
firsts AS (
  SELECT p.party_id,
         min(CASE WHEN m.nth = 1 THEN CAST(m.starts_at AS DATE) END) AS booked_on,
         min(CASE WHEN m.status = 'held' AND m.nth_of_status = 1
                  THEN CAST(m.starts_at AS DATE) END) AS held_on,
         min(CASE WHEN m.status = 'held' AND m.nth_of_status = 1 THEN m.owner_id END)
           AS met_by_id
  FROM parties AS p LEFT JOIN ordered AS m ON m.party_id = p.party_id
  GROUP BY p.party_id
)
"""
"""First meeting that was due, and first one that was held, per party."""
