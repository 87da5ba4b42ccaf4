"""What was won, lost and created in a stretch of time, by group: the inputs of most ratios."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from salesplan import dimensions
from salesplan._pipeline.outcomes import are_dated, outcomes
from salesplan._pipeline.records import book_day
from salesplan._pipeline.states import States, day_of, states
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


@dataclass(frozen=True)
class Ask:
    """Populations of deals to count in [since, until), some with amounts, some with cycles.

    ``earlier`` is the last day of the period, where outcomes are to be told as they stood at
    its end and not as they stand on the day that all is looked at from.
    """

    since: dt.date
    until: dt.date
    populations: tuple[str, ...]
    valued: tuple[str, ...] = ()
    timed: tuple[str, ...] = ()
    cycle: str = "mean"
    earlier: dt.date | None = None


# Cycle: from the day the deal began to the day it closed; an open deal's is its age so far.
_FLAGGED = """flagged AS (
  SELECT {groups} d.status, {engaged} AS is_engaged, {qualified} AS is_qualified,
    d.closed_on, d.began_on, d.reporting_amount AS amount,
    date_diff('day', d.began_on, COALESCE(d.closed_on, CAST($deals_day AS DATE))) AS days
  FROM deals AS d {joins}
  WHERE {kept}
)"""
_IS_ENGAGED = "d.status = 'open' AND COALESCE(d.engaged_on, d.created_on) IS NOT NULL"
_IS_QUALIFIED = "d.status = 'open' AND COALESCE(own.position, common.position) > 1"
_POSITIONS = """LEFT JOIN stage_map AS own ON own.pipeline = d.pipeline AND own.stage = d.stage
  LEFT JOIN stage_map AS common ON common.pipeline = '' AND common.stage = d.stage"""

# Deals alike in all that the periods ask of them are added up first, and each period then adds
# up a few sums: one pass over the deals, however many periods there are. Any day of a stretch
# that no period cuts stands for all of its days.
_CELLS = """cells AS (
  SELECT {groups} status, is_engaged, is_qualified, min(closed_on) AS closed_on,
    min(began_on) AS began_on, count(*) AS deals, count(amount) AS priced, sum(amount) AS amount,
    count(CASE WHEN days >= 0 THEN 1 END) AS timed, sum(CASE WHEN days >= 0 THEN days END) AS days
  FROM flagged
  GROUP BY {groups} status, is_engaged, is_qualified, {closed_in}, {began_in}
)"""

# A median cannot be had from sums: each deal stands for itself.
_SINGLE = """cells AS (
  SELECT {groups} status, is_engaged, is_qualified, closed_on, began_on, 1 AS deals,
    CASE WHEN amount IS NOT NULL THEN 1 ELSE 0 END AS priced, amount,
    CASE WHEN days >= 0 THEN 1 ELSE 0 END AS timed, CASE WHEN days >= 0 THEN days END AS days
  FROM flagged
)"""

# What is open is only counted, so that outcomes alone answer for these.
_OUTCOMES = {"open", "engaged", "closed", "won"}

_OPEN = "status = 'open'"
_CLOSED = "status IN ('won', 'lost') AND closed_on >= ${0}_since AND closed_on < ${0}_until"
_WON = "status = 'won' AND closed_on >= ${0}_since AND closed_on < ${0}_until"
_CREATED = "began_on >= ${0}_since AND began_on < ${0}_until"
POPULATIONS = {
    "open": _OPEN,
    "engaged": "is_engaged",
    "qualified": "is_qualified",
    "closed": _CLOSED,
    "won": _WON,
    "created": _CREATED,
    "created_won": f"{_CREATED} AND status = 'won'",
    "active": f"({_OPEN} OR ({_CLOSED}) OR ({_CREATED}))",
}

_HAD_BEGUN = "(began_on IS NULL OR began_on < ${0}_after)"
_EARLIER = {
    "open": f"({_OPEN} OR closed_on >= ${{0}}_after) AND {_HAD_BEGUN}",
    "closed": f"{_CLOSED} AND {_HAD_BEGUN}",
    "won": f"{_WON} AND {_HAD_BEGUN}",
}
"""The same as they stood on an earlier day; only where dates tell the outcomes of that day."""


def flows(
    crm: Crm, day: dt.date, asks: Mapping[str, Ask], *, by: By = None, only: Only = None
) -> pd.DataFrame:
    """Return per group, for each ask and population: count, and amount or days where asked.

    Columns are called ``<ask>_<population>_count`` and so on. All asks look from one day, so
    that the deals are gone through once.
    """
    groups = dimensions.grouping(by, "opportunities", alias="d", date="d.began_on")
    known = _known(crm, day, asks, [*groups.names, *(only or {})])
    kept, kept_joins, values = dimensions.where(only, "opportunities", alias="d")
    joins = " ".join(dict.fromkeys((groups.joins, kept_joins)))
    asked = _populations(asks)
    flagged = _FLAGGED.format(
        groups=groups.select,
        engaged=_IS_ENGAGED if "engaged" in asked else "NULL",
        qualified=_IS_QUALIFIED if "qualified" in asked else "NULL",
        joins=f"{_POSITIONS} {joins}" if "qualified" in asked else joins,
        kept=kept,
    )
    bounds = _bounds(asks)
    keys = groups.columns.rstrip(", ")
    tail = f"GROUP BY {keys} ORDER BY {keys}" if keys else ""
    sums = ", ".join(_aggregates(name, ask) for name, ask in asks.items())
    return crm.query(
        f"WITH {known.ctes},\n{flagged},\n{_cells(asks, groups.columns, bounds)}\n"
        f"SELECT {groups.columns}{sums} FROM cells {tail}",
        **bounds,
        **known.params,
        **values,
    )


def _populations(asks: Mapping[str, Ask]) -> set[str]:
    return {name for ask in asks.values() for name in ask.populations}


def _bounds(asks: Mapping[str, Ask]) -> dict[str, dt.date]:
    """Return the days on which a stretch of time begins that some period tells apart."""
    days: dict[str, dt.date] = {}
    for name, ask in asks.items():
        days |= {f"{name}_since": ask.since, f"{name}_until": ask.until}
        if ask.earlier is not None:
            days[f"{name}_after"] = ask.earlier + dt.timedelta(days=1)
    return days


def _known(crm: Crm, day: dt.date, asks: Mapping[str, Ask], groups: Sequence[str]) -> States:
    if day < book_day(crm) and _populations(asks) <= _OUTCOMES and are_dated(crm, groups):
        return outcomes(crm, day)
    return states(crm, deals=day)


def _cells(asks: Mapping[str, Ask], groups: str, bounds: Mapping[str, dt.date]) -> str:
    """Return the CTE of deals added up: those that no period tells apart, as one."""
    if any(ask.cycle == "median" for ask in asks.values()):
        return _SINGLE.format(groups=groups)
    closed_in, began_in = (_stretch(column, bounds) for column in ("closed_on", "began_on"))
    return _CELLS.format(groups=groups, closed_in=closed_in, began_in=began_in)


def _stretch(column: str, bounds: Mapping[str, dt.date]) -> str:
    """Return the SQL of which stretch of time, between the days of ``bounds``, a date lies in."""
    names = {day: name for name, day in bounds.items()}
    before = " ".join(
        f"WHEN {column} < ${names[day]} THEN {place}" for place, day in enumerate(sorted(names))
    )
    return f"CASE {before} WHEN {column} IS NOT NULL THEN {len(names)} END"


def _aggregates(name: str, ask: Ask) -> str:
    conditions = _EARLIER if ask.earlier else POPULATIONS
    return ", ".join(
        _of_population(f"{name}_{population}", conditions[population].format(name), population, ask)
        for population in ask.populations
    )


def _of_population(name: str, condition: str, population: str, ask: Ask) -> str:
    sums = [_count(f"{name}_count", "deals", condition)]
    if population in ask.valued:
        sums += [
            _count(f"{name}_priced_count", "priced", condition),
            f"CAST(sum(CASE WHEN {condition} THEN amount END) AS DOUBLE) AS {name}_amount",
        ]
    if population in ask.timed:
        days = f"CASE WHEN {condition} THEN days END"
        timed = f"CASE WHEN {condition} THEN timed END"
        cycle = {
            "mean": f"CAST(sum({days}) AS DOUBLE) / NULLIF(sum({timed}), 0)",
            "median": f"median({days})",
        }[ask.cycle]
        sums.append(f"CAST({cycle} AS DOUBLE) AS {name}_days")
    return ",\n  ".join(sums)


def _count(name: str, what: str, condition: str) -> str:
    return f"CAST(COALESCE(sum(CASE WHEN {condition} THEN {what} END), 0) AS BIGINT) AS {name}"
