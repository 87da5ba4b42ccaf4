"""Charts of the pipeline: ageing, waterfall, forecast fan, calibration, health, coverage."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from salesplan._charts import theme
from salesplan.text import label

_LIGHTS = {"green": theme.GAIN, "amber": theme.TARGET, "red": theme.LOSS, "none": theme.NEUTRAL}
_SIGNS = {"green": "●", "amber": "▲", "red": "■", "none": "○"}
"""A light is a shape as well as a colour, for readers who tell colours apart badly."""


def _finish(
    figure: go.Figure, title: str, *, note: str = "", below: int = 62, **layout: Any
) -> go.Figure:
    """Finish a figure with its note a fixed way below the axis, whatever the height."""
    if not note:
        return theme.finish(figure, title, **layout)
    layout.setdefault("margin", {"l": 64, "r": 24, "t": 72, "b": below + 44})
    figure.add_annotation(
        text=note, xref="paper", yref="paper", x=0, y=0, yshift=-below, xanchor="left",
        yanchor="top", showarrow=False, align="left", font={"size": 11, "color": theme.MUTED},
    )  # fmt: skip
    return theme.finish(figure, title, **layout)


def ageing(deals: pd.DataFrame, *, lang: str = "en") -> go.Figure:
    """Return open deals by age and amount; those slower than won deals stand out."""
    figure = go.Figure()
    for slow, key in ((False, "chart_on_pace"), (True, "chart_slow")):
        part = deals[(deals["is_slow_in_stage"] | deals["is_old"]) == slow]
        figure.add_trace(_deals_trace(part, label(f"pipeline.{key}", lang), slow))
    limit = deals["slow_age_days"].median()
    if limit == limit:
        figure.add_vline(x=limit, line={"color": theme.MUTED, "dash": "dot", "width": 1})
        figure.add_annotation(
            x=limit, y=1, yref="paper", xanchor="left", yanchor="top", showarrow=False, xshift=4,
            text=label("pipeline.chart_slow_limit", lang), font={"size": 11, "color": theme.MUTED},
        )  # fmt: skip
    unpriced = int(deals["amount"].isna().sum())
    return _finish(
        figure,
        label("pipeline.chart_ageing", lang),
        note=label("pipeline.chart_ageing_note", lang, n=len(deals), unpriced=unpriced),
        xaxis_title=label("pipeline.chart_age_days", lang),
        yaxis_title=label("pipeline.chart_amount", lang),
        yaxis_rangemode="tozero",
    )


def _deals_trace(part: pd.DataFrame, name: str, slow: bool) -> go.Scatter:
    shown = part["name"].fillna(part["opportunity_id"]).map(_plain)
    hover = [f"<b>{n}</b><br>{_plain(r)}" for n, r in zip(shown, part["risks"], strict=True)]
    colour = theme.LOSS if slow else theme.NEUTRAL
    return go.Scatter(
        x=part["age_days"], y=part["amount"], mode="markers", name=name, hovertext=hover,
        hovertemplate="%{hovertext}<br>%{x:.0f} d · %{y:,.0f}<extra></extra>",
        marker={"color": colour, "size": 9, "opacity": 0.75,
                "symbol": "diamond" if slow else "circle",
                "line": {"color": theme.PAPER, "width": 1}},
    )  # fmt: skip


def _plain(text: Any) -> str:
    """Return CRM text without the signs that plotly would read as markup."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def waterfall(bars: pd.DataFrame, *, lang: str = "en") -> go.Figure:
    """Return the way from open pipeline at the start to open pipeline at the end."""
    shown = bars[(bars["deal_count"] > 0) | bars["movement"].isin(["start", "end"])]
    amount = shown["amount"].fillna(0.0)
    total = shown["movement"].isin(["start", "end"])
    words = [f"{n:,}" for n in shown["deal_count"]]
    figure = go.Figure(
        go.Waterfall(
            x=[theme.lines(t) for t in shown["title"]], y=amount,
            text=words, textposition="outside",
            measure=np.where(total, np.where(shown["movement"] == "start", "absolute", "total"),
                             "relative"),
            increasing={"marker": {"color": theme.GAIN}},
            decreasing={"marker": {"color": theme.LOSS}},
            totals={"marker": {"color": theme.TOTAL}},
            connector={"line": {"color": theme.GRID}},
            hovertemplate="%{x}<br>%{y:,.0f} · %{text}<extra></extra>", cliponaxis=False,
        )
    )  # fmt: skip
    unknown = sorted(set(bars.loc[bars["amount"].isna(), "title"]))
    note = label("pipeline.chart_waterfall_note", lang)
    if unknown:
        note += "<br>" + label("pipeline.chart_unknown", lang, names=", ".join(unknown))
    return _finish(
        figure, label("pipeline.chart_waterfall", lang), note=note, showlegend=False, height=460,
        yaxis_title=label("pipeline.chart_amount", lang),
        xaxis_tickangle=0, below=76,
    )  # fmt: skip


