"""Straight-line revenue: each day earns its share of the billing period it lies in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from salesplan import schema
from salesplan._revenue.movements import bridge_sql, with_tables
from salesplan._revenue.policy import Policy
from salesplan._revenue.question import Question
from salesplan._revenue.sold import as_signed, sold_sql


def by_day(policy: Policy, *, every_type: bool = True) -> Policy:
    """Return the policy under which a month's MRR is the revenue its days earn."""
    everything = (*schema.SALE_TYPES, *policy.recurring)
    return policy.model_copy(
        update={
            "name": "straight-line revenue",
            "boundary": "average_of_days",
            "normalisation": "actual_days",
            "weeks": "52/12",  # revenue is earned by the day even where weekly plans are no MRR
            "netting": "month",
            "rounding": "none",
            "grace_days": 0,
            "recurring": tuple(dict.fromkeys(everything)) if every_type else policy.recurring,
        }
    )


def with_policy(q: Question, policy: Policy) -> Question:
    """Return the same question under other rules."""
    return replace(q, policy=policy)


def revenue_by_month(q: Question, span: Mapping[str, Any]) -> pd.DataFrame:
    """Return month, groups, recurring_amount, one_off_amount, revenue_amount.

    What has a term or a billing period earns by the day; a one-off price is earned on the
    day the line starts.
    """
    recurring = _recurring(q, span)
    once = q.ask(with_tables(sold_sql(as_signed(q)), _ONE_OFF.format(
        named=q.named, group=q.listed("month"))), **span)  # fmt: skip
    frame = recurring.merge(once, how="outer", on=["month", *q.names])
    frame = frame.fillna({"recurring_amount": 0.0, "one_off_amount": 0.0})
    frame["revenue_amount"] = frame["recurring_amount"] + frame["one_off_amount"]
    return frame.sort_values(["month", *q.names]).reset_index(drop=True)


def _recurring(q: Question, span: Mapping[str, Any]) -> pd.DataFrame:
    """Return what the days of each month earned; nothing where no line runs by the day."""
    days = with_policy(q, by_day(q.policy))
    bridge = days.ask(bridge_sql(days), **span)
    named: Sequence[str] = ["month", *q.names, "closing_amount"]
    return bridge[list(named)].rename(columns={"closing_amount": "recurring_amount"})


_ONE_OFF = """
        SELECT month, {named} CAST(ROUND(sum(tcv), 6) AS DOUBLE) AS one_off_amount
        FROM (SELECT *, CAST(date_trunc('month', starts_on) AS DATE) AS month FROM sold) AS dated
        WHERE nature = 'one_off' AND starts_on <= $as_of AND month >= $since AND month < $until
        GROUP BY {group}"""
