"""The lines of a simulation with a formula for every step that a formula can say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from salesplan import periods, scales
from salesplan._excel.curve_cells import CurveCells
from salesplan._excel.scheme_places import PLACES, Places
from salesplan._excel.scheme_score import SCORE, score_steps

STEPS = ("attainment_rate", "curve_value", "before_cap_amount", "after_cap_amount", "amount")
Step = tuple[str, str, pd.Series]
Written = dict[str, list[str | None]]


def formulas(scheme: Any, frame: pd.DataFrame, curves: CurveCells, places: Places) -> Written:
    """Return one formula per row for each step; None where the figure stands as computed."""
    digits = int(scheme.rounding.places)
    written: Written = {c: [None] * len(frame) for c in (*STEPS, "actual", "target", *PLACES)}
    written["amount"] = _since_last_time(scheme, frame, digits)
    for criterion in scheme.criteria:
        mine = (frame["line"] == criterion.name) & (frame["kind"] == "adds")
        switched = frame["gate"].str.startswith("switched")  # read on a gate's curve
        for column, formula, value in _steps(criterion, frame, curves, places, digits):
            here = mine & ~switched if column == "curve_value" else mine
            keep(written[column], frame[column], here, formula, value)
    if scheme.score is not None:
        for row, column, formula, result in score_steps(scheme, frame, curves):
            if np.isclose(result, frame[column].iloc[row], rtol=1e-12, atol=1e-9):
                written[column][row] = formula
        total = frame["kind"] == SCORE
        keep(written["amount"], frame["amount"], total, _round(digits), _rounded(frame, digits))
    return written


def _steps(
    criterion: Any, frame: pd.DataFrame, curves: CurveCells, places: Places, digits: int
) -> Iterator[Step]:
    """Yield column, formula and the value that the formula gives, step by step."""
    curve = criterion.curve
    yield ("attainment_rate", *_attained(criterion, frame))
    if curve.looks_at in ("rank", "rank_share"):
        yield from places.steps(criterion, curves)
    elif curve.looks_at in ("attainment", "actual") and curve.kind not in ("matrix", "levels"):
        read = "attainment_rate" if curve.looks_at == "attainment" else "actual"
        counted = curve.counted(frame[read].to_numpy(np.float64))
        seen = pd.Series(counted, index=frame.index)
        yield "curve_value", *curves.formula(criterion.name, _counted(curve, f"[{read}]"), seen)
    times = _times(curve)
    value = frame["curve_value"] * (frame[times] if times else 1)
    if not criterion.paid_on:  # the measure that is paid on has no cell here
        yield "before_cap_amount", f"=[curve_value]*[{times}]" if times else "=[curve_value]", value
    yield ("after_cap_amount", *_capped(criterion, frame))
    yield "amount", _round(digits), _rounded(frame, digits)


def _attained(criterion: Any, frame: pd.DataFrame) -> tuple[str, pd.Series]:
    """Return the attainment as a formula: by the rule's own way, rounded, capped."""
    actual, target = frame["actual"], frame["target"]
    with np.errstate(divide="ignore", invalid="ignore"):
        if criterion.better == "higher":
            said, value = "[actual]/[target]", actual / target
        elif criterion.lower_formula == "one_plus_gap":
            said, value = "1+([target]-[actual])/[target]", 1 + (target - actual) / target
        else:
            said, value = "[target]/[actual]", target / actual
    if criterion.round_attainment is not None and criterion.round_attainment_mode == "half_up":
        said = f"ROUND({said},{criterion.round_attainment})"
        value = pd.Series(scales.rounded(value, criterion.round_attainment), index=frame.index)
    if criterion.cap_attainment is not None:
        said = f"MIN({said},{criterion.cap_attainment!r})"
        value = value.clip(upper=criterion.cap_attainment)
    return f"={said}", value


def _times(curve: Any) -> str | None:
    """Return what the curve's value is multiplied with: nothing where it is money already."""
    if curve.outcome == "share":
        return "target_amount"
    if curve.outcome == "amount" or curve.kind in ("rate", "per_unit"):
        return None
    if curve.kind == "tiers":  # rates on slices of the amount, or on slices of the goal
        return "target" if curve.looks_at == "attainment" else None
    return "actual"


def _counted(curve: Any, read: str) -> str:
    """Return what of a cell counts: full points or full lots where the curve says so."""
    if curve.kind == "per_point" and curve.whole_points:
        return f"(1+TRUNC(ROUND(({read}-1)*100,6))/100)"
    if curve.kind == "per_unit" and curve.whole_units:
        return f"(TRUNC(ROUND({read}/{curve.each!r},9))*{curve.each!r})"
    return read


