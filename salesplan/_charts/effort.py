"""Charts of effort and action plans."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from salesplan._charts import theme
from salesplan.formats import compact, number
from salesplan.text import label


def _finished(figure: go.Figure, title: str, *, note: str, height: int = 420) -> go.Figure:
    """Give the house look, with the note below the axis title whatever the height."""
    margin = {"l": 64, "r": 48, "t": 92, "b": 92}
    theme.finish(figure, title, note=note, height=height, margin=margin)
    figure.layout.annotations[-1].update(y=0, yshift=-56)
    figure.update_layout(legend={"y": 1.0, "yanchor": "bottom"}, title_y=0.97, title_yanchor="top")
    # Segments and sellers are text of a CRM: no markup of theirs may reach a label.
    return theme.harmless(figure)


def allocation(table: pd.DataFrame, *, lang: str = "en", largest: int = 15) -> go.Figure:
    """Return hours now, proposed and at the optimum, by segment (``plan.table``)."""
    rows = table.nlargest(largest, "proposed_hours").iloc[::-1]
    figure = go.Figure()
    series = (("now", theme.NEUTRAL), ("proposed", theme.GAIN), ("optimum", theme.TARGET))
    shown = [s for s in series if rows[f"{s[0]}_hours"].notna().any()]
    # Horizontal bars stack upwards: the last trace stands on top, so they go in reverse.
    for name, colour in reversed(shown):
        hours = rows[f"{name}_hours"]
        figure.add_bar(
            y=rows["segment"].astype(str),
            x=hours,
            name=label(f"effort.{name}", lang),
            orientation="h",
            marker_color=colour,
            text=[number(h, lang) for h in hours],
            textposition="outside",
            cliponaxis=False,
        )
    figure.update_layout(barmode="group", legend_traceorder="reversed", bargap=0.28)
    figure.update_xaxes(title_text=label("effort.hours", lang), rangemode="tozero")
    note = label("effort.allocation_note", lang)
    height = max(360, 190 + 34 * len(shown) * len(rows) * 2 // 3)
    return _finished(figure, label("effort.allocation_title", lang), note=note, height=height)


def value_of_next_hour(
    table: pd.DataFrame, *, currency: str = "EUR", lang: str = "en", largest: int = 15
) -> go.Figure:
    """Return the value of one more hour in each segment, highest first (``plan.table``)."""
    rows = table.nlargest(largest, "value_of_next_hour").iloc[::-1]
    held = rows["held_by"].astype(str) != ""
    words = [
        f"{compact(v, currency, lang)}" + (f" · {label('effort.held', lang)}" if h else "")
        for v, h in zip(rows["value_of_next_hour"], held, strict=True)
    ]
    figure = go.Figure(
        go.Bar(
            y=rows["segment"].astype(str),
            x=rows["value_of_next_hour"],
            orientation="h",
            marker_color=[theme.TARGET if h else theme.GAIN for h in held],
            text=words,
            textposition="auto",
            insidetextfont={"color": theme.PAPER},
            cliponaxis=False,
        )
    )
    figure.update_xaxes(title_text=currency, rangemode="tozero")
    note = label("effort.next_hour_note", lang)
    height = max(340, 200 + 34 * len(rows))
    return _finished(figure, label("effort.next_hour_title", lang), note=note, height=height)


def size_curve(
    table: pd.DataFrame, *, currency: str = "EUR", lang: str = "en", now_hours: float | None = None
) -> go.Figure:
    """Return value less cost for every number of hours, the flat top shaded (a frontier)."""
    figure = go.Figure(
        go.Scatter(
            x=table["hours"],
            y=table["net_amount"],
            mode="lines",
            line={"color": theme.GAIN, "width": 3},
            name=label("effort.net", lang),
            showlegend=False,
        )
    )
    flat = table[table["is_flat"]]
    if len(flat):
        low, high = float(flat["hours"].min()), float(flat["hours"].max())
        figure.add_vrect(x0=low, x1=high, fillcolor=theme.BAND, line_width=0, layer="below")
        words = label("effort.flat", lang, low=number(low, lang), high=number(high, lang))
        figure.add_annotation(
            x=(low + high) / 2, y=1.0, yref="paper", yanchor="bottom", text=words, showarrow=False
        )
    if now_hours is not None and now_hours == now_hours:
        figure.add_vline(
            x=now_hours,
            line={"color": theme.TARGET, "dash": "dash"},
            annotation_text=label("effort.now", lang),
            annotation_position="bottom right",
        )
    figure.update_xaxes(title_text=label("effort.hours", lang))
    figure.update_yaxes(title_text=f"{label('effort.net', lang)}, {currency}")
    note = label("effort.size_note", lang)
    return _finished(figure, label("effort.size_title", lang), note=note)


def workload(loads: pd.DataFrame, *, lang: str = "en") -> go.Figure:
    """Return each seller's workload by cadence against the hours there are."""
    rows = loads.sort_values("workload_hours")
    over = rows["workload_hours"] > rows["capacity_hours"]
    figure = go.Figure()
    figure.add_bar(
        y=rows["owner"],
        x=rows["workload_hours"],
        orientation="h",
        name=label("effort.cadence_hours", lang),
        marker_color=[theme.LOSS if o else theme.GAIN for o in over],
        text=[number(h, lang) for h in rows["workload_hours"]],
        textposition="outside",
        cliponaxis=False,
    )
    figure.add_scatter(
        y=rows["owner"],
        x=rows["capacity_hours"],
        mode="markers",
        name=label("actionplan.capacity", lang),
        marker={
            "symbol": "line-ns-open",
            "size": 18,
            "color": theme.INK,
            "line": {"width": 3, "color": theme.INK},
        },
    )
    figure.update_xaxes(title_text=label("actionplan.hours", lang), rangemode="tozero")
    note = label("effort.workload_note", lang)
    height = max(360, 200 + 26 * len(rows))
    title = label("actionplan.workload_title", lang)
    return _finished(figure, title, note=note, height=height)


def plan_against_done(tracked: pd.DataFrame, *, lang: str = "en") -> go.Figure:
    """Return the share of the plan that is done per seller and indicator; breaks are marked."""
    kinds = list(dict.fromkeys(tracked["indicator"]))
    wide = tracked.pivot_table(index="owner", columns="indicator", values="done_rate")[kinds]
    breaks = tracked.pivot_table(
        index="owner", columns="indicator", values="breaks_here", aggfunc="max", fill_value=False
    )[kinds]
    words = [
        [
            ("–" if rate != rate else f"{number(rate * 100, lang)} %") + (" ◀" if at else "")
            for rate, at in zip(rates, marks, strict=True)
        ]
        for rates, marks in zip(wide.to_numpy(), breaks.to_numpy(), strict=True)
    ]
    figure = go.Figure(
        go.Heatmap(
            z=wide.clip(upper=1.5),
            x=[label(f"actionplan.{k}", lang).capitalize() for k in kinds],
            y=wide.index,
            text=words,
            texttemplate="%{text}",
            colorscale=[[0, theme.LOSS], [0.6, "#f3f4f6"], [1, theme.GAIN]],
            zmin=0,
            zmax=1.5,
            showscale=False,
            xgap=3,
            ygap=3,
        )
    )
    figure.update_xaxes(side="top")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    height = max(360, 190 + 30 * len(wide))
    title = label("actionplan.tracking_title", lang)
    return _finished(figure, title, note=label("effort.tracking_note", lang), height=height)
