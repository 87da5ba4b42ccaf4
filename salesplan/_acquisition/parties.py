"""Who was met: one party per lead, deal or account, with its channel and its first meetings.

A first meeting is counted once per party. What a party is must be named, because the same
calendar gives three numbers: a lead met twice is one first meeting, and an account with two
deals is one account but two deals.

A party is qualified on the day sales accepted it, else marketing qualified it, else it became
a deal. It is won with its first deal won; for an account only deals won after its first
meeting count, since what was sold before cannot come from that meeting.
"""

from __future__ import annotations

from salesplan.errors import one_of

UNITS = ("lead", "opportunity", "account")
MEETING_KINDS = "('meeting', 'demo')"

_LINKS = """
links AS (
  SELECT l.lead_id, l.opportunity_id FROM leads AS l WHERE l.opportunity_id IS NOT NULL
  UNION
  SELECT o.lead_id, o.opportunity_id FROM opportunities AS o WHERE o.lead_id IS NOT NULL
)
"""
"""Leads and the deals they became, whichever of the two exports says so."""

# A meeting belongs to a lead if it names the lead, or else a deal that the lead became.
_LEADS = """
party_leads AS (SELECT l.lead_id AS party_id, l.lead_id FROM leads AS l),
party_deals AS (
  SELECT k.lead_id AS party_id, k.opportunity_id
  FROM links AS k JOIN leads AS l ON l.lead_id = k.lead_id
),
parties AS (
  SELECT l.lead_id AS party_id, l.created_on, l.channel, l.campaign, l.owner_id,
         COALESCE(l.account_id, d.account_id) AS account_id,
         COALESCE(l.accepted_on, l.qualified_on, d.created_on) AS qualified_on
  FROM leads AS l
  LEFT JOIN (
    SELECT p.party_id, min(o.account_id) AS account_id, min(o.created_on) AS created_on
    FROM party_deals AS p JOIN opportunities AS o ON o.opportunity_id = p.opportunity_id
    GROUP BY p.party_id
  ) AS d ON d.party_id = l.lead_id
),
meetings AS (
  SELECT p.party_id, v.activity_id, v.status, v.starts_at
  FROM activities AS v JOIN parties AS p ON p.party_id = v.lead_id
  WHERE v.kind IN {kinds}
  UNION ALL
  SELECT p.party_id, v.activity_id, v.status, v.starts_at
  FROM activities AS v JOIN party_deals AS p ON p.opportunity_id = v.opportunity_id
  WHERE v.kind IN {kinds} AND v.lead_id IS NULL
)
"""

_OPPORTUNITIES = """
party_leads AS (SELECT k.opportunity_id AS party_id, k.lead_id FROM links AS k),
party_deals AS (SELECT o.opportunity_id AS party_id, o.opportunity_id FROM opportunities AS o),
parties AS (
  SELECT o.opportunity_id AS party_id, o.created_on, o.channel, o.campaign, o.owner_id,
         o.account_id, o.created_on AS qualified_on
  FROM opportunities AS o
),
meetings AS (
  SELECT v.opportunity_id AS party_id, v.activity_id, v.status, v.starts_at
  FROM activities AS v JOIN parties AS p ON p.party_id = v.opportunity_id
  WHERE v.kind IN {kinds}
)
"""

# An account comes from the channel of its earliest lead, else of its earliest deal.
_ACCOUNTS = """
party_leads AS (
  SELECT l.account_id AS party_id, l.lead_id FROM leads AS l WHERE l.account_id IS NOT NULL
),
party_deals AS (
  SELECT o.account_id AS party_id, o.opportunity_id
  FROM opportunities AS o WHERE o.account_id IS NOT NULL
),
origins AS (
  SELECT account_id, channel, campaign, created_on,
         row_number() OVER (PARTITION BY account_id ORDER BY origin, created_on, id) AS nth,
         min(created_on) OVER (PARTITION BY account_id) AS first_on,
         min(qualified_on) OVER (PARTITION BY account_id) AS qualified_on
  FROM (
    SELECT account_id, channel, campaign, created_on, lead_id AS id, 0 AS origin,
           COALESCE(accepted_on, qualified_on) AS qualified_on
    FROM leads WHERE account_id IS NOT NULL
    UNION ALL
    SELECT account_id, channel, campaign, created_on, opportunity_id AS id, 1 AS origin,
           created_on AS qualified_on
    FROM opportunities WHERE account_id IS NOT NULL
  ) AS seen
),
parties AS (
  SELECT a.account_id AS party_id, COALESCE(g.first_on, a.created_on) AS created_on,
         g.channel, g.campaign, a.owner_id, a.account_id, g.qualified_on
  FROM accounts AS a LEFT JOIN origins AS g ON g.account_id = a.account_id AND g.nth = 1
),
meetings AS (
  SELECT v.account_id AS party_id, v.activity_id, v.status, v.starts_at
  FROM activities AS v JOIN parties AS p ON p.party_id = v.account_id
  WHERE v.kind IN {kinds}
)
"""

_BY_UNIT = {"lead": _LEADS, "opportunity": _OPPORTUNITIES, "account": _ACCOUNTS}

_FIRSTS = """
due AS (
  SELECT m.party_id, m.activity_id, m.status, m.starts_at, CAST(m.starts_at AS DATE) AS due_on
  FROM meetings AS m
  WHERE m.starts_at IS NOT NULL AND CAST(m.starts_at AS DATE) <= $as_of
),
firsts AS (
  SELECT p.party_id, min(m.due_on) AS booked_on,
         min(CASE WHEN m.status = 'held' THEN m.due_on END) AS held_on
  FROM parties AS p LEFT JOIN due AS m ON m.party_id = p.party_id
  GROUP BY p.party_id
),
wins AS (
  SELECT p.party_id, count(*) AS deals, sum(w.home_amount) AS amount
  FROM party_deals AS p
  JOIN firsts AS f ON f.party_id = p.party_id
  JOIN opportunities AS o ON o.opportunity_id = p.opportunity_id
  JOIN deal_money AS w ON w.opportunity_id = o.opportunity_id
  WHERE o.status = 'won' AND o.closed_on <= $as_of AND {counts}
  GROUP BY p.party_id
)
"""


def parties_sql(unit: str) -> str:
    """Return the common table expressions that say who was met, first of all.

    ``parties``: party_id, created_on, channel, campaign, owner_id, account_id, qualified_on ·
    ``party_leads``, ``party_deals``: what belongs to it · ``due``: its meetings up to
    ``$as_of`` · ``firsts``: booked_on (first meeting due) and held_on (first one held) ·
    ``wins``: deals and amount won, in the reporting currency.
    """
    tables = _BY_UNIT[one_of(unit, UNITS, "unit")].format(kinds=MEETING_KINDS)
    counts = "o.closed_on >= f.held_on" if unit == "account" else "TRUE"
    return f"{_LINKS}, {tables}, {_FIRSTS.format(counts=counts)}"
