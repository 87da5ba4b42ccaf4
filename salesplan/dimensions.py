"""One way to split any metric by owner, team, segment, channel, product, country or month.

A dimension is looked for in the table itself, then in its account, then in its owner, so
``by="segment"`` works on deals, activities and contract lines alike. A row whose dimension
is empty is counted under ``(none)``; it never drops out of a total.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from salesplan import formats, schema
from salesplan.errors import InputError, UnknownNameError, did_you_mean

NONE = formats.NONE
"""Group of the rows that carry no value for a dimension."""

_TIME = {
    "day": "CAST({0} AS DATE)",
    "month": "CAST(date_trunc('month', {0}) AS DATE)",
    "quarter": "CAST(date_trunc('quarter', {0}) AS DATE)",
    "year": "CAST(date_trunc('year', {0}) AS DATE)",
}
_ACCOUNT = ("segment", "industry", "country", "status")
_OWNER = ("team", "territory", "role", "seniority")


@dataclass(frozen=True)
class Dimension:
    """A column to group by: its name, its SQL and the join that it needs."""

    name: str
    sql: str
    join: str = ""


@dataclass(frozen=True)
class Grouping:
    """The dimensions of one query, ready to be put into SQL.

    ``select`` and ``keys`` are empty or end in a comma where that helps to prepend them.
    """

    dimensions: tuple[Dimension, ...]

    @property
    def names(self) -> list[str]:
        """Names of the result's leading columns."""
        return [d.name for d in self.dimensions]

    @property
    def select(self) -> str:
        """``sql AS name, `` for each dimension."""
        return "".join(f'{d.sql} AS "{d.name}", ' for d in self.dimensions)

    @property
    def keys(self) -> str:
        """``sql, `` for each dimension, to put in front of a GROUP BY list."""
        return "".join(f"{d.sql}, " for d in self.dimensions)

    @property
    def columns(self) -> str:
        """``name, `` for each dimension, for an outer query."""
        return "".join(f'"{d.name}", ' for d in self.dimensions)

    @property
    def joins(self) -> str:
        """The joins that the dimensions need, each once."""
        return " ".join(dict.fromkeys(d.join for d in self.dimensions if d.join))


def grouping(
    by: str | Sequence[str] | None,
    table: str,
    *,
    alias: str = "t",
    date: str | None = None,
    owner: str | None = None,
) -> Grouping:
    """Return the grouping for ``by`` on a table known in the query as ``alias``.

    Parameters
    ----------
    by
        A dimension, several, or None.
    table
        Canonical table that the query counts.
    alias
        Its alias in the query.
    date
        SQL of the date behind ``month``, ``quarter`` and ``year``.
    owner
        SQL of the person's id, where it is not ``alias.owner_id`` (owner at stage entry).

    Examples
    --------
    >>> g = grouping("team", "opportunities")
    >>> print(g.select)
    COALESCE(t_owner.team, '(none)') AS "team",
    >>> print(g.joins)
    LEFT JOIN people AS t_owner ON t_owner.person_id = t.owner_id
    """
    names = [by] if isinstance(by, str) else list(by or [])
    if len(set(names)) < len(names):
        raise InputError(f"by={by!r} names a dimension twice.")
    person = owner or f"{alias}.owner_id"
    return Grouping(tuple(_dimension(n, schema.table(table), alias, date, person) for n in names))


def _dimension(
    name: str, table: schema.Table, alias: str, date: str | None, person: str
) -> Dimension:
    if name in _TIME and date:
        return Dimension(name, _TIME[name].format(date))
    if name == "owner" and ("owner_id" in table.names or "person_id" in table.names):
        label = f"{alias}_label"
        join = f"LEFT JOIN person_labels AS {label} ON {label}.person_id = {person}"
        return Dimension(name, f"COALESCE({label}.label, {person}, '{NONE}')", join)
    if name in table.names:
        return Dimension(name, _or_none(f"{alias}.{name}", table.column(name)))
    return _from_account(name, table, alias) or _from_owner(name, alias, person, table)


def _from_account(name: str, table: schema.Table, alias: str) -> Dimension | None:
    if "account_id" not in table.names or name not in (*_ACCOUNT, "account"):
        return None
    account = f"{alias}_account"
    join = f"LEFT JOIN accounts AS {account} ON {account}.account_id = {alias}.account_id"
    if name == "account":
        label = f"COALESCE({account}.name, {alias}.account_id, '{NONE}')"
        return Dimension(name, label, join)
    return Dimension(name, f"COALESCE({account}.{name}, '{NONE}')", join)


def _from_owner(name: str, alias: str, person: str, table: schema.Table) -> Dimension:
    if name not in _OWNER:
        known = {"owner", "account", *_TIME, *_ACCOUNT, *_OWNER} | set(table.names)
        raise UnknownNameError(
            f"by={name!r} is no dimension of {table.name}. {did_you_mean(name, known)}"
        )
    owner = f"{alias}_owner"
    join = f"LEFT JOIN people AS {owner} ON {owner}.person_id = {person}"
    return Dimension(name, f"COALESCE({owner}.{name}, '{NONE}')", join)


def _or_none(sql: str, column: schema.Column) -> str:
    text = sql if column.kind == "text" else f"CAST({sql} AS VARCHAR)"
    return f"COALESCE({text}, '{NONE}')"


def where(
    only: Mapping[str, Any] | None, table: str, *, alias: str = "t"
) -> tuple[str, str, dict[str, Any]]:
    """Return ``(condition, joins, parameters)`` that keep the rows a filter names.

    Examples
    --------
    >>> where({"segment": ["gold"]}, "opportunities")[0]
    "COALESCE(t_account.segment, '(none)') IN ($only_segment_0)"
    >>> where(None, "opportunities")
    ('TRUE', '', {})
    """
    chosen = grouping(list(only or {}), table, alias=alias)
    conditions: list[str] = []
    parameters: dict[str, Any] = {}
    for dimension in chosen.dimensions:
        wanted = (only or {})[dimension.name]
        wanted = [wanted] if isinstance(wanted, str) else list(wanted)
        names = [f"only_{dimension.name}_{i}" for i in range(len(wanted))]
        parameters.update(zip(names, wanted, strict=True))
        conditions.append(f"{dimension.sql} IN ({', '.join('$' + n for n in names)})")
    return " AND ".join(conditions) or "TRUE", chosen.joins, parameters
