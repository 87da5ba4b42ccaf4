"""What the charts of recurring revenue share: words, notes, harmless text."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from salesplan._charts import theme
from salesplan.text import label


def word(key: str, lang: str, **values: Any) -> str:
    return label(f"revenue.{key}", lang, **values)


def finished(figure: go.Figure, title: str, note: str, **layout: Any) -> go.Figure:
    """Finish a figure with its note a fixed way below the axis."""
    top = 112 if theme.has_legend(figure, layout) else 64
    layout = {"margin": {"l": 64, "r": 24, "t": top, "b": 122}} | layout
    figure.add_annotation(
        text="<br>".join(_wrapped(note)), xref="paper", yref="paper", x=0, y=0, yshift=-66,
        xanchor="left", yanchor="top", showarrow=False, align="left",
        font={"size": 11, "color": theme.MUTED},
    )  # fmt: skip
    return theme.finish(figure, title, **layout)


def _wrapped(note: str) -> list[str]:
    """Return a note in lines of at most 130 characters, CRM text made harmless."""
    lines, line = [], ""
    for word in note.replace("<", "‹").replace(">", "›").split():
        if len(line) + len(word) > 130:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    return [*lines, line]


def policy_note(frame: pd.DataFrame) -> str:
    return str(frame.attrs.get("policy", ""))


def plain(value: object) -> str:
    """Return CRM text that a chart cannot take for markup."""
    return str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
