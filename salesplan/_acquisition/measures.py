"""What acquisition adds to the catalogue of measures."""

from __future__ import annotations

from salesplan._acquisition.parties import MEETING_KINDS
from salesplan.measures import Measure

_NO_SHOWS = f"""
SELECT v.owner_id AS person_id, CAST(v.starts_at AS DATE) AS on_date,
       CAST(CASE WHEN v.status = 'no_show' THEN 1 ELSE 0 END AS DOUBLE) AS value,
       CAST(1 AS DOUBLE) AS base, v.kind, COALESCE(a.segment, '(none)') AS segment
FROM activities AS v
LEFT JOIN accounts AS a ON a.account_id = v.account_id
WHERE v.kind IN {MEETING_KINDS} AND v.status IN ('held', 'no_show') AND v.starts_at IS NOT NULL
"""

MEASURES: tuple[Measure, ...] = (
    Measure(
        name="cost_per_first_meeting",
        title="Cost per first meeting",
        definition="What a first held meeting with a lead costs: external spend, tools, hours.",
        formula="(external + people + tools) / first meetings held",
        unit="money",
        good="down",
        exclusions="channels without recorded cost; spend that has not started",
        source="salesplan",
        tables=("leads", "activities", "costs"),
        function="sp.acquisition.cost_per_first_meeting",
    ),
    Measure(
        name="cost_per_lead",
        title="Cost per lead",
        definition="What a captured lead costs; not the cost of a customer.",
        formula="(external + people + tools) / leads captured",
        unit="money",
        good="down",
        exclusions="channels without recorded cost; spend that has not started",
        source="salesplan",
        tables=("leads", "costs"),
        function="sp.acquisition.cost_per_lead",
    ),
    Measure(
        name="no_show_rate",
        title="No-show rate",
        definition="Share of the meetings due to which nobody came.",
        formula="no-shows / (held + no-shows), meetings and demos",
        unit="rate",
        good="down",
        exclusions="cancelled and planned meetings, meetings without a status",
        source="salesplan",
        tables=("activities",),
        function="sp.acquisition.no_show_cost",
        nature="activity",
        facts=_NO_SHOWS,
        is_ratio=True,
        filters=("kind", "segment"),
    ),
)
"""Cost per first meeting and per lead, and the share of meetings missed."""
