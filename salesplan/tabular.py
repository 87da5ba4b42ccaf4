"""What a column's name says: its unit, how it is shown, and its heading in each language.

Every frame of salesplan carries its units in its column names (``_rate``, ``_amount``,
``_on``, ...), so a page and a workbook can format any of them without being told.
"""

from __future__ import annotations

import re
from typing import Any, Literal

import pandas as pd

from salesplan import formats, text

Unit = Literal[
    "money", "rate", "count", "number", "date", "month", "quarter", "timestamp", "flag", "text"
]

_SUFFIXES: dict[str, Unit] = {
    "_amount": "money",
    "_cost": "money",
    "_cost_per_year": "money",
    "_cost_now": "money",
    "_cost_proposed": "money",
    "_p_value": "number",
    "_hours_per_year": "number",
    "_value": "money",
    "_rate": "rate",
    "_rate_low": "rate",
    "_rate_high": "rate",
    "_share": "rate",
    "_probability": "rate",
    "_attainment": "rate",
    "_count": "count",
    "_on": "date",
    "_month": "month",
    "_at": "timestamp",
    "_days": "number",
    "_hours": "number",
    "_minutes": "number",
    "_ratio": "number",
}
_NAMES: dict[str, Unit] = {
    "k": "count",
    "n": "count",
    "rate": "rate",
    "rate_low": "rate",
    "rate_high": "rate",
    "share": "rate",
    "probability": "rate",
    "p_value": "number",
    "value_per_meeting": "money",
    "attainment": "rate",
    "month": "month",
    "quarter": "quarter",
    "amount": "money",
    "cost": "money",
    "payout": "money",
    "mrr": "money",
    "opening": "money",
    "closing": "money",
    "new": "money",
    "reactivation": "money",
    "expansion_upsell": "money",
    "expansion_cross_sell": "money",
    "price_increase": "money",
    "price_decrease": "money",
    "contraction": "money",
    "churn": "money",
    "fx": "money",
    "restatement": "money",
}
_MEASURES = {"line", "measure"}
"""Columns that name measures."""
_PLACES = ((1, 3), (10, 2), (10_000, 1))
"""Decimals of a column whose largest figure is below the first."""
_ACRONYMS = {"mrr", "arr", "arpa", "auc", "cv", "grr", "nrr", "ltv", "cac", "id", "fx", "sql"}


def unit(name: str, values: pd.Series[Any]) -> Unit:
    """Return what a column holds, from its name first and its type second.

    Examples
    --------
    >>> unit("win_rate", pd.Series([0.5])), unit("name", pd.Series(["a"]))
    ('rate', 'text')
    >>> unit("cost_low", pd.Series([20.5])), unit("cost_share", pd.Series([0.5]))
    ('money', 'rate')
    """
    if pd.api.types.is_bool_dtype(values):
        return "flag"
    if pd.api.types.is_datetime64_any_dtype(values):
        return _named(name, ("month", "quarter", "timestamp", "date")) or "date"
    if pd.api.types.is_integer_dtype(values):
        return _named(name, ("money", "rate", "count")) or "count"
    if pd.api.types.is_numeric_dtype(values):
        return _named(name, ("money", "rate", "count", "number")) or "number"
    return "text"


def _named(name: str, allowed: tuple[Unit, ...]) -> Unit | None:
    found = _NAMES.get(name)
    if found is None:
        endings = [s for s in _SUFFIXES if name.endswith(s)]
        found = _SUFFIXES[max(endings, key=len)] if endings else None
    if found is None and name.startswith("cost_"):
        found = "money"
    return found if found in allowed else None


def measured(unit: str) -> Unit:
    """Return how a figure in the unit of a measure is shown.

    Examples
    --------
    >>> measured("money a day"), measured("rate"), measured("ratio")
    ('money', 'rate', 'number')
    """
    if unit.startswith(("money", "amount")):
        return "money"
    return "rate" if unit == "rate" else "count" if unit == "count" else "number"


def heading(name: str, lang: str = "en") -> str:
    """Return a column's heading: its translation where there is one, else its name in words.

    Examples
    --------
    >>> heading("win_rate", "de"), heading("first_meeting_count")
    ('Gewinnquote', 'First meeting count')
    """
    words = text.catalogue().get(f"columns.{name}")
    return words[lang] if words else _in_words(name)