def _capped(criterion: Any, frame: pd.DataFrame) -> tuple[str, pd.Series]:
    said, value = "[before_cap_amount]", frame["before_cap_amount"]
    if criterion.floor_share is not None:
        said = f"MAX({said},{criterion.floor_share!r}*[target_amount])"
        value = np.maximum(value, criterion.floor_share * frame["target_amount"])
    if criterion.floor_amount is not None:
        said = f"MAX({said},{criterion.floor_amount!r})"
        value = np.maximum(value, criterion.floor_amount)
    if criterion.cap_share is not None:
        said = f"MIN({said},{criterion.cap_share!r}*[target_amount])"
        value = np.minimum(value, criterion.cap_share * frame["target_amount"])
    if criterion.cap_amount is not None:
        said = f"MIN({said},{criterion.cap_amount!r})"
        value = np.minimum(value, criterion.cap_amount)
    return f"={said}", value


def _round(digits: int) -> str:
    return f"=ROUND([after_cap_amount],{digits})"


def _rounded(frame: pd.DataFrame, digits: int) -> pd.Series:
    """Return what ROUND gives: ties away from zero, as the decimals that are shown."""
    due = frame["after_cap_amount"].to_numpy(np.float64)
    return pd.Series(scales.rounded(due, digits), index=frame.index)


def keep(
    written: list[str | None], figure: pd.Series, mine: pd.Series, formula: str, value: pd.Series
) -> None:
    """Write a formula into the rows in which it gives the library's figure."""
    same = mine & np.isclose(value, figure, rtol=1e-12, atol=1e-9)
    for row in np.flatnonzero(same):
        written[row] = written[row] or formula


def _since_last_time(scheme: Any, frame: pd.DataFrame, digits: int) -> list[str | None]:
    """Return what a year to date pays: what is due by now less what was due last time."""
    written: list[str | None] = [None] * len(frame)
    if scheme.accrual != "year_to_date":
        return written
    due, amount = _rounded(frame, digits).to_numpy(), frame["amount"].to_numpy()
    row = pd.Series(np.arange(len(frame)), dtype="float64")
    runs = frame["period"].map(lambda label: _run(scheme, label))
    before = row.groupby([frame["person_id"], frame["line"], runs], sort=False).shift()
    counts = before.notna() & frame["kind"].isin(["adds", SCORE])
    for here in np.flatnonzero(counts.to_numpy()):
        last = int(before.iloc[here])
        if np.isclose(due[here] - due[last], amount[here], atol=1e-9):
            now, then = "[after_cap_amount]", f"[after_cap_amount@{last}]"
            written[here] = f"=ROUND({now},{digits})-ROUND({then},{digits})"
    return written


def _run(scheme: Any, label: str) -> str:
    """Return the year (or ``accrual_over``) within which amounts run up to date."""
    starts = scheme.fiscal_year_starts
    since = periods.parse(label, fiscal_start=starts).since
    return periods.containing(since, scheme.accrual_over, fiscal=True, fiscal_start=starts).label


def is_live(written: Sequence[str | None]) -> pd.Series:
    """Return which rows have a formula."""
    return pd.Series([one is not None for one in written], dtype=bool)


def with_pool_rows(frame: pd.DataFrame, pools: pd.DataFrame) -> pd.DataFrame:
    """Return the lines with one of the pool for everyone: a cut of 0 today may be one tomorrow."""
    keys = ["person_id", "period"]
    have = frame.loc[frame["kind"] == "pool", keys]
    wanted = frame[keys].drop_duplicates().merge(pools[keys], on=keys)
    missing = wanted.merge(have, on=keys, how="left", indicator=True)
    missing = missing.loc[missing["_merge"] == "left_only", keys]
    words = dict.fromkeys(("measure", "scope", "gate", "reason"), "")
    more = missing.assign(line="pool", kind="pool", amount=0.0, **words)
    order = frame[keys].drop_duplicates().reset_index(drop=True).reset_index(names="_at")
    both = pd.concat([frame, more.reindex(columns=frame.columns).astype(frame.dtypes.to_dict())])
    both = both.merge(order, on=keys, how="left").assign(_stage=_stages(both["kind"]))
    return both.sort_values(["_at", "_stage"], kind="stable", ignore_index=True)[frame.columns]


def _stages(kinds: Iterable[str]) -> list[int]:
    """Return in which order lines act: criteria, caps on the total, the pool, the rest."""
    order = {"deductible": 0, "cap": 1, "windfall": 2, "pool": 3}
    return [0 if k in BEFORE_CAPS else order.get(k, 4) for k in kinds]


BEFORE_CAPS = ("base", "adds", "multiplies", SCORE)
