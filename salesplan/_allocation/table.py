"""The table a planner fills in, read into curves, hours per call and limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesplan._allocation.adbudg import Adbudg
from salesplan._allocation.curves import Curves, Exponential, Logarithm, Power
from salesplan._allocation.points import Points, mix
from salesplan.errors import InputError, all_faults, did_you_mean
from salesplan.stats import Floats

PARAMETERS: dict[str, dict[str, float | None]] = {
    "power": {"scale": None, "exponent": None, "base": 0.0},
    "exponential": {"scale": None, "rate": None, "floor": 0.0},
    "logarithm": {"scale": None, "rate": None},
    "adbudg": {"low": None, "high": None, "shape": None, "constant": None, "unit": 1.0},
}
"""Columns of each family of curves, with the default of those that may be left out."""

_FAMILIES = {
    "power": Power,
    "exponential": Exponential,
    "logarithm": Logarithm,
    "adbudg": Adbudg,
}

Limit = float | Mapping[str, float] | Sequence[float] | pd.Series | None


@dataclass(frozen=True)
class Segments:
    """Curves of the accounts of each segment, hours of a call, calls now."""

    names: list[str]
    curves: Curves
    hours: Floats  # hours of one more call with every account of the segment
    now: Floats  # calls per account now; NaN where not known
    frame: pd.DataFrame

    def vector(self, value: Limit, name: str, default: float) -> Floats:
        """Return one number per segment from a number, a mapping by segment or a list."""
        if isinstance(value, Mapping):
            return self._from_mapping(value, name, default)
        column = self.frame[name] if value is None and name in self.frame else value
        if column is None:
            return np.full(len(self.names), default)
        try:
            found = np.asarray(column, float)
        except (TypeError, ValueError):
            raise InputError(f"{name} must be a number or numbers, not {column!r}.") from None
        if found.ndim and len(found) != len(self.names):
            raise InputError(f"{name} has {len(found)} numbers for {len(self.names)} segments.")
        filled = np.where(np.isnan(found), default, found)
        return np.asarray(np.broadcast_to(filled, len(self.names)), float)

    def _from_mapping(self, value: Mapping[str, float], what: str, default: float) -> Floats:
        unknown = [key for key in value if key not in self.names]
        if unknown:
            hint = did_you_mean(str(unknown[0]), self.names)
            raise InputError(f"{what} names the segment {unknown[0]!r}. {hint}")
        found: Floats = np.array([float(value.get(n, default)) for n in self.names], np.float64)
        return found


def read(segments: pd.DataFrame) -> Segments:
    """Return a planner's table as arrays, or raise with everything that is wrong with it."""
    faults = _faults(segments)
    if faults:
        raise InputError(all_faults("The table of segments cannot be used:", faults))
    frame = segments.reset_index(drop=True)
    accounts = _column(frame, "account_count", 1.0)
    return Segments(
        frame["segment"].astype(str).tolist(),
        _curves(frame).times(accounts),
        _column(frame, "hours_per_call", 1.0) * accounts,
        _column(frame, "now", np.nan),
        frame,
    )


def _column(frame: pd.DataFrame, name: str, default: float) -> Floats:
    if name not in frame:
        return np.full(len(frame), default)
    return np.asarray(frame[name].astype(float).fillna(default), np.float64)


def _faults(frame: pd.DataFrame) -> list[str]:
    if not isinstance(frame, pd.DataFrame):
        return [f"it is a {type(frame).__name__}, not a DataFrame."]
    if frame.empty:
        return ["it has no rows."]
    missing = [f"column {c!r} is missing." for c in ("segment", "curve") if c not in frame]
    if missing:
        return [f"{m} It has: {', '.join(map(str, frame.columns))}." for m in missing]
    faults = _name_faults(frame) + _number_faults(frame)
    kinds = frame["curve"].astype(str)
    for kind in sorted(set(kinds)):
        faults += _family_faults(frame[kinds == kind], kind)
    return faults


def _name_faults(frame: pd.DataFrame) -> list[str]:
    names = frame["segment"]
    twice = sorted(names[names.duplicated()].astype(str).unique())
    faults = [f"segment {twice[0]!r} stands there twice."] if twice else []
    return faults + (["a segment has no name."] if names.isna().any() else [])


def _number_faults(frame: pd.DataFrame) -> list[str]:
    known = {"hours_per_call", "account_count", "now", *(n for p in PARAMETERS.values() for n in p)}
    columns = [str(c) for c in frame if c in known]
    faults = [fault for name in columns for fault in _not_numbers(frame, name)]
    if faults:
        return faults
    above = [n for n in ("hours_per_call", "account_count") if n in frame]
    faults = [f"{n} must be above 0." for n in above if not (frame[n].dropna() > 0).all()]
    if "now" in frame and (frame["now"].astype(float) < 0).any():
        faults.append("now must not be negative.")
    return faults


def _not_numbers(frame: pd.DataFrame, name: str) -> list[str]:
    """Return what is wrong with a column in which some entry is no finite number."""
    numbers = pd.to_numeric(frame[name], errors="coerce")
    bad = frame[name].notna() & ~np.isfinite(numbers.astype(float))
    if not bad.any():
        return []
    at = int(np.argmax(bad))
    segment, entry = frame["segment"].iloc[at], frame[name].iloc[at]
    return [f"{name} of segment {segment} is '{entry}', not a finite number."]


def _family_faults(rows: pd.DataFrame, kind: str) -> list[str]:
    if kind == "points":
        ok = "points" in rows and rows["points"].notna().all()
        return [] if ok else ["curve 'points' needs a column 'points' of (calls, value) pairs."]
    if kind not in PARAMETERS:
        return [f"curve {kind!r} is unknown. {did_you_mean(kind, [*PARAMETERS, 'points'])}"]
    needed = [name for name, default in PARAMETERS[kind].items() if default is None]
    lacking = [n for n in needed if n not in rows or rows[n].isna().any()]
    without = rows.reindex(columns=needed).isna().any(axis=1)
    where = ", ".join(str(s) for s in rows.loc[without, "segment"].head(3))
    return [f"curve {kind!r} needs {', '.join(lacking)} (segment {where})."] if lacking else []


def _curves(frame: pd.DataFrame) -> Curves:
    kinds = frame["curve"].astype(str).to_numpy()
    parts: list[tuple[np.ndarray, Curves]] = []
    for kind in dict.fromkeys(kinds):
        at = np.flatnonzero(kinds == kind)
        rows = frame.iloc[at]
        if kind == "points":
            parts.append((at, Points.of(list(rows["points"]))))
            continue
        values = {n: _column(rows, n, d or 0.0) for n, d in PARAMETERS[kind].items()}
        parts.append((at, _FAMILIES[kind](**values)))
    return mix(parts)
