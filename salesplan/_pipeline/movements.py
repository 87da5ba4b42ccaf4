"""How each deal moved between two days: one row per deal, money to the cent, in SQL.

Two states of a deal are set side by side. A deal that came into view is worth what it is worth
at the end; one that was there all along is worth its start, plus its change, plus what the
exchange rates did; one that left the view while still open leaves with what it was worth at
the start. So every deal's movements add up to the difference between its two states.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from salesplan import dimensions
from salesplan._pipeline.copies import Copies, relation
from salesplan._pipeline.flow import By, Only
from salesplan._pipeline.records import has_foreign_amounts
from salesplan._pipeline.states import States, states
from salesplan.crm import Crm

PLUS = ("created", "reopened", "increased", "moved_in", "received")
MINUS = ("won", "lost", "decreased", "moved_out", "handed_over", "deleted")
MOVEMENTS = ("start", *PLUS, *MINUS, "fx", "end")
"""Every bar of the waterfall, in its order."""

COUNTED = ("start", "created", "reopened", "moved_in", "received",
           "won", "lost", "moved_out", "handed_over", "deleted", "end")  # fmt: skip
"""Movements that change the number of deals; a deal that grew is still one deal."""

# A deal handed over leaves one group and joins another, so some movements belong to the group
# at the start and the others to the group at the end.
AT_START = ("start", "increased", "decreased", "moved_out", "handed_over", "deleted", "fx")
AT_END = ("created", "reopened", "moved_in", "received", "won", "lost", "closed_otherwise", "end")


# A deal that was closed when the period began, and that nothing has happened to since, did not
# move: most of an old book is not looked at.
_MOVABLE = "o.status = 'open' OR o.created_on IS NULL OR o.created_on > CAST($before_day AS DATE)"


@dataclass(frozen=True)
class Sides:
    """The two states to compare: CTEs that end in ``opening`` and ``closing``."""

    ctes: str
    params: dict[str, Any]
    keys: list[str]


def sides_by_history(
    crm: Crm, first: dt.date, last: dt.date, *, by: By, only: Only, kept: Copies
) -> Sides:
    """Return both states from one book, the earlier one out of the deals' history.

    Deals that were deleted have no history left; copies of earlier exports still show them.
    """
    known = states(crm, among=_MOVABLE, before=first, after=last)
    shown = {"before": kept.before, "after": kept.after}
    gone = [name for name, day in shown.items() if day]
    extra = [_with_gone(name, has_foreign_amounts(crm)) for name in gone]
    names = [f"{name}_all" if name in gone else name for name in shown]
    return _sides_of(known, extra, names, by, only, kept)


def sides_by_copies(crm: Crm, last: dt.date, *, by: By, only: Only, kept: Copies) -> Sides:
    """Return both states from dated copies of the deals; without a later one, the records."""
    names = ["before_copy", "after_copy" if kept.after else "after"]
    extra = [
        relation(name, only_gone=False, has_foreign_amounts=has_foreign_amounts(crm))
        for name in names
        if name != "after"
    ]
    return _sides_of(states(crm, after=last), extra, names, by, only, kept)


def _with_gone(name: str, is_foreign: bool) -> str:
    copy = relation(f"{name}_copy", only_gone=True, has_foreign_amounts=is_foreign)
    return f"""{copy},
{name}_all AS (SELECT * FROM {name} UNION ALL BY NAME SELECT * FROM {name}_copy)"""


def _sides_of(
    known: States, extra: list[str], names: list[str], by: By, only: Only, kept: Copies
) -> Sides:
    (opening, values), (closing, _) = (_side(name, by, only) for name in names)
    ctes = (known.ctes, *extra, f"opening AS ({opening})", f"closing AS ({closing})")
    return Sides(",\n".join(ctes), {**known.params, **kept.params, **values}, _keys(by))


def _keys(by: By) -> list[str]:
    names = dimensions.grouping(by, "opportunities", date="t.began_on").names
    return [f"g_{name}" for name in names]


def sides_by_snapshot(crm: Crm, earlier: Crm, last: dt.date, *, by: By, only: Only) -> Sides:
    """Return both states from two loads; only so is a deleted deal ever noticed."""
    past = states(earlier, before=earlier.as_of)
    side, values = _side("before", by, only)
    keys = _keys(by)
    frame = earlier.query(past.select(_as_text(side, keys)), **past.params, **values)
    known = states(crm, after=last)
    closing, _ = _side("after", by, only)
    columns = {f"past_{c}": _plain(frame[c]) for c in frame.columns}
    opening = ", ".join(f"unnest($past_{c}) AS {c}" for c in frame.columns)
    typed = ", ".join(_typed(c) for c in frame.columns)
    ctes = (
        f"{known.ctes},\nhanded_in AS (SELECT {opening}),\n"
        f"opening AS (SELECT {typed} FROM handed_in),\nclosing AS ({closing})"
    )
    return Sides(ctes, {**known.params, **values, **columns}, keys)


def _side(name: str, by: By, only: Only) -> tuple[str, dict[str, Any]]:
    groups = dimensions.grouping(by, "opportunities", alias="t", date="t.began_on")
    kept, kept_joins, values = dimensions.where(only, "opportunities", alias="t")
    joins = " ".join(dict.fromkeys((groups.joins, kept_joins)))
    keys = "".join(f', CAST({d.sql} AS VARCHAR) AS "g_{d.name}"' for d in groups.dimensions)
    sql = f"""SELECT t.opportunity_id, COALESCE(t.status, 'other') AS status,
    t.amount, t.rate, t.expected_close_on, t.closed_on, {kept} AS is_kept{keys}
  FROM {name} AS t {joins}"""
    return sql, values


def _as_text(side: str, keys: list[str]) -> str:
    """Return a side whose values another book can take in exactly: no float on the way."""
    exact = ("amount", "rate", "expected_close_on", "closed_on")
    cast = ", ".join(f"CAST({column} AS VARCHAR) AS {column}" for column in exact)
    groups = "".join(f', "{key}"' for key in keys)
    return f"SELECT opportunity_id, status, {cast}, is_kept{groups} FROM ({side}) AS sided"


def _plain(column: Any) -> list[Any]:
    return [None if value is None or value != value else value for value in column.tolist()]


def _typed(column: str) -> str:
    kind = "BOOLEAN" if column == "is_kept" else "VARCHAR"
    return f'CAST("{column}" AS {kind}) AS "{column}"'


def moved(sides: Sides, *, has_window: bool) -> str:
    """Return CTEs that end in ``moved``: one row per deal with the amount of each movement."""
    differs = " OR ".join(f"a.{k} IS DISTINCT FROM b.{k}" for k in (*sides.keys, "is_kept"))
    keys = "".join(f", a.{k} AS {k}_0, b.{k} AS {k}_1" for k in sides.keys)
    # What was closed and stayed so did not move.
    return f"""{sides.ctes},
