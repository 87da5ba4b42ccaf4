"""What reading the files itself brought up: rows kept apart, columns and files not used."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from salesplan.exports import ROW_KEY
from salesplan.loading.issues import Issue, write
from salesplan.loading.sources import Source
from salesplan.loading.staging import Staged

Engine = duckdb.DuckDBPyConnection


def report(engine: Engine, staged: Sequence[Staged], unused: Sequence[Source]) -> None:
    """Write an issue for each kind of thing that reading the files brought up."""
    _kept_apart(engine)
    for source in unused:
        write(engine, _unused_file(source))
    for source in {one.feed.source.number: one.feed.source for one in staged}.values():
        for issue in _about_text(source):
            write(engine, issue)
        _unused_columns(engine, source, staged)
    for one in staged:
        for issue in _about_feed(one):
            write(engine, issue)


_WHAT_TO_DO = {
    "duplicate": "Several rows have the same key: the last one in the order of the files counts.",
    "empty": "Fill the column in the CRM: without it the row means nothing.",
    "unreadable": "Correct the value in the CRM; crm.quarantine has the line.",
    "out of range": "Correct the value in the CRM; crm.quarantine has the line.",
    "missing columns": "The row has too few cells: export again, or correct that line.",
    "too many columns": "The row has too many cells, often an unquoted delimiter in a text.",
}
_OTHERWISE = "The row cannot be cut into cells: correct that line, or export again."


def _kept_apart(engine: Engine) -> None:
    rows = engine.execute("""
        SELECT file, table_name, rule, column_name, count(*), min(line), arg_min(text, line)
        FROM quarantine GROUP BY file, table_name, rule, column_name
        ORDER BY file, table_name, rule, column_name
    """).fetchall()
    for file, table, rule, column, count, line, text in rows:
        kind = next((k for k in _WHAT_TO_DO if rule.startswith(k)), "")
        name = rule.replace(" ", "_")
        example = f"line {line}: {text}" if line else text
        to_do = _WHAT_TO_DO.get(kind, _OTHERWISE)
        write(engine, Issue("error", name, table, to_do, column, file, count, None, example))


def _unused_file(source: Source) -> Issue:
    return Issue(
        "warning",
        "unused_file",
        None,
        f'Nothing says what it holds. Name its table, [files."{source.file}"] table = "...", or '
        "ignore = true.",
        file=source.label,
        example=", ".join(source.headers),
    )


def _about_text(source: Source) -> list[Issue]:
    found: list[Issue] = []
    clean = source.clean

    def note(rule: str, count: int | None, to_do: str) -> None:
        found.append(Issue("warning", rule, None, to_do, file=source.file, rows=count))

    if clean.mixed_ends:
        note("mixed_line_ends", None, "Lines end in more than one way; they were read alike.")
    if clean.scan.nul_bytes and not clean.scan.encoding.startswith("utf-16"):
        note("nul_bytes", clean.scan.nul_bytes, "NUL bytes were dropped; export the file again.")
    if clean.broken_characters:
        to_do = "Characters were broken before the export; they show as \ufffd."
        note("broken_characters", clean.broken_characters, to_do)
    return found


def _unused_columns(engine: Engine, source: Source, staged: Sequence[Staged]) -> None:
    """Note the columns that no table takes: not a fault, but to be known."""
    used = {h for one in staged if one.feed.source is source for h in one.feed.headers}
    rest = [h for h in source.headers if h not in used]
    if rest:
        to_do = 'Nothing to do, unless one is needed: [columns.TABLE] column = "header".'
        issue = Issue("note", "unused_columns", None, to_do, None, source.label, example=str(rest))
        write(engine, issue)


def _about_feed(one: Staged) -> list[Issue]:
    feed, found = one.feed, []
    for column, constant in feed.recognised.constants.items():
        if constant == ROW_KEY:
            to_do = (
                f"Export the identifier: rows are numbered, so nothing else can name a {column}."
            )
            found.append(Issue("note", "no_identifier", feed.table.name, to_do, column))
    for column in sorted(feed.unreadable):
        header, kind = feed.header(column), feed.table.column(column).kind
        to_do = f"Most values of {header!r} are no {kind}, so it is not loaded. Map another column."
        found.append(Issue("error", "unreadable_column", feed.table.name, to_do, column))
    return [
        Issue(i.severity, i.rule, i.table, i.what_to_do, i.column, feed.source.label, one.rows_read)
        for i in found
    ]
