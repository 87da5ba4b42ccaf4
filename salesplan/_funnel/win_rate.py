"""The share of deals that are won, by count and by amount, with its denominator by name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Literal

import pandas as pd

from salesplan import dimensions, errors, stats
from salesplan._funnel import history
from salesplan._funnel.arguments import (
    Span,
    columns_read,
    group_by,
    inside,
    resolved,
    words,
)
from salesplan._funnel.money import money
from salesplan.crm import Crm

Basis = Literal["closed", "created", "engaged"]

_DATES = {"closed": "t.closed_on", "created": "t.created_on", "engaged": "t.engaged_on"}
_BELOW = {"closed": "t.status IN ('won', 'lost')", "created": "TRUE", "engaged": "TRUE"}

COLUMNS = [
    "basis",
    "k",
    "n",
    "rate",
    "rate_low",
    "rate_high",
    "won_amount",
    "base_amount",
    "amount_rate",
    "lost_count",
    "open_count",
    "other_count",
    "undated_count",
    "reason",
]


def win_rate(
    crm: Crm,
    *,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    by: str | Sequence[str] | None = None,
    basis: Basis = "closed",
    only: Mapping[str, Any] | None = None,
    as_of: str | dt.date | None = None,
) -> pd.DataFrame:
    """Return the share of deals won, with its interval, by count and by amount.

    "Win rate" has three denominators in use, and they differ by a third on the same file.
    ``closed`` is won / (won + lost) of the deals closed in the period; ``created`` is won / all
    deals created in it, open ones included; ``engaged`` is won / all deals that a seller took
    up in it. The last two rise as open deals close: read ``open_count`` beside them.

    Parameters
    ----------
    crm
        The exports.
    since, until, month, quarter, year
        Period of the closing, creation or engagement date, as ``basis`` says; all time if none
        is given. ``until`` is excluded.
    by
        Dimension or dimensions to split by; ``month``, ``quarter`` and ``year`` go by that date.
    basis
        Which deals are below the line.
    only
        Dimension -> value or values to keep.
    as_of
        Date to look from; the load's if not given. Deals closed later count as open.

    Returns
    -------
    DataFrame
        The dimensions, ``basis``, ``k`` (won), ``n``, ``rate`` with its Wilson interval,
        ``won_amount`` and ``base_amount`` (currency of the deals; the reporting currency where
        the book holds several), ``amount_rate`` (no interval: amounts are no trials),
        ``lost_count``, ``open_count``, ``other_count`` (ended neither won nor lost: below the
        line of created and engaged, not of closed), ``undated_count`` (deals that a period
        cannot place, for want of the date) and ``reason`` where a figure is missing or limited.

    Raises
    ------
    UnknownNameError
        For a basis or dimension that does not exist.
    MissingDataError
        Where no export fed the opportunities.

    Notes
    -----
    All pipelines count together: renewals, most of which are won, lift the rate of new business.
    Split with ``by="pipeline"`` or keep one with ``only={"pipeline": ...}``.

    ``amount_rate`` is NULL where the lost or open deals carry no amount: dividing then would say
    that every euro was won. Amounts in several currencies are converted at the rate of the day
    the deal closed (open deals: the last one known); deals without a rate are left out of the
    amounts, and where the book has no rates at all ``amount_rate`` is NULL.

    Examples
    --------
    >>> columns = ["basis", "k", "n", "rate", "rate_low", "rate_high", "amount_rate"]
    >>> sp.funnel.win_rate(paper())[columns].round(3)
        basis  k  n   rate  rate_low  rate_high  amount_rate
    0  closed  5  7  0.714     0.359      0.918        0.833
    >>> sp.funnel.win_rate(paper(), basis="created", by="channel")[["channel", "k", "n"]]
         channel  k  n
    0  cold call  0  2
    1      event  2  2
    2   existing  1  2
    3        web  2  4
    """
    errors.one_of(basis, list(_DATES), "basis")
    crm = crm if as_of is None else crm.at(as_of)
    crm.require("opportunities", need="win_rate")
    period = resolved(crm, since, until, month, quarter, year)
    date = _date(crm, basis)
    grouping = dimensions.grouping(by, "opportunities", date=date)
    counts = _counts(crm, basis, date, period, grouping, only)
    frame = _with_amount_rate(stats.with_rate(counts)).assign(basis=basis)
    frame["reason"] = [_reason(crm, row) for row in frame.to_dict("records")]
    return frame.sort_values(grouping.names or "n", ignore_index=True)[[*grouping.names, *COLUMNS]]


def _date(crm: Crm, basis: str) -> str:
    """Return the date that places a deal; creation stands in where no CRM notes engagement."""
    if basis == "engaged" and crm.missing("opportunities", "engaged_on"):
        return _DATES["created"]
    return _DATES[basis]


def _counts(
    crm: Crm,
    basis: str,
    date: str,
    period: Span,
    grouping: dimensions.Grouping,
    only: Mapping[str, Any] | None,
) -> pd.DataFrame:
    """Return counts and sums per group, in one pass over the deals.

    Deals alike in all that decides are added up first, so that names are looked up and figures
    picked out for a few rows instead of for every deal.
    """
    condition, joins, params = dimensions.where(only, "opportunities")
    keys = ", ".join(f"t.{name}" for name in dict.fromkeys([*columns_read(grouping), "status"]))
    sums = money(crm)
    sql = f"""
