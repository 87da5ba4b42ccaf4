"""Where the selling hours go now, beside what they could be judged by."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from salesplan import dimensions
from salesplan._effort.cadence import cadence_hours
from salesplan._effort.sql import CALLS, MEETINGS, in_list, logged, money_parameters, won
from salesplan._effort.sql import parameters as work_parameters
from salesplan.crm import Crm
from salesplan.errors import UnknownNameError

COLUMNS = [
    "account_count",
    "activity_count",
    "call_count",
    "meeting_count",
    "estimated_count",
    "hours",
    "hours_share",
    "account_hours",
    "account_hours_share",
    "cadence_hours",
    "coverage_rate",
    "gap_hours",
    "revenue_amount",
    "revenue_share",
    "margin_amount",
    "margin_share",
    "potential_amount",
    "potential_share",
    "reason",
]
_COUNTS = ["account_count", "activity_count", "call_count", "meeting_count", "estimated_count"]
_AMOUNTS = ["hours", "account_hours", "cadence_hours", "revenue_amount", "potential_amount"]


def hours_by(
    crm: Crm,
    since: dt.date,
    until: dt.date,
    by: Sequence[str],
    only: Mapping[str, Any] | None,
) -> pd.DataFrame:
    """Return hours by any dimensions, with cadence, revenue and potential where they apply."""
    found = _worked(crm, since, until, by, only)
    parts = [_accounts(crm, since, until, by, only), _won(crm, since, until, by, only)]
    for part in parts:
        if part is not None:
            found = found.merge(part, on=list(by), how="outer") if by else found.join(part)
    return _finished(found, by, crm.settings.gross_margin, per_account=parts[0] is not None)


def _worked(
    crm: Crm, since: dt.date, until: dt.date, by: Sequence[str], only: Mapping[str, Any] | None
) -> pd.DataFrame:
    split = dimensions.grouping(by, "activities", date="t.starts_at")
    kept, joins, values = dimensions.where(only, "activities", alias="t")
    sql = f"""WITH {logged()}
SELECT {split.select}
  CAST(count(*) AS BIGINT) AS activity_count,
  CAST(count(CASE WHEN t.kind IN {in_list(CALLS)} THEN 1 END) AS BIGINT) AS call_count,
  CAST(count(CASE WHEN t.kind IN {in_list(MEETINGS)} THEN 1 END) AS BIGINT) AS meeting_count,
  CAST(count(CASE WHEN t.is_estimated THEN 1 END) AS BIGINT) AS estimated_count,
  CAST(COALESCE(sum(t.minutes), 0) / 60.0 AS DOUBLE) AS hours,
  CAST(COALESCE(sum(CASE WHEN t.account_id IS NOT NULL THEN t.minutes END), 0) / 60.0 AS DOUBLE)
    AS account_hours
FROM logged AS t {_joined(split.joins, joins)}
WHERE {kept} {_group(split)}"""
    return crm.query(sql, **work_parameters(crm, since, until), **values)


def _accounts(
    crm: Crm, since: dt.date, until: dt.date, by: Sequence[str], only: Mapping[str, Any] | None
) -> pd.DataFrame | None:
    """Return accounts, potential and cadence hours; None where the split is not of accounts."""
    try:
        split = dimensions.grouping([*by, "segment"] if "segment" not in by else by, "accounts")
        kept, joins, values = dimensions.where(only, "accounts")
    except UnknownNameError:
        return None
    sql = f"""SELECT {split.select}
  CAST(count(*) AS BIGINT) AS account_count,
  CAST(sum(t.potential_amount) AS DOUBLE) AS potential_amount
FROM accounts AS t {_joined(split.joins, joins)}
WHERE t.merged_into_id IS NULL AND {kept} {_group(split)}"""
    found = crm.query(sql, **values)
    found["cadence_hours"] = cadence_hours(crm.settings, found["segment"], since, until)
    found["cadence_hours"] *= found["account_count"]
    sums = ["account_count", "potential_amount", "cadence_hours"]
    if not by:
        return found[sums].sum(min_count=1).to_frame().T
    return found.groupby(list(by), as_index=False)[sums].sum(min_count=1)


def _won(
    crm: Crm, since: dt.date, until: dt.date, by: Sequence[str], only: Mapping[str, Any] | None
) -> pd.DataFrame | None:
    try:
        split = dimensions.grouping(by, "opportunities", date="t.closed_on")
        kept, joins, values = dimensions.where(only, "opportunities")
    except UnknownNameError:
        return None
    sql = f"""WITH {won()}, deals AS (
  SELECT o.*, w.amount AS won_amount
  FROM opportunities AS o JOIN won AS w ON w.opportunity_id = o.opportunity_id
)
SELECT {split.select} CAST(sum(t.won_amount) AS DOUBLE) AS revenue_amount
FROM deals AS t {_joined(split.joins, joins)}
WHERE {kept} {_group(split)}"""
    return crm.query(sql, **money_parameters(crm, since, until), **values)


def _joined(first: str, second: str) -> str:
    """Return the joins of split and filter, each once."""
    parts = [f"LEFT JOIN {p.strip()}" for p in f"{first} {second}".split("LEFT JOIN ") if p.strip()]
    return " ".join(dict.fromkeys(parts))


def _group(split: dimensions.Grouping) -> str:
    return f"GROUP BY {split.keys.rstrip(', ')}" if split.dimensions else ""


def _finished(
    found: pd.DataFrame, by: Sequence[str], margin: float, *, per_account: bool
) -> pd.DataFrame:
    found = found.reindex(columns=[*by, *_COUNTS, *_AMOUNTS])
    nothing = ["activity_count", "call_count", "meeting_count", "estimated_count", "hours"]
    nothing += ["account_hours"]
    found[nothing] = found[nothing].fillna(0)
    found[_AMOUNTS] = found[_AMOUNTS].astype(float)
    found["margin_amount"] = found["revenue_amount"] * margin
    for name in ("hours", "account_hours", "revenue", "margin", "potential"):
        column = name if name.endswith("hours") else f"{name}_amount"
        found[f"{name}_share"] = _share(found[column])
    above = found["cadence_hours"].to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(above > 0, found["account_hours"].to_numpy(float) / above, np.nan)
    found["coverage_rate"] = rate
    found["gap_hours"] = found["cadence_hours"] - found["account_hours"]
    found["reason"] = _reason(found, per_account)
    counts = _COUNTS if per_account else _COUNTS[1:]
    found[counts] = found[counts].fillna(0).astype("int64")
    found["account_count"] = found["account_count"].astype("Int64")
    found = found[[*by, *COLUMNS]]
    return found.sort_values(list(by), ignore_index=True) if by else found


def _share(column: pd.Series[float]) -> pd.Series[float]:
    total = column.sum()
    return column / total if total > 0 else column * np.nan


def _reason(found: pd.DataFrame, per_account: bool) -> list[str]:
    """Return why there is no coverage, for each row without a cadence."""
    if not per_account:
        return ["" if hours > 0 else "a cadence is per account" for hours in found["cadence_hours"]]
    none, nobody = "no cadence is set for these accounts", "activities without an account"
    return [
        "" if hours > 0 else none if count > 0 else nobody
        for hours, count in zip(found["cadence_hours"], found["account_count"], strict=True)
    ]
