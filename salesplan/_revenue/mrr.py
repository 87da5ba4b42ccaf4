"""MRR, ARR, customers and ARPA at the close of each month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from salesplan._revenue.movements import mrr_movements
from salesplan._revenue.policy import Policy
from salesplan.crm import Crm
from salesplan.errors import one_of


def mrr_of(movements: pd.DataFrame) -> pd.DataFrame:
    """Return MRR, ARR and revenue per customer of any bridge.

    Formula: MRR = closing of the month; ARR = 12 x MRR; ARPA = MRR / paying customers.

    Parameters
    ----------
    movements
        A bridge, as ``mrr_movements`` returns it: ``closing_amount``, ``closing_count``,
        ``is_open``, the month and any groups.

    Returns
    -------
    DataFrame
        The month and groups of the bridge, mrr_amount and arr_amount (reporting currency),
        customer_count, arpa_amount (a month; NaN while nobody pays), is_open.

    Raises
    ------
    UnknownNameError
        For a table that lacks a column of the bridge; names it.

    Notes
    -----
    Source: ChartMogul, Annual Run Rate and Average Revenue Per Account.

    Examples
    --------
    >>> bridge = mrr_movements(paper(), month="2026-09")
    >>> mrr_of(bridge)[["mrr_amount", "arr_amount", "arpa_amount"]].values.tolist()
    [[1500.0, 18000.0, 750.0]]
    """
    for name in ("closing_amount", "closing_count", "is_open"):
        one_of(name, [str(column) for column in movements], "column")
    moved = {"is_open"} | {c for c in movements if str(c).endswith(("_amount", "_count"))}
    groups = [c for c in movements if c not in moved]
    frame = movements[groups].copy()
    frame["mrr_amount"] = movements["closing_amount"]
    frame["arr_amount"] = (movements["closing_amount"] * 12).round(6)
    frame["customer_count"] = movements["closing_count"]
    paying = movements["closing_count"].where(movements["closing_count"] > 0, np.nan)
    frame["arpa_amount"] = movements["closing_amount"] / paying
    frame["is_open"] = movements["is_open"]
    frame.attrs.update(movements.attrs)
    return frame


def mrr(
    crm: Crm,
    *,
    by: str | Sequence[str] | None = None,
    only: Mapping[str, Any] | None = None,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    policy: str | Policy | None = None,
    known: str = "now",
    as_of: str | dt.date | None = None,
) -> pd.DataFrame:
    """Return what customers in force pay a month, at the close of each month.

    Formula: sum of the monthly price of the lines in force at the policy's boundary;
    ARR = 12 x MRR; ARPA = MRR / paying customers. Left out: one-off prices, licences,
    services, trials and tax; ``sp.revenue.issues`` lists lines that cannot be counted.

    Parameters
    ----------
    crm
        A loaded Crm with contract lines.
    by
        Dimension or dimensions: product, plan, segment, country, owner, account_id, ...
    only
        Keep rows of these dimensions, as in ``{"product": "Core"}``.
    since, until, month, quarter, year
        The months to show; by default from the first contract to ``as_of``.
    policy
        A preset (``"chartmogul"``), a ``Policy``, or None for the package's own rules.
    known
        "now" counts contracts at their effective dates; "then" as the book knew them month by
        month, with what came later under restatement.
    as_of
        Day looked from; the book's by default. The month it falls in is marked open.

    Returns
    -------
    DataFrame
        month, the dimensions, mrr_amount, arr_amount, customer_count, arpa_amount (NaN while
        nobody pays), is_open. Amounts in the reporting currency; the policy is in
        ``.attrs["policy"]``.

    Raises
    ------
    MissingDataError
        Without contract lines, or where a currency has no rate; names currency and dates.
    UnknownNameError
        For an unknown dimension or preset; names the nearest one.

    Examples
    --------
    Ten seats at 800 a year, five more in August, support at 6,000 a year; one left.

    >>> mrr(paper(), since="2026-08-01")[["month", "mrr_amount", "customer_count"]]
           month  mrr_amount  customer_count
    0 2026-08-01      1900.0               3
    1 2026-09-01      1500.0               2
    """
    asked = {"by": by, "only": only, "policy": policy, "known": known, "as_of": as_of}
    span = {"since": since, "until": until, "month": month, "quarter": quarter, "year": year}
    return mrr_of(mrr_movements(crm, **asked, **span))  # type: ignore[arg-type]
