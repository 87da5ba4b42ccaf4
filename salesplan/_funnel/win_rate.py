"""The share of deals that are won, by count and by amount, with its denominator by name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from salesplan import dimensions, errors, stats
from salesplan._funnel.arguments import resolved, words
from salesplan._funnel.win_counts import DATES, win_counts
from salesplan.crm import Crm

Basis = Literal["closed", "created", "engaged"]

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
    Pipelines count together unless told apart: renewals, most of which are won, lift the rate of
    new business. ``reason`` says so wherever a figure holds several; split them with
    ``by="pipeline"`` or keep one with ``only={"pipeline": ...}``.

    ``amount_rate`` is NULL where the lost or open deals carry no amount: dividing then would say
    that every euro was won. Amounts in several currencies are converted at the rate of the day
    the deal closed (open deals: the last one known, whatever ``as_of`` is, so that a question
    asked twice is answered alike); deals without a rate are left out of the amounts, and where
    the book has no rates at all ``amount_rate`` is NULL.

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
    errors.one_of(basis, list(DATES), "basis")
    crm = crm if as_of is None else crm.at(as_of)
    crm.require("opportunities", need="win_rate")
    period = resolved(crm, since, until, month, quarter, year)
    date = _date(crm, basis)
    grouping = dimensions.grouping(by, "opportunities", date=date)
    counts = win_counts(crm, basis, date, period, grouping, only)
    frame = _with_amount_rate(stats.with_rate(counts.rename(columns={"won_count": "k"})))
    frame = frame.assign(basis=basis, reason=_reasons(crm, frame))
    return frame.sort_values(grouping.names or "n", ignore_index=True)[[*grouping.names, *COLUMNS]]


def _date(crm: Crm, basis: str) -> str:
    """Return the date that places a deal; creation stands in where no CRM notes engagement."""
    if basis == "engaged" and crm.missing("opportunities", "engaged_on"):
        return DATES["created"]
    return DATES[basis]


def _with_amount_rate(frame: pd.DataFrame) -> pd.DataFrame:
    is_blind = [
        (frame[f"{kind}_count"] > 0) & (frame[f"{kind}_amount"] == 0) for kind in _MAY_BE_BLIND
    ]
    # The kind of deal (lost, open) of which not one carries an amount, if any.
    blind = np.select(is_blind, _MAY_BE_BLIND, "")
    is_mixed = frame["is_mixed"]
    known = (blind == "") & ~is_mixed & (frame["base_amount"] > 0)
    return frame.assign(
        blind=blind,
        amount_rate=frame["won_amount"] / frame["base_amount"].where(known),
        won_amount=frame["won_amount"].mask(is_mixed),
        base_amount=frame["base_amount"].where(known),
    )


_MAY_BE_BLIND = ["lost", "open"]


def _reasons(crm: Crm, frame: pd.DataFrame) -> list[str]:
    """Return why figures of a group are missing or limited, '' for the many that are neither."""
    counts = ["undated_count", "amountless_count", "unrated_count"]
    doubtful = (frame[counts] > 0).any(axis=1) | frame["is_mixed"] | (frame["n"] == 0)
    doubtful |= (frame["pipeline_count"] > 1) | (frame["blind"] != "")
    if not doubtful.any():
        return [""] * len(frame)
    rows = frame[doubtful].to_dict("records")
    said = dict(zip(frame.index[doubtful], (_reason(crm, row) for row in rows), strict=True))
    return [said.get(i, "") for i in frame.index]


def _reason(crm: Crm, row: Mapping[Hashable, Any]) -> str:
    said = []
    if row["undated_count"]:
        said.append(words(crm, "reason_undated", count=row["undated_count"]))
    if not row["n"]:
        return "; ".join([words(crm, "reason_no_base"), *said])
    if row["pipeline_count"] > 1:
        said.append(words(crm, "reason_pipelines", count=row["pipeline_count"]))
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
