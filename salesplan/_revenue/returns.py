"""Customers who came back: how long they were away, and what came back with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from salesplan._revenue.cells import cells_sql
from salesplan._revenue.movements import bounds, with_tables
from salesplan._revenue.policy import Policy
from salesplan._revenue.question import question
from salesplan.crm import Crm

_SELECT = """
        SELECT CAST(date_trunc('month', slot) AS DATE) AS month, customer AS account_id,
          fate AS movement, CASE WHEN was_paused THEN 'restart'
            WHEN fate = 'reactivation' THEN 'winback' ELSE 'returning_new_business' END
            AS return_kind,
          CAST(date_diff('month', before_slot, slot) AS BIGINT) AS away_months,
          ROUND(CAST(amount AS DOUBLE) / 12, 8) AS mrr_amount,
          ROUND(CAST(baseline AS DOUBLE) / 12, 8) AS baseline_amount,
          ROUND(CAST(LEAST(amount, baseline) AS DOUBLE) / 12, 8) AS restored_amount,
          ROUND(CAST(GREATEST(amount - baseline, 0) AS DOUBLE) / 12, 8) AS above_amount
        FROM customers
        WHERE before_slot IS NOT NULL AND fate IN ('new', 'reactivation') AND NOT passing
          AND date_trunc('month', slot) >= $since AND slot < $until
        ORDER BY 1, 2"""


def returns(
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
    """Return every customer who came back, with the months away and the MRR won back.

    ``winback``: back within the policy's window; ``restart``: only paused, which no window
    closes; ``returning_new_business``: back after the window, counted as new. The MRR divides
    into what was there before (``restored``) and what is more (``above``).

    Columns: ``month``, ``account_id``, ``movement`` (reactivation or new), ``return_kind``,
    ``away_months``, ``mrr_amount``, ``baseline_amount`` (MRR before leaving),
    ``restored_amount``, ``above_amount``.

    Examples
    --------
    >>> len(sp.revenue.returns(paper()))
    0
    """
    q = question(crm, policy=policy, only=only, as_of=as_of)
    span = {"since": since, "until": until, "month": month, "quarter": quarter, "year": year}
    frame = pd.DataFrame(q.ask(with_tables(cells_sql(q), _SELECT), **bounds(q, **span)))
    frame.attrs.update(policy=q.policy.note, as_of=q.as_of.isoformat())
    return frame


def without_baseline(frame: pd.DataFrame, accounts: set[str]) -> pd.DataFrame:
    """Mark the returns of customers about whom nothing but a former life is known."""
    unknown = frame["account_id"].isin(accounts)
    marked = frame.assign(return_kind=np.where(unknown, "unknown", frame["return_kind"]))
    for name in ("baseline_amount", "restored_amount", "above_amount"):
        marked[name] = frame[name].where(~unknown)
    marked["away_months"] = frame["away_months"].astype("Int64").where(~unknown)
    marked.attrs.update(frame.attrs)
    return marked
