"""Where the money comes from: by sale type, country, product, owner or segment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from salesplan._revenue.bookings import exact_days
from salesplan._revenue.movements import bounds, bridge_sql, with_tables
from salesplan._revenue.policy import Policy
from salesplan._revenue.question import Question, question
from salesplan._revenue.recognised import revenue_by_month
from salesplan._revenue.sold import as_signed, sold_sql
from salesplan.crm import Crm
from salesplan.errors import InputError, one_of

BASES = ("revenue", "bookings", "mrr")


def revenue_mix(
    crm: Crm,
    *,
    by: str | Sequence[str] = "sale_type",
    basis: Literal["revenue", "bookings", "mrr"] = "revenue",
    only: Mapping[str, Any] | None = None,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    policy: str | Policy | None = None,
    as_of: str | dt.date | None = None,
) -> pd.DataFrame:
    """Return how an amount divides among sale types, countries, products or owners.

    ``revenue`` is straight-line revenue of the period (one-off prices on the day they start),
    ``bookings`` total contract value signed in it, ``mrr`` what recurs at its close.

    Parameters
    ----------
    crm
        The CRM.
    by, only
        Dimensions of contract lines to split by and to keep.
    basis
        ``revenue``, ``bookings`` or ``mrr``.
    since, until, month, quarter, year
        The period; revenue counts whole months, up to the as-of date.
    policy, as_of
        Rules and date of view.

    Returns
    -------
    pandas.DataFrame
        One row per group, largest first: the groups, ``amount``, ``share_rate`` of the total
        (NULL where the total is not above zero), ``basis``.

    Examples
    --------
    >>> mix = sp.revenue.revenue_mix(paper(), basis="bookings")
    >>> mix[["sale_type", "amount"]].to_dict("records")
    [{'sale_type': 'licence', 'amount': 17000.0},
     {'sale_type': 'subscription', 'amount': 12200.0},
     {'sale_type': 'support', 'amount': 6000.0}]
    """
    one_of(basis, list(BASES), "basis")
    q = question(crm, policy=policy, by=by, only=only, as_of=as_of)
    if not q.names:
        raise InputError("by= names no dimension. Write by='sale_type', 'country', 'product', ...")
    span = {"since": since, "until": until, "month": month, "quarter": quarter, "year": year}
    amounts = {"revenue": _revenue, "bookings": _booked, "mrr": _recurring}[basis](q, span)
    frame = amounts.groupby(q.names, as_index=False, sort=True).agg({"amount": "sum"})
    total = frame["amount"].sum()
    frame["share_rate"] = frame["amount"] / total if total > 0 else np.nan
    frame["basis"] = basis
    frame = frame.sort_values(["amount", *q.names], ascending=[False, *[True] * len(q.names)])
    frame.attrs.update(policy=q.policy.note, as_of=q.as_of.isoformat(), basis=basis)
    return frame.reset_index(drop=True)


def _revenue(q: Question, span: Mapping[str, Any]) -> pd.DataFrame:
    frame = revenue_by_month(q, bounds(q, **span))
    return frame.rename(columns={"revenue_amount": "amount"})


def _booked(q: Question, span: Mapping[str, Any]) -> pd.DataFrame:
    days = exact_days(q.crm, span)
    sql = f"""
        SELECT {q.named} CAST(ROUND(sum(tcv), 6) AS DOUBLE) AS amount FROM sold
        WHERE booked_on >= $since AND booked_on < $until GROUP BY {", ".join(q.keys)}"""
    return pd.DataFrame(q.ask(with_tables(sold_sql(as_signed(q)), sql), **days))


def _recurring(q: Question, span: Mapping[str, Any]) -> pd.DataFrame:
    bridge = q.ask(bridge_sql(q), **bounds(q, **span))
    last = bridge[bridge["month"] == bridge["month"].max()]
    renamed: pd.DataFrame = last.rename(columns={"closing_amount": "amount"})
    return renamed
