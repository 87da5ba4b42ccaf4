"""How long deals stay in a stage and how long won deals took: the yardstick of ageing."""

from __future__ import annotations

from salesplan._pipeline.states import end_of

# A visit runs from entering a stage to leaving it; a change of amount alone starts no visit.
VISITS = f"""visits AS (
  SELECT opportunity_id, stage, status, CAST(changed_at AS DATE) AS entered_on,
    CAST(lead(changed_at) OVER (PARTITION BY opportunity_id ORDER BY n) AS DATE) AS left_on
  FROM changes
  WHERE changed_at < {end_of("$deals_day")} AND (stage_before IS NULL OR stage_before <> stage)
)"""

LATEST_VISIT = "latest_visit AS (SELECT * FROM visits WHERE left_on IS NULL)"

# Won deals only: how long a deal that is lost lay in a stage says nothing of a good pace.
WON_STAYS = """won_stays AS (
  SELECT COALESCE(d.pipeline, '') AS pipeline, v.stage,
    quantile_cont(date_diff('day', v.entered_on, v.left_on), 0.5) AS typical_days,
    quantile_cont(date_diff('day', v.entered_on, v.left_on), $slow) AS slow_days
  FROM visits AS v JOIN deals AS d ON d.opportunity_id = v.opportunity_id
  WHERE d.status = 'won' AND v.left_on IS NOT NULL
  GROUP BY COALESCE(d.pipeline, ''), v.stage
)"""

WON_CYCLE = """won_cycle AS (
  SELECT COALESCE(pipeline, '') AS pipeline,
    quantile_cont(date_diff('day', began_on, closed_on), 0.5) AS typical_days,
    quantile_cont(date_diff('day', began_on, closed_on), $slow) AS slow_days
  FROM deals WHERE status = 'won' AND began_on <= closed_on
  GROUP BY COALESCE(pipeline, '')
)"""


MAYBE_OPEN = "(record_status = 'open' OR has_moved)"
"""Changes of deals that may have been open on the day, told without looking at their states."""


def pushes(which: str) -> str:
    """Return the CTEs of how often deals were pushed, to a later month, from some of the changes.

    A date left blank says nothing, so it is passed over. A deal whose dates left no trace has no
    row: how often it was pushed is not known.
    """
    return f"""close_dates AS (
  SELECT opportunity_id, expected_close_on,
    lag(expected_close_on) OVER (PARTITION BY opportunity_id ORDER BY n) AS date_before
  FROM changes
  WHERE changed_at < {end_of("$deals_day")} AND expected_close_on IS NOT NULL AND {which}
),
pushes AS (
  SELECT opportunity_id, CAST(sum(
    CASE WHEN date_trunc('month', expected_close_on) > date_trunc('month', date_before)
      THEN 1 ELSE 0 END) AS BIGINT) AS push_count
  FROM close_dates GROUP BY opportunity_id
)"""
