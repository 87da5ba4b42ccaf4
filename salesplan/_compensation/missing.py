"""What pay lacks: a goal, a figure, target pay. Nothing paid for want of it is no 0 earned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from salesplan._compensation import pay
from salesplan._compensation.panel import Panel
from salesplan._compensation.rules import Criterion

if TYPE_CHECKING:
    from salesplan._compensation.line import Line
    from salesplan._compensation.simulation import Simulation

Mask = npt.NDArray[np.bool_]
Words = npt.NDArray[np.object_]
NO_FIGURE = "no figure"
GAP = "no goal in a part of the time so far"
"""What a line says that is read on the sales so far where some of them had no goal."""


def partly(panel: Panel, measure: str) -> Mask:
    """Return the persons and periods whose goals cover a part of their figures only."""
    found = np.zeros(panel.shape, bool)
    if panel.goals is not None:
        p, t, _ = _cells(panel, panel.goals.partly, measure)
        found[p, t] = True
    return found


def goal_periods(panel: Panel, measure: str) -> Words:
    """Return the longer period whose goal each person and period has a share of, or ""."""
    return panel.remembered(("goal periods", measure), lambda: _goal_periods(panel, measure))


def _goal_periods(panel: Panel, measure: str) -> Words:
    found = np.full(panel.shape, "", object)
    if panel.goals is not None:
        p, t, rows = _cells(panel, panel.goals.spread, measure)
        found[p, t] = rows["goal_period"].to_numpy(object)
    return found


def _cells(
    panel: Panel, marked: pd.DataFrame, measure: str
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], pd.DataFrame]:
    """Return person and period of the marked rows of a measure, and those rows."""
    rows = marked[marked["measure"] == measure]
    p = panel.persons.get_indexer(pd.Index(rows["person_id"]))
    t = pd.Index([period.label for period in panel.periods]).get_indexer(pd.Index(rows["period"]))
    inside = (p >= 0) & (t >= 0)
    return p[inside], t[inside], rows[inside]


def reasons(simulation: Simulation, line: Line) -> Words:
    """Return for each spell and period what a line lacks, or where its goal comes from."""
    panel, criterion = simulation.panel, line.criterion
    found = np.full(line.holds.shape, "", object)
    if has_own_goal(criterion):
        whole = goal_periods(panel, criterion.source)[panel.spell_person]
        found[whole != ""] = "share of the goal of " + whole[whole != ""]
    if line.figures.gap is not None and not line.criterion.curve.is_money:
        found[line.figures.gap & ~line.has_no_goal] = GAP
    found[_has_no_figure(line)] = NO_FIGURE
    found[line.has_no_goal] = "no goal"
    found[line.has_no_goal & (line.figures.target == 0)] = "goal of 0"
    found[line.has_no_goal & (line.figures.target < 0)] = "goal below 0"
    of_part = partly(panel, criterion.source)[panel.spell_person]
    found[line.has_no_goal & of_part] = "goal for part of the period only"
    return found


def has_own_goal(criterion: Criterion) -> bool:
    """Whether a criterion takes the person's goal from the attainment."""
    return criterion.scope == "individual" and criterion.target.source == "targets"


def _has_no_figure(line: Line) -> Mask:
    """Where a table of levels or of two measures was not given what it reads."""
    if line.criterion.curve.kind not in ("levels", "matrix"):
        return np.zeros(line.holds.shape, bool)
    return line.holds & np.isnan(line.rate)


@dataclass(frozen=True)
class Missing:
    """Of persons x periods: what is missing in words, and where the payout is not known."""

    reason: Words
    is_unknown: Mask


def of_payouts(simulation: Simulation) -> Missing:
    """Return what payouts lack: unknown is one of 0 for which nothing was there to be read."""
    panel, pays_goal = simulation.panel, simulation.scheme.no_target == "pays_target"
    no_pay = panel.by_person(_without_target_pay(simulation).astype(np.int64)) > 0
    words = np.where(no_pay, f"no {simulation.scheme.target_pay.column}", "").astype(object)
    is_missing, is_known = no_pay.copy(), np.zeros(panel.shape, bool)
    for line in simulation.found:
        if line.criterion.effect == "adds" and not line.kind:
            # A goal of 0 was set: what it pays is the scheme's answer, not a gap.
            no_goal = line.has_no_goal & ~(line.figures.target == 0)
            lacks = no_goal | _has_no_figure(line)
            at_stake = line.holds & (line.criterion.curve.is_money | (line.target_pay > 0))
            gone = _any(panel, lacks & at_stake) & (not pays_goal)
            is_missing |= gone
            is_known |= _any(panel, at_stake & ~lacks)
            words = _joined(words, gone, line.criterion.name)
    return Missing(words, is_missing & ~is_known & (simulation.totals == 0))


def _any(panel: Panel, of_spell: Mask) -> Mask:
    return panel.by_person(of_spell.astype(np.int64)) > 0


def _joined(words: Words, here: Mask, name: str) -> Words:
    """Return the words with one more criterion that lacks something."""
    first = np.where(words == "", "missing: ", words + ", ")
    return np.where(here, first + name, words)


def _without_target_pay(simulation: Simulation) -> Mask:
    """Return the spells and periods of people whose target pay nobody stated."""
    scheme, panel = simulation.scheme, simulation.panel
    column = scheme.target_pay.column
    asked = any(not c.curve.is_money for c in scheme.criteria)
    if scheme.target_pay.amount is not None or not asked or column not in panel.people.columns:
        return np.zeros((len(panel.people), len(panel.periods)), bool)
    stated = pay.stated(scheme, panel)
    return np.isnan(stated)[:, None] & (simulation.presence.share > 0)
