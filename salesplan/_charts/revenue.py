"""Charts of recurring revenue: bridge, movements, cohorts, layers, quick ratio, mix, spread."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from salesplan import formats, tabular
from salesplan._charts import theme
from salesplan._charts.cohorts import cohorts, layer_cake, retention_curves
from salesplan._charts.recurring import finished, plain, policy_note, word
from salesplan.errors import InputError

__all__ = [
    "cohorts",
    "layer_cake",
    "mrr_bridge",
    "mrr_movements",
    "policy_spread",
    "quick_ratio",
    "retention_curves",
    "revenue_mix",
]

GAINS = ("new", "reactivation", "expansion_upsell", "expansion_cross_sell", "price_increase")
LOSSES = ("contraction", "price_decrease", "churn")
SIGNED = ("fx", "restatement")


def _total(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the bridge of all groups together."""
    amounts = [c for c in frame.columns if c.endswith("_amount")]
    return frame.groupby("month", as_index=False).agg(
        dict.fromkeys(amounts, "sum") | {"is_open": "max"}
    )


def mrr_bridge(movements: pd.DataFrame, *, lang: str = "en") -> go.Figure:
    """Return the waterfall from the first month's opening to the last month's closing."""
    months = _total(movements)
    if months.empty:
        raise InputError("The bridge has no month: nothing recurs in the period asked for.")
    kinds = [k for k in (*GAINS, *LOSSES, *SIGNED) if abs(_sum(months, k)) > 5e-3]
    steps = [-_sum(months, k) if k in LOSSES else _sum(months, k) for k in kinds]
    opening, closing = months["opening_amount"].iloc[0], months["closing_amount"].iloc[-1]
    levels = np.concatenate([[opening], opening + np.cumsum(steps)])
    names = [theme.lines(word(k, lang)) for k in ("opening", *kinds, "closing")]
    figure = go.Figure()
    for name, value in ((names[0], opening), (names[-1], closing)):
        figure.add_trace(_bar([name], [value], theme.TOTAL, [formats.number(value, lang)]))
    for kind, name, step, start in zip(kinds, names[1:-1], steps, levels[:-1], strict=True):
        sign = "+" if step > 0 else ""
        bar = _bar([name], [step], theme.colour(kind), [sign + formats.number(step, lang)])
        figure.add_trace(bar.update(base=[start]))
    low = _floor(levels.min(), max(levels.max(), closing))
    cut = word("truncated", lang) if low else ""
    figure.update_xaxes(categoryorder="array", categoryarray=names)
    figure.update_yaxes(range=[low, max(levels.max(), closing) * 1.06], title=word("mrr", lang))
    title = word("bridge_title", lang, since=_month(months, 0), until=_month(months, -1))
    return finished(figure, title, f"{cut} {policy_note(movements)}", showlegend=False)


def _sum(frame: pd.DataFrame, kind: str) -> float:
    return float(frame[f"{kind}_amount"].sum()) if f"{kind}_amount" in frame else 0.0


def _bar(names: list[str], values: list[float], colour: str, text: list[str]) -> go.Bar:
    return go.Bar(
        x=names, y=values, text=text, textposition="outside", cliponaxis=False,
        marker={"color": colour}, hovertemplate="%{x}: %{text}<extra></extra>",
    )  # fmt: skip


def _floor(lowest: float, highest: float) -> float:
    """Return where the axis starts: above zero only if the movements were invisible else."""
    room = highest - lowest
    return 0.0 if lowest <= 0 or room > 0.25 * highest else float(max(lowest - 0.6 * room, 0))


def _month(months: pd.DataFrame, position: int) -> str:
    return f"{months['month'].iloc[position]:%Y-%m}"


def mrr_movements(movements: pd.DataFrame, *, lang: str = "en") -> go.Figure:
    """Return each month's gains upwards and losses downwards; the open month is hatched."""
    months = _total(movements)
    figure = go.Figure()
    hatch = ["/" if is_open else "" for is_open in months["is_open"]]
    for kind in (*GAINS, *SIGNED, *LOSSES):
        name = f"{kind}_amount"
        if name not in months or not months[name].abs().gt(5e-3).any():
            continue
        values = -months[name] if kind in LOSSES else months[name]
        figure.add_trace(
            go.Bar(
                x=months["month"],
                y=values,
                name=word(kind, lang),
                marker={"color": theme.colour(kind), "pattern": {"shape": hatch}},
                hovertemplate="%{x|%Y-%m} %{fullData.name}: %{y:+,.0f}<extra></extra>",
            )
        )
    for trace in _net(months, lang):
        figure.add_trace(trace)
    note = " ".join(
        [word("open_note", lang) if months["is_open"].any() else "", policy_note(movements)]
    )
    figure.update_yaxes(title=word("mrr_change", lang))
    return finished(figure, word("movements_title", lang), note, barmode="relative", height=460)


def _net(months: pd.DataFrame, lang: str) -> list[go.Scatter]:
    """Return the net line, dashed into the month in progress."""
    net = months["closing_amount"] - months["opening_amount"]
    closed = ~months["is_open"].astype(bool)
    style = {"color": theme.INK, "width": 2}
    line = go.Scatter(
        x=months["month"][closed], y=net[closed], mode="lines+markers", name=word("net", lang),
        line=style, marker={"size": 5},
        hovertemplate="%{x|%Y-%m}: %{y:+,.0f}<extra></extra>",
    )  # fmt: skip
    if closed.all():
        return [line]
    tail = months.index[max(len(months) - 2, 0) :]
    dashed = go.Scatter(
        x=months["month"][tail], y=net[tail], mode="lines+markers", showlegend=False,
        line=style | {"dash": "dot"}, marker={"size": 6, "symbol": "circle-open"},
        hovertemplate="%{x|%Y-%m}: %{y:+,.0f}<extra></extra>",
    )  # fmt: skip
    return [line, dashed]


