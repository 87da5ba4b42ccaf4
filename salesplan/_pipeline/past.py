"""What past deals teach: how long after entering a stage, and how, a deal came to its end."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from salesplan._pipeline import stays
from salesplan._pipeline.states import States, states
from salesplan.crm import Crm

ANY = ""
"""The stage of the sample that takes whole deals, from their beginning, whatever their stage."""

_MANY = 180
"""Closed deals from which on a pipeline's large deals are learnt from apart."""

# Large deals (the upper third) take longer and are won less often. They are set apart where
# there are many deals, and where lost ones kept their amounts: an amount that only winners
# have would give the outcome away. With six times as many, the upper third of the large
# ones is set apart again: few deals, but most of the money and the longest waits.
KINDS = f"""amounts AS (
  SELECT pipeline, count(*) FILTER (WHERE status IN ('won', 'lost')) AS closed_count,
    quantile_cont(reporting_amount, 0.6667) AS large_from,
    quantile_cont(reporting_amount, 0.8889) AS largest_from,
    count(*) FILTER (WHERE status = 'lost' AND reporting_amount > 0)
      >= 0.8 * count(*) FILTER (WHERE status = 'lost')
    AND count(*) FILTER (WHERE status = 'won' AND reporting_amount > 0)
      >= 0.8 * count(*) FILTER (WHERE status = 'won') AS is_priced
  FROM deals GROUP BY pipeline
),
cuts AS (
  SELECT pipeline, CASE WHEN is_priced AND closed_count >= {_MANY} THEN large_from END
      AS large_from,
    CASE WHEN is_priced AND closed_count >= 6 * {_MANY} THEN largest_from END AS largest_from
  FROM amounts
),
kinds AS (
  SELECT d.opportunity_id, COALESCE(d.pipeline, '')
    || CASE WHEN d.reporting_amount >= c.largest_from THEN ' / largest'
      WHEN d.reporting_amount >= c.large_from THEN ' / large' ELSE '' END AS kind
  FROM deals AS d JOIN cuts AS c ON c.pipeline IS NOT DISTINCT FROM d.pipeline
)"""

# Equal rows are counted by the engine: a million deals come home as some thousand lines.
_SPANS = """spans AS (
  SELECT k.kind, v.stage,
    date_diff('day', v.entered_on, COALESCE(v.left_on, CAST($deals_day AS DATE))) AS stay_days,
    v.left_on IS NULL AS is_staying,
    date_diff('day', v.entered_on, COALESCE(d.closed_on, CAST($deals_day AS DATE))) AS span_days,
    CASE WHEN d.status <> 'open' THEN d.status END AS outcome
  FROM visits AS v JOIN deals AS d ON d.opportunity_id = v.opportunity_id
  JOIN kinds AS k ON k.opportunity_id = d.opportunity_id
  WHERE v.status = 'open'
  UNION ALL
  SELECT k.kind, '' AS stage,
    date_diff('day', d.began_on, COALESCE(d.closed_on, CAST($deals_day AS DATE))) AS stay_days,
    d.status = 'open' AS is_staying,
    date_diff('day', d.began_on, COALESCE(d.closed_on, CAST($deals_day AS DATE))) AS span_days,
    CASE WHEN d.status <> 'open' THEN d.status END AS outcome
  FROM deals AS d JOIN kinds AS k ON k.opportunity_id = d.opportunity_id
  WHERE d.began_on IS NOT NULL
)"""


def spans(crm: Crm, day: dt.date) -> pd.DataFrame:
    """Return the lives of past deals from each stage on: counted, censored at the day.

    A slip of the keyboard (closed before it began, left before it was entered) is left out.
    """
    known = states(crm, history=True, deals=day)
    return crm.query(
        f"""WITH {known.ctes},
{stays.VISITS},
{KINDS},
{_SPANS}
SELECT kind, stage, CAST(stay_days AS DOUBLE) AS stay_days, is_staying,
  CAST(span_days AS DOUBLE) AS span_days, outcome, CAST(count(*) AS DOUBLE) AS deal_count
FROM spans WHERE span_days >= 0 AND stay_days >= 0
GROUP BY kind, stage, stay_days, is_staying, span_days, outcome
ORDER BY kind, stage, stay_days, is_staying, span_days, outcome""",
        **known.params,
    )


def kinds(crm: Crm, known: States) -> pd.Series[str]:
    """Return the kind of each open deal, by its id: its pipeline, and whether it is large."""
    found = crm.query(
        f"""WITH {known.ctes},
{KINDS}
SELECT k.opportunity_id, k.kind FROM kinds AS k
JOIN deals AS d ON d.opportunity_id = k.opportunity_id
WHERE d.status = 'open' ORDER BY k.opportunity_id""",
        **known.params,
    )
    return found.set_index("opportunity_id")["kind"]
