"""Actual, goal and attainment of a criterion or gate for every spell and period."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from salesplan import scales
from salesplan._compensation.check_weights import as_tuple
from salesplan._compensation.missing import partly
from salesplan._compensation.panel import Panel
from salesplan._compensation.presence import Presence, starts
from salesplan._compensation.reading import Reading
from salesplan._compensation.sums import Sums, sums
from salesplan.errors import InputError, did_you_mean
from salesplan.scales import Floats

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Figures:
    """Arrays of spells x periods.

    ``second`` is the other measure of a matrix; ``paid`` is money already worked out per deal;
    ``base`` is what a commission is paid on where that is not the actual; ``rank``,
    ``rank_share``, ``tied`` and ``count`` are a person's place, how many hold it, and of n;
    ``gap`` is where figures to date hold sales of a period without a goal.
    """

    actual: Floats
    target: Floats
    attainment: Floats
    second: Floats | None = None
    paid: Floats | None = None
    base: Floats | None = None
    rank: Floats | None = None
    rank_share: Floats | None = None
    tied: Floats | None = None
    count: Floats | None = None
    gap: Mask | None = None

    def read(self, what: str) -> Floats:
        """Return what a curve reads: attainment, actual, gap, target, rank or rank_share."""
        if what == "gap":
            return self.actual - self.target
        found: Floats = getattr(self, what)
        return found


@dataclass(frozen=True)
class Reader:
    """Reads measures from a panel; ``levels`` turns MBO levels into pay."""

    panel: Panel
    presence: Presence
    accrual: str

    def figures(
        self, rule: Reading, measure: str, *, to_date: bool, levels: dict[str, float] | None = None
    ) -> Figures:
        """Return the figures of a rule, of the period alone or of the year to date."""
        how = (rule.scope, rule.self_included, rule.totals, rule.better)
        key = (measure, *how, *sorted(rule.only.items()))
        named = None if levels is None else tuple(levels.items())
        actual, target = self.panel.remembered(
            ("totals", key, named), lambda: self._totals(rule, measure, levels)
        )
        target = self._adjusted(rule, target, actual)
        if self.accrual == "deficit_carried":
            target = self._with_deficit(actual, target)
        if to_date:
            gap = self._gap(rule, actual, target)
            actual = self._to_date(actual, rule.totals)
            target = self._to_date(target, rule.totals)
            return Figures(actual, target, attainment(rule, actual, target), gap=gap)
        return Figures(actual, target, attainment(rule, actual, target))

    def _totals(
        self, rule: Reading, measure: str, levels: dict[str, float] | None
    ) -> tuple[Floats, Floats]:
        rows = self._rows(rule, measure)
        actual = self._column("actual", rows) if levels is None else self._levels(rows, levels)
        target = self._column("target", rows)
        if rule.totals == "at_goal":
            actual, target = at_goal(rule, actual, target)
        goal = self._total(rule, rows, target)
        if rule.scope == "individual" and rule.totals == "sum":
            goal = np.where(partly(self.panel, measure)[self.panel.spell_person], np.nan, goal)
        return self._total(rule, rows, actual), goal

    def _total(self, rule: Reading, rows: npt.NDArray[np.int64], values: Floats) -> Floats:
        """Return a column summed for the person, the team or the company."""
        own = self._by_person(rows, values)
        if rule.scope == "individual":
            return own.value(rule.totals)[self.panel.spell_person]
        of_spell, of_row = self._groups(rule.scope)
        stated, summed = self._by_group(rule.scope, rows, values, of_spell, of_row)
        if not rule.self_included:
            summed = summed.without(own.at(self.panel.spell_person))
        table = summed.value(rule.totals)
        if rule.totals != "at_goal":
            # A group's own figure is taken as stated; else it is the total of its people.
            found = stated.value(rule.totals)
            table = np.where(np.isnan(found), table, found)
        return np.where(of_spell[:, None] >= 0, table, np.nan)

    def _rows(self, rule: Reading, measure: str) -> npt.NDArray[np.int64]:
        names = self.panel.measures
        if measure not in names:
            raise InputError(
                f"measure {measure!r} is not in the attainment. {did_you_mean(measure, names)}"
            )
        keep = self.panel.measure == names.index(measure)
        for column, wanted in rule.only.items():
            keep &= self.panel.attainment[column].isin(as_tuple(wanted)).to_numpy(bool)
        return np.flatnonzero(keep)

    def _column(self, name: str, rows: npt.NDArray[np.int64]) -> Floats:
        frame = self.panel.attainment
        if name not in frame.columns:
            return np.full(len(rows), np.nan)
        values: Floats = frame[name].to_numpy(np.float64, na_value=np.nan)
        return values[rows]

    def _levels(self, rows: npt.NDArray[np.int64], levels: dict[str, float]) -> Floats:
        frame = self.panel.attainment
        column = "level" if "level" in frame.columns else "actual"
        named = frame[column].iloc[rows]
        unknown = sorted({str(v) for v in named.dropna()} - set(levels))
        if unknown:
            raise InputError(f"level {unknown[0]!r} is unknown. {did_you_mean(unknown[0], levels)}")
        return np.array([levels.get(str(v), np.nan) for v in named], np.float64)

    def _by_person(self, rows: npt.NDArray[np.int64], values: Floats) -> Sums:
        people, periods = self.panel.shape
        code = self.panel.person[rows]
        mine = code >= 0
        cell = code[mine] * periods + self.panel.period[rows][mine]
        return sums(cell, values[mine], (people, periods))

    def _groups(self, scope: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the group number of each spell and of each row of the attainment."""
        spells, frame = len(self.panel.people), self.panel.attainment
        if scope == "company":
            return np.zeros(spells, np.int64), np.zeros(len(frame), np.int64)
        if "team" not in self.panel.people.columns:
            raise InputError("people has no column 'team', which scope = 'team' needs.")
        code, names = pd.factorize(self.panel.people["team"])
        last = np.full(len(self.panel.persons), -1, np.int64)
        last[self.panel.spell_person] = code
        person = self.panel.person
        of_row = np.where(person >= 0, last[np.maximum(person, 0)], -1)
        if "team" in frame.columns:
            given = names.get_indexer(pd.Index(frame["team"]))
            of_row = np.where(given >= 0, given, of_row)
        return code.astype(np.int64), of_row.astype(np.int64)

    def _by_group(
        self,
        scope: str,
        rows: npt.NDArray[np.int64],
        values: Floats,
        of_spell: npt.NDArray[np.int64],
        of_row: npt.NDArray[np.int64],
    ) -> tuple[Sums, Sums]:
        """Return for each spell its group's stated figure, and the total of its people."""
        periods = len(self.panel.periods)
        size = (int(max(of_spell.max(initial=-1), of_row.max(initial=-1))) + 1, periods)
        is_own = self._is_group_row(scope)[rows]
        known = of_row[rows] >= 0
        tables = []
        for part in (is_own & known, ~is_own & known):
            cell = of_row[rows][part] * periods + self.panel.period[rows][part]
            tables.append(sums(cell, values[part], size).at(np.maximum(of_spell, 0)))
        return tables[0], tables[1]

    def _is_group_row(self, scope: str) -> Mask:
        frame = self.panel.attainment
        nobody = frame["person_id"].isna().to_numpy(bool)
        if "team" not in frame.columns:
            return nobody
        no_team = frame["team"].isna().to_numpy(bool)
        return nobody & (no_team if scope == "company" else ~no_team)

    def _adjusted(self, rule: Reading, target: Floats, actual: Floats) -> Floats:
        goal = rule.target
        yearly = self.presence.period_share if goal.per == "year" else 1.0
        if goal.source == "fixed":
            target = np.full_like(actual, goal.value or 0.0) * yearly
        elif goal.source == "people":
            stated = self.panel.people[goal.column].to_numpy(np.float64, na_value=np.nan)
            target = np.ones_like(actual) * stated[:, None] * goal.share * yearly
        elif goal.source == "last_year":
            target = self._year_before(actual) * (1 + goal.growth)
        elif goal.source == "team_share":
            team = replace_scope(rule)
            target = self._totals(team, self._name(rule), None)[1] * goal.share
        for column, factors in goal.factors.items():
            named = self.panel.people[column]
            factor = np.array([factors.get(str(v), 1.0) for v in named])
            target = target * factor[:, None]
        return target * self.presence.goal_share

    def _name(self, rule: Reading) -> str:
        return rule.measure or str(getattr(rule, "name", ""))

    def _year_before(self, actual: Floats) -> Floats:
        number = {p: i for i, p in enumerate(self.panel.periods)}
        before = [number.get(p.year_before(), -1) for p in self.panel.periods]
        found = np.array(before)
        return np.where(found >= 0, actual[:, np.maximum(found, 0)], np.nan)

    def _with_deficit(self, actual: Floats, target: Floats) -> Floats:
        goal = target.copy()
        deficit = np.zeros(len(actual))
        first = set(starts(self.presence.window))
        for t in range(actual.shape[1]):
            if t in first:
                deficit = np.zeros(len(actual))
            goal[:, t] = target[:, t] + deficit
            short = scales.snap(np.maximum(0.0, goal[:, t] - np.nan_to_num(actual[:, t])))
            deficit = np.where(np.isnan(short), deficit, short)
        return goal

    def _gap(self, rule: Reading, actual: Floats, target: Floats) -> Mask:
        """Return where something was sold so far in a period without a goal, beside ones with."""
        sold = np.isnan(target) & (np.nan_to_num(actual) != 0) & (rule.totals == "sum")
        asked = self.presence.to_date((~np.isnan(target)).astype(float)) > 0
        return asked & (self.presence.to_date(sold.astype(float)) > 0)

    def _to_date(self, values: Floats, totals: str) -> Floats:
        summed = scales.snap(self.presence.to_date(np.nan_to_num(values)))
        seen = self.presence.to_date((~np.isnan(values)).astype(float))
        with np.errstate(invalid="ignore", divide="ignore"):
            result = summed / seen if totals == "mean" else summed
        return np.where(seen > 0, result, np.nan)


