"""What past deals teach: how long after entering a stage, and how, a deal came to its end."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from salesplan._pipeline import stays
from salesplan._pipeline.states import States, states
from salesplan.crm import Crm

ANY = ""
"""The stage of the sample that takes whole deals, from their beginning, whatever their stage."""
BANDS = 18
"""Equal parts of a pipeline's deals in order of their amounts, from the smallest to the largest."""
UNPRICED = -1
"""The band of deals without an amount."""

# Large deals take longer and are won less often. Amounts teach only where lost deals kept
# theirs: an amount that only winners have would give the outcome away.
_IN_BANDS = f"""priced AS (
  SELECT pipeline,
    count(*) FILTER (WHERE status = 'lost' AND reporting_amount > 0)
      >= 0.8 * count(*) FILTER (WHERE status = 'lost')
    AND count(*) FILTER (WHERE status = 'won' AND reporting_amount > 0)
      >= 0.8 * count(*) FILTER (WHERE status = 'won') AS is_priced
  FROM deals GROUP BY pipeline
),
ranked AS (
  SELECT opportunity_id, pipeline, reporting_amount > 0 AS has_amount,
    rank() OVER (PARTITION BY pipeline, reporting_amount > 0 ORDER BY reporting_amount) AS place,
    count(*) OVER (PARTITION BY pipeline, reporting_amount > 0) AS among
  FROM deals
),
in_bands AS (
  SELECT r.opportunity_id, COALESCE(r.pipeline, '') AS kind,
    CASE WHEN r.has_amount AND p.is_priced
      THEN CAST(floor({BANDS} * (r.place - 1) / r.among) AS BIGINT) ELSE {UNPRICED} END AS band
  FROM ranked AS r JOIN priced AS p ON p.pipeline IS NOT DISTINCT FROM r.pipeline
)"""

# Equal rows are counted by the engine: a million deals come home as some thousand lines.
_SPANS = """spans AS (
  SELECT b.kind, b.band, v.stage,
    date_diff('day', v.entered_on, COALESCE(v.left_on, CAST($deals_day AS DATE))) AS stay_days,
    v.left_on IS NULL AS is_staying,
    date_diff('day', v.entered_on, COALESCE(d.closed_on, CAST($deals_day AS DATE))) AS span_days,
    CASE WHEN d.status <> 'open' THEN d.status END AS outcome
  FROM visits AS v JOIN deals AS d ON d.opportunity_id = v.opportunity_id
  JOIN in_bands AS b ON b.opportunity_id = d.opportunity_id
  WHERE v.status = 'open' AND (d.status = 'open' OR d.closed_on IS NOT NULL)
  UNION ALL
  SELECT b.kind, b.band, '' AS stage,
    date_diff('day', d.began_on, COALESCE(d.closed_on, CAST($deals_day AS DATE))) AS stay_days,
    d.status = 'open' AS is_staying,
    date_diff('day', d.began_on, COALESCE(d.closed_on, CAST($deals_day AS DATE))) AS span_days,
    CASE WHEN d.status <> 'open' THEN d.status END AS outcome
  FROM deals AS d JOIN in_bands AS b ON b.opportunity_id = d.opportunity_id
  WHERE d.began_on IS NOT NULL AND (d.status = 'open' OR d.closed_on IS NOT NULL)
)"""


def in_bands(known: States) -> str:
    """Return the CTEs of ``known`` and ``in_bands``: the kind and the band of each deal."""
    return f"{known.ctes},\n{_IN_BANDS}"


def spans(crm: Crm, day: dt.date) -> pd.DataFrame:
    """Return the lives of past deals from each stage on: counted, censored at the day.

    A slip of the keyboard (closed before it began, left before it was entered) is left out,
    and a closed deal of which nobody wrote down when.
    """
    known = states(crm, history=True, deals=day)
    return crm.query(
        f"""WITH {in_bands(known)},
{stays.VISITS},
{_SPANS}
SELECT kind, band, stage, CAST(stay_days AS BIGINT) AS stay_days, is_staying,
  CAST(span_days AS BIGINT) AS span_days, outcome, CAST(count(*) AS DOUBLE) AS deal_count
FROM spans WHERE span_days >= 0 AND stay_days >= 0
GROUP BY kind, band, stage, stay_days, is_staying, span_days, outcome
ORDER BY kind, band, stage, stay_days, is_staying, span_days, outcome""",
        **known.params,
    )


def standing(crm: Crm, known: States) -> pd.DataFrame:
    """Return the kind and the band of each open deal, by its id."""
    found = crm.query(
        f"""WITH {in_bands(known)}
SELECT b.opportunity_id, b.kind, b.band FROM in_bands AS b
JOIN deals AS d ON d.opportunity_id = b.opportunity_id
WHERE d.status = 'open' ORDER BY b.opportunity_id""",
        **known.params,
    )
    return found.set_index("opportunity_id")
