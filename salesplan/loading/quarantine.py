"""Rows kept apart: with their file, their line, the rule that kept them and their text."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import pandas as pd

from salesplan.loading import lines
from salesplan.loading.feeds import ENTRY
from salesplan.loading.lines import Line
from salesplan.loading.sources import Source
from salesplan.loading.staging import MARK, Staged

_COLUMNS = ("file", "sheet", "line", "table_name", "rule", "column_name", "text")


def keep_apart(engine: duckdb.DuckDBPyConnection, staged: Iterable[Staged], table: str) -> None:
    """Move every marked row of a table, and every row the reader refused, to quarantine."""
    for one in staged:
        frame = pd.DataFrame([*_marked(engine, one), *_refused(one)], columns=list(_COLUMNS))
        if not frame.empty:
            engine.register("kept_apart", frame)
            engine.execute("INSERT INTO quarantine SELECT * FROM kept_apart")
            engine.unregister("kept_apart")
    engine.execute(f'DELETE FROM "{table}" WHERE {MARK} IS NOT NULL')


def _marked(engine: duckdb.DuckDBPyConnection, staged: Staged) -> list[tuple[object, ...]]:
    feed, first = staged.feed, staged.first_row
    rows = engine.execute(
        f'SELECT COALESCE({ENTRY}, rowid - {first} + 1), {MARK} FROM "{feed.table.name}" '
        f"WHERE {MARK} IS NOT NULL AND rowid BETWEEN {first} AND {first + staged.inserted - 1} "
        "ORDER BY rowid"
    ).fetchall()
    if not rows:
        return []
    found = lines.locate(
        feed.source.clean.path,
        feed.source.dialect.skip,
        feed.source.dialect.delimiter,
        {int(row) for row, _ in rows},
        {place for place, _, _ in staged.rejected},
    )
    nowhere = Line(0, "")
    return [_entry(feed.source, feed.table.name, fault, found.get(n, nowhere)) for n, fault in rows]


def _refused(staged: Staged) -> list[tuple[object, ...]]:
    source, table = staged.feed.source, staged.feed.table.name
    wanted = {place for place, _, _ in staged.rejected}
    found = (
        lines.places(source.clean.path, source.dialect.skip, source.dialect.delimiter, wanted)
        if wanted
        else {}
    )
    return [
        _entry(source, table, f"{kind}|", found.get(place, Line(0, text)))
        for place, kind, text in staged.rejected
    ]


def _entry(source: Source, table: str, fault: str, line: Line) -> tuple[object, ...]:
    rule, _, column = fault.partition("|")
    number = line.number or None
    return (source.file, source.sheet, number, table, rule, column or None, line.text)
