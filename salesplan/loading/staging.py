"""From a feed to its canonical table in one pass, with the rows that make no sense marked.

The file is read once: cells are cleaned, cast and judged in one INSERT. The cells that could not
be read are kept beside their row, to tell a slip of that row from a style that the first rows
did not show.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import duckdb

from salesplan.exports.engine import scalar
from salesplan.loading import dates, repair, sql
from salesplan.loading.evidence import MOMENTS, Evidence, gather
from salesplan.loading.feeds import DELETED, ENTRY, Feed
from salesplan.loading.lines import Line
from salesplan.schema import Column

MARK = "_fault"
"""Column beside the canonical ones, during a load, that says why a row is to be kept apart."""

_UNREAD = "_unread"
"""Column beside them that keeps the cells of a row that could not be read: column and text."""

_BESIDE = {MARK: "VARCHAR", ENTRY: "BIGINT", _UNREAD: 'STRUCT("column" VARCHAR, said VARCHAR)[]'}

_HOPELESS = 10


@dataclass(frozen=True)
class Staged:
    """A feed whose rows are in their table, not yet rid of the bad ones."""

    feed: Feed
    first_row: int
    inserted: int
    rejected: tuple[tuple[int, str, str], ...]
    """Rows with the wrong number of cells: place among the file's entries, rule, text."""
    emptied: tuple[Line, ...] = ()
    """Lines taken out because their quote never ends."""

    @property
    def rows_read(self) -> int:
        """Rows of the file."""
        return self.inserted + len(self.rejected) + len(self.emptied)


def open_table(engine: duckdb.DuckDBPyConnection, table: str) -> None:
    """Give a table the columns that mark bad rows and tell their place."""
    for name, kind in _BESIDE.items():
        engine.execute(f'ALTER TABLE "{table}" ADD COLUMN {name} {kind}')


def close_table(engine: duckdb.DuckDBPyConnection, table: str) -> None:
    """Take those columns off again."""
    for name in _BESIDE:
        engine.execute(f'ALTER TABLE "{table}" DROP COLUMN {name}')


def stage(engine: duckdb.DuckDBPyConnection, feed: Feed, emptied: tuple[Line, ...] = ()) -> Staged:
    """Insert every row of a feed, marked where it is bad.

    A column whose values fail is looked at as a whole; if that changes how it is read, or if it
    is optional and hardly ever makes sense, the rows are inserted anew.
    """
    # nothing is deleted before all files are in, so that rows keep their numbers
    first = scalar(engine, f'SELECT count(*) FROM "{feed.table.name}"')
    engine.execute("BEGIN TRANSACTION")
    staged = replace(_insert(engine, feed, first), emptied=emptied)
    opening = repair.opened_at(feed.source, {place: rule for place, rule, _ in staged.rejected})
    if opening and len(emptied) < repair.MOST:
        engine.execute("ROLLBACK")
        mended = replace(feed, source=repair.without(feed.source, opening.number))
        return stage(engine, mended, (*emptied, opening))
    failed = _failed_columns(engine, staged)
    better = _reconsidered(engine, staged, failed) if failed else feed
    if better is feed:
        engine.execute("COMMIT")
        return staged
    engine.execute("ROLLBACK")
    return stage(engine, better, emptied)


def _insert(engine: duckdb.DuckDBPyConnection, feed: Feed, first: int) -> Staged:
    names = ", ".join(f'"{name}"' for name in feed.columns)
    engine.execute(f"DROP TABLE IF EXISTS {feed.source.rejects}")
    engine.execute(f"DROP TABLE IF EXISTS {feed.source.rejects}_scan")
    target = f'"{feed.table.name}" ({names}, {", ".join(_BESIDE)})'
    done = engine.execute(f"INSERT INTO {target} {insert_sql(feed)}").fetchone()
    assert done
    return Staged(feed, first, int(done[0]), _rejects(engine, feed))


def insert_sql(feed: Feed) -> str:
    """Return the SELECT that casts a feed and says of each row what is wrong with it."""
    typed = ", ".join(f'{feed.value(c)} AS "v_{name}"' for name, c in feed.columns.items())
    values = ", ".join(f'"v_{name}"' for name in feed.columns)
    read = f"SELECT *, {typed} FROM {feed.relation(keep_rejects=True)}"
    failed = [f'{_failed_text(c, feed.clean(c))} AS "f_{c.name}"' for c in _cast(feed)]
    judged = f"SELECT {', '.join(['*', *failed])} FROM ({read})"
    return f"SELECT {values}, {_fault(feed)}, {ENTRY}, {_unread(feed)} FROM ({judged})"


def _cast(feed: Feed) -> list[Column]:
    return [column for column in feed.columns.values() if column.kind != "text"]


