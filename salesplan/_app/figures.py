"""What the simulator shows of a scheme: one run of the engine, no arithmetic of its own."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from salesplan import compensation, scenario
from salesplan.compensation import Panel, Scheme, Simulation
from salesplan.crm import Crm


@dataclass(frozen=True)
class Shown:
    """A scheme on last year's figures: the simulation, who wins and loses, who reaches goals."""

    simulation: Simulation
    compared: pd.DataFrame
    outcome: pd.DataFrame
    goal: pd.DataFrame


class Bench:
    """Holds last year's figures aligned once, so that moving a slider costs milliseconds."""

    def __init__(self, crm: Crm, scheme: Scheme, year: str) -> None:
        crm.require("people", "targets", "payroll", need="The simulator")
        self.scheme = scheme
        self.paid = crm.table("payroll")
        limits = crm.settings.thresholds
        self.band = (limits.goal_share_low, limits.goal_share_high)
        figures = scenario.figures(crm, scheme, year=year)
        self.panel: Panel = compensation.align(scheme, crm.table("people"), figures)

    def run(self, scheme: Scheme) -> Shown:
        """Return what a changed scheme pays on the same figures."""
        simulation = compensation.run(scheme, self.panel)
        compared = compensation.compare(simulation, self.paid)
        diagnosis = compensation.diagnose(simulation, goal_band=self.band)
        return Shown(
            simulation, compared, compensation.winners_and_losers(compared), diagnosis.goal
        )