pairs AS (
  SELECT COALESCE(a.opportunity_id, b.opportunity_id) AS opportunity_id,
    a.status AS status_0, b.status AS status_1, b.opportunity_id IS NULL AS is_gone,
    COALESCE(a.is_kept, FALSE) AS kept_0, COALESCE(b.is_kept, FALSE) AS kept_1,
    {differs} AS is_handed,
    {_inside("a", has_window)} AS due_0,
    CASE WHEN b.status = 'won' THEN {_inside("b", has_window)} OR {_closed(has_window)}
      ELSE {_inside("b", has_window)} END AS due_1,
    {_product("a.amount", "a.rate")} IS NULL AS unpriced_0,
    {_product("b.amount", "b.rate")} IS NULL AS unpriced_1,
    {_money("a.amount", "a.rate")} AS value_0,
    {_money("a.amount", "b.rate")} AS revalued, {_money("b.amount", "b.rate")} AS value_1{keys}
  FROM opening AS a FULL OUTER JOIN closing AS b ON b.opportunity_id = a.opportunity_id
  WHERE a.status IS DISTINCT FROM b.status OR a.status = 'open'
),
placed AS (
  SELECT *, kept_0 AND due_0 AND status_0 = 'open' AS was_in,
    status_0 = 'open' AND due_0 AND NOT is_gone AND (status_1 <> 'open' OR due_1) AS is_followed,
    NOT is_gone AND kept_1 AND COALESCE(status_0, '') <> status_1
      AND (due_1 OR (status_0 = 'open' AND due_0)) AS is_turned
  FROM pairs
),
moved AS ({_movements(sides.keys)})"""


def _inside(side: str, has_window: bool) -> str:
    if not has_window:
        return "TRUE"
    day = f"CAST({side}.expected_close_on AS DATE)"
    return f"COALESCE({day} >= $due_since AND {day} < $due_until, FALSE)"


def _closed(has_window: bool) -> str:
    if not has_window:
        return "TRUE"
    day = "CAST(b.closed_on AS DATE)"
    return f"COALESCE({day} >= $due_since AND {day} < $due_until, FALSE)"


def _money(amount: str, rate: str) -> str:
    return f"COALESCE(CAST({_product(amount, rate)} AS DECIMAL(18, 2)), 0)"


def _product(amount: str, rate: str) -> str:
    return f"CAST({amount} AS DECIMAL(19, 2)) * CAST({rate} AS DECIMAL(18, 6))"


def _movements(keys: list[str]) -> str:
    carried = ", ".join(f"{k}_0, {k}_1" for k in keys)
    followed = "was_in AND is_followed"
    arrives = "kept_1 AND NOT is_gone AND due_1"
    flags = {
        "start": ("was_in", "value_0"),
        "created": (f"{arrives} AND status_0 IS NULL", "value_1"),
        "reopened": (f"{arrives} AND status_0 <> 'open' AND status_0 <> status_1", "value_1"),
        "increased": (f"{followed} AND value_1 > revalued", "value_1 - revalued"),
        "moved_in": (f"{arrives} AND status_0 = 'open' AND NOT due_0", "value_1"),
        "received": ("kept_1 AND is_followed AND is_handed", "value_1"),
        "won": ("is_turned AND status_1 = 'won'", "value_1"),
        "lost": ("is_turned AND status_1 = 'lost'", "value_1"),
        "decreased": (f"{followed} AND value_1 < revalued", "revalued - value_1"),
        "moved_out": ("was_in AND NOT is_gone AND NOT is_followed", "value_0"),
        "handed_over": (f"{followed} AND is_handed", "value_1"),
        "deleted": ("was_in AND is_gone", "value_0"),
        "closed_otherwise": ("is_turned AND status_1 NOT IN ('open', 'won', 'lost')", "value_1"),
        "fx": (f"{followed} AND revalued <> value_0", "revalued - value_0"),
        "end": (f"{arrives} AND status_1 = 'open'", "value_1"),
    }
    columns = ",\n    ".join(_three_columns(name, *rule) for name, rule in flags.items())
    return f"SELECT opportunity_id, {carried}{', ' if carried else ''}{columns} FROM placed"


def _three_columns(name: str, flag: str, value: str) -> str:
    unpriced = {"value_0": "unpriced_0", "value_1": "unpriced_1"}.get(value, "FALSE")
    return (
        f'COALESCE({flag}, FALSE) AS "{name}_n", '
        f'COALESCE({flag} AND {unpriced}, FALSE) AS "{name}_u", '
        f'CASE WHEN {flag} THEN {value} ELSE 0 END AS "{name}"'
    )