def forecast(months: pd.DataFrame, *, lang: str = "en") -> go.Figure:
    """Return the fan of what will be won by each month end, and the part already won."""
    unit = "amount" if "expected_amount" in months.columns else "count"
    x = months["until_on"]
    figure = go.Figure()
    for low, high, key, colour in (
        ("low", "high", "chart_wide", theme.BAND),
        ("quarter", "three_quarter", "chart_half", "rgba(15, 118, 110, 0.35)"),
    ):
        for side, fill in ((high, None), (low, "tonexty")):
            figure.add_trace(
                go.Scatter(
                    x=x, y=months[f"{side}_{unit}"], mode="lines", line={"width": 0}, fill=fill,
                    fillcolor=colour, name=label(f"pipeline.{key}", lang),
                    showlegend=fill is not None, hoverinfo="skip",
                )
            )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=x, y=months[f"expected_{unit}"], mode="lines+markers", line={"color": theme.GAIN},
            name=label("pipeline.chart_expected", lang),
            hovertemplate="%{x|%d %b %Y}: %{y:,.0f}<extra></extra>",
        )
    )  # fmt: skip
    won = float(months[f"won_{unit}"].iloc[-1]) if len(months) else 0.0
    if won:
        figure.add_hline(y=won, line={"color": theme.TOTAL, "dash": "dot", "width": 1},
                         annotation_text=label("pipeline.chart_won_so_far", lang),
                         annotation_position="bottom right")  # fmt: skip
    return _finish(
        figure, label("pipeline.chart_forecast", lang),
        note=label("pipeline.chart_forecast_note", lang), yaxis_rangemode="tozero",
        yaxis_title=label(f"pipeline.chart_{unit}", lang),
        xaxis={"tickvals": list(x), "tickformat": "%d %b %Y"},
    )  # fmt: skip


def calibration(curve: pd.DataFrame, *, lang: str = "en") -> go.Figure:
    """Return predicted against realised chances, with the diagonal of a perfect forecast."""
    figure = go.Figure(
        go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": theme.MUTED, "dash": "dot"},
                   name=label("pipeline.chart_perfect", lang), hoverinfo="skip")
    )  # fmt: skip
    for method, colour, symbol in (
        ("forecast", theme.GAIN, "circle"), ("crm", theme.TARGET, "diamond")
    ):  # fmt: skip
        part = curve[curve["method"] == method]
        rate = part["won_rate"]
        figure.add_trace(
            go.Scatter(
                x=part["predicted_rate"], y=rate, mode="markers",
                name=label(f"pipeline.chart_{method}_method", lang),
                marker={"color": colour, "symbol": symbol, "size": 9},
                error_y={"type": "data", "symmetric": False, "thickness": 1, "width": 3,
                         "array": part["won_rate_high"] - rate,
                         "arrayminus": rate - part["won_rate_low"]},
                customdata=part[["k", "n"]].to_numpy(),
                hovertemplate="%{x:.0%} → %{y:.0%} (%{customdata[0]}/%{customdata[1]})"
                "<extra></extra>",
            )
        )  # fmt: skip
    axis = {"tickformat": ".0%", "range": [-0.02, 1.02]}
    return _finish(
        figure, label("pipeline.chart_calibration", lang),
        note=label("pipeline.chart_calibration_note", lang), height=480,
        xaxis={**axis, "title": label("pipeline.chart_predicted", lang)},
        yaxis={**axis, "title": label("pipeline.chart_realised", lang)},
    )  # fmt: skip