def _fault(feed: Feed) -> str:
    """Return the SQL of the first thing wrong with a row; NULL for a good one."""
    gone = f"deleted in the CRM|{feed.deletion}"
    rules = [f"WHEN {DELETED} THEN {sql.text(gone)}"] if feed.deletion else []
    rules += [_unreadable(column) for column in _cast(feed)]
    rules += [
        f"WHEN \"v_{name}\" IS NULL THEN 'empty|{name}'"
        for name in feed.table.required
        if name in feed.columns
    ]
    return f"CASE {' '.join(rules)} END" if rules else "CAST(NULL AS VARCHAR)"


def _unreadable(column: Column) -> str:
    name = column.name
    fault = sql.text(f"unreadable {column.kind}|{name}")
    rule = f'WHEN "f_{name}" IS NOT NULL THEN {fault}'
    if column.kind == "rate":
        limit = 2 if name == "fte" else 1
        rule += f" WHEN \"v_{name}\" NOT BETWEEN 0 AND {limit} THEN 'out of range|{name}'"
    return rule


def _failed_text(column: Column, clean: str) -> str:
    """Return the SQL of a cell that holds something which could not be read, else NULL."""
    name = column.name
    unread = f'"v_{name}" IS NULL AND "{name}" IS NOT NULL'
    if column.kind in MOMENTS:
        unread += f" AND NOT {dates.is_none(clean)}"
    return f"CASE WHEN {unread} THEN {clean} END"


def _unread(feed: Feed) -> str:
    """Return the SQL of the cells of a row that could not be read; NULL where all could."""
    cast = _cast(feed)
    if not cast:
        return "NULL"
    cells = ", ".join(f"{{'column': '{c.name}', 'said': \"f_{c.name}\"}}" for c in cast)
    any_failed = " OR ".join(f'"f_{c.name}" IS NOT NULL' for c in cast)
    kept = f"list_filter([{cells}], lambda cell: cell.said IS NOT NULL)"
    return f"CASE WHEN {any_failed} THEN {kept} END"


def _rejects(engine: duckdb.DuckDBPyConnection, feed: Feed) -> tuple[tuple[int, str, str], ...]:
    rows = engine.execute(
        f"SELECT line, min(error_type), min(csv_line) FROM {feed.source.rejects} "
        "GROUP BY line ORDER BY line"
    ).fetchall()
    skip = feed.source.dialect.skip
    return tuple((int(line) - skip, str(kind).lower(), str(text)) for line, kind, text in rows)


def _failed_columns(engine: duckdb.DuckDBPyConnection, staged: Staged) -> dict[str, int]:
    """Return the columns whose values could not be read -> in how many rows."""
    table = f'"{staged.feed.table.name}"'
    rows = engine.execute(
        f"SELECT split_part({MARK}, '|', 2), count(*) FROM {table} "
        f"WHERE {MARK} IS NOT NULL AND NOT starts_with({MARK}, 'empty') "
        f"AND NOT starts_with({MARK}, 'deleted') AND rowid >= ? "
        f"GROUP BY split_part({MARK}, '|', 2)",
        [staged.first_row],
    ).fetchall()
    return {str(name): int(count) for name, count in rows}


def _reconsidered(
    engine: duckdb.DuckDBPyConnection, staged: Staged, failed: dict[str, int]
) -> Feed:
    """Return the feed with what its failures prove, or without hopeless columns."""
    feed = staged.feed
    better = feed.reconsider({name: _evidence(engine, staged, name) for name in failed})
    if better is not feed and better.decision and not better.decision.open:
        return better
    hopeless = {
        name
        for name, count in failed.items()
        if not feed.columns[name].required
        and count >= _HOPELESS
        and _is_most(engine, staged, name, count)
    }
    return replace(feed, unreadable=feed.unreadable | hopeless) if hopeless else feed


def _evidence(engine: duckdb.DuckDBPyConnection, staged: Staged, name: str) -> Evidence:
    """Return what the cells of a column prove that could not be read."""
    feed = staged.feed
    relation = (
        f'(SELECT cell.said AS "{name}" FROM (SELECT unnest({_UNREAD}) AS cell '
        f'FROM "{feed.table.name}" WHERE {_UNREAD} IS NOT NULL AND rowid >= {staged.first_row}) '
        f"WHERE cell.\"column\" = '{name}')"
    )
    return gather(engine, relation, {name: feed.columns[name]}).get(name, Evidence())


def _is_most(engine: duckdb.DuckDBPyConnection, staged: Staged, name: str, failed: int) -> bool:
    """Whether so many failures are most of a column; only a doubt has the file read again."""
    table = f'"{staged.feed.table.name}"'
    read = f'SELECT count("{name}") FROM {table} WHERE rowid >= {staged.first_row}'
    if 2 * failed <= scalar(engine, read):
        return False
    filled = f'SELECT count("{name}") FROM {staged.feed.relation()}'
    return bool(2 * failed > scalar(engine, filled))
