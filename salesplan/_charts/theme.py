"""One look for every chart: colours with one meaning each, quiet axes, the definition below.

The palette is safe for the common colour-vision deficiencies (after Okabe & Ito), and no
chart relies on colour alone: position, sign or a label says the same.
"""

from __future__ import annotations

import hashlib
import re
from textwrap import wrap
from typing import Any

import plotly.graph_objects as go
import plotly.io as pio

INK = "#1f2a37"
MUTED = "#6b7280"
GRID = "#e5e7eb"
PAPER = "#ffffff"

TOTAL = "#334155"
GAIN = "#0f766e"
LOSS = "#c2410c"
NEUTRAL = "#94a3b8"
TARGET = "#b45309"
BAND = "rgba(15, 118, 110, 0.15)"

MEANING = {
    "new": "#0072b2",
    "reactivation": "#56b4e9",
    "expansion_upsell": "#009e73",
    "expansion_cross_sell": "#66c2a5",
    "price_increase": "#a6d854",
    "contraction": "#e69f00",
    "price_decrease": "#f0c05a",
    "churn": "#d55e00",
    "fx": "#999999",
    "restatement": "#cccccc",
    "open": "#94a3b8",
    "won": GAIN,
    "lost": LOSS,
    "gold": "#b8860b",
    "silver": "#8a94a0",
    "bronze": "#a0643c",
}
"""What a colour means, the same in every chart."""

SERIES = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#334155", "#999999"]

FONT = "Inter, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"

pio.templates["salesplan"] = go.layout.Template(
    layout=go.Layout(
        font={"family": FONT, "size": 13, "color": INK},
        colorway=SERIES,
        paper_bgcolor=PAPER,
        plot_bgcolor=PAPER,
        title={
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "y": 0.98,
            "yref": "container",
            "yanchor": "top",
            "font": {"size": 17},
            "pad": {"l": 8, "t": 6},
        },
        margin={"l": 64, "r": 24, "t": 96, "b": 72},
        xaxis={
            "showgrid": False,
            "zeroline": False,
            "linecolor": GRID,
            "ticks": "outside",
            "tickcolor": GRID,
            "automargin": True,
        },
        yaxis={"gridcolor": GRID, "zerolinecolor": MUTED, "zerolinewidth": 1, "automargin": True},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": {"text": ""}},
        hoverlabel={"font": {"family": FONT}},
        separators=".,",
    )
)


def colour(name: str, position: int = 0) -> str:
    """Return the colour that a name means, or the next of the series."""
    return MEANING.get(name, SERIES[position % len(SERIES)])


def finish(
    figure: go.Figure, title: str, *, note: str = "", height: int = 420, **layout: Any
) -> go.Figure:
    """Give a figure its title, the note below it (definition, n, truncated axis) and the look."""
    figure.update_layout(template="salesplan", title_text=title, height=height)
    if not has_legend(figure, layout):
        figure.update_layout(margin_t=56)
    figure.update_layout(**layout)
    if note:
        figure.add_annotation(
            text=note,
            xref="paper",
            yref="paper",
            x=0,
            y=-0.16,
            xanchor="left",
            yanchor="top",
            showarrow=False,
            align="left",
            font={"size": 11, "color": MUTED},
        )
    return figure


def has_legend(figure: go.Figure, layout: dict[str, Any]) -> bool:
    """Whether plotly will draw a legend: its room above the plot is needed only then."""
    if layout.get("showlegend", figure.layout.showlegend) is False:
        return False
    named = [t for t in figure.data if t.name and t.showlegend is not False]
    return len(named) > 1 or any(t.showlegend for t in named)


def lines(text: str, width: int = 12) -> str:
    """Return a label in short lines, so that labels of bars stand side by side unturned."""
    return "<br>".join(wrap(text, width, break_long_words=False))


def identity(figure: go.Figure) -> str:
    """Return an id that depends on the content alone, so that files are reproducible."""
    return "chart-" + hashlib.sha256(figure.to_json().encode()).hexdigest()[:16]


_MARKUP = re.compile(r"<(?!/?(?:b|i|br|sub|sup)\s*/?>)")


def harmless(figure: go.Figure) -> go.Figure:
    """Return a figure whose data carry no markup but line breaks and emphasis.

    Plotly reads a little HTML in labels; a link or image that comes from a CRM cell must stay
    text.
    """
    values = figure.to_plotly_json()
    values["data"] = [_escaped(trace) for trace in values["data"]]
    return go.Figure(values)


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return _MARKUP.sub("&lt;", value)
    if isinstance(value, dict):
        return {key: _escaped(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_escaped(inner) for inner in value]
    if getattr(value, "dtype", None) is not None and value.dtype.kind in "OUT":
        return [_escaped(inner) for inner in value.tolist()]
    return value


_SEPARATORS = {"en": ".,", "de": ",.", "fr": ", "}


def localised(figure: go.Figure, lang: str) -> go.Figure:
    """Return the figure with the decimal and grouping signs of a language."""
    return go.Figure(figure).update_layout(separators=_SEPARATORS[lang])
