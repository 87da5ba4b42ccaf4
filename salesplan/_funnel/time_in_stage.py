"""How long deals stay in a stage, those that are still there included."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pandas as pd

from salesplan import dimensions, errors, survival
from salesplan._funnel import history
from salesplan._funnel.arguments import (
    Span,
    columns_read,
    inside,
    labelled,
    once,
    owner_of,
    resolved,
    words,
)
from salesplan._funnel.history import AfterClose
from salesplan._funnel.plain_stays import stays
from salesplan._funnel.stagemap import StageMap, stage_map
from salesplan.crm import Crm

Visits = Literal["cumulative", "latest"]
Owner = Literal["now", "entry"]

QUARTILES = {"q25_days": 0.25, "median_days": 0.5, "q75_days": 0.75}

CURVE = ["day", "at_risk", "events", "censored", "survival", "survival_low", "survival_high"]


def stage_survival(
    crm: Crm,
    *,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    by: str | Sequence[str] | None = None,
    visits: Visits = "cumulative",
    owner: Owner = "now",
    only: Mapping[str, Any] | None = None,
    as_of: str | dt.date | None = None,
    after_close: AfterClose = "ignore",
) -> pd.DataFrame:
    """Return the share of deals still in a stage after each number of days.

    The Kaplan-Meier curve behind `time_in_stage`, with the same arguments, one row per day
    on which a deal left or was last seen there.

    Returns
    -------
    DataFrame
        The dimensions, ``pipeline``, ``position``, ``stage``, then ``day``, ``at_risk``,
        ``events`` (left), ``censored`` (still there), ``survival`` with its interval.

    Examples
    --------
    >>> curve = sp.funnel.stage_survival(paper())
    >>> curve[curve["stage"] == "Meeting"][["day", "at_risk", "events", "survival"]].round(2)
        day  at_risk  events  survival
    10   21        6       1      0.83
    11   25        5       1      0.67
    12   28        4       1      0.50
    13   31        3       1      0.33
    14   36        2       0      0.33
    15   41        1       1      0.00
    """
    crm = crm if as_of is None else crm.at(as_of)
    period = resolved(crm, since, until, month, quarter, year)
    stages = stage_map(crm, "time_in_stage")
    crm.require("stage_changes", need="time_in_stage")
    errors.one_of(visits, ("cumulative", "latest"), "visits")
    grouping = dimensions.grouping(
        by, "opportunities", date="s.entered_on", owner=owner_of(owner, "s.owner_id")
    )
    ladder = [*grouping.names, "pipeline", "position", "stage"]
    counts = _counts(crm, stages, period, grouping, only, stays(stages, visits, owner, after_close))
    counts = counts.merge(stages.ladder, on=["pipeline", "position"])
    parts = [
        labelled(_curve(group), ladder, key)
        for key, group in counts.groupby(ladder, dropna=False, sort=True)
    ]
    whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=CURVE)
    return whole.reindex(columns=[*ladder, *CURVE])


def _counts(
    crm: Crm,
    stages: StageMap,
    period: Span,
    by: dimensions.Grouping,
    only: Mapping[str, Any] | None,
    stays_sql: str,
) -> pd.DataFrame:
    """Return how many deals stayed how long, so that only ages leave the engine."""
    condition, joins, params = dimensions.where(only, "opportunities")
    keys = f"{by.keys} s.pipeline, s.position, s.days, s.is_over"
    deal = f"JOIN deals AS t ON t.opportunity_id = s.opportunity_id {once(by.joins, joins)}"
    sql = f"""
