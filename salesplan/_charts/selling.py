"""Charts of selling: no-shows, when to hand a lead over, what each step takes."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from salesplan import formats
from salesplan._charts import theme
from salesplan._charts.acquisition_parts import finish, name, say

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def no_show_heatmap(frame: pd.DataFrame, *, lang: str = "en") -> go.Figure:
    """Return the no-show rate by two dimensions as a heat map, n in every cell.

    Takes the frame of ``sp.acquisition.no_show_cost(by=["weekday", "lead_time"])``, or any
    two dimensions; the first runs across.

    Examples
    --------
    >>> missed = sp.acquisition.no_show_cost(paper(), by=["weekday", "channel"])
    >>> len(no_show_heatmap(missed).data[0].y)
    4
    """
    across, up = (str(name) for name in frame.columns[:2])
    columns = list(dict.fromkeys(frame.sort_values(across)[across]))
    rows = list(dict.fromkeys(frame[up]))
    if up == "lead_time":
        rows = sorted(rows, key=_lead_time_order)
    rate = frame.pivot(index=up, columns=across, values="no_show_rate").reindex(rows)[columns]
    due = frame.pivot(index=up, columns=across, values="due_count").reindex(rows)[columns]
    words = [
        [
            "" if pd.isna(r) else f"{formats.rate(r, lang, 0)}<br>n = {formats.number(n, lang)}"
            for r, n in zip(rates, counts, strict=True)
        ]
        for rates, counts in zip(rate.to_numpy(), due.to_numpy(), strict=True)
    ]
    figure = go.Figure(
        go.Heatmap(
            x=[_shown(across, value, lang) for value in columns],
            y=[_shown(up, value, lang) for value in rows],
            z=rate.to_numpy(float),
            text=words,
            texttemplate="%{text}",
            colorscale=[[0, "#fff7ed"], [0.5, "#fdba74"], [1, theme.LOSS]],
            zmin=0,
            zmax=float(frame["no_show_rate"].max()),
            colorbar={"tickformat": ".0%", "outlinewidth": 0},
            xgap=2,
            ygap=2,
            hoverinfo="skip",
        )
    )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    note = say("chart_no_show_note", lang)
    return finish(figure, say("chart_no_show", lang), note, 190 + 52 * max(len(rows), 1), lang)


def _lead_time_order(text: str) -> tuple[int, str]:
    number = "".join(c for c in text.split("-")[0] if c.isdigit())
    return (0 if text == "same day" else int(number) if number else 999, text)


def threshold_curve(frame: pd.DataFrame, *, lang: str = "en") -> go.Figure:
    """Return precision and recall at each threshold, beside logistic regression and chance.

    Takes ``sp.acquisition.lead_scoring(...).thresholds``.

    Examples
    --------
    >>> rows = pd.DataFrame({"threshold": [0, 5], "handed_count": [10, 4], "lead_count": [10, 10],
    ...     "precision": [0.3, 0.5], "precision_low": [0.1, 0.2], "precision_high": [0.6, 0.8],
    ...     "recall": [1.0, 0.67], "logistic_precision": [0.3, 0.5], "chance_precision": 0.3})
    >>> [trace.name for trace in threshold_curve(rows).data if trace.name]
    ['Precision of points', 'Recall of points', 'Precision of logistic regression']
    """
    rows = frame.sort_values("threshold")
    x = rows["threshold"]
    figure = go.Figure()
    _band(figure, rows)
    lines = (
        ("precision", theme.GAIN, "solid"),
        ("recall", theme.SERIES[0], "dash"),
        ("logistic_precision", theme.TARGET, "dot"),
    )
    for column, colour, dash in lines:
        figure.add_scatter(
            x=x,
            y=rows[column],
            name=say(f"line_{column}", lang),
            mode="lines",
            line={"color": colour, "dash": dash, "width": 2.5},
        )
    _chance_line(figure, rows, lang)
    figure.update_xaxes(title=say("axis_threshold", lang))
    figure.update_yaxes(tickformat=".0%", range=[0, 1.02])
    n = formats.number(int(rows["lead_count"].iloc[0]), lang)
    note = say("chart_threshold_note", lang, n=n)
    return finish(figure, say("chart_threshold", lang), note, 440, lang)


def _band(figure: go.Figure, rows: pd.DataFrame) -> None:
    """Draw the interval of precision."""
    x = rows["threshold"]
    figure.add_scatter(
        x=x,
        y=rows["precision_high"],
        mode="lines",
        line={"width": 0},
        showlegend=False,
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=x,
        y=rows["precision_low"],
        mode="lines",
        line={"width": 0},
        fill="tonexty",
        fillcolor=theme.BAND,
        showlegend=False,
        hoverinfo="skip",
    )


def _chance_line(figure: go.Figure, rows: pd.DataFrame, lang: str) -> None:
    """Draw the rate of all leads, which handing over at random would reach."""
    chance = float(rows["chance_precision"].iloc[0])
    figure.add_hline(
        y=chance,
        line_dash="dot",
        line_color=theme.MUTED,
        annotation_text=say("line_chance", lang, rate=formats.rate(chance, lang, 0)),
        annotation_position="bottom left",
        annotation_font_color=theme.MUTED,
    )


def cost_per_step(frame: pd.DataFrame, *, currency: str = "EUR", lang: str = "en") -> go.Figure:
    """Return the hours of each step as bars, with cost and cost per result beside them.

    Takes the frame of ``sp.acquisition.process_cost`` of one group.

    Examples
    --------
    >>> [str(step) for step in cost_per_step(sp.acquisition.process_cost(paper())).data[0].y]
    ['Prospecting', 'Qualification', 'Closing', 'Administration']
    """
    steps = [say(f"chain_{step}", lang) for step in frame["step"]]
    colours = [theme.GAIN if selling else theme.NEUTRAL for selling in frame["is_selling"]]
    figure = go.Figure()
    figure.add_bar(
        y=steps,
        x=frame["hours"],
        orientation="h",
        marker_color=colours,
        hovertemplate="%{y}: %{x:,.0f} h<extra></extra>",
    )
    for step, row in zip(steps, frame.to_dict("records"), strict=True):
        figure.add_annotation(
            x=row["hours"],
            y=step,
            text=_step_text(row, currency, lang),
            showarrow=False,
            xanchor="left",
            xshift=8,
            align="left",
        )
    figure.update_xaxes(
        range=[0, float(frame["hours"].max() or 1) * 1.75], title=say("axis_hours", lang)
    )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    selling = float(frame.loc[frame["is_selling"].astype(bool), "hours"].sum())
    share = formats.rate(selling / float(frame["hours"].sum() or 1), lang, 0)
    note = say("chart_steps_note", lang, share=share)
    return finish(
        figure, say("chart_steps", lang), note, 190 + 48 * max(len(frame), 1), lang, bargap=0.35
    )


def _step_text(row: dict[Any, Any], currency: str, lang: str) -> str:
    share, cost = row["hours_share"], row["cost"]
    text = f"{formats.rate(share, lang, 0)} · {formats.money(cost, currency, lang)}"
    if pd.isna(row["cost_per_result"]):
        return text
    each = formats.money(row["cost_per_result"], currency, lang)
    return f"{text} · <b>{each}</b> {say('per_' + row['result'], lang)}"


def _shown(dimension: str, value: Any, lang: str) -> str:
    if dimension == "weekday":
        return say(f"day_{_WEEKDAYS[int(value) - 1]}", lang)
    if dimension == "lead_time" and value != "(none)":
        return say(f"ahead_{'_'.join(str(value).split()[0].split('-'))}", lang)
    return name(value, lang)
