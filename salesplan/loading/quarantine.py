"""Rows kept apart: with their file, their line, the rule that kept them and their text."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import pandas as pd

from salesplan.loading import lines
from salesplan.loading.feeds import ENTRY
from salesplan.loading.lines import Layout, Line
from salesplan.loading.sources import Source
from salesplan.loading.staging import MARK, Staged

_COLUMNS = ("file", "sheet", "line", "table_name", "rule", "column_name", "text")


def keep_apart(engine: duckdb.DuckDBPyConnection, staged: Iterable[Staged], table: str) -> None:
    """Move every marked row of a table, and every row the reader refused, to quarantine."""
    for one in staged:
        frame = pd.DataFrame(_apart(engine, one), columns=list(_COLUMNS))
        if not frame.empty:
            engine.register("kept_apart", frame)
            engine.execute("INSERT INTO quarantine SELECT * FROM kept_apart")
            engine.unregister("kept_apart")
    engine.execute(f'DELETE FROM "{table}" WHERE {MARK} IS NOT NULL')


def _apart(engine: duckdb.DuckDBPyConnection, staged: Staged) -> list[tuple[object, ...]]:
    marked = _marked(engine, staged)
    source, table = staged.feed.source, staged.feed.table.name
    taken_out = [_entry(source, table, "unquoted value|", line) for line in staged.emptied]
    if not marked and not staged.rejected:
        return taken_out
    kinds = {place: (kind, text) for place, kind, text in staged.rejected}
    found, refused = lines.locate(_layout(staged), {row for row, _ in marked}, set(kinds))
    nowhere = Line(0, "")
    return [
        *taken_out,
        *(_entry(source, table, fault, found.get(row, nowhere)) for row, fault in marked),
        *(
            _entry(source, table, f"{kind}|", refused.get(place, Line(0, text)))
            for place, (kind, text) in kinds.items()
        ),
    ]


def _layout(staged: Staged) -> Layout:
    source = staged.feed.source
    scan = source.clean.scan
    data_lines = scan.line_feeds - source.dialect.skip
    regular = not scan.quotes and staged.rows_read in (data_lines, data_lines + 1)
    path, skip, delimiter = source.clean.path, source.dialect.skip, source.dialect.delimiter
    return Layout(path, skip, delimiter, regular and scan.is_plain and staged.feed.keeps_rows)


def _marked(engine: duckdb.DuckDBPyConnection, staged: Staged) -> list[tuple[int, str]]:
    feed, first = staged.feed, staged.first_row
    rows = engine.execute(
        f'SELECT COALESCE({ENTRY}, rowid - {first} + 1), {MARK} FROM "{feed.table.name}" '
        f"WHERE {MARK} IS NOT NULL AND rowid BETWEEN {first} AND {first + staged.inserted - 1} "
        "ORDER BY rowid"
    ).fetchall()
    return [(int(row), str(fault)) for row, fault in rows]


def _entry(source: Source, table: str, fault: str, line: Line) -> tuple[object, ...]:
    rule, _, column = fault.partition("|")
    number = line.number or None
    return (source.file, source.sheet, number, table, rule, column or None, line.text)
