"""Goals set for longer periods than the scheme pays in, spread over the payout periods.

A row with a goal and no actual may name a longer period: a goal of the year, paid each month.
A payout period that has a goal of its own keeps it; the others share what is left of the longer
goal by the scheme's rule. The nearest goal counts first: a quarter's before the year's.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from salesplan._compensation.payout_periods import MONTHS, holding, inside, is_longer, known
from salesplan._compensation.scheme import Scheme
from salesplan.periods import Period
from salesplan.scales import Floats

FIGURES = ("period", "actual", "target", "level")
SPREAD = ["person_id", "period", "measure", "goal_period"]
Cell = tuple[int, Period]


@dataclass(frozen=True)
class Goals:
    """The rows to simulate, where their goals come from, and what could not be spread.

    ``spread`` has a row for each payout period that got a share of a longer goal; ``partly``
    for each whose goals cover a part of its figures only.
    """

    rows: pd.DataFrame
    spread: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=SPREAD))
    partly: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=SPREAD[:3]))
    faults: tuple[str, ...] = ()


def aligned(scheme: Scheme, rows: pd.DataFrame) -> Goals:
    """Return the attainment with every goal on payout periods, and what was done to get there."""
    if "target" not in rows.columns or rows.empty:
        return Goals(rows)
    spans = known(scheme, rows["period"].astype("str").unique())
    longer = {label: p for label, p in spans.items() if is_longer(scheme, p)}
    partly = _partly(scheme, rows, spans)
    is_goal = rows["period"].astype("str").isin(longer) & _is_goal_alone(rows)
    if scheme.goals.longer == "refused" or not (is_goal & rows["target"].notna()).any():
        return Goals(rows, partly=partly)
    spreading = _Spreading(scheme, rows, is_goal.to_numpy(bool), spans)
    return spreading.done(partly)


def _is_goal_alone(rows: pd.DataFrame) -> pd.Series:
    alone = rows["actual"].isna()
    return alone & rows["level"].isna() if "level" in rows.columns else alone


def _partly(scheme: Scheme, rows: pd.DataFrame, spans: dict[str, Period]) -> pd.DataFrame:
    """Return person, payout period and measure where some months have a goal and others none.

    A month in which nothing was asked and nothing sold is no gap: the person was not there yet.
    """
    label = rows["period"].astype("str")
    paid = {name: holding(scheme, p) for name, p in spans.items()}
    shorter = [n for n, p in spans.items() if p.until <= paid[n].until and p.days < paid[n].days]
    part = rows[label.isin(shorter)]
    if part.empty:
        return pd.DataFrame(columns=SPREAD[:3])
    target, actual = (pd.to_numeric(part[c], errors="coerce") for c in ("target", "actual"))
    keys = part[["person_id", "measure"]].assign(
        period=label[part.index].map({n: p.label for n, p in paid.items()}), month=label
    )
    by = ["person_id", "period", "measure"]
    month = keys.assign(goal=target.notna(), sold=actual.fillna(0) != 0)
    found = month.groupby([*by, "month"], sort=True)[["goal", "sold"]].any().reset_index()
    found = found.assign(gap=found["sold"] & ~found["goal"]).groupby(by)[["goal", "gap"]].any()
    return found[found["goal"] & found["gap"]].reset_index()[by]


class _Spreading:
    """The rows of one attainment while goals are written into them."""

    def __init__(
        self,
        scheme: Scheme,
        rows: pd.DataFrame,
        is_goal: npt.NDArray[np.bool_],
        spans: dict[str, Period],
    ) -> None:
        self.scheme, self.all = scheme, rows
        code = _whose(rows)
        self.code, self.spans = code, spans
        self.goals = np.flatnonzero(is_goal)
        self.target = pd.to_numeric(rows["target"], errors="coerce").to_numpy(np.float64).copy()
        self.kept = ~is_goal
        self.cells = self._cells(np.isin(code, code[self.goals]) & self.kept)
        self.own = {cell: self._sum(at) for cell, at in self.cells.items()}
        self.more: list[dict[str, object]] = []
        self.told: list[tuple[object, ...]] = []
        self.faults: list[str] = []
        self.repeated = {r.source for r in scheme.rules if r.totals == "mean"}

    def _cells(self, mine: npt.NDArray[np.bool_]) -> dict[Cell, list[int]]:
        """Return the rows of each payout period of those who have a longer goal."""
        label = self.all["period"].astype("str").to_numpy(object)
        self.paid = {n: holding(self.scheme, p) for n, p in self.spans.items()}
        paid = (self.paid[n] for n in set(label[self.kept]) if n in self.paid)
        self.simulated = {(p.since, p.until): p for p in paid}
        found: dict[Cell, list[int]] = {}
        for i in np.flatnonzero(mine):
            if label[i] in self.paid:
                found.setdefault((int(self.code[i]), self.paid[label[i]]), []).append(int(i))
        return found

    def _sum(self, rows: list[int]) -> float:
        goals = self.target[rows]
        return float(np.nansum(goals)) if not np.isnan(goals).all() else np.nan

    def done(self, partly: pd.DataFrame) -> Goals:
        """Spread every longer goal, the shortest first, and return what came of it."""
        labels = self.all["period"].astype("str").to_numpy(object)
        with_goal = [i for i in self.goals if not np.isnan(self.target[i])]
        for i in sorted(with_goal, key=lambda i: self.spans[str(labels[i])].days):
            self._spread(int(i), self.spans[str(labels[i])])
        rows = self.all.assign(target=self.target)[self.kept]
        if self.more:
            more = pd.DataFrame(self.more, columns=rows.columns).astype(rows.dtypes.to_dict())
            rows = pd.concat([rows, more])
        told = pd.DataFrame(self.told, columns=SPREAD)
        return Goals(rows.reset_index(drop=True), told, partly, tuple(self.faults))

    def _spread(self, row: int, whole: Period) -> None:
        goal, code = self.target[row], int(self.code[row])
        # A fiscal quarter may be a calendar quarter: its days say so.
        parts = [self.simulated.get((p.since, p.until), p) for p in inside(self.scheme, whole)]
        there = set(self.simulated.values())
        own = np.array([self.own.get((code, p), np.nan) for p in parts])
        is_open = np.isnan(own)
        if not there.intersection(parts):
            self.faults.append(self._told(row, "has no payout period with figures to stand in"))
            return
        left = goal - float(np.nansum(own))
        if left < -0.005 and is_open.any():
            self.faults.append(self._told(row, f"is less than that of its parts ({goal - left:g})"))
            return
        if self.all["measure"].iloc[row] in self.repeated:
            shares = np.full(len(parts), goal)
        else:
            shares = _shares(left, weights(self.scheme, parts) * is_open)
        for part, share in zip(parts, np.where(is_open, shares, np.nan), strict=True):
            if not np.isnan(share):
                self.own[code, part] = float(share)
            if part in there and not np.isnan(share):
                self._give(row, (code, part), float(share), whole)

    def _told(self, row: int, fault: str) -> str:
        found = self.all.iloc[row]
        return (
            f"the goal of {found['person_id']!r} for {found['period']}, {found['measure']!r} "
            f"({self.target[row]:g}) {fault}."
        )

    def _give(self, row: int, cell: Cell, share: float, whole: Period) -> None:
        """Write a payout period's goal into its rows, or into a row of its own."""
        given, person = self.cells.get(cell, []), self.all["person_id"].iloc[row]
        if self.all["measure"].iloc[row] in self.repeated:
            self.target[given] = share
        elif given:
            self.target[given] = _shares(share, np.ones(len(given)))
        if not given:
            values = {str(c): v for c, v in self.all.iloc[row].items()}
            self.more.append({**values, "period": cell[1].label, "target": share})
        self.told.append((person, cell[1].label, self.all["measure"].iloc[row], whole.label))


def _whose(rows: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return a number for each person (or team), measure and value of the further columns."""
    keys = rows[[str(c) for c in rows.columns if c not in FIGURES]]
    if "team" in keys.columns:  # a person's goal is the person's, whatever team it stands under
        keys = keys.assign(team=keys["team"].where(keys["person_id"].isna()))
    code = keys.groupby(list(keys.columns), sort=False, dropna=False).ngroup()
    return np.asarray(code, np.int64)


def weights(scheme: Scheme, parts: list[Period]) -> Floats:
    """Return what each payout period weighs when a longer goal is spread."""
    if scheme.goals.longer == "days":
        return np.array([float(p.days) for p in parts])
    if scheme.goals.longer == "even":
        return np.ones(len(parts))
    length, start = MONTHS[scheme.pays_each], scheme.fiscal_year_starts
    number = [(p.since.month - start) % 12 // length for p in parts]
    return np.array(scheme.goals.weights)[number]


def _shares(whole: float, weight: Floats) -> Floats:
    """Return a goal in parts. They are not rounded: a third of 100 reached by 30 is 90 %."""
    total = float(weight.sum())
    return weight * (whole / total) if total else np.zeros(len(weight))
