"""The sales funnel: what share of deals goes on, how long it takes and who differs."""

from __future__ import annotations

from salesplan._funnel.compare import compare, compare_rates
from salesplan._funnel.comparison import Comparison
from salesplan._funnel.conversion import conversion
from salesplan._funnel.leads import lead_conversion
from salesplan._funnel.time_in_stage import stage_survival, time_in_stage
from salesplan._funnel.win_probability import win_probability
from salesplan._funnel.win_rate import win_rate

__all__ = [
    "Comparison",
    "compare",
    "compare_rates",
    "conversion",
    "lead_conversion",
    "stage_survival",
    "time_in_stage",
    "win_probability",
    "win_rate",
]
