"""What was won, lost and created in a stretch of time, by group: the inputs of most ratios."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from salesplan import dimensions
from salesplan._pipeline.states import day_of, states
from salesplan.crm import Crm
from salesplan.errors import InputError
from salesplan.periods import add_months, containing, parse, resolve

By = str | Sequence[str] | None
Only = Mapping[str, Any] | None
Day = str | dt.date | None


@dataclass(frozen=True)
class Window:
    """A half-open stretch of time, and the day on which we look at it."""

    since: dt.date
    until: dt.date
    day: dt.date


def trailing(crm: Crm, as_of: Day, months: int = 12, **period: Any) -> Window:
    """Return the period asked for, or else the last ``months`` up to and with the day."""
    day = day_of(crm, as_of)
    since, until = resolve(**period, fiscal_start=crm.settings.fiscal_year_starts)
    last = until or day + dt.timedelta(days=1)
    return Window(since or add_months(last, -months), last, day)


def quarter_of(crm: Crm, as_of: Day, **period: Any) -> Window:
    """Return the period asked for, or else the (fiscal) quarter that holds the day."""
    day = day_of(crm, as_of)
    start = crm.settings.fiscal_year_starts
    since, until = resolve(**period, fiscal_start=start)
    if since and until:
        return Window(since, until, day)
    if since or until:
        raise InputError("Give both since= and until=, or one of month=, quarter=, year=.")
    current = containing(day, "quarter", fiscal=start > 1, fiscal_start=start)
    return Window(current.since, current.until, day)


def due_window(crm: Crm, due: str | None) -> tuple[dt.date, dt.date] | None:
    """Return the period that a label such as 2026-Q4 names, for deals due in it."""
    if due is None:
        return None
    period = parse(due, fiscal_start=crm.settings.fiscal_year_starts)
    return period.since, period.until


# Cycle: from the day the deal began to the day it closed; an open deal's is its age so far.
_FLAGGED = """flagged AS (
  SELECT {groups} d.reporting_amount AS amount, d.status,
    d.status = 'open' AS is_open,
    d.status = 'open' AND COALESCE(d.engaged_on, d.created_on) IS NOT NULL AS is_engaged,
    d.status = 'open' AND COALESCE(own.position, common.position) > 1 AS is_qualified,
    d.status IN ('won', 'lost') AND d.closed_on >= $since AND d.closed_on < $until AS is_closed,
    d.began_on >= $since AND d.began_on < $until AS is_created,
    date_diff('day', d.began_on, COALESCE(d.closed_on, CAST($deals_day AS DATE))) AS days
  FROM deals AS d
  LEFT JOIN stage_map AS own ON own.pipeline = d.pipeline AND own.stage = d.stage
  LEFT JOIN stage_map AS common ON common.pipeline = '' AND common.stage = d.stage
  {joins}
  WHERE {kept}
)"""

POPULATIONS = {
    "open": "is_open",
    "engaged": "is_engaged",
    "qualified": "is_qualified",
    "closed": "is_closed",
    "won": "is_closed AND status = 'won'",
    "created": "is_created",
    "created_won": "is_created AND status = 'won'",
    "active": "is_open OR is_closed OR is_created",
}


def flows(crm: Crm, window: Window, *, by: By = None, only: Only = None) -> pd.DataFrame:
    """Return per group, for each population: count, amount, mean amount, mean and median days."""
    known = states(crm, deals=window.day)
    groups = dimensions.grouping(by, "opportunities", alias="d", date="d.began_on")
    kept, kept_joins, values = dimensions.where(only, "opportunities", alias="d")
    joins = " ".join(dict.fromkeys((groups.joins, kept_joins)))
    flagged = _FLAGGED.format(groups=groups.select, joins=joins, kept=kept)
    keys = groups.columns.rstrip(", ")
    tail = f"GROUP BY {keys} ORDER BY {keys}" if keys else ""
    select = f"SELECT {groups.columns}{_aggregates()} FROM flagged {tail}"
    return crm.query(
        f"WITH {known.ctes},\n{flagged}\n{select}",
        since=window.since,
        until=window.until,
        **known.params,
        **values,
    )


def _aggregates() -> str:
    return ", ".join(
        f"""count(*) FILTER (WHERE {condition}) AS {name}_count,
  count(amount) FILTER (WHERE {condition}) AS {name}_priced_count,
  CAST(sum(amount) FILTER (WHERE {condition}) AS DOUBLE) AS {name}_amount,
  CAST(avg(days) FILTER (WHERE ({condition}) AND days >= 0) AS DOUBLE) AS {name}_mean_days,
  CAST(median(days) FILTER (WHERE ({condition}) AND days >= 0) AS DOUBLE) AS {name}_median_days"""
        for name, condition in POPULATIONS.items()
    )
