"""What is known of a lead at the moment it is scored, and what became of it later.

The guard against foresight: only visits before the lead was handed to sales count (its first
meeting booked, qualified, accepted or turned into a deal), and for every lead, met or not,
only those up to the same age. Otherwise the leads that sales left alone would have had years
to click, and those who bought would be known by the help pages they read as customers.
"""

from __future__ import annotations

import pandas as pd

from salesplan._acquisition.parties import parties_sql
from salesplan.crm import Crm
from salesplan.dimensions import NONE
from salesplan.errors import one_of

OUTCOMES = {
    "held": "f.held_on",
    "qualified": "p.qualified_on",
    "won": "w.won_on",
}

_LEADS = """
hand_overs AS (
  SELECT party_id, min(moment) AS handed_at
  FROM (
    SELECT party_id, CAST(qualified_on AS TIMESTAMP) AS moment FROM parties
    UNION ALL
    SELECT m.party_id, COALESCE(v.booked_at, m.starts_at)
    FROM meetings AS m JOIN activities AS v ON v.activity_id = m.activity_id
  ) AS moments
  GROUP BY party_id
),
sales AS (
  SELECT d.party_id, min(o.closed_on) AS won_on
  FROM party_deals AS d JOIN opportunities AS o ON o.opportunity_id = d.opportunity_id
  WHERE o.status = 'won' AND o.closed_on <= $as_of
  GROUP BY d.party_id
),
scored AS (
  SELECT p.party_id AS lead_id, p.created_on,
         LEAST(CAST(p.created_on + CAST($window_days + 1 AS INTEGER) AS TIMESTAMP),
               COALESCE(h.handed_at, TIMESTAMP '9999-12-31')) AS known_until,
         COALESCE({outcome} <= p.created_on + CAST($mature_days AS INTEGER), FALSE) AS outcome,
         w.won_on IS NOT NULL AS is_won
  FROM parties AS p
  JOIN firsts AS f ON f.party_id = p.party_id
  LEFT JOIN hand_overs AS h ON h.party_id = p.party_id
  LEFT JOIN sales AS w ON w.party_id = p.party_id
  WHERE p.created_on + CAST($mature_days AS INTEGER) <= $as_of
)
"""


def leads_to_score(crm: Crm, *, outcome: str, mature_days: int, window_days: int) -> pd.DataFrame:
    """Return lead_id, created_on, outcome and is_won of every lead old enough to be judged."""
    return _ask(
        crm,
        "SELECT lead_id, created_on, outcome, is_won FROM scored ORDER BY created_on, lead_id",
        outcome=outcome,
        mature_days=mature_days,
        window_days=window_days,
    )


def signals(crm: Crm, *, outcome: str, mature_days: int, window_days: int) -> pd.DataFrame:
    """Return lead_id, page, event and visit_count of what was seen before the hand-over."""
    return _ask(
        crm,
        f"""
        SELECT s.lead_id, COALESCE(v.page, '{NONE}') AS page, COALESCE(v.event, '{NONE}') AS event,
               CAST(count(*) AS BIGINT) AS visit_count
        FROM web_visits AS v JOIN scored AS s ON s.lead_id = v.lead_id
        WHERE v.visited_at < s.known_until
        GROUP BY s.lead_id, COALESCE(v.page, '{NONE}'), COALESCE(v.event, '{NONE}')
        ORDER BY 1, 2, 3
        """,
        outcome=outcome,
        mature_days=mature_days,
        window_days=window_days,
    )


def _ask(
    crm: Crm, select: str, *, outcome: str, mature_days: int, window_days: int
) -> pd.DataFrame:
    one_of(outcome, list(OUTCOMES), "outcome")
    scored = _LEADS.format(outcome=OUTCOMES[outcome])
    return crm.query(
        f"WITH {parties_sql('lead')}, {scored} {select}",
        as_of=crm.as_of,
        mature_days=mature_days,
        window_days=window_days,
    )
