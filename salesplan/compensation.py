"""Variable pay."""

from __future__ import annotations

from salesplan._compensation.around import Clawback, Draw
from salesplan._compensation.compare import break_even, compare, winners_and_losers
from salesplan._compensation.crediting import credit, spread
from salesplan._compensation.diagnose import Diagnosis, attainments, diagnose
from salesplan._compensation.draws import clawbacks, draw_account
from salesplan._compensation.lint import lint, maximum
from salesplan._compensation.measures import MEASURES
from salesplan._compensation.panel import Panel, align
from salesplan._compensation.proration import blend, proration
from salesplan._compensation.rules import Criterion, Gate, Spiff
from salesplan._compensation.scheme import Scheme
from salesplan._compensation.simulate import run, simulate
from salesplan._compensation.simulation import Simulation
from salesplan._compensation.statements import statements
from salesplan._compensation.statistics import (
    attainment_bands,
    attainment_statistics,
    cost_of_sales,
    gini,
    pay_versus_margin,
    top_share,
)
from salesplan._compensation.stress import Calibration, calibrate, stress

__all__ = [
    "MEASURES",
    "Calibration",
    "Clawback",
    "Criterion",
    "Diagnosis",
    "Draw",
    "Gate",
    "Panel",
    "Scheme",
    "Simulation",
    "Spiff",
    "align",
    "attainment_bands",
    "attainment_statistics",
    "attainments",
    "blend",
    "break_even",
    "calibrate",
    "clawbacks",
    "compare",
    "cost_of_sales",
    "credit",
    "diagnose",
    "draw_account",
    "gini",
    "lint",
    "maximum",
    "pay_versus_margin",
    "proration",
    "run",
    "simulate",
    "spread",
    "statements",
    "stress",
    "top_share",
    "winners_and_losers",
]
