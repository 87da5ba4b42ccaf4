"""Bookings, revenue and MRR on one page, each step between them named."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd

from salesplan._revenue.bookings import bookings
from salesplan._revenue.movements import bounds, bridge_sql
from salesplan._revenue.policy import Policy
from salesplan._revenue.question import Question, question
from salesplan._revenue.recognised import by_day, revenue_by_month, with_policy
from salesplan.crm import Crm

COLUMNS = (
    "month", "mrr_amount", "partial_month_amount", "day_count_amount", "other_types_amount",
    "one_off_amount", "revenue_amount", "bookings_amount", "booked_not_earned_amount",
    "cumulative_bookings_amount", "cumulative_revenue_amount",
)  # fmt: skip


def reconciliation(
    crm: Crm,
    *,
    only: Mapping[str, Any] | None = None,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    policy: str | Policy | None = None,
    as_of: str | dt.date | None = None,
) -> pd.DataFrame:
    """Return MRR, straight-line revenue and bookings of each month, reconciled to the cent.

    mrr + partial_month + day_count + other_types + one_off = revenue, where

    - ``partial_month``: lines that started or ended inside the month (average over its days
      less the close);
    - ``day_count``: a month of 31 days earns more of a yearly price than one of 28;
    - ``other_types``: sale types with a term that the policy does not call recurring
      (a service billed monthly, a term licence), as they earn by the day;
    - ``one_off``: prices without a term, earned on the day they start.

    ``booked_not_earned`` = bookings - revenue of the month. ``cumulative_bookings`` and
    ``cumulative_revenue`` count from the first line ever; open-ended lines book one billing
    period and go on earning, so the second can pass the first.

    Examples
    --------
    >>> page = sp.revenue.reconciliation(paper(), month="2026-07")
    >>> page[["mrr_amount", "partial_month_amount", "day_count_amount"]].round(2).values.tolist()
    [[1566.67, -145.16, 19.59]]
    """
    q = question(crm, policy=policy, only=only, as_of=as_of)
    asked = bounds(q, since=since, until=until, month=month, quarter=quarter, year=year)
    whole = bounds(q)
    frame = _close(q, q.policy, whole, "mrr_amount")
    steps = {
        "average_amount": _average(q.policy),
        "days_amount": by_day(q.policy, every_type=False),
    }
    for name, rules in steps.items():
        frame = frame.merge(_close(q, rules, whole, name), how="outer", on="month")
    frame = frame.merge(revenue_by_month(q, whole), how="outer", on="month")
    signed = bookings(crm, only=only, policy=policy, as_of=as_of)[["month", "tcv_amount"]]
    frame = frame.merge(signed, how="outer", on="month").sort_values("month").fillna(0.0)
    return _shown(q, _stepped(frame), asked)


def _average(policy: Policy) -> Policy:
    changes = {"boundary": "average_of_days", "netting": "month", "rounding": "none"}
    return policy.model_copy(update=changes | {"grace_days": 0})


def _close(q: Question, policy: Policy, span: Mapping[str, Any], name: str) -> pd.DataFrame:
    """Return the closing MRR of each month under a policy."""
    asked = with_policy(q, policy)
    bridge = asked.ask(bridge_sql(asked), **span)
    return bridge[["month", "closing_amount"]].rename(columns={"closing_amount": name})


def _stepped(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(
        partial_month_amount=frame["average_amount"] - frame["mrr_amount"],
        day_count_amount=frame["days_amount"] - frame["average_amount"],
        other_types_amount=frame["recurring_amount"] - frame["days_amount"],
        bookings_amount=frame["tcv_amount"],
        booked_not_earned_amount=frame["tcv_amount"] - frame["revenue_amount"],
        cumulative_bookings_amount=frame["tcv_amount"].cumsum(),
        cumulative_revenue_amount=frame["revenue_amount"].cumsum(),
    )


def _shown(q: Question, frame: pd.DataFrame, asked: Mapping[str, Any]) -> pd.DataFrame:
    first, last = pd.Timestamp(asked["since"]), pd.Timestamp(asked["until"])
    page = frame[(frame["month"] >= first) & (frame["month"] < last)]
    page = page[list(COLUMNS)].reset_index(drop=True)
    page[list(COLUMNS[1:])] = page[list(COLUMNS[1:])].round(8)
    page.attrs.update(policy=q.policy.note, as_of=q.as_of.isoformat())
    return page