def health(table: pd.DataFrame, *, lang: str = "en") -> go.Figure:
    """Return the vital signs as a table: light, value and the limits it was judged by."""
    groups = list(table.columns[: list(table.columns).index("measure")])
    words = table["why"].fillna(table["reason"]).fillna("").map(_plain)
    colours = [_LIGHTS[light] for light in table["light"]]
    columns = [table[g].map(_plain) for g in groups]
    columns += [table["light"].map(_SIGNS), table["title"], words]
    heads = [_plain(g) for g in groups] + ["", *(label(f"pipeline.chart_{k}", lang)
                                                  for k in ("measure", "why"))]  # fmt: skip
    ink = [theme.INK] * len(groups) + [colours, theme.INK, theme.INK]
    figure = go.Figure(
        go.Table(
            columnwidth=[90] * len(groups) + [24, 190, 430],
            header={"values": [f"<b>{h}</b>" for h in heads], "align": "left",
                    "fill": {"color": theme.PAPER}, "line": {"color": theme.GRID}},
            cells={"values": columns, "align": "left", "height": 26, "font": {"color": ink},
                   "fill": {"color": theme.PAPER}, "line": {"color": theme.GRID}},
        )
    )  # fmt: skip
    return _finish(
        figure, label("pipeline.chart_health", lang), height=120 + 30 * len(table),
        margin={"l": 16, "r": 16, "t": 64, "b": 16},
    )  # fmt: skip


def coverage(table: pd.DataFrame, *, lang: str = "en") -> go.Figure:
    """Return coverage per group as bars, with the coverage that its win rate calls for."""
    groups = list(table.columns[: list(table.columns).index("target_amount")])
    names = table[groups].astype("str").agg(" · ".join, axis=1) if groups else _one(table, lang)
    shown = names.map(_plain)
    enough = table["coverage_ratio"] >= table["required_ratio"]
    figure = go.Figure(
        go.Bar(
            y=shown, x=table["coverage_ratio"], orientation="h", width=0.55,
            name=label("pipeline.chart_coverage_bar", lang),
            marker={"color": np.where(enough, theme.GAIN, theme.NEUTRAL)},
            text=[f"{v:.1f}×" if v == v else "–" for v in table["coverage_ratio"]],
            hovertemplate="%{y}: %{x:.2f}×<extra></extra>",
        )
    )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            y=shown, x=table["required_ratio"], mode="markers",
            name=label("pipeline.chart_required", lang),
            marker={"symbol": "line-ns-open", "size": 24, "color": theme.TARGET,
                    "line": {"width": 3}},
            hovertemplate="%{y}: %{x:.2f}×<extra></extra>",
        )
    )  # fmt: skip
    return _finish(
        figure, label("pipeline.chart_coverage", lang),
        note=label("pipeline.chart_coverage_note", lang), height=240 + 40 * len(table),
        xaxis_title=label("pipeline.chart_times", lang), yaxis={"autorange": "reversed"},
        xaxis_rangemode="tozero",
    )  # fmt: skip


def _one(table: pd.DataFrame, lang: str) -> pd.Series[str]:
    return pd.Series(label("common.total", lang), index=table.index, dtype="str")
