"""The catalogue: every measure that any part of the package declares, by name."""

from __future__ import annotations

from functools import cache
from importlib import import_module

import pandas as pd

from salesplan import text
from salesplan._kpi.selling import MEASURES as SELLING
from salesplan.errors import UnknownNameError, did_you_mean
from salesplan.measures import Measure

_AREAS = (
    "funnel",
    "pipeline",
    "revenue",
    "acquisition",
    "effort",
    "compensation",
)


@cache
def measures() -> dict[str, Measure]:
    """Return every measure by name; a name declared twice is a fault of the package."""
    declared = [*SELLING]
    for area in _AREAS:
        declared.extend(import_module(f"salesplan.{area}").MEASURES)
    by_name: dict[str, Measure] = {}
    for measure in declared:
        assert measure.name not in by_name, f"two measures are named {measure.name}"
        by_name[measure.name] = measure
    return by_name


def measure(name: str) -> Measure:
    """Return a measure by name, or raise with the nearest one.

    Examples
    --------
    >>> measure("booking")
    Traceback (most recent call last):
    ...
    salesplan.errors.UnknownNameError: No measure 'booking'. Did you mean 'bookings'?
    """
    if name not in measures():
        raise UnknownNameError(f"No measure {name!r}. {did_you_mean(name, measures())}")
    return measures()[name]


def title(name: str, lang: str = "en") -> str:
    """Return what a measure is called in a language.

    Examples
    --------
    >>> title("win_rate", "de")
    'Gewinnquote'
    """
    return text.label(f"measures.{measure(name).name}", lang)


def catalogue(lang: str = "en") -> pd.DataFrame:
    """Return every measure with its definition, formula and source.

    Titles and definitions are told in the language; formulas and sources are in English.

    Returns
    -------
    DataFrame
        name, title, unit, good (direction), nature (result or activity), definition,
        formula, exclusions, tables, function, adds_up (usable in a scheme), source.

    Examples
    --------
    >>> listed = catalogue()
    >>> listed.loc[listed["name"] == "bookings", ["unit", "good", "nature"]].values.tolist()
    [['money', 'up', 'result']]
    """
    rows = [
        {
            "name": m.name,
            "title": title(m.name, lang),
            "unit": m.unit,
            "good": m.good,
            "nature": m.nature,
            "definition": text.label(f"measures.{m.name}_definition", lang),
            "formula": m.formula,
            "exclusions": m.exclusions,
            "tables": ", ".join(m.tables),
            "function": m.function,
            "adds_up": m.facts is not None,
            "source": m.source,
        }
        for m in measures().values()
    ]
    return pd.DataFrame(rows).sort_values("name", ignore_index=True)


def explain(name: str) -> pd.DataFrame:
    """Return everything there is to know about a measure: definition, formula, SQL, source.

    Returns
    -------
    DataFrame
        aspect, text: one row per aspect.

    Raises
    ------
    UnknownNameError
        If there is no such measure; names the nearest one.

    Examples
    --------
    >>> explain("meetings_held").set_index("aspect").loc["unit", "text"]
    'count'
    """
    m = measure(name)
    aspects = {
        "name": m.name,
        "title": m.title,
        "definition": m.definition,
        "formula": m.formula,
        "exclusions": m.exclusions,
        "unit": m.unit,
        "good direction": m.good,
        "nature": m.nature,
        "tables": ", ".join(m.tables),
        "function": m.function,
        "filters": ", ".join(m.filters) or "none",
        "source": m.source,
        "SQL": (m.facts or "computed by the function").strip(),
    }
    return pd.DataFrame({"aspect": list(aspects), "text": list(aspects.values())})
