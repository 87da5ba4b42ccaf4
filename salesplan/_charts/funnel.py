"""Charts of the funnel: stages, rates with intervals, survival in a stage, time in a stage."""

from __future__ import annotations

import datetime as dt
import html
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from salesplan import formats
from salesplan._charts import theme
from salesplan.text import label

_PARTS = (
    ("k", "went_on", theme.GAIN),
    ("open_count", "still_open", theme.NEUTRAL),
    ("lost_count", "ended", theme.LOSS),
    ("skipped_count", "skipped", theme.MEANING["fx"]),
)


def funnel(frame: pd.DataFrame, *, lang: str = "en") -> go.Figure:
    """Return the stages as bars, split by what became of the deals, with the rate of each step.

    Takes the frame of ``sp.funnel.conversion`` or ``sp.funnel.lead_conversion`` of one group.

    Examples
    --------
    >>> [str(stage) for stage in funnel(sp.funnel.conversion(paper())).data[0].y]
    ['Qualified', 'Meeting', 'Proposal', 'Won']
    """
    rows = frame.sort_values("position", ignore_index=True)
    what = "deals" if "pipeline" in rows else "leads"
    stages = [_stage_name(stage, what, lang) for stage in rows["stage"]]
    figure = go.Figure()
    for column, key, colour in _PARTS:
        values = _part(rows, column)
        if values.any():
            figure.add_bar(
                y=stages,
                x=values,
                name=_say(f"chart_{key}", lang),
                orientation="h",
                marker_color=colour,
                hovertemplate="%{y}: %{x:,.0f}<extra>%{fullData.name}</extra>",
            )
    for stage, row in zip(stages, rows.to_dict("records"), strict=True):
        _write_beside(figure, stage, row["n"], _step_text(row, lang))
    figure.update_xaxes(range=[0, float(rows["n"].max() or 1) * 1.35], title=_say(what, lang))
    figure.update_yaxes(autorange="reversed", showgrid=False)
    mode = rows["mode"].iloc[0]
    note = _say(f"chart_note_{mode}" if what == "deals" else f"chart_note_leads_{mode}", lang)
    height = 190 + 46 * len(rows)
    layout: dict[str, Any] = {"barmode": "stack", "bargap": 0.4, "legend_traceorder": "normal"}
    return _finish(figure, _funnel_title(rows, what, lang), note, height, **layout)


def _funnel_title(rows: pd.DataFrame, what: str, lang: str) -> str:
    title = _say(f"chart_funnel_{what}", lang)
    named = list(rows["pipeline"].dropna().unique()) if what == "deals" else []
    return f"{title}: {_name(named[0], lang)}" if len(named) == 1 else title


def _stage_name(stage: Any, what: str, lang: str) -> str:
    """Return a stage as the CRM names it; the steps of leads are ours and are translated."""
    return _say(f"step_{stage}", lang) if what == "leads" else _name(stage, lang)


def _part(rows: pd.DataFrame, column: str) -> pd.Series[float]:
    # The last step has nothing to go on to: all who stand there have arrived.
    is_last = rows["k"].isna()
    return rows[column].astype("Float64").mask(is_last, rows["n"] if column == "k" else 0.0)


def _step_text(row: dict[Any, Any], lang: str) -> str:
    text = formats.number(row["n"], lang)
    if pd.isna(row["rate"]):
        return text
    low, high = (formats.rate(row[f"rate_{end}"], lang, 0) for end in ("low", "high"))
    return f"{text}  →  <b>{formats.rate(row['rate'], lang, 0)}</b> ({low}–{high})"


def rates(frame: pd.DataFrame, group: str, *, lang: str = "en") -> go.Figure:
    """Return the rate of each group with its interval, and what it shrinks to (forest chart).

    Takes any frame with ``rate``, ``rate_low``, ``rate_high``, ``k`` and ``n``, such as
    ``sp.funnel.win_rate`` by one dimension or the table of ``sp.funnel.compare``.

    Examples
    --------
    >>> len(rates(sp.funnel.compare(paper()).table, "owner").data[0].x)
    4
    """
    rows = frame[frame["n"] > 0].sort_values(["rate", group], ignore_index=True)
    names = [_name(name, lang) for name in rows[group]]
    figure = go.Figure()
    figure.add_scatter(
        x=rows["rate"],
        y=names,
        mode="markers",
        name=_say("chart_rate", lang),
        marker={"color": theme.SERIES[0], "size": 9},
        error_x=_whiskers(rows, "rate"),
        customdata=rows[["k", "n"]],
        hovertemplate="%{y}: %{x:.1%} (%{customdata[0]}/%{customdata[1]})<extra></extra>",
    )
    if "shrunk_rate" in rows:
        figure.add_scatter(
            x=rows["shrunk_rate"],
            y=names,
            mode="markers",
            name=_say("chart_shrunk", lang),
            marker={"symbol": "diamond-open", "color": theme.LOSS, "size": 8},
            hovertemplate="%{y}: %{x:.1%}<extra>%{fullData.name}</extra>",
        )
    mean = formats.rate(rows["k"].sum() / max(rows["n"].sum(), 1), lang)
    figure.add_vline(x=rows["k"].sum() / max(rows["n"].sum(), 1), line=_DOTTED)
    figure.update_xaxes(tickformat=".0%", showgrid=True, gridcolor=theme.GRID)
    figure.update_yaxes(showgrid=False, dtick=1)
    title = _say("chart_rates", lang)
    note = _say("chart_note_rates", lang, mean=mean)
    return _finish(figure, title, note, 200 + 24 * len(rows))


