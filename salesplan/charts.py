"""Charts: each takes the DataFrame of a metric and returns a plotly Figure.

``frame.pipe(sp.charts.waterfall)`` reads as it works. Charts cannot compute: what they show
is in the frame, and the definition stands below the picture.
"""

from __future__ import annotations

from salesplan._charts.acquisition import channel_matrix, cost_per_first_meeting
from salesplan._charts.compensation import attainment_bands, pay_curve, stress, winners_and_losers
from salesplan._charts.effort import (
    allocation,
    plan_against_done,
    size_curve,
    value_of_next_hour,
    workload,
)
from salesplan._charts.effort_shares import effort_shares
from salesplan._charts.funnel import funnel, rates, stage_survival, time_in_stage
from salesplan._charts.pipeline import ageing, calibration, coverage, forecast, health, waterfall
from salesplan._charts.revenue import (
    cohorts,
    layer_cake,
    mrr_bridge,
    mrr_movements,
    policy_spread,
    quick_ratio,
    retention_curves,
    revenue_mix,
)
from salesplan._charts.selling import cost_per_step, no_show_heatmap, threshold_curve
from salesplan._charts.theme import finish, harmless, identity

__all__ = [
    "ageing",
    "allocation",
    "attainment_bands",
    "calibration",
    "channel_matrix",
    "cohorts",
    "cost_per_first_meeting",
    "cost_per_step",
    "coverage",
    "effort_shares",
    "finish",
    "forecast",
    "funnel",
    "harmless",
    "health",
    "identity",
    "layer_cake",
    "mrr_bridge",
    "mrr_movements",
    "no_show_heatmap",
    "pay_curve",
    "plan_against_done",
    "policy_spread",
    "quick_ratio",
    "rates",
    "retention_curves",
    "revenue_mix",
    "size_curve",
    "stage_survival",
    "stress",
    "threshold_curve",
    "time_in_stage",
    "value_of_next_hour",
    "waterfall",
    "winners_and_losers",
    "workload",
]
