"""The result of a comparison in one or two plain sentences."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from salesplan import formats
from salesplan.text import catalogue, label


def verdict(
    table: pd.DataFrame,
    ends: pd.DataFrame,
    group: str,
    p_value: float,
    alpha: float,
    language: str,
) -> str:
    """Return what the test for all says, then who stands out or how the extremes look alone."""
    count = int(table.loc[table["n"] > 0, group].nunique())
    values = {"count": count, "groups": noun(group, language)}
    if not np.isfinite(p_value):
        return label("funnel.compare_nothing", language, groups=values["groups"])
    differ = p_value < alpha
    said = [_say("differ" if differ else "same", language, **values, p=p_text(p_value, language))]
    if differ:
        said.append(_who(table, group, language))
    elif len(ends):
        said.append(_taken_alone(ends.iloc[0], alpha, language))
    return " ".join(said)


def _who(table: pd.DataFrame, group: str, language: str) -> str:
    names = list(dict.fromkeys(str(name) for name in table.loc[table["differs"], group]))
    return _say("stand_out", language, names=", ".join(names)) if names else _say("none", language)


def _taken_alone(ends: pd.Series[Any], alpha: float, language: str) -> str:
    key = "alone_would" if ends["p_value"] < alpha else "alone_not"
    rates = {
        f"{end}_rate": formats.rate(ends[f"{end}_k"] / ends[f"{end}_n"], language, 0)
        for end in ("best", "worst")
    }
    names = {"best": ends["best"], "worst": ends["worst"], "p": p_text(ends["p_value"], language)}
    return _say(key, language, **names, **rates)


def doubt(row: Mapping[Hashable, Any], small_sample: int, language: str) -> str:
    """Return why a group's figure is to be taken with care, if it is."""
    if not row["is_small"]:
        return ""
    return label("funnel.reason_small", language, n=row["n"], least=small_sample)


def noun(group: str, language: str) -> str:
    """Return what the members of a dimension are called."""
    key = f"funnel.noun_{group}"
    return label(key if key in catalogue() else "funnel.noun_other", language)


def p_text(p_value: float, language: str) -> str:
    """Return a p-value as it is printed: two decimals, three where it is small."""
    if np.isnan(p_value):
        return f"p = {formats.MISSING}"
    if p_value < 0.001:
        return f"p < {formats.number(0.001, language, 3)}"
    return f"p = {formats.number(p_value, language, 2 if p_value >= 0.0995 else 3)}"


def _say(key: str, language: str, **values: Any) -> str:
    return label(f"funnel.compare_{key}", language, **values)
