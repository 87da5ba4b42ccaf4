"""How long customers stay, and whether segments differ: survival with a log-rank test."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd

from salesplan import dimensions
from salesplan import survival as curves
from salesplan._revenue.movements import moves_sql, with_tables
from salesplan._revenue.policy import Policy
from salesplan._revenue.question import question
from salesplan.crm import Crm


def lifetimes(
    crm: Crm,
    *,
    by: str | None = None,
    only: Mapping[str, Any] | None = None,
    policy: str | Policy | None = None,
    as_of: str | dt.date | None = None,
) -> pd.DataFrame:
    """Return each customer's months as a customer and whether the customer has left.

    The life of a customer runs from the first paid month to the month of the first churn; a
    customer who is still there has lasted at least until the as-of month (censored).

    Columns: the group, ``account_id``, ``joined_month``, ``months``, ``has_left``.

    Examples
    --------
    >>> sp.revenue.lifetimes(paper())[["account_id", "months", "has_left"]].to_dict("records")
    [{'account_id': 'A1', 'months': 2, 'has_left': False},
     {'account_id': 'A2', 'months': 4, 'has_left': False},
     {'account_id': 'A4', 'months': 3, 'has_left': True}]
    """
    q = question(crm, policy=policy, only=only, as_of=as_of)
    joins, label = ("", "") if by is None else _group(by)
    sql = f"""
        SELECT {label} f.customer AS account_id, f.joined AS joined_month,
          CAST(date_diff('month', f.joined, COALESCE(f.gone, $as_of)) AS BIGINT) AS months,
          f.gone IS NOT NULL AS has_left
        FROM (
          SELECT customer, min(CASE WHEN members > 0 THEN month END) AS joined,
            min(CASE WHEN fate = 'churn' THEN month END) AS gone
          FROM moves GROUP BY customer) AS f {joins}
        WHERE f.joined IS NOT NULL ORDER BY account_id"""
    frame = q.ask(with_tables(moves_sql(q), sql))
    frame.attrs.update(policy=q.policy.note, as_of=q.as_of.isoformat())
    return pd.DataFrame(frame)


def _group(by: str) -> tuple[str, str]:
    """Return the join and column of an account's attribute."""
    found = dimensions.grouping(by, "accounts", alias="f_account").dimensions[0]
    join = f"LEFT JOIN accounts AS f_account ON f_account.account_id = f.customer {found.join}"
    return join, f'{found.sql} AS "{by}", '


def survival(
    crm: Crm,
    *,
    by: str | None = None,
    only: Mapping[str, Any] | None = None,
    policy: str | Policy | None = None,
    as_of: str | dt.date | None = None,
) -> pd.DataFrame:
    """Return the share of customers who stay longer than each number of months.

    Kaplan-Meier per group of an account's attribute (``segment``, ``country``, ``industry``);
    ``p_value`` is the log-rank test that all groups leave at the same pace.

    Columns: the group, those of ``salesplan.survival.kaplan_meier`` with ``months`` for
    its day, and ``p_value``.
    """
    lives = lifetimes(crm, by=by, only=only, policy=policy, as_of=as_of)
    groups = [("all", lives)]
    if by is not None and len(lives):
        groups = [(str(name), part) for name, part in lives.groupby(by, sort=True)]
    parts = [
        curves.kaplan_meier(part["months"], part["has_left"]).assign(**{by or "group": name})
        for name, part in groups
    ]
    frame = pd.concat(parts, ignore_index=True)
    frame["p_value"] = _log_rank(lives, by)
    first = by or "group"
    frame = frame.rename(columns={"day": "months"})
    ordered = frame[[first, *(c for c in frame if c != first)]]
    ordered.attrs.update(lives.attrs)
    return ordered


def _log_rank(lives: pd.DataFrame, by: str | None) -> float:
    if by is None or lives[by].nunique() < 2:
        return float("nan")
    return float(curves.logrank(lives["months"], lives["has_left"], lives[by]).p_value)