WITH {stages.sql}, {history.deals(crm)}, {stays_sql}
SELECT {by.select} s.pipeline, s.position, s.days, s.is_over, CAST(count(*) AS BIGINT) AS deals
FROM stays AS s {deal if columns_read(by) or only else ""}
WHERE s.days IS NOT NULL AND {condition} AND {inside("s.entered_on")}
GROUP BY {keys}
"""
    since, until = period
    return crm.query(sql, as_of=crm.as_of, since=since, until=until, **params, **stages.params)


def _curve(group: pd.DataFrame) -> pd.DataFrame:
    return survival.kaplan_meier(group["days"], group["is_over"], counts=group["deals"])


def time_in_stage(
    crm: Crm,
    *,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    by: str | Sequence[str] | None = None,
    visits: Visits = "cumulative",
    owner: Owner = "now",
    only: Mapping[str, Any] | None = None,
    as_of: str | dt.date | None = None,
    after_close: AfterClose = "ignore",
) -> pd.DataFrame:
    """Return how many days deals spend in each stage: median and quartiles, open deals included.

    The mean of the deals that have left makes a slow stage look quick, because the slowest are
    still in it. Here a deal that is still there counts as "at least this long" (Kaplan-Meier).

    Parameters
    ----------
    crm
        The exports, with a history of stages.
    since, until, month, quarter, year
        Period in which the stage was entered; all time if none is given.
    by
        Dimension or dimensions; ``month``, ``quarter``, ``year`` go by the entry into the stage.
    visits
        ``cumulative`` adds up a deal's visits to a stage, ``latest`` takes the last one.
    owner
        Seller to count for where ``by`` names one: the owner ``now`` or at ``entry``.
    only
        Dimension -> value or values to keep.
    as_of
        Date to look from; the load's if not given.
    after_close
        ``ignore`` rows after the closing row, or ``keep`` them.

    Returns
    -------
    DataFrame
        The dimensions, ``pipeline``, ``position``, ``stage``, ``visits``, ``n`` (deals that were
        there), ``left_count``, ``still_there_count``, then ``q25_days``, ``median_days``,
        ``q75_days``, each with ``_low`` and ``_high`` (95 %), and ``reason`` where a quantile
        is not reached yet.

    Raises
    ------
    MissingDataError
        Where there is no stage map or no history of stages.

    Notes
    -----
    A stage that was skipped has no time. The quantile is the first day by which at least that
    share has left; its interval follows Brookmeyer & Crowley (1982).

    Examples
    --------
    >>> columns = ["stage", "n", "still_there_count", "q25_days", "median_days", "q75_days"]
    >>> sp.funnel.time_in_stage(paper())[columns]
           stage   n  still_there_count  q25_days  median_days  q75_days
    0  Qualified  10                  1      19.0         28.0      39.0
    1    Meeting   6                  1      25.0         28.0      41.0
    2   Proposal   6                  1      50.0         56.0      70.0
    """
    curves = stage_survival(
        crm,
        since=since,
        until=until,
        month=month,
        quarter=quarter,
        year=year,
        by=by,
        visits=visits,
        owner=owner,
        only=only,
        as_of=as_of,
        after_close=after_close,
    )
    keys = list(curves.columns[: -len(CURVE)])
    rows = [
        dict(zip(keys, key, strict=True)) | {"visits": visits} | _summary(crm, curve)
        for key, curve in curves.groupby(keys, dropna=False, sort=True)
    ]
    return pd.DataFrame(rows, columns=[*keys, "visits", *_SUMMARY])


_SUMMARY = [
    "n",
    "left_count",
    "still_there_count",
    *(f"{name}{end}" for name in QUARTILES for end in ("", "_low", "_high")),
    "reason",
]


def _summary(crm: Crm, curve: pd.DataFrame) -> dict[str, Any]:
    left, there = int(curve["events"].sum()), int(curve["censored"].sum())
    row: dict[str, Any] = {"n": left + there, "left_count": left, "still_there_count": there}
    for name, share in QUARTILES.items():
        found = survival.quantile(curve, share)
        row |= dict(zip((name, f"{name}_low", f"{name}_high"), found, strict=True))
    missing = [share for name, share in QUARTILES.items() if pd.isna(row[name])]
    reason = words(crm, "reason_quantile", share=f"{min(missing):.0%}") if missing else ""
    return row | {"reason": reason}
