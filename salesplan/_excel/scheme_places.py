"""Places of people against each other as formulas, and the table of what each place pays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from salesplan import scales
from salesplan._excel.curve_cells import CurveCells
from salesplan._excel.sheet import column_cells

PLACES = ("place_figure", "place", "places_tied", "places_of")
SHEET = "Places"
_COLUMNS = ["criterion", "place", "pay"]
Step = tuple[str, str, pd.Series]


class Places:
    """The columns that hold a person's place among the lines, and how they are computed.

    A place counts the rows of the same period, line and group (a team) whose figure is better.
    What is compared stands in a column of its own: the attainment of a score hangs on places.
    """

    def __init__(self, scheme: Any, frame: pd.DataFrame, people: pd.DataFrame, lang: str) -> None:
        ranked = [c for c in scheme.criteria if c.curve.looks_at in ("rank", "rank_share")]
        self.criteria = {c.name: c for c in ranked}
        self.frame = self._with_columns(frame, people) if ranked else frame
        shared = [c for c in ranked if c.ranking.ties == "shared"]
        count = int(self.frame["places_of"].max()) if shared else 0
        rows = [
            (c.label(lang), n, float(c.curve.scale(float(n))))
            for c in shared
            for n in range(1, count + 1)
        ]
        self.pay = pd.DataFrame(rows, columns=_COLUMNS)
        self.first = {c.name: i * count for i, c in enumerate(shared)}
        self.count = count

    def _with_columns(self, frame: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
        """Return the lines with the place of each, and the group it is a place in."""
        named = people.drop_duplicates("person_id").set_index("person_id")
        at = list(frame.columns).index("attainment_rate") + 1
        frame = frame.copy()
        for column in reversed(PLACES):
            frame.insert(at, column, np.nan)
        groups = [c for crit in self.criteria.values() for c in crit.ranking.among]
        if groups:
            known = [c for c in dict.fromkeys(groups) if c in named.columns]
            joined = named[known].fillna("").agg(" / ".join, axis=1)
            frame.insert(at, "place_group", frame["person_id"].map(joined))
        for criterion in self.criteria.values():
            mine = ((frame["line"] == criterion.name) & (frame["kind"] == "adds")).to_numpy()
            frame.loc[mine, list(PLACES)] = self._placed(criterion, frame[mine])
        return frame

    def _placed(self, criterion: Any, mine: pd.DataFrame) -> np.ndarray:
        value = pd.Series(scales.snap(mine[_figure(criterion)].to_numpy(float)), mine.index)
        by = [mine[k] for k in ("period", *self._group(criterion, mine))]
        groups = (-value if _more_is_better(criterion) else value).groupby(by, sort=False)
        first, last = groups.rank(method="min"), groups.rank(method="max")
        place = last if criterion.ranking.ties == "worse" else first
        tied, of = last - first + 1, groups.transform("count")
        return np.column_stack([mine[_figure(criterion)], place, tied, of])

    @staticmethod
    def _group(criterion: Any, frame: pd.DataFrame) -> list[str]:
        has = criterion.ranking.among and "place_group" in frame.columns
        return ["place_group"] if has else []

    def steps(self, criterion: Any, curves: CurveCells) -> Iterator[Step]:
        """Yield column, formula and value of a place and of what it pays."""
        frame, figure, cells = self.frame, "[place_figure]", self._cells("place_figure")
        same = "*".join(
            f"EXACT({self._cells(k)},[{k}])"
            for k in ("period", "line", *self._group(criterion, frame))
        )
        same = f"{same}*ISNUMBER({cells})"
        better = ">" if _more_is_better(criterion) else "<"
        worse = criterion.ranking.ties == "worse"
        beats = f"(ROUND({cells},12){better}{'=' if worse else ''}ROUND({figure},12))"
        counted = f"SUMPRODUCT({same}*{beats})"
        tied = f"SUMPRODUCT({same}*(ROUND({cells},12)=ROUND({figure},12)))"
        for column, formula in (
            ("place_figure", f"=[{_figure(criterion)}]"),
            ("place", f"={counted}" if worse else f"=1+{counted}"),
            ("places_tied", f"={tied}"),
            ("places_of", f"=SUMPRODUCT({same})"),
        ):
            yield column, formula, frame[column]
        yield "curve_value", *self._paid(criterion, curves)

    def _paid(self, criterion: Any, curves: CurveCells) -> tuple[str, pd.Series]:
        place, tied, of = (self.frame[c] for c in PLACES[1:])
        if criterion.curve.looks_at == "rank_share":
            return curves.formula(criterion.name, "([place]/[places_of])", place / of)
        if criterion.ranking.ties != "shared":
            return curves.formula(criterion.name, "[place]", place)
        number, pay = (
            column_cells(SHEET, c, self.first[criterion.name], self.count) for c in (1, 2)
        )
        held = f"({number}>=[place])*({number}<[place]+[places_tied])"
        value = self._mean(criterion, place, tied)
        return f"=SUMPRODUCT({held}*{pay})/[places_tied]", value

    def _mean(self, criterion: Any, place: pd.Series, tied: pd.Series) -> pd.Series:
        so_far = np.concatenate(
            [[0.0], np.cumsum(criterion.curve.scale(np.arange(1.0, self.count + 1)))]
        )
        known = place.notna()
        first, held = (np.where(known, v, 1).astype(int) for v in (place, tied))
        mean = (so_far[first - 1 + held] - so_far[first - 1]) / held
        return pd.Series(np.where(known, mean, np.nan), place.index)

    def _cells(self, column: str) -> str:
        place = list(self.columns).index(column)
        return column_cells("Lines", place, 0, len(self.frame))

    @property
    def columns(self) -> list[str]:
        """The columns of the sheet of lines."""
        return [str(c) for c in self.frame.columns]


def _figure(criterion: Any) -> str:
    return "attainment_rate" if criterion.ranking.of == "attainment" else "actual"


def _more_is_better(criterion: Any) -> bool:
    return bool(criterion.ranking.of == "attainment" or criterion.better == "higher")