_DOTTED = {"color": theme.TARGET, "dash": "dot", "width": 1.5}


def _whiskers(rows: pd.DataFrame, value: str) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": rows[f"{value}_high"] - rows[value],
        "arrayminus": rows[value] - rows[f"{value}_low"],
        "color": theme.NEUTRAL,
        "thickness": 1.5,
        "width": 3,
    }


def stage_survival(frame: pd.DataFrame, *, lang: str = "en") -> go.Figure:
    """Return, stage by stage, the share of deals still there after each day.

    Takes the frame of ``sp.funnel.stage_survival`` of one group.

    Examples
    --------
    >>> [trace.name for trace in stage_survival(sp.funnel.stage_survival(paper())).data]
    ['Qualified', 'Meeting', 'Proposal']
    """
    figure = go.Figure()
    groups = frame.groupby("position", sort=True)
    for place, (_, rows) in enumerate(groups):
        name = _name(rows["stage"].iloc[0], lang)
        figure.add_scatter(
            x=[0, *rows["day"]],
            y=[1.0, *rows["survival"]],
            name=name,
            mode="lines",
            line={"shape": "hv", "width": 2.5, "color": theme.colour(name, place)},
            hovertemplate="%{fullData.name}, %{x}: %{y:.0%}<extra></extra>",
        )
    figure.add_hline(y=0.5, line={"color": theme.NEUTRAL, "dash": "dot", "width": 1})
    figure.update_xaxes(title=_say("chart_days", lang), rangemode="tozero")
    figure.update_yaxes(tickformat=".0%", range=[0, 1.03])
    return _finish(figure, _say("chart_survival", lang), _say("chart_note_survival", lang), 440)


def time_in_stage(frame: pd.DataFrame, *, lang: str = "en") -> go.Figure:
    """Return the median days in each stage with its interval, between the quartiles.

    Takes the frame of ``sp.funnel.time_in_stage`` of one group.

    Examples
    --------
    >>> len(time_in_stage(sp.funnel.time_in_stage(paper())).data[1].x)
    3
    """
    rows = frame.sort_values("position", ignore_index=True)
    what = "deals" if "pipeline" in rows else "leads"
    stages = [_stage_name(stage, what, lang) for stage in rows["stage"]]
    figure = go.Figure()
    figure.add_bar(
        y=stages,
        x=rows["q75_days"] - rows["q25_days"],
        base=rows["q25_days"],
        orientation="h",
        width=0.45,
        name=_say("chart_quartiles", lang),
        marker_color="rgba(148, 163, 184, 0.35)",
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=rows["median_days"],
        y=stages,
        mode="markers+text",
        name=_say("chart_median", lang),
        marker={"color": theme.SERIES[0], "size": 11},
        error_x=_whiskers(rows, "median_days"),
        text=[formats.number(value, lang) for value in rows["median_days"]],
        textposition="top center",
        customdata=rows[["n", "still_there_count"]],
        hovertemplate="%{y}: %{x} (n = %{customdata[0]}, %{customdata[1]})<extra></extra>",
    )
    figure.update_xaxes(title=_say("chart_days", lang), rangemode="tozero", showgrid=True)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    title, note = _say("chart_time", lang), _say("chart_note_time", lang)
    return _finish(figure, title, note, 210 + 54 * len(rows))


def _write_beside(figure: go.Figure, y: str, x: float, text: str) -> None:
    font = {"size": 12, "color": theme.INK}
    figure.add_annotation(x=x, y=y, text=text, showarrow=False, xanchor="left", xshift=8, font=font)


def _finish(figure: go.Figure, title: str, note: str, height: int, **layout: Any) -> go.Figure:
    """Finish a chart of any height: title and note keep their distance from the plot."""
    theme.finish(figure, title, note=note, height=height, **layout)
    has_axis_title = figure.layout.xaxis.title.text is not None
    figure.layout.annotations[-1].update(y=0, yshift=-64 if has_axis_title else -34)
    figure.update_xaxes(title_font_size=12, title_standoff=8)
    place = {"y": 1, "yref": "container", "yanchor": "top", "pad": {"t": 18, "l": 8}}
    return figure.update_layout(margin={"t": 92, "b": 100}, title=place)


def _name(value: Any, lang: str) -> str:
    """Return a name from the CRM as plain text: plotly would read tags in it."""
    if isinstance(value, dt.date):
        return formats.month(value, lang)
    return html.escape(str(value), quote=False)


def _say(key: str, lang: str, **values: Any) -> str:
    return label(f"funnel.{key}", lang, **values)