def _in_words(name: str) -> str:
    said = " ".join(part.upper() if part in _ACRONYMS else part for part in name.split("_"))
    return said[:1].upper() + said[1:]


def worded(name: str, value: str, lang: str = "en") -> str:
    """Return a word of a column's own vocabulary in a language; any other text as it is.

    Examples
    --------
    >>> worded("outcome", "winner", "de"), worded("line", "win_rate", "de")
    ('Gewinner', 'Gewinnquote')
    >>> worded("owner", "winner", "de")
    'winner'
    """
    slug = re.sub(r"\W+", "_", value.lower())
    keys = ["values.none"] if value == formats.NONE else [f"values.{name}_{slug}"]
    keys += [f"measures.{value}"] if name in _MEASURES else []
    words = next((text.catalogue()[key] for key in keys if key in text.catalogue()), None)
    return words[lang] if words else value


def in_words(frame: pd.DataFrame, lang: str = "en") -> pd.DataFrame:
    """Return a frame whose texts are told in a language, where they are words of our own.

    Examples
    --------
    >>> people = pd.DataFrame({"owner": ["Ada", "(none)"], "outcome": ["winner", "loser"]})
    >>> in_words(people, "de").values.tolist()
    [['Ada', 'Gewinner'], ['(ohne)', 'Verlierer']]
    """
    told = {}
    for name in frame.columns:
        if unit(str(name), frame[name]) == "text":
            words = {w: worded(str(name), w, lang) for w in frame[name].unique() if type(w) is str}
            changed = {word: said for word, said in words.items() if said != word}
            if changed:
                told[name] = frame[name].replace(changed)
    return frame.assign(**told)


def in_sentence(name: str, lang: str = "en") -> str:
    """Return a column's heading as it stands inside a sentence or title.

    Examples
    --------
    >>> in_sentence("sale_type"), in_sentence("sale_type", "de")
    ('kind of sale', 'Verkaufsart')
    """
    words = heading(name, lang)
    is_name = lang == "de" or words[1:2].isupper()  # German nouns and MRR keep their capitals
    return words if is_name else words[0].lower() + words[1:]


def digits(values: pd.Series[Any], what: Unit = "number") -> int:
    """Return how many decimals a column of numbers is shown with, the same for all its rows.

    Rates have one; where all are below 5 %, such as churn a month, the second one matters.

    Examples
    --------
    >>> [digits(pd.Series(v)) for v in ([0.05], [7.0, 3.5], [102.5, 7.0], [8.0])]
    [3, 2, 1, 0]
    >>> digits(pd.Series([0.0103, 0.008]), "rate"), digits(pd.Series([0.31]), "rate")
    (2, 1)
    """
    if what not in ("number", "rate"):
        return 0
    sizes = pd.to_numeric(values, errors="coerce").abs().dropna()
    if what == "rate":
        return 2 if 0 < sizes.max() < 0.05 else 1
    if (sizes % 1 == 0).all():
        return 0
    return next((places for most, places in _PLACES if sizes.max() < most), 0)


def shown(
    value: Any, what: Unit, *, lang: str = "en", currency: str = "EUR", digits: int = 1
) -> str:
    """Return a cell as a reader of the language expects it; a dash where there is no value.

    ``digits`` are the decimals of plain numbers and rates.

    Examples
    --------
    >>> shown(0.25, "rate"), shown(None, "money"), shown(1234.5, "money", lang="de")
    ('25.0%', '–', '1.235 €')
    """
    if formats.is_missing(value):
        return formats.MISSING
    if what == "money":
        return formats.money(value, currency, lang)
    if what == "rate":
        return formats.rate(value, lang, digits)
    if what in ("count", "number"):
        return formats.number(value, lang, 0 if what == "count" else digits)
    return _other(value, what, lang)


def _other(value: Any, what: Unit, lang: str) -> str:
    if what == "date":
        return formats.date(value, lang)
    if what == "month":
        return formats.month(value, lang)
    if what == "quarter":
        return formats.quarter(value)
    if what == "timestamp":
        return f"{formats.date(value, lang)} {value:%H:%M}"
    if what == "flag":
        return text.label("common.yes" if value else "common.no", lang)
    return str(value)
