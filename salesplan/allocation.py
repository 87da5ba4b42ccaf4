"""The best use of a limited effort over many response curves, with a proof.

Pure mathematics on arrays: no CRM, no money unit, no names. ``salesplan.effort`` and
``salesplan.acquisition`` are the business doors over it.

* ``Power``, ``Exponential``, ``Logarithm``, ``Adbudg``, ``Points``: response curves, one entry
  per segment; ``mix`` puts families side by side.
* ``Problem``: curves, hours of a unit of effort, limits, capacity, cost of an hour.
* ``continuous`` and ``whole``: the best effort under one capacity, in any amount or in whole
  calls; ``several``: under several capacities.

Each returns a ``Solution``: effort, value, a bound that no plan can beat, the gap between the
two, and the value of the next hour.

Examples
--------
>>> import numpy as np
>>> curves = Exponential(scale=[100, 60], rate=[0.05, 0.12])
>>> problem = Problem(curves, np.ones(2), np.zeros(2), np.full(2, 50.0), 50.0)
>>> best = continuous(problem)
>>> best.effort.round(3).tolist(), round(best.value, 3), best.gap
([33.149, 16.851], 132.995, 0.0)
"""

from __future__ import annotations

from salesplan._allocation.adbudg import Adbudg
from salesplan._allocation.branch import Problem
from salesplan._allocation.branch import allocate as continuous
from salesplan._allocation.curves import Curves, Exponential, Logarithm, Power
from salesplan._allocation.dual import Shared
from salesplan._allocation.points import Points, mix
from salesplan._allocation.several import allocate as several
from salesplan._allocation.solution import Solution
from salesplan._allocation.table import Limit, Segments
from salesplan._allocation.table import read as read_segments
from salesplan._allocation.whole import allocate as whole
from salesplan._allocation.whole import every_capacity

__all__ = [
    "Adbudg",
    "Curves",
    "Exponential",
    "Limit",
    "Logarithm",
    "Points",
    "Power",
    "Problem",
    "Segments",
    "Shared",
    "Solution",
    "continuous",
    "every_capacity",
    "mix",
    "read_segments",
    "several",
    "whole",
]
