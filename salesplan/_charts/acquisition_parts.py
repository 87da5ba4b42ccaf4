"""What the charts of acquisition share: their words and their frame."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from salesplan import formats
from salesplan._charts import theme
from salesplan.text import label


def name(value: Any, lang: str) -> str:
    """Return what to call a group; a month by its name."""
    return formats.month(value, lang) if isinstance(value, pd.Timestamp) else str(value)


def say(key: str, lang: str, **values: Any) -> str:
    """Return a word of this area."""
    return label(f"acquisition.{key}", lang, **values)


def finish(
    figure: go.Figure, title: str, note: str, height: int, lang: str, **layout: Any
) -> go.Figure:
    """Give a figure its title, its note below the axis title, and the signs of the language."""
    finished = theme.finish(figure, title, height=height, **layout)
    # Pixels, not shares of the height: the note stays clear of the axis title in a tall chart.
    finished.add_annotation(
        text=note,
        xref="paper",
        yref="paper",
        x=0,
        y=0,
        yshift=-62,
        xanchor="left",
        yanchor="top",
        showarrow=False,
        align="left",
        font={"size": 11, "color": theme.MUTED},
    )
    has_legend = any(trace.name and trace.showlegend is not False for trace in figure.data)
    finished.update_layout(margin_b=116, margin_t=88 if has_legend else 56)
    finished.update_xaxes(title_font_size=12, title_standoff=8)
    finished.update_yaxes(title_font_size=12)
    return theme.harmless(theme.localised(finished, lang))


def log_ticks(low: float, high: float) -> list[float]:
    """Return 1, 2, 5, 10, 20, ... between two amounts: the figures people read on a log axis.

    Examples
    --------
    >>> log_ticks(18, 550)
    [20.0, 50.0, 100.0, 200.0, 500.0]
    """
    if not 0 < low <= high:
        return []
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = [float(first * 10**power) for power in decades for first in (1, 2, 5)]
    return [step for step in steps if low <= step <= high]
