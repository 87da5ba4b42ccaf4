"""What-if on last year: a scheme simulated on the CRM's figures, beside what was paid."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from salesplan import compensation
from salesplan._scenario.figures import figures
from salesplan.compensation import Diagnosis, Scheme, Simulation
from salesplan.crm import Crm

__all__ = ["Backtest", "backtest", "figures"]


@dataclass(frozen=True)
class Backtest:
    """A scheme on a year's figures.

    ``simulation``: what it would have paid. ``compared``: per person, against what was paid.
    ``outcome``: how many win and lose, and by how much. ``diagnosis``: who reaches the goals,
    where the curve jumps, whether the data are there.
    """

    scheme: Scheme
    year: str
    simulation: Simulation
    compared: pd.DataFrame
    outcome: pd.DataFrame
    diagnosis: Diagnosis


def backtest(
    crm: Crm, scheme: Scheme, *, year: str | int, baseline: Simulation | None = None
) -> Backtest:
    """Return a scheme simulated on a year of the CRM and compared with what was paid.

    Parameters
    ----------
    crm
        A loaded Crm with people, targets and the tables of the scheme's measures.
    scheme
        The rules.
    year
        2026, or FY2026 in fiscal years.
    baseline
        Another simulation to compare with; by default the payroll of the year.

    Raises
    ------
    MissingDataError
        Without people or, when it is the baseline, without payroll.

    Examples
    --------
    >>> scheme = sp.compensation.Scheme(name="A", pays_each="year",
    ...                                 criteria=[{"name": "bookings", "weight": 1}])
    >>> tested = backtest(paper(), scheme, year=2026)
    >>> tested.compared[["person_id", "old_amount", "new_amount"]].head(3)
      person_id  old_amount  new_amount
    0       dan      3000.0         0.0
    1       ben      9000.0      8000.0
    2      cleo     12000.0     12800.0
    """
    crm.require("people", need="Simulating a scheme")
    rates = crm.table("fx_rates") if crm.has("fx_rates") else None
    simulation = compensation.simulate(
        scheme, crm.table("people"), figures(crm, scheme, year=year), rates=rates
    )
    if baseline is None:
        crm.require("payroll", need="Comparing with what was paid")
    compared = compensation.compare(simulation, baseline or crm.table("payroll"))
    limits = crm.settings.thresholds
    return Backtest(
        scheme,
        str(year),
        simulation,
        compared,
        compensation.winners_and_losers(compared),
        compensation.diagnose(
            simulation, goal_band=(limits.goal_share_low, limits.goal_share_high)
        ),
    )
