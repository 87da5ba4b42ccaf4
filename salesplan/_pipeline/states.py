"""What every deal looked like at the end of a given day.

The record of a deal is its state *now*. It is also its state on an earlier day unless
something dated after that day is known of it; then its history tells: stage, amount, owner,
expected close date and probability as the last change up to that day left them. Where there
is no history either, only open or closed is known, from the dates, and ``known_by`` says so.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from salesplan import schema
from salesplan._pipeline.changes import STAGE_MAP, changes
from salesplan._pipeline.records import (
    blind,
    changed_since,
    has_foreign_amounts,
    home_currency,
    lacks_beginnings,
)
from salesplan.crm import Crm
from salesplan.periods import to_date

_PAST = ("amount", "expected_close_on", "probability", "owner_id")


@dataclass(frozen=True)
class States:
    """CTEs that end in one relation of deals per name, and their parameters."""

    ctes: str
    params: dict[str, Any]

    def select(self, sql: str) -> str:
        """Return a whole query over the relations."""
        return f"WITH {self.ctes}\n{sql}"


def day_of(crm: Crm, as_of: str | dt.date | None) -> dt.date:
    """Return the day looked at: the one given, else the book's."""
    return crm.as_of if as_of is None else to_date(as_of, "as_of")


def states(crm: Crm, *, among: str = "", history: bool = False, **days: dt.date) -> States:
    """Return one relation per name, each with every deal as it stood at the end of that day.

    A relation has all columns of ``opportunities`` as of then, and ``began_on``, ``rate`` (to
    the reporting currency, of the closing day or else the last one; NULL where unknown),
    ``reporting_amount`` and ``known_by``.

    Parameters
    ----------
    among
        SQL over a deal's record ``o``: only such deals are looked at, and always those that
        changed after the earliest of the days, whose record may say nothing of it.
    history
        Whether ``changes`` holds the history of every deal looked at; without, only that of
        deals that have changed since, which is all that states need.
    days
        Names of relations, and their days.
    """
    first = min(days, key=lambda name: days[name])
    past = [name for name, day in days.items() if changed_since(crm, day)]
    looked_at = _looked_at(first, among) if past else _as_recorded(among)
    begun, beginning = beginnings(crm)
    parts = [STAGE_MAP, *(_later(name) for name in past), f"looked_at AS ({looked_at})", *begun]
    if history or past:
        parts.append(changes(looked_at if history else _moved(first)))
    for name, day in days.items():
        if name in past:
            parts.append(_past(name, "has_moved" if name == first else _has_moved_since(name)))
        parts.append(_deals(name, beginning, blind(crm, day), name in past))
        parts.append(rated(name, has_foreign_amounts(crm)))
    params = {"home": home_currency(crm)} if has_foreign_amounts(crm) else {}
    return States(",\n".join(parts), params | {f"{n}_day": d for n, d in days.items()})


def _as_recorded(among: str) -> str:
    chosen = f" WHERE {among}" if among else ""
    return f"SELECT o.*, FALSE AS has_moved FROM opportunities AS o{chosen}"


def _looked_at(first: str, among: str) -> str:
    chosen = f"\n  WHERE ({among}) OR l.opportunity_id IS NOT NULL" if among else ""
    return f"""
  SELECT o.*, l.opportunity_id IS NOT NULL AS has_moved FROM opportunities AS o
  LEFT JOIN {first}_later AS l ON l.opportunity_id = o.opportunity_id{chosen}
"""


def _moved(first: str) -> str:
    # What has not changed since the earliest day has not changed since the others either.
    return f"""
  SELECT o.*, TRUE AS has_moved FROM opportunities AS o
  JOIN {first}_later AS l ON l.opportunity_id = o.opportunity_id
"""


def beginnings(crm: Crm) -> tuple[list[str], str]:
    """Return the CTE that tells, if need be, when deals ``o`` began, and the SQL of that day.

    A deal without a day of creation was first heard of with its first change.
    """
    if not lacks_beginnings(crm):
        return [], "o.created_on"
    return [_BEGUN], "COALESCE(o.created_on, b.first_on, o.engaged_on)"


_BEGUN = """begun AS (
  SELECT opportunity_id, CAST(min(changed_at) AS DATE) AS first_on FROM stage_changes
  WHERE opportunity_id IN (SELECT opportunity_id FROM opportunities WHERE created_on IS NULL)
  GROUP BY opportunity_id
)"""


def end_of(day: str) -> str:
    """Return the SQL of the moment at which a day, given in SQL, is over."""
    return f"CAST({day} AS DATE) + INTERVAL 1 DAY"


def _later(name: str) -> str:
    day = f"${name}_day"
    return f"""{name}_later AS (
  SELECT opportunity_id FROM stage_changes WHERE changed_at >= {end_of(day)}
  UNION
  SELECT opportunity_id FROM opportunities
  WHERE closed_on > CAST({day} AS DATE) AND status <> 'open'
)"""


def _has_moved_since(name: str) -> str:
    return f"opportunity_id IN (SELECT opportunity_id FROM {name}_later)"


