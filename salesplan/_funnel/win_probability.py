"""The chance that a deal is won by a number of days, lost deals and open ones counted right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from salesplan import dimensions, errors, schema, survival
from salesplan._funnel import history, leads
from salesplan._funnel.arguments import Span, inside, labelled, once, resolved, words
from salesplan._funnel.late_start import counted_by_age, records_begin_on
from salesplan.crm import Crm
from salesplan.errors import InputError
from salesplan.periods import to_date

Unit = Literal["deal", "lead"]

HORIZONS = (30, 60, 90, 180, 365)

COLUMNS = [
    "horizon_days",
    "n",
    "won_count",
    "lost_count",
    "open_count",
    "at_risk_count",
    "won_rate",
    "won_rate_low",
    "won_rate_high",
    "lost_rate",
    "lost_rate_low",
    "lost_rate_high",
    "open_rate",
    "observed_since",
    "late_count",
    "reason",
]


def win_probability(
    crm: Crm,
    *,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    by: str | Sequence[str] | None = None,
    horizons: Sequence[int] = HORIZONS,
    unit: Unit = "deal",
    observed_since: str | dt.date | None = None,
    only: Mapping[str, Any] | None = None,
    as_of: str | dt.date | None = None,
) -> pd.DataFrame:
    """Return the probability that a new deal is won, or lost, within so many days.

    Open deals count for as long as they have been watched, and a lost deal can no longer be
    won (Aalen-Johansen, with the loss as a competing risk). One minus a Kaplan-Meier curve
    with losses taken out would promise more wins than there can be.

    Parameters
    ----------
    crm
        The exports.
    since, until, month, quarter, year
        Period in which the deals were created; all time if none is given.
    by
        Dimension or dimensions; ``month``, ``quarter``, ``year`` go by creation.
    horizons
        Numbers of days since creation.
    unit
        What is followed: each ``deal``, or each ``lead`` from its capture to its first win.
    observed_since
        Day from which closings are on record. An export that begins late shows none of the
        deals closed before; older deals then count only from that day on (left truncation).
        Not given, it is found: see Notes.
    only
        Dimension -> value or values to keep.
    as_of
        Date to look from; the load's if not given.

    Returns
    -------
    DataFrame
        The dimensions, ``horizon_days``, ``n``, ``won_count``, ``lost_count`` and ``open_count``
        of all deals watched, ``at_risk_count`` (still open and watched at the horizon),
        ``won_rate`` and ``lost_rate`` with intervals (95 %), ``open_rate``, ``observed_since``
        and ``late_count`` (deals that came under observation late), ``reason``. A deal that
        ended otherwise counts among the lost.

    Raises
    ------
    InputError
        For a horizon that is not a positive number of days.

    Notes
    -----
    Pipelines count together unless told apart, and ``reason`` says so: split them with
    ``by="pipeline"`` where renewals and new business are in one book.

    Where ``observed_since`` is not given, the day of the first closing is taken if the deals
    created before it could hardly all have stayed open until then (a chance below one in a
    thousand, judged by the later deals); otherwise all records are taken as complete.

    Examples
    --------
    >>> columns = ["horizon_days", "n", "won_rate", "lost_rate", "open_rate"]
    >>> sp.funnel.win_probability(paper(), horizons=[60, 120])[columns].round(3)
       horizon_days   n  won_rate  lost_rate  open_rate
    0            60  10     0.111      0.111      0.778
    1           120  10     0.370      0.241      0.389
    """
    crm = crm if as_of is None else crm.at(as_of)
    errors.one_of(unit, ("deal", "lead"), "unit")
    table = "opportunities" if unit == "deal" else "leads"
    crm.require("opportunities", table, need="win_probability")
    if not horizons or any(day <= 0 for day in horizons):
        raise InputError(f"horizons={horizons!r}: give positive numbers of days, such as [30, 90].")
    period = resolved(crm, since, until, month, quarter, year)
    grouping = dimensions.grouping(by, table, date="t.created_on")
    begin = to_date(observed_since, "observed_since") if observed_since else None
    deals = _watched(crm, table, period, grouping, only, begin)
    begin = begin or records_begin_on(deals)
    keys = grouping.names
    groups = deals.groupby(keys, dropna=False, sort=True) if keys else [((), deals)]
    parts = [
        labelled(_by_horizon(crm, group, sorted(horizons), begin), keys, key)
        for key, group in groups
    ]
    whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)
    return whole.reindex(columns=[*keys, *COLUMNS])


def _watched(
    crm: Crm,
    table: str,
    period: Span,
    by: dimensions.Grouping,
    only: Mapping[str, Any] | None,
    begin: dt.date | None,
) -> pd.DataFrame:
    """Return what is followed, counted by age at the end of watching, and outcome."""
    condition, joins, params = dimensions.where(only, table)
    last = "CASE WHEN t.status = 'open' THEN CAST($as_of AS DATE) ELSE t.closed_on END"
    source = "deals AS t" if table == "opportunities" else _LEADS
    lead_deals = f", {leads.lead_deals(crm)}" if table == "leads" else ""
    told_apart = table == "leads" or "pipeline" in by.names or len(history.pipelines(crm)) < 2
    pipeline = "CAST(NULL AS VARCHAR)" if told_apart else "t.pipeline"
    sql = f"""
