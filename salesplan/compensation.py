"""Variable pay."""

from __future__ import annotations

from salesplan._compensation.around import Clawback, Draw
from salesplan._compensation.crediting import credit, spread
from salesplan._compensation.draws import clawbacks, draw_account
from salesplan._compensation.panel import Panel, align
from salesplan._compensation.proration import blend, proration
from salesplan._compensation.rules import Criterion, Gate, Spiff
from salesplan._compensation.scheme import Scheme
from salesplan._compensation.simulate import run, simulate
from salesplan._compensation.simulation import Simulation
from salesplan._compensation.statistics import (
    attainment_bands,
    attainment_statistics,
    cost_of_sales,
    gini,
    pay_versus_margin,
    top_share,
)

__all__ = [
    "Clawback",
    "Criterion",
    "Draw",
    "Gate",
    "Panel",
    "Scheme",
    "Simulation",
    "Spiff",
    "align",
    "attainment_bands",
    "attainment_statistics",
    "blend",
    "clawbacks",
    "cost_of_sales",
    "credit",
    "draw_account",
    "gini",
    "pay_versus_margin",
    "proration",
    "run",
    "simulate",
    "spread",
    "top_share",
]
