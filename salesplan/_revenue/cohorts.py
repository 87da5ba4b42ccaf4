"""Cohorts: what becomes of the customers who joined in the same month, quarter or year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pandas as pd

from salesplan import periods, stats
from salesplan._revenue import calendar
from salesplan._revenue.movements import moves_sql, with_tables
from salesplan._revenue.policy import Policy
from salesplan._revenue.question import Question, question
from salesplan.crm import Crm
from salesplan.errors import one_of

MONTHS = {"month": 1, "quarter": 3, "year": 12}
MEASURES = ("logo", "gross", "net")
COLUMNS = (
    "cohort", "age", "state", "cohort_size", "k", "n", "rate", "rate_low", "rate_high",
    "start_amount", "kept_amount", "is_mean",
)  # fmt: skip
MEAN = "mean"


def retention(
    crm: Crm,
    *,
    measure: Literal["logo", "gross", "net"] = "net",
    unit: Literal["month", "quarter", "year"] = "month",
    by: str | Sequence[str] | None = None,
    only: Mapping[str, Any] | None = None,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    policy: str | Policy | None = None,
    as_of: str | dt.date | None = None,
) -> pd.DataFrame:
    """Return the share of each cohort that is still there, age by age.

    A cohort holds the customers whose first paid month lies in the same period; a customer
    who comes back stays in the first cohort. Age 0 is the period of joining. Logo retention
    counts customers; gross retention adds up each customer's MRR up to what the customer
    started with, net retention all of it. The base is every customer who joined, and the MRR
    of each at the close of the first month.

    The last row of each group is the mean over the cohorts whose period at that age is over,
    weighted by their size (logo) or starting MRR: what is not over never lowers it.

    Parameters
    ----------
    crm
        The CRM.
    measure
        ``logo``, ``gross`` or ``net``.
    unit
        Length of the cohorts and of the ages.
    by, only
        Dimensions of contract lines to split by and to keep.
    since, until
        First and last (excluded) day of joining.
    policy, as_of
        Rules and date of view.

    Returns
    -------
    pandas.DataFrame
        One row per cohort and age: the groups, ``cohort`` (2026-01, 2026-Q1, 2026 or mean),
        ``age`` in units, ``state`` (value, in_progress, not_yet), ``cohort_size`` in
        customers, ``k`` and ``n`` (customers kept and joined), ``rate`` (NULL unless the
        state is value), ``rate_low`` and ``rate_high`` (Wilson, logo only), ``start_amount``
        and ``kept_amount`` (MRR), ``is_mean``.

    Examples
    --------
    >>> cells = sp.revenue.retention(paper(), measure="logo", unit="quarter")
    >>> cells.loc[cells["cohort"] == "2026-Q2", ["age", "k", "n"]].to_dict("records")
    [{'age': 0, 'k': 2, 'n': 2}, {'age': 1, 'k': 1, 'n': 2}]
    """
    one_of(measure, list(MEASURES), "measure")
    one_of(unit, list(MONTHS), "unit")
    q = question(crm, policy=policy, by=by, only=only, as_of=as_of)
    first, last = periods.resolve(since=since, until=until)
    asked = {"first": first or dt.date(1900, 1, 1), "last": last or dt.date(9999, 12, 31)}
    cells = q.ask(_sql(q, unit), **asked)
    return _shaped(q, cells, measure, unit)


def _sql(q: Question, unit: str) -> str:
    """Return SQL for what each cohort keeps at the close of each period."""
    fiscal = q.crm.settings.fiscal_year_starts
    cohort, seen = (calendar.period(day, unit, fiscal) for day in ("joined_on", "s.month"))
    own = q.listed("customer")
    keys = "".join(f"j.{key}, " for key in q.keys)
    same = " AND ".join(f"b.{name} = j.{name}" for name in (*q.keys, "customer"))
    tables = moves_sql(q) | {
        "customer_balances": f"""
        SELECT {own}, month, members, balance, LEAD(month) OVER (
            PARTITION BY {own} ORDER BY month) AS next_month
        FROM (
          SELECT {own}, month, slot, members,
            SUM(change) OVER (PARTITION BY {own} ORDER BY slot) AS balance,
            ROW_NUMBER() OVER (PARTITION BY {own}, month ORDER BY slot DESC) AS last
          FROM moves) AS closes WHERE last = 1""",
        "joiners": f"""
        SELECT {own}, joined_on, {cohort} AS cohort, start FROM (
          SELECT {own}, month AS joined_on, balance AS start,
            ROW_NUMBER() OVER (PARTITION BY {own} ORDER BY month) AS nth
          FROM customer_balances WHERE balance > 0 OR members > 0) AS firsts
        WHERE nth = 1 AND joined_on >= $first AND joined_on < $last""",
        "spine": f"""
        SELECT month, {calendar.period("month", unit, fiscal)} AS period FROM
          {calendar.every_month("(SELECT min(joined_on) FROM joiners)", calendar.month("$as_of"))}
          AS months""",
        "closes": "SELECT max(month) AS month FROM spine GROUP BY period",
    }
    return with_tables(
        tables,
        f"""
        SELECT {"".join(f'j.{k} AS "{n}", ' for k, n in zip(q.keys, q.names, strict=True))}
          j.cohort, {seen} AS seen,
          CAST(COUNT(*) AS BIGINT) AS n, ROUND(CAST(SUM(j.start) AS DOUBLE) / 12, 8) AS start,
          CAST(SUM(CASE WHEN b.members > 0 THEN 1 ELSE 0 END) AS BIGINT) AS k,
          ROUND(CAST(SUM(COALESCE(b.balance, 0)) AS DOUBLE) / 12, 8) AS net,
          ROUND(CAST(SUM(LEAST(COALESCE(b.balance, 0), j.start)) AS DOUBLE) / 12, 8) AS gross
        FROM joiners AS j JOIN closes AS s ON s.month >= j.cohort
        LEFT JOIN customer_balances AS b ON {same} AND b.month <= s.month
          AND (b.next_month IS NULL OR b.next_month > s.month)
        GROUP BY {keys}j.cohort, {seen} ORDER BY {keys}j.cohort, {seen}""",
    )


def _shaped(q: Question, cells: pd.DataFrame, measure: str, unit: str) -> pd.DataFrame:
    """Return the square of cohorts and ages with the state of each cell, and the means."""
    months = MONTHS[unit]
    gap = _month_number(cells["seen"]) - _month_number(cells["cohort"])
    cells = cells.assign(age=(gap // months).astype("int64"))
    square = _square(cells, q.names)
    square["state"] = [
        _state(q, cohort.date(), age * months, months)
        for cohort, age in zip(square["cohort"], square["age"], strict=True)
    ]
    square["kept"] = square["k"] if measure == "logo" else square[measure]
    square["base"] = square["n"] if measure == "logo" else square["start"]
    square["is_mean"] = False
    whole = pd.concat([square, _means(square, q.names)], ignore_index=True)
    labelled = _labelled(q, whole, unit)
    ordered = labelled.sort_values([*q.names, "is_mean", "cohort", "age"], kind="stable")
    result = _rated(ordered, measure)[[*q.names, *COLUMNS]].reset_index(drop=True)
    result.attrs.update(policy=q.policy.note, as_of=q.as_of.isoformat(), measure=measure, unit=unit)
    return result


def _month_number(days: pd.Series) -> pd.Series:
    stamps = pd.to_datetime(days)
    return stamps.dt.year * 12 + stamps.dt.month


def _square(cells: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return every cohort at every age up to the oldest, with empty cells for the future."""
    sizes = cells.groupby([*names, "cohort"], as_index=False)[["n", "start"]].first()
    top = int(cells["age"].max()) + 1 if len(cells) else 0
    square = sizes.merge(pd.DataFrame({"age": range(top)}), how="cross")
    known = cells[[*names, "cohort", "age", "k", "net", "gross"]]
    return square.merge(known, how="left", on=[*names, "cohort", "age"])


