"""Committed MRR: what recurs today, with what is signed to start and known to stop."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from salesplan._revenue.movements import bounds, bridge_sql, with_tables
from salesplan._revenue.policy import Policy
from salesplan._revenue.question import Question, question
from salesplan._revenue.sold import as_signed, sold_sql
from salesplan.crm import Crm

_AHEAD = """
        SELECT {named}
          CAST(ROUND(sum(CASE WHEN s.starts_on > $as_of THEN {year} ELSE 0 END) / 12, 6)
            AS DOUBLE) AS starting_amount,
          CAST(ROUND(sum(CASE WHEN s.starts_on <= $as_of AND (l.cancelled_on > $as_of
              OR (l.cancel_requested_on <= $as_of AND l.cancelled_on IS NULL))
            THEN {year} ELSE 0 END) / 12, 6) AS DOUBLE) AS leaving_amount
        FROM sold AS s JOIN contract_lines AS l ON l.line_id = s.line_id
        WHERE s.nature = 'recurring' AND s.sale_type IN ({types})
          AND COALESCE(s.stops_on, DATE '9999-12-31') > $as_of {group}"""


def committed_mrr(
    crm: Crm,
    *,
    by: str | Sequence[str] | None = None,
    only: Mapping[str, Any] | None = None,
    policy: str | Policy | None = None,
    as_of: str | dt.date | None = None,
) -> pd.DataFrame:
    """Return MRR now, plus what is signed to start later, less what is known to leave.

    committed = mrr + starting - leaving. Starting: lines booked by the as-of date that start
    after it. Leaving: lines in force with a cancellation still to come or a notice given. A
    term that merely ends is not leaving: see ``renewals``.

    Columns: the groups, ``mrr_amount``, ``starting_amount``, ``leaving_amount``,
    ``committed_amount``.

    Examples
    --------
    >>> sp.revenue.committed_mrr(paper()).to_dict("records")
    [{'mrr_amount': 1500.0, 'starting_amount': 0.0, 'leaving_amount': 0.0,
      'committed_amount': 1500.0}]
    """
    q = question(crm, policy=policy, by=by, only=only, as_of=as_of)
    now = q.ask(bridge_sql(q), **bounds(q))
    now = now[now["month"] == pd.Timestamp(q.as_of.replace(day=1))]
    now = now[[*q.names, "closing_amount"]].rename(columns={"closing_amount": "mrr_amount"})
    ahead = _ahead(q)
    frame = (
        now.merge(ahead, how="outer", on=q.names)
        if q.names
        else ahead.assign(mrr_amount=float(now["mrr_amount"].sum()))
    )
    amounts = ["mrr_amount", "starting_amount", "leaving_amount"]
    frame[amounts] = frame[amounts].fillna(0.0)
    frame["committed_amount"] = (
        frame["mrr_amount"] + frame["starting_amount"] - frame["leaving_amount"]
    )
    result = frame[[*q.names, *amounts, "committed_amount"]]
    result.attrs.update(policy=q.policy.note, as_of=q.as_of.isoformat())
    return result


def _ahead(q: Question) -> pd.DataFrame:
    types = ", ".join("'" + name.replace("'", "''") + "'" for name in q.policy.recurring)
    year = "CASE WHEN s.months > 0 THEN s.tcv * 12 / s.months ELSE s.acv END"
    group = f"GROUP BY {', '.join('s.' + key for key in q.keys)}" if q.keys else ""
    named = "".join(f's.{k} AS "{n}", ' for k, n in zip(q.keys, q.names, strict=True))
    sql = _AHEAD.format(named=named, year=year, types=types, group=group)
    return pd.DataFrame(q.ask(with_tables(sold_sql(as_signed(q)), sql)))
