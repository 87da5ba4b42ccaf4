"""Pipeline health: each number with its limits, a light, and the sentence that explains it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from salesplan import formats
from salesplan._pipeline.arithmetic import divide
from salesplan._pipeline.frames import Columns, words
from salesplan.settings import Thresholds
from salesplan.stats import Floats, wilson
from salesplan.text import label

COLUMNS = [
    "measure",
    "title",
    "value",
    "low",
    "high",
    "k",
    "n",
    "unit",
    "amber",
    "red",
    "light",
    "why",
    "reason",
]
LIGHTS = ("green", "amber", "red", "none")

Vitals = Columns


@dataclass(frozen=True)
class Check:
    """One line of the health table: where its value comes from and what it is judged by."""

    name: str
    unit: str
    good: str
    value: Callable[[Vitals], Any]
    limits: tuple[str, str] | None = None
    counts: tuple[str, str] | None = None
    reason: str = "pipeline.nothing_open"
    reason_column: str = ""


def _ratio(above: str, below: str) -> Callable[[Vitals], Floats]:
    return lambda v: divide(v[above], v[below])


def _column(name: str) -> Callable[[Vitals], Floats]:
    return lambda v: v[name]


def _creation_pace(v: Vitals) -> Floats:
    # Three recent months against the twelve before: a quarter of those is par.
    return divide(v["created_count"] * 4, v["created_before_count"])


def _monthly(name: str) -> Callable[[Vitals], Floats]:
    return lambda v: v[name] / 3


CHECKS: tuple[Check, ...] = (
    Check("coverage", "ratio", "up", _column("coverage_ratio"),
          ("coverage_amber", "coverage_red"), reason_column="reason"),
    Check("coverage_of_full_target", "ratio", "up", _column("full_target_ratio"),
          reason_column="reason"),
    Check("weighted_amount", "amount", "up", _column("weighted_amount"),
          reason_column="weighted_reason"),
    Check("velocity", "amount_per_day", "up", _column("day_amount"),
          reason_column="velocity_reason"),
    Check("velocity_pace", "ratio", "up", _ratio("day_amount", "day_amount_before"),
          ("pace_amber", "pace_red"), reason="pipeline.no_earlier_velocity"),
    Check("created_per_month", "count", "up", _monthly("created_count")),
    Check("creation_pace", "ratio", "up", _creation_pace,
          ("pace_amber", "pace_red"), reason="pipeline.nothing_created_before"),
    Check("ageing", "rate", "down", _ratio("aged_count", "age_known_count"),
          ("ageing_amber", "ageing_red"), ("aged_count", "age_known_count"),
          "pipeline.no_age"),
    Check("stalled", "rate", "down", _ratio("idle_count", "watched_count"),
          ("stalled_amber", "stalled_red"), ("idle_count", "watched_count"),
          "pipeline.no_activities"),
    Check("past_due", "rate", "down", _ratio("past_due_count", "dated_count"),
          ("past_due_amber", "past_due_red"), ("past_due_count", "dated_count"),
          "pipeline.no_close_dates"),
    Check("concentration", "rate", "down", _ratio("largest_amount", "all_amount"),
          ("concentration_amber", "concentration_red"), reason_column="weighted_reason"),
    Check("hygiene", "rate", "up", _ratio("filled_count", "asked_count"),
          ("hygiene_amber", "hygiene_red"), ("filled_count", "asked_count")),
)  # fmt: skip
"""Every line of the health table, in its order."""


def judged(
    groups: pd.DataFrame, vitals: Vitals, limits: Thresholds, currency: str, lang: str
) -> pd.DataFrame:
    """Return one row per group and check, with light and explanation."""
    size = len(groups)
    lines = [_line(vitals, size, check, limits, currency, lang) for check in CHECKS]
    columns: dict[str, Any] = {
        name: np.stack([line[name] for line in lines], axis=1).ravel() for name in COLUMNS
    }
    columns |= {name: words(columns[name].tolist()) for name in _TEXTS}
    table = groups.loc[np.repeat(np.arange(size), len(lines))].reset_index(drop=True)
    return table.assign(**columns)[[*groups.columns, *COLUMNS]]


_TEXTS = ("measure", "title", "unit", "light", "why", "reason")


def _line(
    vitals: Vitals, size: int, check: Check, limits: Thresholds, currency: str, lang: str
) -> dict[str, npt.NDArray[Any]]:
    """Return the columns of one check, group by group."""
    k, n, low, high = _interval(vitals, size, check)
    amber, red = _limits(check, vitals, limits)
    line: dict[str, npt.NDArray[Any]] = {
        "measure": np.full(size, check.name, object),
        "title": np.full(size, label(f"pipeline.{check.name}", lang), object),
        "value": np.asarray(check.value(vitals), float),
        "low": low,
        "high": high,
        "k": k,
        "n": n,
        "unit": np.full(size, check.unit, object),
        "amber": np.broadcast_to(amber, size),
        "red": np.broadcast_to(red, size),
    }
    line["light"] = _lights(line, check)
    line["why"] = np.array([_why(line, i, check, currency, lang) for i in range(size)], object)
    line["reason"] = _reasons(line["value"], vitals, check, lang)
    return line


def _interval(vitals: Vitals, size: int, check: Check) -> tuple[Floats, Floats, Floats, Floats]:
    """Return k and n behind a value, and its interval; NaN for what it has not."""
    nothing = np.full(size, np.nan)
    if check.name == "weighted_amount":
        return nothing, nothing, vitals["weighted_low_amount"], vitals["weighted_high_amount"]
    if not check.counts:
        return nothing, nothing, nothing, nothing
    k, n = (vitals[name].astype(float) for name in check.counts)
    # Fields of one deal are not independent trials: hygiene carries no interval.
    low, high = (nothing, nothing) if check.name == "hygiene" else wilson(k, n)
    return k, n, low, high


def _limits(check: Check, vitals: Vitals, limits: Thresholds) -> tuple[Any, Any]:
    if check.name == "weighted_amount":
        # Green: even the low end pays for what is left of the target; red: the high end does not.
        remaining = vitals["remaining_amount"]
        return remaining, remaining
    if check.limits is None:
        return np.nan, np.nan
    amber, red = check.limits
    return float(getattr(limits, amber)), float(getattr(limits, red))


def _lights(line: dict[str, npt.NDArray[Any]], check: Check) -> npt.NDArray[Any]:
    best, worst = line["value"], line["value"]
    if check.name == "weighted_amount":
        best, worst = line["high"], line["low"]
    sign = 1.0 if check.good == "up" else -1.0
    is_red = sign * (best - line["red"]) < 0
    is_amber = sign * (worst - line["amber"]) < 0
    unknown = np.isnan(line["value"]) | np.isnan(line["amber"])
    return np.select([unknown, is_red, is_amber], ["none", "red", "amber"], "green").astype(object)


def _why(
    line: dict[str, npt.NDArray[Any]], i: int, check: Check, currency: str, lang: str
) -> str | None:
    if np.isnan(line["value"][i]):
        return None
    shown = {
        name: _shown(float(line[name][i]), check.unit, currency, lang)
        for name in ("value", "low", "high", "amber", "red")
    }
    if np.isnan(line["amber"][i]):
        return label("pipeline.why_no_limit", lang, **shown)
    if check.name == "weighted_amount":
        return label("pipeline.why_weighted", lang, **shown)
    return label(f"pipeline.why_{check.good}", lang, **shown)


def _shown(value: float, unit: str, currency: str, lang: str) -> str:
    if unit.startswith("amount"):
        return formats.money(value, currency, lang)
    if unit == "rate":
        return formats.rate(value, lang, 0)
    return formats.number(value, lang, 1 if abs(value) >= 10 else 2)


def _reasons(value: Floats, vitals: Vitals, check: Check, lang: str) -> npt.NDArray[Any]:
    default = label(check.reason, lang)
    given = vitals[check.reason_column] if check.reason_column else [None] * len(value)
    said = [
        None if not np.isnan(v) else (why if isinstance(why, str) else default)
        for v, why in zip(value, given, strict=True)
    ]
    return np.array(said, object)