_LOWEST = 0.1


def quick_ratio(churn: pd.DataFrame, *, lang: str = "en") -> go.Figure:
    """Return the quick ratio over time, above and below 1, the open period dashed."""
    unit = next(name for name in ("month", "quarter", "year") if name in churn)
    frame = churn[churn["quick_ratio"].notna()]
    height = frame["quick_ratio"].clip(lower=_LOWEST)  # a ratio of 0 has no place on a log axis
    figure = go.Figure()
    closed = frame[~frame["is_open"].astype(bool)]
    signs = ["triangle-up" if v > 1 else "triangle-down" for v in closed["quick_ratio"]]
    colours = [theme.GAIN if v > 1 else theme.LOSS for v in closed["quick_ratio"]]
    hover = "%{x|%Y-%m}: %{customdata:.2f}<extra></extra>"
    figure.add_trace(
        go.Scatter(
            x=closed[unit],
            y=height[closed.index],
            customdata=closed["quick_ratio"],
            mode="lines+markers",
            hovertemplate=hover,
            line={"color": theme.NEUTRAL, "width": 2},
            marker={"color": colours, "symbol": signs, "size": 9},
        )
    )
    if len(closed) < len(frame):
        tail = frame.tail(2)
        figure.add_trace(
            go.Scatter(x=tail[unit], y=height[tail.index], customdata=tail["quick_ratio"],
                       mode="lines", hovertemplate=hover,
                       line={"color": theme.NEUTRAL, "width": 2, "dash": "dot"})
        )  # fmt: skip
    figure.add_hline(y=1, line={"color": theme.TARGET, "dash": "dash", "width": 1})
    # A month with hardly a loss has a ratio in the hundreds; a log axis keeps the others readable.
    ticks = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
    figure.update_yaxes(type="log", tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks])
    note = f"{word('quick_note', lang)} {policy_note(churn)}"
    return finished(figure, word("quick_title", lang), note, showlegend=False)


def revenue_mix(mix: pd.DataFrame, *, top: int = 12, lang: str = "en") -> go.Figure:
    """Return amounts by group as bars with their share, the smallest gathered."""
    names = [c for c in mix.columns if c not in ("amount", "share_rate", "basis")]
    labels = mix[names].astype(str).agg(" · ".join, axis=1).map(plain)
    shown = pd.DataFrame({"name": labels, "amount": mix["amount"], "share": mix["share_rate"]})
    if len(shown) > top:
        rest = shown.iloc[top:]
        other = word("others", lang, n=len(rest))
        gathered = pd.DataFrame(
            {"name": [other], "amount": [rest["amount"].sum()], "share": [rest["share"].sum()]}
        )
        shown = pd.concat([shown.iloc[:top], gathered], ignore_index=True)
    text = [
        f"{formats.number(amount, lang)}  ({formats.rate(share, lang, 0)})"
        for amount, share in zip(shown["amount"], shown["share"], strict=True)
    ]
    figure = go.Figure(
        go.Bar(
            x=shown["amount"],
            y=shown["name"],
            orientation="h",
            text=text,
            cliponaxis=False,
            textposition="outside",
            marker={"color": theme.SERIES[0]},
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    basis = str(mix.attrs.get("basis", "revenue"))
    figure.update_yaxes(autorange="reversed", type="category")
    figure.update_xaxes(range=[min(0, shown["amount"].min()), shown["amount"].max() * 1.25])
    note = f"{word(f'mix_note_{basis}', lang)} {policy_note(mix)}"
    height = max(320, 190 + 30 * len(shown))
    by = ", ".join(tabular.in_sentence(name, lang) for name in names)
    title = word(f"mix_title_{basis}", lang, by=plain(by))
    return finished(figure, title, note, height=height, showlegend=False)


def policy_spread(policies: pd.DataFrame, *, lang: str = "en") -> go.Figure:
    """Return each policy's MRR with what each of its rules adds or takes."""
    totals = policies[policies["switch"] == "total"].sort_values("mrr_amount")
    start = policies.loc[policies["switch"] == "start", "mrr_amount"].iloc[0]
    effects = policies[~policies["switch"].isin(["start", "total"])]
    figure = go.Figure()
    for i, (switch, part) in enumerate(effects.groupby("switch", sort=True)):
        figure.add_trace(
            go.Bar(
                x=part["effect_amount"],
                y=part["policy"],
                orientation="h",
                name=str(switch),
                marker={"color": theme.SERIES[i % len(theme.SERIES)]},
                customdata=part["option"],
                hovertemplate="%{y}, %{fullData.name} = %{customdata}: %{x:+,.2f}<extra></extra>",
            )
        )
    figure.add_vline(x=0, line={"color": theme.MUTED, "width": 1})
    ticks = [
        f"{policy}  {formats.number(amount, lang)}"
        for policy, amount in zip(totals["policy"], totals["mrr_amount"], strict=True)
    ]
    figure.update_yaxes(
        type="category", categoryorder="array", categoryarray=list(totals["policy"]),
        tickvals=list(totals["policy"]), ticktext=ticks,
    )  # fmt: skip
    figure.update_xaxes(title=word("spread_axis", lang))
    note = word("spread_note", lang, amount=formats.number(start, lang))
    return finished(figure, word("spread_title", lang), note, barmode="relative", height=460)