WITH {history.deals(crm, pipeline="o.pipeline")}, parts AS (
  SELECT {keys}, {_placed(basis, date)} AS is_placed, count(*) AS deals,
    sum({sums.amount}) AS total, count(NULLIF(t.amount, 0)) AS priced,
    count(CASE WHEN {sums.unrated} THEN 1 END) AS unrated,
    {sums.first} AS first_currency, {sums.last} AS last_currency
  FROM deals AS t {sums.join} {joins}
  WHERE {condition}
  GROUP BY {keys}, {_placed(basis, date)}
)
SELECT {grouping.select} {_figures(basis)}
FROM parts AS t {grouping.joins}
{group_by(grouping)}
{_having(basis) if grouping.dimensions else ""}
"""
    since, until = period
    params |= {"as_of": crm.as_of, "since": since, "until": until, **sums.params}
    return crm.query(sql, **params)


def _placed(basis: str, date: str) -> str:
    """Return whether the period holds a deal; NULL where the date that would tell is missing."""
    # A deal that nobody has engaged with is not one whose date is missing.
    return f"({inside(date)}{f' AND {date} IS NOT NULL' if basis == 'engaged' else ''})"


def _figures(basis: str) -> str:
    """Return the figures of a group as sums over its parts."""
    below = _BELOW[basis]
    base = f"t.is_placed AND {below}"
    won, lost, still_open = (f"{base} AND t.status = '{name}'" for name in ("won", "lost", "open"))
    figures = [
        _sum("deals", won, "BIGINT", "k"),
        _sum("deals", base, "BIGINT", "n"),
        _sum("deals", lost, "BIGINT", "lost_count"),
        _sum("deals", still_open, "BIGINT", "open_count"),
        _sum("deals", "t.is_placed AND t.status = 'other'", "BIGINT", "other_count"),
        _sum("deals", f"t.is_placed IS NULL AND {below}", "BIGINT", "undated_count"),
        _sum("deals - t.priced", base, "BIGINT", "amountless_count"),
        _sum("unrated", base, "BIGINT", "unrated_count"),
        _sum("total", won, "DOUBLE", "won_amount"),
        _sum("total", lost, "DOUBLE", "lost_amount"),
        _sum("total", still_open, "DOUBLE", "open_amount"),
        _sum("total", base, "DOUBLE", "base_amount"),
        f"COALESCE(min(t.first_currency) FILTER (WHERE {base}) "
        f"<> max(t.last_currency) FILTER (WHERE {base}), FALSE) AS is_mixed",
    ]
    return ", ".join(figures)


def _sum(values: str, condition: str, kind: str, name: str) -> str:
    return f"CAST(COALESCE(sum(t.{values}) FILTER (WHERE {condition}), 0) AS {kind}) AS {name}"


def _having(basis: str) -> str:
    """Return what leaves out groups of which the period holds nothing, dated or not."""
    ended = "t.is_placed AND t.status <> 'open'" if basis == "closed" else "t.is_placed"
    undated = f"t.is_placed IS NULL AND {_BELOW[basis]}"
    return f"HAVING count(CASE WHEN {ended} OR ({undated}) THEN 1 END) > 0"


def _with_amount_rate(frame: pd.DataFrame) -> pd.DataFrame:
    frame["blind"] = [_without_amounts(row) for row in frame.to_dict("records")]
    known = (frame["blind"] == "") & ~frame["is_mixed"] & (frame["base_amount"] > 0)
    share = frame["won_amount"] / frame["base_amount"].where(known)
    return frame.assign(
        amount_rate=share,
        won_amount=frame["won_amount"].mask(frame["is_mixed"]),
        base_amount=frame["base_amount"].where(known),
    )


def _without_amounts(row: Mapping[Hashable, Any]) -> str:
    """Return the kind of deal (lost, open) of which not one carries an amount, if any."""
    kinds = ("lost", "open")
    return next((k for k in kinds if row[f"{k}_count"] and not row[f"{k}_amount"]), "")


def _reason(crm: Crm, row: Mapping[Hashable, Any]) -> str:
    said = []
    if row["undated_count"]:
        said.append(words(crm, "reason_undated", count=row["undated_count"]))
    if not row["n"]:
        return "; ".join([words(crm, "reason_no_base"), *said])
    return "; ".join([*said, *_amount_reasons(crm, row)])


def _amount_reasons(crm: Crm, row: Mapping[Hashable, Any]) -> list[str]:
    """Return why the rate by amount is missing, or what it leaves out."""
    if row["is_mixed"]:
        return [words(crm, "reason_currencies")]
    if row["blind"] and row["unrated_count"]:
        return [words(crm, "reason_without_exchange_rate", count=row["unrated_count"])]
    if row["blind"]:
        count = row[f"{row['blind']}_count"]
        return [words(crm, f"reason_{row['blind']}_without_amount", count=count)]
    return [
        words(crm, f"reason_{kind}", count=row[f"{kind}_count"], n=row["n"])
        for kind in ("amountless", "unrated")
        if row[f"{kind}_count"]
    ]
