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
from salesplan.crm import Crm
from salesplan.periods import to_date

STAGE_MAP = """stage_map AS (
  SELECT COALESCE(pipeline, '') AS pipeline, stage, min(status) AS status,
    min(position) AS position, max(probability) AS probability,
    row_number() OVER (ORDER BY min(position) NULLS LAST, stage) AS place
  FROM stages GROUP BY COALESCE(pipeline, ''), stage
)"""

# One number puts the changes of a deal in order: the moment, then what the CRM says of the order
# within it, then the stage that comes later in the pipeline; so nothing need be sorted.
_SEQ, _PLACE = 2**40, 2**22
_ORDER = f"""CAST(epoch_us(c.changed_at) AS HUGEINT) * {8 * _SEQ * _PLACE}
      + CAST(COALESCE(c.seq + {_SEQ}, {4 * _SEQ}) AS HUGEINT) * {_PLACE}
      + COALESCE(own.place, common.place, CAST(hash(c.stage) % {_PLACE // 2} AS BIGINT)
        + {_PLACE // 2})"""

# Every change, numbered in time. A CRM may hold rows of open stages after the closing one; where
# the record still says that the deal is closed, those rows are slips of the keyboard: left out.
_CHANGES = f"""numbered AS (
  SELECT c.opportunity_id, c.changed_at, c.stage, c.amount, c.expected_close_on,
    c.probability, c.owner_id, o.status AS record_status, o.has_moved,
    COALESCE(own.status, common.status, CASE WHEN c.stage = o.stage THEN o.status END, 'open')
      AS status,
    {_ORDER} AS n
  FROM stage_changes AS c
  JOIN ({{tracked}}) AS o ON o.opportunity_id = c.opportunity_id
  LEFT JOIN stage_map AS own ON own.pipeline = o.pipeline AND own.stage = c.stage
  LEFT JOIN stage_map AS common ON common.pipeline = '' AND common.stage = c.stage
),
closings AS (
  SELECT opportunity_id, max(n) AS n FROM numbered WHERE status <> 'open' GROUP BY opportunity_id
),
changes AS (
  SELECT c.* FROM numbered AS c LEFT JOIN closings AS x ON x.opportunity_id = c.opportunity_id
  WHERE NOT (COALESCE(c.record_status, 'open') <> 'open' AND c.status = 'open'
    AND c.n > COALESCE(x.n, c.n))
)"""

# created_on may be missing; the first change is then the first that was heard of the deal.
BEGUN = """begun AS (
  SELECT opportunity_id, CAST(min(changed_at) AS DATE) AS first_on FROM stage_changes
  WHERE opportunity_id IN (SELECT opportunity_id FROM opportunities WHERE created_on IS NULL)
  GROUP BY opportunity_id
)"""

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
    looked_at = _looked_at(first, among)
    parts = [STAGE_MAP, *(_later(name) for name in days), f"looked_at AS ({looked_at})"]
    parts += [_CHANGES.format(tracked=looked_at if history else _moved(first)), BEGUN]
    for name, day in days.items():
        moved = "has_moved" if name == first else _has_moved_since(name)
        parts += [rates(name), _past(name, moved), _deals(name, blind(crm, day))]
    params = {"home": home_currency(crm), **{f"{n}_day": d for n, d in days.items()}}
    return States(",\n".join(parts), params)


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


def blind(crm: Crm, day: dt.date) -> bool:
    """Whether the book cannot know stages on a day: it is past and nothing kept its history."""
    return day < book_day(crm) and not crm.has("stage_changes")


def book_day(crm: Crm) -> dt.date:
    """Return the day that the records describe."""
    known = crm.fact("as_of")
    return crm.as_of if known is None else max(crm.as_of, to_date(known, "as_of"))


def home_currency(crm: Crm) -> str:
    """Return the currency that the book is reported in."""
    return crm.fact("currency") or crm.settings.currency


