"""Charts: each takes the DataFrame of a metric and returns a plotly Figure.

``frame.pipe(sp.charts.waterfall)`` reads as it works. Charts cannot compute: what they show
is in the frame, and the definition stands below the picture.
"""

from __future__ import annotations

from salesplan._charts.compensation import attainment_bands, pay_curve, stress, winners_and_losers
from salesplan._charts.funnel import funnel, rates, stage_survival, time_in_stage
from salesplan._charts.pipeline import ageing, calibration, coverage, forecast, health, waterfall
from salesplan._charts.theme import finish, harmless, identity

__all__ = [
    "ageing",
    "attainment_bands",
    "calibration",
    "coverage",
    "finish",
    "forecast",
    "funnel",
    "harmless",
    "health",
    "identity",
    "pay_curve",
    "rates",
    "stage_survival",
    "stress",
    "time_in_stage",
    "waterfall",
    "winners_and_losers",
]
