"""Charts of variable pay: who wins and loses, what attainment pays, bands, cost of a year."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from salesplan import formats
from salesplan._charts import theme
from salesplan.text import label

Floats = npt.NDArray[np.float64]


def _say(key: str, lang: str, **values: object) -> str:
    return label(f"compensation.chart_{key}", lang, **values)


def _finish(
    figure: go.Figure, title: str, note: str, *, height: int = 440, **layout: Any
) -> go.Figure:
    """Give a figure the house look, with the note clear of the axis title."""
    theme.finish(figure, title, height=height, margin={"t": 92, "b": 104}, **layout)
    figure.add_annotation(
        text=note, xref="paper", yref="paper", x=0, y=0, yshift=-64, xanchor="left",
        yanchor="top", showarrow=False, align="left", font={"size": 11, "color": theme.MUTED},
    )  # fmt: skip
    return figure


def winners_and_losers(
    frame: pd.DataFrame, *, currency: str = "EUR", lang: str = "en"
) -> go.Figure:
    """Return each person's gain or loss as a bar, largest loss first.

    Takes the frame of ``sp.compensation.compare``.

    Examples
    --------
    >>> seen = pd.DataFrame({"person_id": ["a", "b"], "name": ["Ada", None],
    ...                      "delta_amount": [-5.0, 7.0]})
    >>> [str(who) for who in winners_and_losers(seen).data[1].y]
    ['Ada', 'b']
    """
    rows = frame.dropna(subset=["delta_amount"]).sort_values("delta_amount", ignore_index=True)
    names = [html.escape(str(n)) for n in rows["name"].fillna(rows["person_id"])]
    delta = rows["delta_amount"].to_numpy(float)
    figure = _bars(names, delta, currency, lang)
    note = _say(
        "winners_note",
        lang,
        winners=int((delta > 0).sum()),
        losers=int((delta < 0).sum()),
        delta=formats.money(float(delta.sum()), currency, lang),
    )
    height = 220 + 30 * len(rows)
    return _finish(figure, _say("winners", lang), note, height=height, barmode="overlay")


def _bars(names: list[str], delta: Floats, currency: str, lang: str) -> go.Figure:
    figure = go.Figure()
    for key, colour, mask in (
        ("winner", theme.GAIN, delta >= 0),
        ("loser", theme.LOSS, delta < 0),
    ):
        values = np.where(mask, delta, np.nan)
        texts = [
            formats.money(v, currency, lang) if m else "" for v, m in zip(delta, mask, strict=True)
        ]
        figure.add_bar(
            y=names,
            x=values,
            name=_say(key, lang),
            orientation="h",
            marker_color=colour,
            text=texts,
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    reach = float(np.abs(delta).max(initial=1.0)) * 1.25
    figure.update_xaxes(
        range=[
            min(delta.min(initial=0.0) * 1.25, -reach / 8),
            max(delta.max(initial=0.0) * 1.25, reach / 8),
        ]
    )
    figure.update_xaxes(tickformat=",.0f")
    figure.update_yaxes(
        autorange="reversed", showgrid=False, categoryorder="array", categoryarray=names
    )
    return figure


def pay_curve(frame: pd.DataFrame, *, lang: str = "en") -> go.Figure:
    """Return pay against attainment, a dot for each person and period of each criterion.

    Takes ``simulation.lines``.
    """
    kept = frame[(frame["kind"] == "adds") & (frame["target_amount"] > 0)]
    kept = kept.dropna(subset=["attainment_rate"])
    figure = go.Figure()
    for position, (name, rows) in enumerate(kept.groupby("line", sort=False)):
        ordered = rows.sort_values("attainment_rate")
        paid = ordered["amount"] / ordered["target_amount"]
        figure.add_scatter(
            x=ordered["attainment_rate"],
            y=paid,
            mode="markers",
            name=html.escape(str(name)),
            marker={"size": 8, "opacity": 0.7, "color": theme.colour(str(name), position)},
            customdata=[html.escape(str(p)) for p in ordered["person_id"]],
            hovertemplate="%{customdata}: %{x:.0%} → %{y:.0%}<extra>%{fullData.name}</extra>",
        )
    figure.add_vline(x=1.0, line={"color": theme.TARGET, "width": 1, "dash": "dot"})
    figure.update_xaxes(tickformat=".0%", title=_say("attainment", lang), rangemode="tozero")
    figure.update_yaxes(tickformat=".0%", title=_say("pay", lang), rangemode="tozero")
    return _finish(figure, _say("curve", lang), _say("curve_note", lang), height=480)


def attainment_bands(
    bands: pd.DataFrame, goal: pd.DataFrame, *, line: str = "overall", lang: str = "en"
) -> go.Figure:
    """Return how many people stand in each band of attainment.

    Takes ``diagnosis.bands`` and ``diagnosis.goal``.
    """
    rows = bands[bands["line"] == line]
    names = [_band(a, b, lang) for a, b in zip(rows["since_rate"], rows["until_rate"], strict=True)]
    colours = [theme.GAIN if since >= 1 else theme.NEUTRAL for since in rows["since_rate"]]
    figure = go.Figure()
    figure.add_bar(
        x=names,
        y=rows["people_count"],
        marker_color=colours,
        text=rows["people_count"],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{x}: %{y}<extra></extra>",
    )
    seen = goal[goal["line"] == line].iloc[0]
    rate = formats.rate(seen["at_goal_rate"], lang, 0)
    note = _say("bands_note", lang, k=int(seen["k"]), n=int(seen["n"]), rate=rate)
    figure.update_xaxes(title=_say("attainment", lang), type="category")
    figure.update_yaxes(title=_say("people", lang), rangemode="tozero")
    return _finish(figure, _say("bands", lang), note, bargap=0.3)


def _band(since: float, until: float, lang: str) -> str:
    if np.isneginf(since):
        return f"< {formats.rate(until, lang, 0)}"
    if np.isposinf(until):
        return f"≥ {formats.rate(since, lang, 0)}"
    return f"{formats.rate(since, lang, 0)} – {formats.rate(until, lang, 0)}"


def stress(frame: pd.DataFrame, *, currency: str = "EUR", lang: str = "en") -> go.Figure:
    """Return the cost of a scheme as everyone's attainment slides, with the band of the draws.

    Takes the frame of ``sp.compensation.stress``.
    """
    figure = go.Figure()
    if "cost_p05_amount" in frame.columns:
        both = [*frame["cost_p95_amount"], *frame["cost_p05_amount"][::-1]]
        x = [*frame["shift_rate"], *frame["shift_rate"][::-1]]
        figure.add_scatter(
            x=x, y=both, mode="lines", fill="toself", fillcolor=theme.BAND, line={"width": 0},
            hoverinfo="skip", showlegend=False,
        )  # fmt: skip
    figure.add_scatter(
        x=frame["shift_rate"],
        y=frame["cost_amount"],
        mode="lines+markers",
        name=_say("cost", lang),
        line={"color": theme.GAIN, "width": 3},
        customdata=[formats.money(c, currency, lang) for c in frame["cost_amount"]],
        hovertemplate="%{x:+.0%}: %{customdata}<extra></extra>",
    )
    figure.add_scatter(
        x=frame["shift_rate"],
        y=frame["target_amount"],
        mode="lines",
        name=_say("target_cost", lang),
        line={"color": theme.TARGET, "width": 2, "dash": "dot"},
        hoverinfo="skip",
    )
    figure.update_xaxes(tickformat="+.0%", title=_say("shift", lang))
    figure.update_yaxes(title=f"{_say('cost', lang)} ({currency})", tickformat=",.0f")
    return _finish(figure, _say("stress", lang), _say("stress_note", lang))
