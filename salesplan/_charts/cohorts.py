"""Charts of cohorts: heat map, curves and layers of MRR."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from salesplan import periods
from salesplan._charts import theme
from salesplan._charts.recurring import finished, policy_note, word

_HEAT = [[0.0, "#fdf2e9"], [0.5, "#7fb8d6"], [1.0, "#0b4f7d"]]


def cohorts(retention: pd.DataFrame, *, lang: str = "en") -> go.Figure:
    """Return the cohort heat map: a value, in progress (grey) or not yet (blank)."""
    order = list(dict.fromkeys(retention["cohort"]))
    labels = {c: _cohort_label(retention, c, lang) for c in order}
    ages = sorted(retention["age"].unique())
    grid = retention.pivot(index="cohort", columns="age", values="rate").reindex(order)[ages]
    states = retention.pivot(index="cohort", columns="age", values="state").reindex(order)[ages]
    figure = go.Figure(_grey_cells(states, list(labels.values()), ages))
    text = [["" if v != v else f"{100 * v:.0f}%" for v in row] for row in grid.to_numpy(float)]
    figure.add_trace(
        go.Heatmap(
            z=100 * grid.to_numpy(float),
            x=ages,
            y=list(labels.values()),
            text=text,
            texttemplate="%{text}" if len(ages) <= 26 else None,
            colorscale=_HEAT,
            zmin=0,
            zmax=max(100.0, float(np.nanmax(100 * grid.to_numpy(float)))),
            xgap=1,
            ygap=1,
            colorbar={"title": "%", "thickness": 12},
            textfont={"size": 10},
            hovertemplate="%{y}, %{x}: %{text}<extra></extra>",
        )
    )
    measure, unit = retention.attrs.get("measure", "net"), retention.attrs.get("unit", "month")
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    figure.update_xaxes(title=word(f"age_{unit}", lang), dtick=1 if len(ages) <= 26 else 3)
    definition = f"{word(f'cohort_note_{measure}', lang)} {word('cell_states', lang)}"
    note = f"{definition} {policy_note(retention)}"
    height = max(420, 200 + 22 * len(order))
    return finished(figure, word(f"cohort_title_{measure}", lang), note, height=height)


def _cohort_label(retention: pd.DataFrame, cohort: str, lang: str) -> str:
    rows = retention[retention["cohort"] == cohort]
    name = word("mean", lang) if bool(rows["is_mean"].any()) else cohort
    return f"{name}  (n={int(rows['cohort_size'].max())})"


def _grey_cells(states: pd.DataFrame, names: list[str], ages: list[int]) -> go.Heatmap:
    """Return the cells that hold no rate yet because their period is still running."""
    running = np.where(states.to_numpy() == "in_progress", 1.0, np.nan)
    return go.Heatmap(
        z=running, x=ages, y=names, colorscale=[[0, "#d1d5db"], [1, "#d1d5db"]], showscale=False,
        xgap=1, ygap=1, hoverinfo="skip", text=np.where(running == 1, "…", ""),
        texttemplate="%{text}",
    )  # fmt: skip


def retention_curves(retention: pd.DataFrame, *, shown: int = 3, lang: str = "en") -> go.Figure:
    """Return the best and the worst cohorts and the mean over age, the others in grey."""
    cells = retention[retention["state"] == "value"]
    cohorts_only = cells[~cells["is_mean"]]
    last = cohorts_only.groupby("cohort").tail(1).set_index("cohort")
    long_enough = last[last["age"] >= max(1, last["age"].median())].sort_values("rate")
    worst, best = list(long_enough.index[:shown]), list(long_enough.index[-shown:])
    figure = go.Figure()
    for cohort, part in cohorts_only.groupby("cohort", sort=True):
        colour, width = _curve_style(str(cohort), best, worst)
        figure.add_trace(_curve(part, str(cohort), colour, width, cohort in (*best, *worst)))
    mean = cells[cells["is_mean"]]
    curve = _curve(mean, word("mean", lang), theme.INK, 3, True)
    figure.add_trace(curve.update(line={"dash": "dash", "color": theme.INK, "width": 3}))
    unit = retention.attrs.get("unit", "month")
    figure.update_yaxes(title="%", rangemode="tozero")
    figure.update_xaxes(title=word(f"age_{unit}", lang))
    note = f"{word('curves_note', lang, n=shown)} {policy_note(retention)}"
    return finished(figure, word("curves_title", lang), note, height=460)


def _curve_style(cohort: str, best: list[str], worst: list[str]) -> tuple[str, float]:
    if cohort in best:
        return theme.GAIN, 2
    return (theme.LOSS, 2) if cohort in worst else (theme.GRID, 1)


def _curve(part: pd.DataFrame, name: str, colour: str, width: float, named: bool) -> go.Scatter:
    return go.Scatter(
        x=part["age"], y=100 * part["rate"], mode="lines", name=name, showlegend=named,
        line={"color": colour, "width": width},
        hovertemplate=f"{name}, %{{x}}: %{{y:.0f}}%<extra></extra>",
    )  # fmt: skip


def layer_cake(retention: pd.DataFrame, *, lang: str = "en") -> go.Figure:
    """Return MRR over time in layers, one per cohort, the oldest at the bottom."""
    cells = retention[~retention["is_mean"] & (retention["state"] != "not_yet")]
    days = [_calendar(c, int(a)) for c, a in zip(cells["cohort"], cells["age"], strict=True)]
    table = cells.assign(day=days).pivot(index="day", columns="cohort", values="kept_amount")
    table = table.sort_index().fillna(0.0)
    shades = _shades(len(table.columns))
    figure = go.Figure()
    for cohort, colour in zip(table.columns, shades, strict=True):
        figure.add_trace(
            go.Scatter(
                x=table.index,
                y=table[cohort],
                name=str(cohort),
                stackgroup="mrr",
                mode="lines",
                line={"width": 0.5, "color": "#ffffff"},
                fillcolor=colour,
                hovertemplate=f"{cohort}, %{{x|%Y-%m}}: %{{y:,.0f}}<extra></extra>",
            )
        )
    figure.update_yaxes(title=word("mrr", lang), rangemode="tozero")
    figure.update_layout(showlegend=len(table.columns) <= 12)
    note = f"{word('layers_note', lang)} {policy_note(retention)}"
    return finished(figure, word("layers_title", lang), note, height=460)


def _calendar(cohort: str, age: int) -> pd.Timestamp:
    return pd.Timestamp(periods.parse(cohort).shift(_length(cohort) * age).last_day)


def _length(cohort: str) -> int:
    return {"month": 1, "quarter": 3, "half": 6, "year": 12}[periods.parse(cohort).unit]


def _shades(count: int) -> list[str]:
    """Return colours from dark (old) to light (new), so that age reads without a legend."""
    steps = np.linspace(0, 1, max(count, 2))[:count]
    dark, light = np.array([11, 79, 125]), np.array([190, 220, 238])
    mixed = [(dark + (light - dark) * s).astype(int) for s in steps]
    return [f"rgb({r}, {g}, {b})" for r, g, b in mixed]
