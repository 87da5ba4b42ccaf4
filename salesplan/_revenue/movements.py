"""The MRR bridge: what every month opened with, what moved, what it closed with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from salesplan import periods
from salesplan._revenue import groups
from salesplan._revenue.calendar import month
from salesplan._revenue.cells import cells_sql
from salesplan._revenue.policy import Policy
from salesplan._revenue.question import Question, question

GAINS = ("new", "reactivation", "expansion_upsell", "expansion_cross_sell", "price_increase")
LOSSES = ("contraction", "price_decrease", "churn")
SIGNED = ("fx", "restatement", "transfer")
KINDS = (*GAINS, *LOSSES, *SIGNED)
COUNTS = ("new", "reactivation", "expansion", "contraction", "churn", "restatement")
"""Kinds of movement that customers are counted for."""


def with_tables(tables: dict[str, str], select: str) -> str:
    """Return one statement of common tables and a final SELECT."""
    return "WITH " + ",\n".join(f"{name} AS ({sql})" for name, sql in tables.items()) + select


def moves_sql(q: Question) -> dict[str, str]:
    """Return the tables that end in ``moves``: one row per customer, slot and group."""
    tables = cells_sql(q)
    if not q.keys:
        return tables | {"moves": _moves_of_customers(q)}
    return tables | groups.tables(q)


def _moves_of_customers(q: Question) -> str:
    """Return the named movements of each customer and slot; gains and losses both positive."""
    part = "CASE kind WHEN 'stay' THEN {0} ELSE 0 END"
    gain = "CAST(ROUND(({0}) * gains_left, 6) AS DECIMAL(38, 6))" if _offsets(q) else "{0}"
    loss = "CAST(ROUND(({0}) * losses_left, 6) AS DECIMAL(38, 6))" if _offsets(q) else "{0}"
    return f"""
        SELECT customer, slot, {month("slot")} AS month, fate, member, late_member, members,
          CASE kind WHEN 'new' THEN amount ELSE 0 END AS new,
          CASE kind WHEN 'reactivation' THEN amount ELSE 0 END AS reactivation,
          CASE kind WHEN 'stay' THEN {gain.format("s_up")} WHEN 'expansion_upsell' THEN amount
            ELSE 0 END AS expansion_upsell,
          {part.format(gain.format("s_cross"))} AS expansion_cross_sell,
          {part.format(gain.format("s_price_up"))} AS price_increase,
          CASE kind WHEN 'stay' THEN {loss.format("-s_down")} WHEN 'contraction' THEN -amount
            ELSE 0 END AS contraction,
          {part.format(loss.format("-s_price_down"))} AS price_decrease,
          CASE kind WHEN 'churn' THEN -amount ELSE 0 END AS churn,
          fx, late AS restatement, 0 AS transfer,
          amount + fx + late AS change,
          CASE WHEN members > 0 AND members - member - late_member <= 0 THEN 1
               WHEN members <= 0 AND members - member - late_member > 0 THEN -1
               ELSE 0 END AS entered
        FROM customers WHERE NOT passing"""


def _offsets(q: Question) -> bool:
    return q.policy.offsets == "customer"


def _monthly(q: Question) -> str:
    """Return the sums of each month (and group) in which anything moved."""
    sums = ", ".join(f"sum({kind}) AS {kind}" for kind in KINDS)
    return f"""
        SELECT {q.listed("month")}, {sums}, sum(change) AS change, sum(entered) AS entered,
          sum(CASE WHEN fate = 'new' THEN 1 ELSE 0 END) AS new_count,
          sum(CASE WHEN fate = 'reactivation' THEN 1 ELSE 0 END) AS reactivation_count,
          sum(CASE WHEN expansion_upsell + expansion_cross_sell + price_increase > 0
              THEN 1 ELSE 0 END) AS expansion_count,
          sum(CASE WHEN contraction + price_decrease > 0 THEN 1 ELSE 0 END) AS contraction_count,
          sum(CASE WHEN fate = 'churn' THEN 1 ELSE 0 END) AS churn_count
        FROM moves GROUP BY {q.listed("month")}"""


def _bridge(q: Question) -> str:
    """Return every month with its opening and closing, carried over months without change."""
    keys = "".join(f"g.{key}, " for key in q.keys)
    same = " AND ".join(["m.month = s.month", *(f"m.{key} = g.{key}" for key in q.keys)])
    over = f"PARTITION BY {', '.join(q.keys)} ORDER BY month" if q.keys else "ORDER BY month"
    groups = f"CROSS JOIN (SELECT DISTINCT {', '.join(q.keys)} FROM monthly) AS g" if q.keys else ""
    kinds = ", ".join(f"COALESCE(m.{kind}, 0) AS {kind}" for kind in (*KINDS, "change", "entered"))
    counts = ", ".join(f"COALESCE(m.{kind}_count, 0) AS {kind}_count" for kind in COUNTS[:-1])
    return f"""
        SELECT *, SUM(change) OVER (so_far) AS closing, SUM(entered) OVER (so_far) AS closing_count
        FROM (
          SELECT {keys}s.month, {kinds}, {counts} FROM spine AS s {groups}
          LEFT JOIN monthly AS m ON {same}) AS filled
        WINDOW so_far AS ({over})"""


_SPINE = """
        SELECT CAST(day AS DATE) AS month FROM (
          SELECT UNNEST(GENERATE_SERIES(LEAST(CAST($first AS DATE), min(month)),
            GREATEST(CAST($last AS DATE), min(month)), INTERVAL 1 MONTH)) AS day
          FROM monthly) AS days"""


def bridge_sql(q: Question) -> str:
    """Return the statement of the bridge, amounts a month, in the order of the columns."""
    amounts = ", ".join(_amount(kind) for kind in ("opening", *_kinds(q), "closing"))
    return with_tables(
        moves_sql(q) | {"monthly": _monthly(q), "spine": _SPINE, "bridge": _bridge(q)},
        f"""
        SELECT month, {q.named}
          {amounts}, {_counts(q)}
        FROM (SELECT *, closing - change AS opening,
            entered - new_count - reactivation_count + churn_count AS restatement_count
          FROM bridge) AS opened
        WHERE month >= $since AND month < $until {_something(q)}
        ORDER BY {", ".join(["month", *q.keys])}""",
    )


def _kinds(q: Question) -> tuple[str, ...]:
    return KINDS if q.keys else KINDS[:-1]


def _amount(kind: str) -> str:
    return f"ROUND(CAST({kind} AS DOUBLE) / 12, 8) AS {kind}_amount"


def _counts(q: Question) -> str:
    named = [*COUNTS[:-1]] if q.keys else [*COUNTS]
    columns = [f"CAST({kind}_count AS BIGINT) AS {kind}_count" for kind in named]
    opening = "CAST(closing_count - entered AS BIGINT) AS opening_count"
    return ", ".join([opening, *columns, "CAST(closing_count AS BIGINT) AS closing_count"])


def _something(q: Question) -> str:
    """Return SQL that leaves out the groups that a month does not touch."""
    moved = " OR ".join(f"{kind} <> 0" for kind in ("opening", "closing", *KINDS))
    return f"AND ({moved} OR closing_count <> 0)" if q.keys else ""


def mrr_movements(
    crm: Any,
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
    """Return how MRR moved from month to month, and why.

    Formula: opening + new + reactivation + expansion_upsell + expansion_cross_sell
    + price_increase - contraction - price_decrease - churn + fx + restatement = closing, to
    the cent, per customer and in total. Gains and losses are both positive columns; fx and
    restatement carry their sign.

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
        month, with what came later under restatement. A cancellation noted late moves as a
        whole: months averaged by days, and pauses after it, are then near, not exact.
    as_of
        Day looked from; the book's by default. The month it falls in is marked open.

    Returns
    -------
    DataFrame
        month, the dimensions, each part of the bridge as ``*_amount`` (with ``by`` also
        transfer_amount between groups, 0 in total), counts of customers as ``*_count``,
        is_open. The policy is in ``.attrs["policy"]``.

    Raises
    ------
    MissingDataError
        Without contract lines, or where a currency has no rate; names currency and dates.
    UnknownNameError
        For an unknown dimension or preset; names the nearest one.

    Examples
    --------
    In August a customer adds five seats at 800 a year; in September one of 400 leaves.

    >>> parts = ["opening_amount", "expansion_upsell_amount", "churn_amount", "closing_amount"]
    >>> mrr_movements(paper(), since="2026-08-01")[parts].round(2)
       opening_amount  expansion_upsell_amount  churn_amount  closing_amount
    0         1566.67                   333.33           0.0          1900.0
    1         1900.00                     0.00         400.0          1500.0
    """
    q = question(crm, policy=policy, by=by, only=only, as_of=as_of, known=known)
    span = {"since": since, "until": until, "month": month, "quarter": quarter, "year": year}
    frame = q.ask(bridge_sql(q), **bounds(q, **span))
    return finished(q, frame)


def bounds(q: Question, **span: Any) -> dict[str, dt.date]:
    """Return the months asked for; months after the as-of date hold no MRR yet."""
    start = q.crm.settings.fiscal_year_starts
    since, until = periods.resolve(**span, fiscal_start=start)
    after = periods.containing(q.as_of, "month").until
    last = min(until or after, after)
    return {
        "since": (since or dt.date.min.replace(year=1900)).replace(day=1),
        "until": last,
        "first": (since or after).replace(day=1),
        "last": q.as_of.replace(day=1),
    }


def finished(q: Question, frame: pd.DataFrame) -> pd.DataFrame:
    """Mark the month in progress and carry the policy along with the figures."""
    closed = periods.containing(q.as_of, "month").last_day == q.as_of
    frame["is_open"] = (frame["month"] == pd.Timestamp(q.as_of.replace(day=1))) & (not closed)
    frame.attrs["policy"] = q.policy.note
    frame.attrs["as_of"] = q.as_of.isoformat()
    return frame
