"""Which channel a party is owed to: its own, its campaign's, the first or last touch, or all."""

from __future__ import annotations

from salesplan.dimensions import NONE
from salesplan.errors import one_of

RULES = ("recorded", "campaign", "first", "last", "even")

_RECORDED = f"""
attributed AS (
  SELECT party_id, COALESCE(channel, '{NONE}') AS channel,
         COALESCE(campaign, '{NONE}') AS campaign, CAST(1 AS DOUBLE) AS share
  FROM parties
)
"""

# A campaign is known by its identifier or, where that is not taken, by a name of its own.
_CAMPAIGN = f"""
campaign_channels AS (
  SELECT campaign_id AS campaign, channel FROM campaigns
  UNION ALL
  SELECT name, min(channel) FROM campaigns
  WHERE name IS NOT NULL AND name NOT IN (SELECT campaign_id FROM campaigns)
  GROUP BY name
  HAVING count(DISTINCT channel) = 1
),
attributed AS (
  SELECT p.party_id, COALESCE(c.channel, p.channel, '{NONE}') AS channel,
         COALESCE(p.campaign, '{NONE}') AS campaign, CAST(1 AS DOUBLE) AS share
  FROM parties AS p LEFT JOIN campaign_channels AS c ON c.campaign = p.campaign
)
"""

_TOUCHES = """
touches AS (
  SELECT k.party_id, t.channel, t.campaign,
         row_number() OVER (PARTITION BY k.party_id
                            ORDER BY t.touched_at, t.channel, t.campaign, t.lead_id) AS nth,
         count(*) OVER (PARTITION BY k.party_id) AS touches
  FROM lead_touches AS t
  JOIN party_leads AS k ON k.lead_id = t.lead_id
  JOIN firsts AS f ON f.party_id = k.party_id
  WHERE CAST(t.touched_at AS DATE) <= COALESCE(f.held_on, $as_of)
),
attributed AS (
  SELECT p.party_id, COALESCE(t.channel, p.channel, '{none}') AS channel,
         COALESCE(t.campaign, CASE WHEN t.party_id IS NULL THEN p.campaign END, '{none}')
           AS campaign,
         CAST(COALESCE({share}, 1.0) AS DOUBLE) AS share
  FROM parties AS p
  LEFT JOIN touches AS t ON t.party_id = p.party_id AND {chosen}
)
"""


def attribution_sql(rule: str) -> str:
    """Return the table expression ``attributed`` (party_id, channel, campaign, share).

    recorded: the channel on the lead or deal itself. campaign: the channel of its campaign.
    first / last: the earliest / latest touch up to the first held meeting. even: every such
    touch, in equal shares. A party without touches (or without a known campaign) keeps its
    recorded channel; the shares of a party always sum to 1.
    """
    one_of(rule, RULES, "attribution")
    if rule == "recorded":
        return _RECORDED
    if rule == "campaign":
        return _CAMPAIGN
    chosen = {"first": "t.nth = 1", "last": "t.nth = t.touches", "even": "TRUE"}[rule]
    share = "1.0 / t.touches" if rule == "even" else "1.0"
    return _TOUCHES.format(none=NONE, share=share, chosen=chosen)
