"""Charts of acquisition: cost per first meeting with intervals, channels by cost and quality."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from salesplan import formats
from salesplan._charts import theme
from salesplan._charts.acquisition_parts import finish, log_ticks, name, say
from salesplan._charts.selling import cost_per_step, no_show_heatmap, threshold_curve

__all__ = [
    "channel_matrix",
    "cost_per_first_meeting",
    "cost_per_step",
    "no_show_heatmap",
    "threshold_curve",
]


def cost_per_first_meeting(
    frame: pd.DataFrame, *, log: bool = False, currency: str = "EUR", lang: str = "en"
) -> go.Figure:
    """Return cost per first meeting as bars with 95 % intervals, cheapest first.

    Takes the frame of ``sp.acquisition.cost_per_first_meeting``; ``log=True`` gives channels
    of very different cost the same room. Groups without a cost are named below the chart.

    Examples
    --------
    >>> found = sp.acquisition.cost_per_first_meeting(paper(), seed=1)
    >>> [str(name) for name in cost_per_first_meeting(found).data[0].y]
    ['web', 'cold call', 'event']
    """
    group = str(frame.columns[0])
    known = frame[frame["cost_per_first_meeting"].notna()].sort_values("cost_per_first_meeting")
    cost, high = known["cost_per_first_meeting"], known["cost_high"]
    reach = high.fillna(cost)
    names = [name(value, lang) for value in known[group]]
    figure = go.Figure()
    bars = _dots if log else _bars
    bars(figure, names, known, reach)
    for group_name, row, end in zip(names, known.to_dict("records"), reach, strict=True):
        text = f"<b>{formats.money(row['cost_per_first_meeting'], currency, lang)}</b>"
        text += f" · n = {formats.number(row['held_count'], lang)}"
        figure.add_annotation(
            x=_at(float(end), log),
            y=group_name,
            text=text,
            showarrow=False,
            xanchor="left",
            xshift=8,
        )
    top = float(reach.max()) if len(known) else 1.0
    if log:
        low = float(known["cost_low"].fillna(cost).min()) if len(known) else 1.0
        figure.update_xaxes(type="log", range=[_at(low * 0.8, True), _at(top * 2.2, True)])
        figure.update_xaxes(tickvals=log_ticks(low * 0.8, top * 2.2))
    else:
        figure.update_xaxes(range=[0, top * 1.3])
    figure.update_xaxes(title=say("axis_cost", lang, currency=currency))
    figure.update_yaxes(autorange="reversed", showgrid=False)
    note = say("chart_cost_note", lang) + _left_out(frame, group, lang)
    return finish(figure, say("chart_cost", lang), note, 190 + 34 * max(len(known), 1), lang)


def _bars(
    figure: go.Figure,
    names: list[str],
    known: pd.DataFrame,
    reach: pd.Series[float],
) -> None:
    figure.add_bar(
        y=names,
        x=known["cost_per_first_meeting"],
        orientation="h",
        marker_color=theme.SERIES[0],
        error_x=_whiskers(known, reach),
        hovertemplate="%{y}: %{x:,.2f}<extra></extra>",
    )


def _dots(
    figure: go.Figure,
    names: list[str],
    known: pd.DataFrame,
    reach: pd.Series[float],
) -> None:
    # A bar has no foot on a logarithmic axis, so its length would mean nothing.
    figure.add_scatter(
        y=names,
        x=known["cost_per_first_meeting"],
        mode="markers",
        marker={"size": 12, "color": theme.SERIES[0]},
        error_x=_whiskers(known, reach),
        hovertemplate="%{y}: %{x:,.2f}<extra></extra>",
    )


def _whiskers(known: pd.DataFrame, reach: pd.Series[float]) -> dict[str, Any]:
    cost = known["cost_per_first_meeting"]
    return {
        "type": "data",
        "symmetric": False,
        "array": reach - cost,
        "arrayminus": cost - known["cost_low"].fillna(cost),
        "color": theme.INK,
        "thickness": 1.5,
    }


def _left_out(frame: pd.DataFrame, group: str, lang: str) -> str:
    unknown = frame[frame["cost_per_first_meeting"].isna() & (frame["reason"] != "")]
    said = [f"{name(row[group], lang)}: {row['reason']}" for row in unknown.to_dict("records")]
    more = f" … +{len(said) - 3}" if len(said) > 3 else ""
    return f"<br>{' · '.join(said[:3])}{more}" if said else ""


def channel_matrix(frame: pd.DataFrame, *, currency: str = "EUR", lang: str = "en") -> go.Figure:
    """Return channels by cost (across) and quality (up): the share of first meetings that is won.

    Takes the frame of ``sp.acquisition.cost_per_first_meeting``; a larger dot has more first
    meetings, the dotted lines are the averages of all.

    Examples
    --------
    >>> found = sp.acquisition.cost_per_first_meeting(paper(), seed=1)
    >>> len(channel_matrix(found).data[0].text)
    3
    """
    group = str(frame.columns[0])
    known = frame[frame["cost_per_first_meeting"].notna()]
    quality = known["won_count"] / known["held_count"]
    figure = go.Figure()
    figure.add_scatter(
        x=known["cost_per_first_meeting"],
        y=quality,
        mode="markers+text",
        text=[name(value, lang) for value in known[group]],
        textposition="top center",
        marker={
            "size": known["held_count"],
            "sizemode": "area",
            "sizeref": 2.0 * float(known["held_count"].max() or 1) / 34**2,
            "sizemin": 5,
            "color": theme.SERIES[0],
            "opacity": 0.75,
        },
        hovertemplate="%{text}: %{x:,.2f}, %{y:.0%}<extra></extra>",
    )
    held = float(known["held_count"].sum())
    if held:
        figure.add_vline(
            x=float(known["total_cost"].sum()) / held, line_dash="dot", line_color=theme.MUTED
        )
        figure.add_hline(
            y=float(known["won_count"].sum()) / held, line_dash="dot", line_color=theme.MUTED
        )
    figure.update_xaxes(type="log", title=say("axis_cost", lang, currency=currency))
    cost = known["cost_per_first_meeting"]
    figure.update_xaxes(tickvals=log_ticks(float(cost.min()) / 2, float(cost.max()) * 2))
    top = float(quality.max()) if len(known) else 1.0
    figure.update_yaxes(tickformat=".0%", range=[0, min(top * 1.25 + 0.02, 1.15)])
    figure.update_yaxes(title=say("axis_quality", lang))
    return finish(figure, say("chart_matrix", lang), say("chart_matrix_note", lang), 470, lang)


def _at(value: float, log: bool) -> float:
    """Return where plotly wants an annotation: logarithms on a logarithmic axis."""
    return math.log10(value) if log and value > 0 else value
