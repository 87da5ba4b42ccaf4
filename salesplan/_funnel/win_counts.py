"""Deals won, lost and open per group, with their amounts, in one pass over the deals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from salesplan import dimensions
from salesplan._funnel import history
from salesplan._funnel.arguments import Span, columns_named, columns_read, group_by, inside
from salesplan._funnel.money import money
from salesplan.crm import Crm

DATES = {"closed": "t.closed_on", "created": "t.created_on", "engaged": "t.engaged_on"}
"""The date that places a deal in a period, for each denominator."""

BELOW = {"closed": ("won", "lost")} | dict.fromkeys(
    ("created", "engaged"), ("won", "lost", "open", "other")
)
"""What became of the deals below the line, for each denominator."""


def win_counts(
    crm: Crm,
    basis: str,
    date: str,
    period: Span,
    grouping: dimensions.Grouping,
    only: Mapping[str, Any] | None,
) -> pd.DataFrame:
    """Return counts and sums per group; a group of which the period holds nothing is left out.

    Deals alike in all that decides are added up first, as they stand in the file: what they
    count as, and the names of their group, are then found for a few rows, not for every deal.
    """
    condition, joins, params = dimensions.where(only, "opportunities")
    columns = _columns(crm, grouping)
    keys = "".join(f"t.{name}, " for name in columns)
    sums = money(crm)
    parts = f"""parts AS (
  SELECT {keys} t.status_on_record, {_KNOWN} AS is_known, {_placed(basis, date)} AS is_placed,
    count(*) AS deals, sum({sums.amount}) AS total, count(NULLIF(t.amount, 0)) AS priced,
    count(CASE WHEN {sums.unrated} THEN 1 END) AS unrated,
    {sums.first} AS first_currency, {sums.last} AS last_currency
  FROM deals AS t {sums.join} {joins}
  WHERE {condition} AND {_may_count(basis)}
  GROUP BY {keys} t.status_on_record, {_KNOWN}, {_placed(basis, date)}
)"""
    read = columns_named(parts)
    sql = f"""
WITH {history.deals(crm, pipeline="o.pipeline", columns=read)}, {parts}, judged AS (
  SELECT *, {_STATUS} AS status FROM parts AS t
), sides AS (
  SELECT *, {_side(basis)} AS side FROM judged AS t
)
SELECT {grouping.select} {_figures(crm, basis, columns)}
FROM sides AS t {grouping.joins}
{_counted_groups(grouping)}
"""
    since, until = period
    params |= {"as_of": crm.as_of, "since": since, "until": until, **sums.params}
    return crm.query(sql, **params)


# Whether the end of a deal is known on the day looked from; NULL where it has no date.
_KNOWN = "t.closed_on <= CAST($as_of AS DATE)"
_STATUS = (
    "CASE WHEN COALESCE(t.is_known, TRUE) AND t.status_on_record IN ('won', 'lost', 'other') "
    "THEN t.status_on_record ELSE 'open' END"
)


def _may_count(basis: str) -> str:
    """Return what tells at once that a deal counts for nothing: open ones, of those closed."""
    return "t.status_on_record <> 'open'" if basis == "closed" else "TRUE"


def _side(basis: str) -> str:
    """Return what a deal counts as, NULL for nothing."""
    status = "NULLIF(t.status, 'open')" if basis == "closed" else "t.status"
    return f"""CASE WHEN t.is_placed THEN {status}
    WHEN t.is_placed IS NULL AND t.status IN {BELOW[basis]} THEN 'undated' END"""


def _counted_groups(grouping: dimensions.Grouping) -> str:
    """Return the groups in which anything counts, told once their few parts are added up."""
    by = group_by(grouping)
    return f"{by} HAVING count(t.side) > 0" if by else ""


def _columns(crm: Crm, grouping: dimensions.Grouping) -> list[str]:
    """Return the columns of a deal that the groups need, the status apart."""
    columns = set(columns_read(grouping)) - {"status"}
    if "pipeline" not in grouping.names and len(history.pipelines(crm)) > 1:
        columns.add("pipeline")
    return sorted(columns)


def _placed(basis: str, date: str) -> str:
    """Return whether the period holds a deal; NULL where the date that would tell is missing."""
    # A deal that nobody has engaged with is not one whose date is missing.
    return f"({inside(date)}{f' AND {date} IS NOT NULL' if basis == 'engaged' else ''})"


def _figures(crm: Crm, basis: str, columns: list[str]) -> str:
    """Return the figures of a group as sums over its parts."""
    base = f"t.side IN {BELOW[basis]}"
    mixes = "pipeline" in columns and len(history.pipelines(crm)) > 1
    figures = [
        *(
            _sum("t.deals", f"t.side = '{side}'", "BIGINT", f"{side}_count")
            for side in ("won", "lost", "open", "other", "undated")
        ),
        _sum("t.deals", base, "BIGINT", "n"),
        _sum("t.deals - t.priced", base, "BIGINT", "amountless_count"),
        _sum("t.unrated", base, "BIGINT", "unrated_count"),
        *(
            _sum("t.total", f"t.side = '{side}'", "DOUBLE", f"{side}_amount")
            for side in ("won", "lost", "open")
        ),
        _sum("t.total", base, "DOUBLE", "base_amount"),
        f"COALESCE(min(t.first_currency) FILTER (WHERE {base}) "
        f"<> max(t.last_currency) FILTER (WHERE {base}), FALSE) AS is_mixed",
        f"CAST({_PIPELINES.format(base) if mixes else 1} AS BIGINT) AS pipeline_count",
    ]
    return ", ".join(figures)


_PIPELINES = "count(DISTINCT COALESCE(t.pipeline, '')) FILTER (WHERE {})"


def _sum(values: str, condition: str, kind: str, name: str) -> str:
    return f"CAST(COALESCE(sum({values}) FILTER (WHERE {condition}), 0) AS {kind}) AS {name}"
