"""Labels and sentences in English, German and French.

Each area keeps its words in ``salesplan/_text/<area>.toml``: one table per key, one line per
language. A missing translation is a fault that a test finds, never a silent English word.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from salesplan.errors import UnknownNameError, did_you_mean, one_of
from salesplan.formats import LANGUAGES


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Return every label: ``area.key`` -> language -> text."""
    folder = resources.files("salesplan") / "_text"
    labels: dict[str, dict[str, str]] = {}
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".toml"):
            words = tomllib.loads(file.read_text("utf-8"))
            area = file.name.removesuffix(".toml")
            labels.update({f"{area}.{key}": word for key, word in words.items()})
    return labels


def label(key: str, lang: str = "en", **values: Any) -> str:
    """Return the text of a key in a language, with ``{name}`` replaced by values.

    Examples
    --------
    >>> label("common.won", "de")
    'Gewonnen'
    """
    one_of(lang, list(LANGUAGES), "lang")
    if key not in catalogue():
        raise UnknownNameError(f"No label {key!r}. {did_you_mean(key, catalogue())}")
    text = catalogue()[key][lang]
    return text.format(**values) if values else text