def _past(name: str, moved: str) -> str:
    before = f"changed_at < {end_of(f'${name}_day')}"
    values = ",\n    ".join(
        f"COALESCE(arg_max({c}, n) FILTER (WHERE {c} IS NOT NULL AND {before}), "
        f"CASE WHEN NOT bool_or({before}) OR '{c}' = 'owner_id' "
        f"THEN arg_min({c}, n) FILTER (WHERE {c} IS NOT NULL) END) AS {c}, "
        f"count({c}) AS {c}_known"
        for c in _PAST
    )
    return f"""{name}_past AS (
  SELECT opportunity_id, bool_or({before}) AS is_seen,
    COALESCE(arg_max(stage, n) FILTER (WHERE {before}),
      arg_min(CASE WHEN status = 'open' THEN stage END, n)) AS stage,
    COALESCE(arg_max(status, n) FILTER (WHERE {before}), 'open') AS status,
    CAST(arg_max(changed_at, n) FILTER (WHERE {before}) AS DATE) AS changed_on,
    {values}
  FROM changes WHERE {moved} GROUP BY opportunity_id
)"""


def _deals(name: str, beginning: str, is_blind: bool, is_past: bool) -> str:
    day = f"CAST(${name}_day AS DATE)"
    then = _columns_now(is_blind) | (_columns_then(day, is_blind) if is_past else {})
    columns = ", ".join(
        f"{then.get(c, f'o.{c}')} AS {c}" for c in schema.table("opportunities").names
    )
    joins = [("begun", "b")] if "b." in beginning else []
    joins += [(f"{name}_later", "l"), (f"{name}_past", "p")] if is_past else []
    joined = "".join(
        f"\n  LEFT JOIN {table} AS {t} ON {t}.opportunity_id = o.opportunity_id"
        for table, t in joins
    )
    return f"""{name}_raw AS (
  SELECT {columns}, {beginning} AS began_on, {then["known_by"]} AS known_by
  FROM looked_at AS o{joined}
  WHERE {beginning} IS NULL OR {beginning} <= {day}
)"""


def rated(name: str, has_foreign_amounts: bool) -> str:
    """Return the CTEs that give the deals of ``<name>_raw`` their rate and reporting amount."""
    if not has_foreign_amounts:
        return f"{name} AS (SELECT *, 1 AS rate, amount AS reporting_amount FROM {name}_raw)"
    day = f"CAST(${name}_day AS DATE)"
    return f"""{name}_rates AS (
  SELECT currency, rate, rate_on,
    lead(rate_on) OVER (PARTITION BY currency ORDER BY rate_on) AS next_on
  FROM fx_rates WHERE rate_on <= {day}
),
{name}_rated AS (
  SELECT d.*, CASE WHEN d.currency IS NULL OR d.currency = $home THEN 1 ELSE r.rate END AS rate
  FROM {name}_raw AS d LEFT JOIN {name}_rates AS r ON r.currency = d.currency
    AND r.rate_on <= COALESCE(d.closed_on, {day})
    AND (r.next_on IS NULL OR r.next_on > COALESCE(d.closed_on, {day}))
),
{name} AS (
  SELECT *, CAST(amount * rate AS DECIMAL(18, 2)) AS reporting_amount FROM {name}_rated
)"""


def _columns_now(is_blind: bool) -> dict[str, str]:
    """Return the SQL of the columns in which a state differs from a record that still holds."""
    known = {"closed_on": "CASE WHEN o.status <> 'open' THEN o.closed_on END"}
    if not is_blind:
        return known | {"known_by": "'record'"}
    return known | {
        "stage": "CASE WHEN o.status = 'open' THEN NULL ELSE o.stage END",
        "push_count": "NULL",
        "known_by": "CASE WHEN o.status = 'open' THEN 'dates' ELSE 'record' END",
    }


def _columns_then(day: str, is_blind: bool) -> dict[str, str]:
    """Return the SQL of the columns that may have been different on an earlier day."""
    now = _columns_now(is_blind)
    holds = "l.opportunity_id IS NULL"
    status = f"CASE WHEN {holds} THEN o.status ELSE COALESCE(p.status, 'open') END"
    closed = f"CASE WHEN o.closed_on <= {day} THEN o.closed_on ELSE p.changed_on END"
    then = {
        "stage": f"CASE WHEN {holds} THEN {now.get('stage', 'o.stage')} ELSE p.stage END",
        "status": status,
        "closed_on": f"CASE WHEN {status} <> 'open' THEN "
        f"CASE WHEN {holds} THEN o.closed_on ELSE {closed} END END",
        "push_count": f"CASE WHEN {holds} THEN {now.get('push_count', 'o.push_count')} END",
        "known_by": f"CASE WHEN {holds} THEN {now['known_by']} "
        "WHEN p.is_seen THEN 'history' ELSE 'dates' END",
    }
    for column in _PAST:
        # Nothing of this kind was ever recorded for the deal: what it says now is all there is.
        then[column] = (
            f"CASE WHEN {holds} OR COALESCE(p.{column}_known, 0) = 0 "
            f"THEN o.{column} ELSE p.{column} END"
        )
    # A probability of today knows the outcome (100 % once won): it must not reach into the past.
    then["probability"] = f"CASE WHEN {holds} THEN o.probability ELSE p.probability END"
    return then
