"""Variable pay."""

from __future__ import annotations

from salesplan._compensation.panel import Panel, align
from salesplan._compensation.scheme import Scheme
from salesplan._compensation.simulate import run, simulate
from salesplan._compensation.simulation import Simulation

__all__ = ["Panel", "Scheme", "Simulation", "align", "run", "simulate"]
