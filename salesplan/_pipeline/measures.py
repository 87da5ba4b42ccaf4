"""The measures of the pipeline, for the catalogue."""

from __future__ import annotations

from salesplan.measures import Measure, Unit

_DEALS = (
    "FROM opportunities AS o LEFT JOIN deal_money AS m ON m.opportunity_id = o.opportunity_id "
    "LEFT JOIN accounts AS a ON a.account_id = o.account_id"
)
_DIMENSIONS = (
    "o.product AS product, o.sale_type AS sale_type, o.deal_type AS deal_type, "
    "o.channel AS channel, a.segment AS segment"
)
_FILTERS = ("product", "sale_type", "deal_type", "channel", "segment")


def _of_pipeline(
    name: str, title: str, definition: str, formula: str, unit: Unit, good: str, function: str,
    source: str, exclusions: str = "none", tables: tuple[str, ...] = ("opportunities",),
) -> Measure:  # fmt: skip
    """Return a measure of the whole pipeline: a state, so it does not add up over time."""
    return Measure(
        name=name, title=title, definition=definition, formula=formula, unit=unit,
        good="up" if good == "up" else "down", source=source, tables=tables,
        function=f"sp.pipeline.{function}", exclusions=exclusions,
    )  # fmt: skip


MEASURES: tuple[Measure, ...] = (
    Measure(
        name="pushed_share",
        title="Pushed deals",
        definition="Share of the deals closed in the period whose close date was ever pushed.",
        formula="deals pushed at least once / deals closed, by closing date",
        unit="rate",
        good="down",
        source="Definition of the push counter in CRMs: moved to a later month",
        tables=("opportunities",),
        function="sp.pipeline.slippage",
        exclusions="deals without a count of pushes",
        facts=(
            "SELECT o.owner_id AS person_id, o.closed_on AS on_date, "
            f"CAST(o.push_count > 0 AS INTEGER) AS value, 1 AS base, {_DIMENSIONS} {_DEALS} "
            "WHERE o.status IN ('won', 'lost') AND o.push_count IS NOT NULL"
        ),
        is_ratio=True,
        filters=_FILTERS,
    ),
    _of_pipeline(
        "coverage", "Pipeline coverage",
        "How many times open pipeline covers what is left of the target.",
        "open amount / (target - won)", "ratio", "up", "coverage",
        "Common practice; the full-target reading stands beside it",
        "open deals without an amount (counted)", ("opportunities", "targets"),
    ),
    _of_pipeline(
        "weighted_pipeline", "Weighted pipeline",
        "What open deals are worth once each is weighted by its probability.",
        "sum of amount x probability; variance sum of amount^2 p (1 - p)", "money", "up",
        "weighted", "Expectation and variance of independent Bernoulli outcomes",
        "open deals without an amount or a probability (counted)", ("opportunities", "stages"),
    ),
    _of_pipeline(
        "sales_velocity", "Sales velocity",
        "What the pipeline turns into won business on an average day.",
        "deals x average amount x win rate / cycle in days", "money a day", "up", "velocity",
        "Common practice; six readings of the inputs can be named",
    ),
    _of_pipeline(
        "stalled_share", "Stalled deals",
        "Share of open deals on which nothing happened for three weeks.",
        "open deals without an activity within the limit / open deals", "rate", "down",
        "health", "definition", "planned and cancelled activities",
        ("opportunities", "activities"),
    ),
    _of_pipeline(
        "past_due_share", "Past their close date",
        "Share of dated open deals whose expected close date has passed.",
        "open deals past their date / open deals with a date", "rate", "down", "health",
        "definition", "open deals without a date",
    ),
    _of_pipeline(
        "slip_rate", "Slip rate",
        "Share of the deals due in a period that did not close in it.",
        "due and still open at the end / due at the start", "rate", "down", "slippage",
        "Three more readings stand beside it", "deals created after the start",
        ("opportunities", "stage_changes"),
    ),
    _of_pipeline(
        "sales_forecast", "Sales forecast",
        "What will be won by a day, with an interval.",
        "won so far + open deals by their chance in time + deals not yet created", "money",
        "up", "forecast", "Landmark Aalen-Johansen; Vasicek (1987) for correlation",
        "open deals without an amount (counted)", ("opportunities", "stage_changes"),
    ),
)  # fmt: skip
