"""The catalogue of measures, actual against target, and the scorecard of a quarter.

Every number of salesplan can be explained: ``sp.kpi.explain("win_rate")`` gives its
definition, formula, exclusions, SQL and source.
"""

from __future__ import annotations

from salesplan._kpi.attainment import attainment, goals
from salesplan._kpi.catalogue import catalogue, explain, measure
from salesplan._kpi.scorecard import HEADLINES, scorecard

__all__ = ["HEADLINES", "attainment", "catalogue", "explain", "goals", "measure", "scorecard"]
