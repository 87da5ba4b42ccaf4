"""Measures of selling itself: what was sold and what was done for it, per person and day.

Bonus schemes, action plans and the scorecard all count these, so they are counted once,
here. Credit for a deal goes to its owner unless the exports carry a split (``credits``).
"""

from __future__ import annotations

from salesplan.measures import Measure

# Who gets how much of a deal. Shadow credit is shown to a person but never paid or summed.
_CREDITED = """
credited AS (
  SELECT o.opportunity_id, COALESCE(c.person_id, o.owner_id) AS person_id,
         COALESCE(c.share, 1.0) AS share,
         CASE WHEN c.person_id IS NULL THEN 'owner' ELSE COALESCE(c.kind, 'split') END AS credit
  FROM opportunities AS o
  LEFT JOIN credits AS c ON c.opportunity_id = o.opportunity_id
       AND COALESCE(c.kind, 'split') <> 'shadow'
)
"""

_DIMENSIONS = """o.product, o.sale_type, o.deal_type, o.channel,
       COALESCE(a.segment, '(none)') AS segment, COALESCE(a.country, '(none)') AS country,
       CASE WHEN o.sourced_by_id IS NULL OR o.sourced_by_id = o.owner_id THEN 'own'
            ELSE 'other' END AS sourced"""

DEAL_FILTERS = (
    "product",
    "sale_type",
    "deal_type",
    "channel",
    "segment",
    "country",
    "sourced",
)


WON_FILTERS = (*DEAL_FILTERS, "credit")

COUNTED_ONCE = ("owner", "split")
"""Kinds of credit that add up to the deal; an overlay is paid beside them and counts again."""


def _won(value: str, where: str = "TRUE") -> str:
    return f"""
WITH {_CREDITED}
SELECT c.person_id, o.closed_on AS on_date, {value} AS value, c.credit, {_DIMENSIONS}
FROM opportunities AS o
JOIN credited AS c ON c.opportunity_id = o.opportunity_id
JOIN deal_money AS m ON m.opportunity_id = o.opportunity_id
LEFT JOIN accounts AS a ON a.account_id = o.account_id
WHERE o.status = 'won' AND o.closed_on IS NOT NULL AND {where}
"""


def _created(value: str) -> str:
    return f"""
SELECT COALESCE(o.sourced_by_id, o.owner_id) AS person_id, o.created_on AS on_date,
       {value} AS value, {_DIMENSIONS}
FROM opportunities AS o
JOIN deal_money AS m ON m.opportunity_id = o.opportunity_id
LEFT JOIN accounts AS a ON a.account_id = o.account_id
WHERE o.created_on IS NOT NULL
"""


def _held(kinds: str, extra: str = "TRUE") -> str:
    return f"""
SELECT v.owner_id AS person_id, CAST(v.starts_at AS DATE) AS on_date,
       CAST(1 AS DOUBLE) AS value, v.kind, COALESCE(a.segment, '(none)') AS segment
FROM activities AS v
LEFT JOIN accounts AS a ON a.account_id = v.account_id
WHERE v.kind IN ({kinds}) AND v.status = 'held' AND v.starts_at IS NOT NULL AND {extra}
"""


# The first deal that an account ever won, unless the CRM types it as a sale to a customer of old.
_FIRST_WIN = """o.opportunity_id IN (
  SELECT arg_min(w.opportunity_id, (w.closed_on, w.opportunity_id))
  FROM opportunities AS w
  WHERE w.status = 'won' AND w.closed_on IS NOT NULL AND w.account_id IS NOT NULL
  GROUP BY w.account_id)
  AND COALESCE(o.deal_type, 'new') = 'new'"""

_FIRST_MEETING = """v.activity_id IN (
  SELECT arg_min(w.activity_id, (w.starts_at, w.activity_id))
  FROM activities AS w
  WHERE w.kind IN ('meeting', 'demo') AND w.status = 'held'
  GROUP BY COALESCE(w.lead_id, w.opportunity_id, w.account_id, w.activity_id))"""

_AMOUNT = "CAST(COALESCE(m.home_amount, 0) AS DOUBLE) * c.share"

