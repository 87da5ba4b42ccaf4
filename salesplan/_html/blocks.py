"""What a page is made of. A block holds what to show and never how it was computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import pandas as pd
import plotly.graph_objects as go

Tone = Literal["good", "warning", "bad", "plain"]


@dataclass(frozen=True)
class Headline:
    """One headline number with its neighbours in time, all as text ready to read."""

    label: str
    value: str
    compared: Sequence[tuple[str, str, Tone]] = ()
    note: str = ""


@dataclass(frozen=True)
class Headlines:
    """A row of headline numbers."""

    items: Sequence[Headline]


@dataclass(frozen=True)
class Chart:
    """A figure, what it shows in words, and the definition below it."""

    figure: go.Figure
    summary: str = ""
    note: str = ""


@dataclass(frozen=True)
class Table:
    """A frame as a table. ``rows`` limits what the page shows; the workbook has all of it.

    ``below`` names the columns of sentences: they go under each row, over its whole width.
    ``by_row`` names the columns whose figures are in the unit that the row's ``unit`` tells, as
    on a scorecard.
    """

    frame: pd.DataFrame
    caption: str
    note: str = ""
    rows: int = 20
    headings: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, Any] = field(default_factory=dict)
    tones: str = ""
    below: Sequence[str] = ()
    by_row: Sequence[str] = ()


@dataclass(frozen=True)
class Note:
    """A paragraph; ``tone`` colours its edge, and a word says the same."""

    text: str
    tone: Tone = "plain"


Block: TypeAlias = Headlines | Chart | Table | Note


@dataclass(frozen=True)
class Section:
    """A chapter of a page: a key for links, a title, one sentence, and blocks."""

    key: str
    title: str
    intro: str = ""
    blocks: Sequence[Block] = ()
