"""The sales funnel: what share of deals goes on, how long it takes and who differs.

Definitions are said beside the numbers, every rate has its counts and its interval, open deals
are counted as open, and nobody is called better than others on luck alone.
"""

from __future__ import annotations

from salesplan._funnel.bow_tie import bow_tie
from salesplan._funnel.catalogue import MEASURES
from salesplan._funnel.checks import history_checks
from salesplan._funnel.compare import compare, compare_rates
from salesplan._funnel.comparison import Comparison
from salesplan._funnel.conversion import conversion
from salesplan._funnel.leads import lead_conversion
from salesplan._funnel.time_in_stage import stage_survival, time_in_stage
from salesplan._funnel.win_probability import win_probability
from salesplan._funnel.win_rate import win_rate

__all__ = [
    "MEASURES",
    "Comparison",
    "bow_tie",
    "compare",
    "compare_rates",
    "conversion",
    "history_checks",
    "lead_conversion",
    "stage_survival",
    "time_in_stage",
    "win_probability",
    "win_rate",
]
