"""Stage conversion of the deals that entered a pipeline, in three readings side by side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pandas as pd

from salesplan import dimensions, errors
from salesplan._funnel.arguments import resolved
from salesplan._funnel.history import AfterClose
from salesplan._funnel.stagemap import stage_map
from salesplan._funnel.states import cohort_states
from salesplan._funnel.steps import counted_steps, with_rates
from salesplan.crm import Crm

Mode = Literal["visited", "reached", "strict"]
MODES: tuple[Mode, ...] = ("visited", "reached", "strict")


COLUMNS = [
    "pipeline",
    "position",
    "stage",
    "mode",
    "population",
    "n",
    "k",
    "rate",
    "rate_low",
    "rate_high",
    "overall_n",
    "overall_k",
    "overall_rate",
    "overall_rate_low",
    "overall_rate_high",
    "open_count",
    "lost_count",
    "skipped_count",
    "visited_count",
    "reached_count",
    "strict_count",
    "immature_count",
    "unplaced_count",
    "ignored_count",
    "reason",
]


def conversion(
    crm: Crm,
    *,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    by: str | Sequence[str] | None = None,
    mode: Mode = "reached",
    window_days: int | None = None,
    only: Mapping[str, Any] | None = None,
    after_close: AfterClose = "ignore",
) -> pd.DataFrame:
    """Return, stage by stage, how many deals of a cohort went on to the next stage.

    Examples
    --------
    >>> sp.funnel.conversion(paper())[["stage", "n", "k", "rate", "overall_rate"]].round(2)
           stage   n     k  rate  overall_rate
    0  Qualified  10     8  0.80           1.0
    1    Meeting   8     6  0.75           0.8
    2   Proposal   6     5  0.83           0.6
    3        Won   5  <NA>   NaN           0.5
    """
    errors.one_of(mode, MODES, "mode")
    period = resolved(crm, since, until, month, quarter, year)
    stages = stage_map(crm, "conversion")
    grouping = dimensions.grouping(by, "opportunities", date="c.entered_on")
    states = cohort_states(
        crm, stages, period, grouping, only=only, window_days=window_days, after_close=after_close
    )
    steps = counted_steps(states, stages.ladder, grouping.names, mode)
    steps = with_rates(steps, mode).assign(mode=mode, population="cohort", reason="")
    keys = grouping.names
    return steps.sort_values([*keys, "pipeline", "position"], ignore_index=True)[[*keys, *COLUMNS]]
