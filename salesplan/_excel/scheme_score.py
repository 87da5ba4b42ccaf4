"""The line of a score as formulas: the weighted sum of the lines above it, read in one table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from salesplan import text
from salesplan._excel.curve_cells import CurveCells

SCORE = "score"
"""The kind of the line."""

KEY = ""
"""What the table of the score goes by among the curves: no criterion has an empty name."""


@dataclass(frozen=True)
class ScoreTable:
    """The table of the score, as a curve among those of the criteria."""

    curve: Any
    name: str = KEY

    def label(self, lang: str) -> str:
        """Return the name a reader sees."""
        return text.label("compensation.score", lang)


Cell = tuple[int, str, str, float]


def score_steps(scheme: Any, frame: pd.DataFrame, curves: CurveCells) -> Iterator[Cell]:
    """Yield row, column, formula and its value for the steps of each line of the score."""
    weighted = {c.name for c in scheme.criteria if c.weight is not None and c.effect == "adds"}
    counts = (frame["kind"] == "adds") & frame["line"].isin(weighted)
    parts = frame[counts].groupby(["person_id", "period"], sort=False).indices
    at = np.flatnonzero(counts.to_numpy())
    keys = frame[["person_id", "period"]].itertuples(index=False, name=None)
    for row, (key, kind) in enumerate(zip(keys, frame["kind"], strict=True)):
        if kind == SCORE and key in parts:
            yield from _of_row(scheme, frame, curves, row, at[parts[key]].tolist())


def _of_row(
    scheme: Any, frame: pd.DataFrame, curves: CurveCells, row: int, parts: list[int]
) -> Iterator[Cell]:
    for column, source in (("actual", "after_cap_amount"), ("target", "target_amount")):
        said = "+".join(f"[{source}@{part}]" for part in parts)
        yield row, column, f"={said}", float(frame[source].iloc[parts].sum())
    line = frame.iloc[row]
    if not line["target"] > 0:
        return
    yield row, "attainment_rate", "=ROUND([actual]/[target],12)", line["actual"] / line["target"]
    read = pd.Series([line["attainment_rate"]])
    formula, value = curves.formula(KEY, "[attainment_rate]", read)
    yield row, "curve_value", formula, float(value.iloc[0])
    due = "[curve_value]" if scheme.score.is_money else "[curve_value]*[target_amount]"
    times = 1.0 if scheme.score.is_money else line["target_amount"]
    change = line["curve_value"] * times - line["actual"]
    yield row, "before_cap_amount", f"={due}-[actual]", change
    yield row, "after_cap_amount", "=[before_cap_amount]", line["before_cap_amount"]