WITH {history.deals(crm)}{lead_deals}, watched AS MATERIALIZED (
  SELECT {by.select} {pipeline} AS own_pipeline, t.created_on AS began_on,
    GREATEST({last}, t.created_on) AS last_on, t.status AS ended_as
  FROM {source} {once(by.joins, joins)}
  WHERE t.created_on IS NOT NULL AND (t.status = 'open' OR t.closed_on IS NOT NULL)
    AND {condition} AND {inside("t.created_on")}
), {counted_by_age([*by.names, "own_pipeline"])}
SELECT {by.columns} own_pipeline, first_on, head_start, days, deals,
  CASE ended_as WHEN 'won' THEN 'won' WHEN 'open' THEN NULL ELSE 'lost' END AS outcome
FROM ages
"""
    since, until = period
    params |= {"as_of": crm.as_of, "since": since, "until": until, "observed_since": begin}
    return crm.query(sql, **params)


# A lead stays open until its first win, or until the last of its deals has ended without one.
_LEADS = f"""(
  SELECT {", ".join(f"l.{name}" for name in schema.table("leads").names if name != "status")},
    CASE WHEN x.wins > 0 THEN 'won' WHEN x.deals > 0 AND x.open_deals = 0 THEN 'lost'
         ELSE 'open' END AS status,
    CASE WHEN x.wins > 0 THEN x.won_on ELSE x.ended_on END AS closed_on
  FROM leads AS l
  LEFT JOIN lead_deals AS x ON x.lead_id = l.lead_id
  WHERE l.created_on <= CAST($as_of AS DATE)
) AS t"""


def _by_horizon(
    crm: Crm, deals: pd.DataFrame, horizons: Sequence[int], begin: dt.date | None
) -> pd.DataFrame:
    days = deals["days"].to_numpy(np.int64)
    late = _late_age(begin, deals)
    # Ended before the records begin, yet on record: nothing of the kind could have been missed.
    seen = (late == 0) | (late < days)
    late, deals, days = late[seen], deals[seen], days[seen]
    curve = survival.aalen_johansen(days, deals["outcome"], entered=late, counts=deals["deals"])
    count = deals["deals"]
    frame = pd.DataFrame({"horizon_days": list(horizons)}).assign(
        n=int(count.sum()),
        won_count=int(count[deals["outcome"] == "won"].sum()),
        lost_count=int(count[deals["outcome"] == "lost"].sum()),
        open_count=int(count[deals["outcome"].isna()].sum()),
        at_risk_count=[int(count[(days > h) & (late <= h)].sum()) for h in horizons],
        observed_since=begin,
        late_count=int(count[late > 0].sum()),
    )
    frame = _with_reasons(crm, _with_incidence(frame, curve), int(days.max(initial=0)))
    mixed = int(deals["own_pipeline"].nunique())
    if mixed < 2:
        return frame
    said = words(crm, "reason_pipelines", count=mixed)
    return frame.assign(reason=[f"{said}; {r}" if r else said for r in frame["reason"]])


def _late_age(begin: dt.date | None, deals: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return the age up to which nothing of a deal was on record."""
    if begin is None:
        return np.zeros(len(deals), np.int64)
    # A deal that closes on the first day of the records is on record: watched from the day before.
    return np.asarray((deals["head_start"] - 1).clip(lower=0), np.int64)


def _with_incidence(frame: pd.DataFrame, curve: pd.DataFrame) -> pd.DataFrame:
    for outcome in ("won", "lost"):
        own = curve[curve["outcome"] == outcome]
        for name in ("incidence", "incidence_low", "incidence_high"):
            column = name.replace("incidence", f"{outcome}_rate")
            frame[column] = survival.at(own, frame["horizon_days"], name)
    return frame.assign(open_rate=(1 - frame["won_rate"] - frame["lost_rate"]).clip(lower=0))


def _with_reasons(crm: Crm, frame: pd.DataFrame, watched_days: int) -> pd.DataFrame:
    """Blank what nobody has been watched long enough for, and say so."""
    beyond = (frame["horizon_days"] > watched_days) & (frame["open_rate"] > 0)
    rates = [name for name in frame.columns if "_rate" in name]
    frame[rates] = frame[rates].mask(beyond)
    late = frame["observed_since"].notna() & (frame["late_count"] > 0)
    frame["reason"] = ""
    for i in frame.index[late]:
        day, count = frame["observed_since"][i], frame["late_count"][i]
        frame.loc[i, "reason"] = words(crm, "reason_truncated", day=day, count=count)
    for i in frame.index[beyond]:
        frame.loc[i, "reason"] = words(crm, "reason_beyond", days=frame["horizon_days"][i])
    return frame
