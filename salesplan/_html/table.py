"""A frame becomes the cells of a table: text in the reader's language, sentences below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from salesplan import formats, tabular, text
from salesplan._html.blocks import Table

_TONES = {"green": "good", "amber": "warning", "red": "bad", "error": "bad", "warning": "warning"}
_ROW_DIGITS = {"rate": 1, "number": 2}
"""Decimals where each row has its own unit."""


@dataclass(frozen=True)
class Cell:
    """One value as text, and how it looks."""

    text: str
    style: str


@dataclass(frozen=True)
class Column:
    """A heading and the cells under it."""

    heading: str
    unit: str
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Row:
    """The cells of one row, and the sentences below them: heading and text."""

    cells: Sequence[Cell]
    below: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Laid:
    """A table as the page shows it."""

    columns: Sequence[Column]
    rows: Sequence[Row]
    more: str


def laid_out(table: Table, lang: str, currency: str, *, more: str = "more_rows") -> Laid:
    """Return the first rows of a table in words; ``more`` is the label of how many are hidden."""
    frame = _without_empty_reason(table.frame)
    names = [str(name) for name in frame.columns if not (table.by_row and name == "unit")]
    columns = {name: _column(table, name, lang, currency) for name in names}
    beside = [columns[name] for name in names if name not in table.below]
    below = [columns[name] for name in names if name in table.below]
    hidden = max(len(frame) - table.rows, 0)
    rows = [
        Row(
            [column.cells[at] for column in beside],
            [(c.heading, c.cells[at].text) for c in below if _is_said(c.cells[at].text)],
        )
        for at in range(len(frame) - hidden)
    ]
    count = formats.number(hidden, lang)
    return Laid(beside, rows, text.label(f"page.{more}", lang, count=count) if hidden else "")


def _is_said(words: str) -> bool:
    return words not in ("", formats.MISSING)


def _without_empty_reason(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame without its ``reason`` where every row has its value."""
    if "reason" in frame and frame["reason"].isin(["", None]).all() | frame["reason"].isna().all():
        return frame.drop(columns="reason")
    return frame


def _column(table: Table, name: str, lang: str, currency: str) -> Column:
    values: pd.Series[Any] = table.frame[name]
    what = table.units.get(name) or tabular.unit(name, values)
    heading = table.headings.get(name) or tabular.heading(name, lang)
    words = [
        tabular.shown(value, kind, lang=lang, currency=currency, digits=digits)
        for value, kind, digits in zip(values, *_kinds(table, name, what), strict=False)
    ]
    if what == "text":
        words = [tabular.worded(name, word, lang) for word in words]
    if name == table.tones:
        looks = [f"{what} tone {_TONES.get(word, 'plain')}" for word in words]
        words = [_tone_word(word, lang) for word in words]
    else:
        looks = [f"{what} {_width(words)}".strip()] * len(words)
    return Column(heading, what, [Cell(*cell) for cell in zip(words, looks, strict=True)])


def _kinds(table: Table, name: str, what: tabular.Unit) -> tuple[list[tabular.Unit], list[int]]:
    """Return the unit and the decimals of each cell that is shown."""
    shown = table.frame.head(table.rows)
    if name not in table.by_row:
        digits = tabular.digits(table.frame[name], what)
        return [what] * len(shown), [digits] * len(shown)
    kinds = [tabular.measured(unit) for unit in shown["unit"]]
    return kinds, [_ROW_DIGITS.get(kind, 0) for kind in kinds]


def _width(words: Sequence[str]) -> str:
    """Return how a column claims its width: names stay on one line, long texts may break."""
    longest = max(map(len, words), default=0)
    return "short" if longest <= 24 else "long" if longest > 70 else ""


def _tone_word(word: str, lang: str) -> str:
    known = f"page.tone_{word}" in text.catalogue()
    return text.label(f"page.tone_{word}", lang) if known else word
