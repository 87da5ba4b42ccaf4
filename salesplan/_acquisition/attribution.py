"""Which channel a lead is owed to: its own, the first or last touch, or all of them evenly."""

from __future__ import annotations

from salesplan.dimensions import NONE
from salesplan.errors import one_of

RULES = ("recorded", "first", "last", "even")


def attribution_sql(rule: str) -> str:
    """Return the table expression ``attributed`` (party_id, channel, campaign, share).

    recorded: the channel on the lead or deal itself. first / last: the earliest / latest
    touch up to the first held meeting. even: every such touch, in equal shares. A party
    without touches keeps its recorded channel; shares of a party always sum to 1.
    """
    one_of(rule, RULES, "attribution")
    if rule == "recorded":
        return f"""
attributed AS (
  SELECT party_id, COALESCE(channel, '{NONE}') AS channel,
         COALESCE(campaign, '{NONE}') AS campaign, CAST(1 AS DOUBLE) AS share
  FROM parties
)
"""
    chosen = {"first": "nth = 1", "last": "nth = touches", "even": "TRUE"}[rule]
    share = "1.0 / touches" if rule == "even" else "1.0"
    return f"""
touches AS (
  SELECT t.lead_id AS party_id, t.channel, t.campaign,
         row_number() OVER (PARTITION BY t.lead_id
                            ORDER BY t.touched_at, t.channel, t.campaign) AS nth,
         count(*) OVER (PARTITION BY t.lead_id) AS touches
  FROM lead_touches AS t
  JOIN firsts AS f ON f.party_id = t.lead_id
  WHERE CAST(t.touched_at AS DATE) <= COALESCE(f.held_on, $as_of)
),
attributed AS (
  SELECT p.party_id, COALESCE(t.channel, p.channel, '{NONE}') AS channel,
         COALESCE(t.campaign, p.campaign, '{NONE}') AS campaign,
         CAST(COALESCE({share}, 1.0) AS DOUBLE) AS share
  FROM parties AS p
  LEFT JOIN touches AS t ON t.party_id = p.party_id AND {chosen}
)
"""