def replace_scope(rule: Reading) -> Reading:
    """Return the rule read for the whole team, to share out the team's goal."""
    values = {k: getattr(rule, k) for k in Reading.model_fields}
    return Reading(**{**values, "scope": "team", "self_included": True})


def at_goal(rule: Reading, actual: Floats, target: Floats) -> tuple[Floats, Floats]:
    """Return 1 for each row that reaches its own goal, and 1 for each that has one."""
    done, goal = scales.snap(np.nan_to_num(actual)), scales.snap(target)
    with np.errstate(invalid="ignore"):
        reached = done >= goal if rule.better == "higher" else done <= goal
    nobody = np.isnan(target)
    return np.where(nobody, np.nan, reached), np.where(nobody, np.nan, 1.0)


def attainment(rule: Reading, actual: Floats, target: Floats) -> Floats:
    """Return attainment by the rule's formula; NaN without a goal.

    A goal without an actual counts as an actual of 0.
    """
    done = np.where(np.isnan(actual) & ~np.isnan(target), 0.0, actual)
    goal = np.where(target > 0, target, np.nan)  # nothing is a share of 0, or of less
    with np.errstate(invalid="ignore", divide="ignore"):
        if rule.better == "higher":
            reached = done / goal
        elif rule.lower_formula == "one_plus_gap":
            reached = 1 + (goal - done) / goal
        else:
            # Nothing at all where less is better is the best there is: it counts as the cap.
            best = np.nan if rule.cap_attainment is None else rule.cap_attainment
            reached = np.where(done == 0, best, goal / done)
    if rule.round_attainment is not None:
        reached = scales.rounded(reached, rule.round_attainment, rule.round_attainment_mode)
    return reached if rule.cap_attainment is None else np.minimum(reached, rule.cap_attainment)