MEASURES: tuple[Measure, ...] = (
    Measure(
        name="bookings",
        title="Bookings",
        definition="Amount of the deals won in the period, by the day they were won.",
        formula="sum(amount x share of credit) over deals with status won",
        unit="money",
        good="up",
        exclusions="won deals without a closing date; an amount that is empty, or in a currency "
        "without a rate, counts 0",
        source="salesplan; credit rules after Oracle Incentive Compensation, split credit",
        tables=("opportunities",),
        function="sp.kpi.attainment",
        facts=_won(_AMOUNT),
        filters=WON_FILTERS,
    ),
    Measure(
        name="deals_won",
        title="Deals won",
        definition="Number of deals won in the period.",
        formula="sum(share of credit) over deals with status won",
        unit="count",
        good="up",
        exclusions="won deals without a closing date",
        source="salesplan",
        tables=("opportunities",),
        function="sp.kpi.attainment",
        facts=_won("c.share"),
        filters=WON_FILTERS,
    ),
    Measure(
        name="new_customers",
        title="New customers",
        definition="Accounts that won their first deal in the period.",
        formula="sum(share of credit) over the first won deal of each account",
        unit="count",
        good="up",
        exclusions="deals without an account",
        source="salesplan",
        tables=("opportunities",),
        function="sp.kpi.attainment",
        facts=_won("c.share", _FIRST_WIN),
        filters=WON_FILTERS,
    ),
    Measure(
        name="new_business",
        title="New business",
        definition="Bookings from deals typed as new, by the day they were won.",
        formula="sum(amount x share of credit) over won deals with deal_type new",
        unit="money",
        good="up",
        source="salesplan",
        tables=("opportunities",),
        function="sp.kpi.attainment",
        facts=_won(_AMOUNT, "o.deal_type = 'new'"),
        filters=WON_FILTERS,
    ),
    Measure(
        name="deals_created",
        title="Deals created",
        definition="Number of deals created in the period, for the person who found them.",
        formula="count of deals by created_on",
        unit="count",
        good="up",
        source="salesplan",
        tables=("opportunities",),
        function="sp.kpi.attainment",
        nature="activity",
        facts=_created("CAST(1 AS DOUBLE)"),
        filters=DEAL_FILTERS,
    ),
    Measure(
        name="pipeline_created",
        title="Pipeline created",
        definition="Amount of the deals created in the period, for the person who found them.",
        formula="sum(amount) of deals by created_on",
        unit="money",
        good="up",
        exclusions="amounts that are empty or in a currency without a rate count 0",
        source="salesplan",
        tables=("opportunities",),
        function="sp.kpi.attainment",
        nature="activity",
        facts=_created("CAST(COALESCE(m.home_amount, 0) AS DOUBLE)"),
        filters=DEAL_FILTERS,
    ),
    Measure(
        name="meetings_held",
        title="Meetings held",
        definition="Meetings and demos that took place.",
        formula="count of activities of kind meeting or demo with status held",
        unit="count",
        good="up",
        exclusions="planned, cancelled and missed meetings",
        source="salesplan",
        tables=("activities",),
        function="sp.kpi.attainment",
        nature="activity",
        facts=_held("'meeting', 'demo'"),
        filters=("kind", "segment"),
    ),
    Measure(
        name="first_meetings_held",
        title="First meetings held",
        definition="The first meeting held with each lead, deal or account.",
        formula="count of the earliest held meeting per lead, else deal, else account",
        unit="count",
        good="up",
        exclusions="later meetings with the same party",
        source="salesplan",
        tables=("activities",),
        function="sp.kpi.attainment",
        nature="activity",
        facts=_held("'meeting', 'demo'", _FIRST_MEETING),
        filters=("kind", "segment"),
    ),
    Measure(
        name="calls_held",
        title="Calls",
        definition="Calls that reached someone.",
        formula="count of activities of kind call with status held",
        unit="count",
        good="up",
        source="salesplan",
        tables=("activities",),
        function="sp.kpi.attainment",
        nature="activity",
        facts=_held("'call'"),
        filters=("kind", "segment"),
    ),
    Measure(
        name="goal_share",
        title="People at their goal",
        definition="Share of the people with a bookings goal who reached it.",
        formula="people with bookings >= goal / people with a bookings goal",
        unit="rate",
        good="band",
        exclusions="people without a goal; 70 to 80 % is sound, in settings",
        source="Kestio: at least 70 to 80 % of a team should reach its goals",
        tables=("opportunities", "targets"),
        function="sp.kpi.scorecard",
    ),
    Measure(
        name="open_pipeline",
        title="Open pipeline",
        definition="Amount of the deals that were open at the end of the period.",
        formula="sum(amount) of open deals",
        unit="money",
        good="up",
        exclusions="open deals without an amount; k of n carry one",
        source="salesplan",
        tables=("opportunities",),
        function="sp.pipeline.open_deals",
    ),
)
"""What a seller is measured by, result and activity alike."""
