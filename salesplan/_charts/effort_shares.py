"""Where the hours go beside where the money and the potential are, segment by segment."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from salesplan import formats
from salesplan._charts import theme
from salesplan.text import label

_SERIES = (
    ("hours_share", theme.SERIES[0]),
    ("revenue_share", theme.SERIES[2]),
    ("potential_share", theme.SERIES[4]),
)


def effort_shares(hours: pd.DataFrame, *, by: str = "segment", lang: str = "en") -> go.Figure:
    """Return the share of hours, revenue and potential of each group, side by side.

    Takes the frame of ``sp.effort.hours``. Groups without a cadence (work that belongs to no
    account) are left out: their hours are in the table.

    Examples
    --------
    >>> hours = pd.DataFrame({"segment": ["gold", "(none)"], "hours_share": [0.6, 0.4],
    ...                       "revenue_share": [0.9, None], "potential_share": [0.8, None]})
    >>> [str(trace.name) for trace in effort_shares(hours).data]
    ['Share of hours', 'Share of revenue', 'Share of potential']
    """
    shown = hours[hours["revenue_share"].notna() | hours["potential_share"].notna()]
    figure = go.Figure()
    for name, colour in _SERIES:
        values = shown[name].astype(float)
        figure.add_bar(
            x=[str(group) for group in shown[by]],
            y=values,
            name=label(f"columns.{name}", lang),
            marker_color=colour,
            text=[formats.rate(v, lang, 0) if v == v else "" for v in values],
            textposition="outside",
            cliponaxis=False,
        )
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    return theme.finish(figure, label("effort.shares_title", lang), barmode="group", height=380)