def _state(q: Question, cohort: dt.date, months_on: int, months: int) -> str:
    """Return whether a cell's period is over, in progress or still to come."""
    start = periods.add_months(cohort, months_on)
    end = periods.add_months(start, months)
    if start > q.as_of:
        return "not_yet"
    return "value" if end <= q.as_of + dt.timedelta(days=1) else "in_progress"


def _means(square: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    mature = square[square["state"] == "value"]
    keys = [*names, "age"]
    sums = mature.groupby(keys, as_index=False)[["n", "start", "k", "net", "gross", "kept", "base"]]
    mean = sums.sum().assign(state="value", is_mean=True)
    mean["cohort"] = pd.Series(pd.NaT, index=mean.index)
    return mean


def _labelled(q: Question, frame: pd.DataFrame, unit: str) -> pd.DataFrame:
    start = q.crm.settings.fiscal_year_starts
    fiscal = start != 1 and unit != "month"
    labels = [
        MEAN
        if pd.isna(day)
        else periods.containing(day.date(), unit, fiscal=fiscal, fiscal_start=start).label
        for day in frame["cohort"]
    ]
    return frame.assign(cohort=labels, cohort_size=frame["n"], start_amount=frame["start"])


def _rated(frame: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Add the rate of cells that are over, with an interval where customers are counted."""
    over = frame["state"] == "value"
    base = frame["base"].where(over & (frame["base"] > 0))
    rated = frame.assign(rate=frame["kept"] / base, kept_amount=frame["net"])
    low, high = stats.wilson(frame["k"].fillna(0), frame["n"])
    counted = over & (measure == "logo")
    rated["rate_low"] = pd.Series(low, index=frame.index).where(counted)
    rated["rate_high"] = pd.Series(high, index=frame.index).where(counted)
    rated["k"] = frame["k"].astype("Int64")
    if measure == "gross":
        rated["kept_amount"] = frame["gross"]
    return rated
