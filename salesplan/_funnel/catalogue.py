"""The measures of the funnel, for the catalogue."""

from __future__ import annotations

from salesplan.measures import Measure

_DEALS = "FROM opportunities AS o LEFT JOIN accounts AS a ON a.account_id = o.account_id"
_DIMENSIONS = (
    "o.product AS product, o.sale_type AS sale_type, o.deal_type AS deal_type, "
    "o.channel AS channel, a.segment AS segment"
)
_FILTERS = ("product", "sale_type", "deal_type", "channel", "segment")

MEASURES: tuple[Measure, ...] = (
    Measure(
        name="win_rate",
        title="Win rate",
        definition="Share of the deals closed in the period that were won.",
        formula="won / (won + lost), by closing date",
        unit="rate",
        good="up",
        source="Common practice; Wilson (1927) for the interval",
        tables=("opportunities",),
        function="sp.funnel.win_rate",
        exclusions="open deals; deals that ended neither won nor lost",
        facts=(
            "SELECT o.owner_id AS person_id, o.closed_on AS on_date, "
            f"CAST(o.status = 'won' AS INTEGER) AS value, 1 AS base, {_DIMENSIONS} "
            f"{_DEALS} WHERE o.status IN ('won', 'lost')"
        ),
        is_ratio=True,
        filters=_FILTERS,
    ),
    Measure(
        name="win_rate_created",
        title="Win rate of deals created",
        definition="Share of the deals created in the period that are won by now.",
        formula="won / all deals, by creation date",
        unit="rate",
        good="up",
        source="Common practice; rises as open deals close",
        tables=("opportunities",),
        function="sp.funnel.win_rate",
        facts=(
            "SELECT o.owner_id AS person_id, o.created_on AS on_date, "
            f"CAST(o.status = 'won' AS INTEGER) AS value, 1 AS base, {_DIMENSIONS} {_DEALS}"
        ),
        is_ratio=True,
        filters=_FILTERS,
    ),
    Measure(
        name="stage_conversion",
        title="Stage conversion",
        definition="Share of the deals at a stage that go on to the next one.",
        formula="deals at the next stage / deals at this stage, one cohort followed",
        unit="rate",
        good="up",
        source="HubSpot, Bitrix24 and Gong name the readings; intervals after Wilson (1927)",
        tables=("opportunities", "stages", "stage_changes"),
        function="sp.funnel.conversion",
        exclusions="history rows after the closing row; deals whose window is not over",
    ),
    Measure(
        name="lead_conversion",
        title="Lead conversion",
        definition="Share of the leads captured that became a sale.",
        formula="leads with a won deal / leads",
        unit="rate",
        good="up",
        source="Common practice; recent leads have had less time",
        tables=("leads", "opportunities"),
        function="sp.funnel.lead_conversion",
    ),
    Measure(
        name="time_in_stage",
        title="Time in stage",
        definition="Days by which half of the deals have left a stage.",
        formula="Kaplan-Meier median of days in the stage, open deals censored",
        unit="days",
        good="down",
        source="Kaplan & Meier (1958)",
        tables=("opportunities", "stages", "stage_changes"),
        function="sp.funnel.time_in_stage",
        exclusions="stages that a deal skipped",
    ),
    Measure(
        name="win_probability",
        title="Win probability",
        definition="Chance that a new deal is won within a number of days.",
        formula="Aalen-Johansen incidence of the win, the loss competing",
        unit="rate",
        good="up",
        source="Aalen & Johansen (1978)",
        tables=("opportunities",),
        function="sp.funnel.win_probability",
    ),
    Measure(
        name="renewed_share",
        title="Customers renewed",
        definition="Share of customers whose recurring term ended and who renewed it.",
        formula="customers with a follow-up line / customers with an ended recurring line",
        unit="rate",
        good="up",
        source="Bow-tie funnel",
        tables=("contract_lines",),
        function="sp.funnel.bow_tie",
    ),
)