def rates(name: str) -> str:
    """Return the CTE of the exchange rates known on the day of a relation."""
    return f"""{name}_rates AS (
  SELECT currency, rate, rate_on,
    lead(rate_on) OVER (PARTITION BY currency ORDER BY rate_on) AS next_on
  FROM fx_rates WHERE rate_on <= CAST(${name}_day AS DATE)
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


def _deals(name: str, is_blind: bool) -> str:
    day = f"CAST(${name}_day AS DATE)"
    then = _columns_then(day, is_blind)
    columns = ", ".join(
        f"{then.get(c, f'o.{c}')} AS {c}" for c in schema.table("opportunities").names
    )
    return f"""{name}_raw AS (
  SELECT {columns},
    COALESCE(o.created_on, b.first_on, o.engaged_on) AS began_on,
    {_known_by(is_blind)} AS known_by
  FROM looked_at AS o
  LEFT JOIN begun AS b ON b.opportunity_id = o.opportunity_id
  LEFT JOIN {name}_later AS l ON l.opportunity_id = o.opportunity_id
  LEFT JOIN {name}_past AS p ON p.opportunity_id = o.opportunity_id
  WHERE COALESCE(o.created_on, b.first_on, o.engaged_on) IS NULL
     OR COALESCE(o.created_on, b.first_on, o.engaged_on) <= {day}
),
{rated(name)}"""


def rated(name: str) -> str:
    """Return the CTEs that give the deals of ``<name>_raw`` their rate and reporting amount."""
    day = f"CAST(${name}_day AS DATE)"
    return f"""{name}_rated AS (
  SELECT d.*, CASE WHEN d.currency IS NULL OR d.currency = $home THEN 1 ELSE r.rate END AS rate
  FROM {name}_raw AS d LEFT JOIN {name}_rates AS r ON r.currency = d.currency
    AND r.rate_on <= COALESCE(d.closed_on, {day})
    AND (r.next_on IS NULL OR r.next_on > COALESCE(d.closed_on, {day}))
),
{name} AS (
  SELECT *, CAST(amount * rate AS DECIMAL(18, 2)) AS reporting_amount FROM {name}_rated
)"""


def _columns_then(day: str, is_blind: bool) -> dict[str, str]:
    """Return the SQL of the columns that may have been different on an earlier day."""
    now_stage = "CASE WHEN o.status = 'open' THEN NULL ELSE o.stage END" if is_blind else "o.stage"
    status = "CASE WHEN l.opportunity_id IS NULL THEN o.status ELSE COALESCE(p.status, 'open') END"
    closed = f"CASE WHEN o.closed_on <= {day} THEN o.closed_on ELSE p.changed_on END"
    then = {
        "stage": f"CASE WHEN l.opportunity_id IS NULL THEN {now_stage} ELSE p.stage END",
        "status": status,
        "closed_on": f"CASE WHEN {status} <> 'open' THEN "
        f"CASE WHEN l.opportunity_id IS NULL THEN o.closed_on ELSE {closed} END END",
        "push_count": "CASE WHEN l.opportunity_id IS NULL AND NOT "
        f"{'TRUE' if is_blind else 'FALSE'} THEN o.push_count END",
    }
    for column in _PAST:
        # Nothing of this kind was ever recorded for the deal: what it says now is all there is.
        then[column] = (
            f"CASE WHEN l.opportunity_id IS NULL OR COALESCE(p.{column}_known, 0) = 0 "
            f"THEN o.{column} ELSE p.{column} END"
        )
    # A probability of today knows the outcome (100 % once won): it must not reach into the past.
    then["probability"] = (
        "CASE WHEN l.opportunity_id IS NULL THEN o.probability ELSE p.probability END"
    )
    return then


def _known_by(is_blind: bool) -> str:
    now = "CASE WHEN o.status = 'open' THEN 'dates' ELSE 'record' END" if is_blind else "'record'"
    return (
        f"CASE WHEN l.opportunity_id IS NULL THEN {now} "
        "WHEN p.is_seen THEN 'history' ELSE 'dates' END"
    )
