"""What reading the files itself brought up: rows kept apart, columns and files not used."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from salesplan import exports
from salesplan.exports import ROW_KEY
from salesplan.exports.engine import Issue, record
from salesplan.loading.feeds import Feed
from salesplan.loading.sources import Source
from salesplan.loading.staging import Staged
from salesplan.loading.workbook import how_to_read

Engine = duckdb.DuckDBPyConnection


def report(engine: Engine, staged: Sequence[Staged], unused: Sequence[Source]) -> None:
    """Write an issue for each kind of thing that reading the files brought up."""
    sources = {one.feed.source.number: one.feed.source for one in staged}.values()
    record(engine, _kept_apart(engine))
    record(engine, [_unused_file(source) for source in unused])
    workbooks = {source.file: source for source in [*sources, *unused] if source.hidden}
    record(engine, [_hidden_sheets(source) for source in workbooks.values()])
    record(engine, [issue for source in sources for issue in _about_text(source)])
    record(engine, [issue for source in sources for issue in _unused_columns(source, staged)])
    record(engine, [issue for one in staged for issue in _about_feed(one)])


_WHAT_TO_DO = {
    "duplicate": "Several rows have the same key: the last one in the order of the files counts.",
    "empty": "Fill the column in the CRM: without it the row means nothing.",
    "unreadable": "Correct the value in the CRM; crm.quarantine has the line.",
    "out of range": "Correct the value in the CRM; crm.quarantine has the line.",
    "missing columns": "The row has too few cells: export again, or correct that line.",
    "too many columns": "The row has too many cells, often an unquoted delimiter in a text.",
}
_NO_FAULT = {
    "text": (
        "warning",
        "A line of text is no row: a title or footer, or the rest of a broken row above it.",
    ),
    "repeated": (
        "note",
        "Nothing: the file is about something else, and each of its rows repeats this one.",
    ),
    "total": (
        "note",
        "Nothing: the row adds up the others, and is none of its own.",
    ),
    "deleted": (
        "note",
        "Nothing: what lies in the recycle bin of the CRM does not count.",
    ),
}
_OTHERWISE = "The row cannot be cut into cells: correct that line, or export again."


def _kept_apart(engine: Engine) -> list[Issue]:
    """Return an issue per rule; lines of text, and what a file only repeats, are no faults."""
    rows = engine.execute("""
        SELECT file, table_name, rule, column_name, count(*), min(line), arg_min(text, line), why
        FROM (
            SELECT q.*, CASE
                WHEN q.rule = 'missing columns' AND NOT contains(
                    regexp_replace(q.text, '"[^"]*"', '', 'g'), d.sign
                ) THEN 'text'
                WHEN starts_with(q.rule, 'deleted') THEN 'deleted'
                WHEN q.rule = 'total' THEN 'total'
                WHEN q.rule = 'duplicate' AND q.table_name <> d.main THEN 'repeated'
                ELSE '' END AS why
            FROM quarantine AS q
            LEFT JOIN (
                SELECT file, min(delimiter) AS sign, arg_min(table_name, rowid) AS main
                FROM loads GROUP BY file
            ) AS d ON d.file = q.file
        ) AS judged
        GROUP BY file, table_name, rule, column_name, why
        ORDER BY file, table_name, rule, column_name, why
    """).fetchall()
    found: list[Issue] = []
    for file, table, rule, column, count, line, text, why in rows:
        kind = next((k for k in _WHAT_TO_DO if rule.startswith(k)), "")
        severity, to_do = _NO_FAULT.get(why, ("error", _WHAT_TO_DO.get(kind, _OTHERWISE)))
        example = f"line {line}: {text}"[:200] if line else None
        name = rule.replace(" ", "_")
        found.append(Issue(severity, name, table, column, count, example, to_do, file=file))
    return found


def _unused_file(source: Source) -> Issue:
    to_do = f'Name its table, [files."{source.file}"] table = "...", or say ignore = true.'
    if near := exports.nearly(source.label, source.headers):
        to_do = how_to_feed(source.file, *near)
    headers = ", ".join(source.headers)[:200]
    return Issue("warning", "unused_file", None, None, None, headers, to_do, file=source.label)


def how_to_feed(file: str, table: str, lacking: Sequence[str]) -> str:
    """Return the settings with which a file would feed a table that it nearly does."""
    columns = ", ".join(f'{column} = "..."' for column in lacking)
    return (
        f"It would feed {table}, but {' and '.join(lacking)} is missing. Name the column: "
        f'[columns.{table}] {columns}; or say [files."{file}"] ignore = true.'
    )


def _hidden_sheets(source: Source) -> Issue:
    names, to_do = ", ".join(source.hidden)[:200], how_to_read(source.file, source.hidden)
    return Issue("note", "hidden_sheet", None, None, None, names, to_do, file=source.file)


def _about_text(source: Source) -> list[Issue]:
    found: list[Issue] = []
    clean = source.clean

    def note(rule: str, count: int | None, to_do: str) -> None:
        found.append(Issue("warning", rule, None, None, count, None, to_do, file=source.file))

    if clean.mixed_ends:
        note("mixed_line_ends", None, "Lines end in more than one way; they were read alike.")
    if clean.scan.nul_bytes and not clean.scan.encoding.startswith("utf-16"):
        note("nul_bytes", clean.scan.nul_bytes, "NUL bytes were dropped; export the file again.")
    if clean.broken_characters:
        to_do = "Characters were broken before the export; they show as \ufffd."
        note("broken_characters", clean.broken_characters, to_do)
    if lost := source.uncomputed:
        to_do = (
            "These cells hold an error or a formula without a result, and were read as empty. "
            "Correct them, or open and save the workbook in Excel or LibreOffice, which compute it."
        )
        rule, first = "cell_without_value", f"cell {lost.first}"
        label = source.label
        found.append(Issue("error", rule, None, None, lost.count, first, to_do, file=label))
    return found


def _unused_columns(source: Source, staged: Sequence[Staged]) -> list[Issue]:
    """Note the columns that no table takes: not a fault, but to be known."""
    used = {h for one in staged if one.feed.source is source for h in one.feed.headers}
    rest = ", ".join(h for h in source.headers if h not in used)
    to_do = 'Nothing to do, unless one is needed: [columns.TABLE] column = "header".'
    issue = Issue("note", "unused_columns", None, None, None, rest[:200], to_do, file=source.label)
    return [issue] if rest else []


def _about_feed(one: Staged) -> list[Issue]:
    feed = one.feed
    found: list[Issue] = []

    def note(severity: str, rule: str, column: str, to_do: str) -> None:
        table, file = feed.table.name, feed.source.label
        issue = Issue(severity, rule, table, column, one.inserted, None, to_do, file=file)
        found.append(issue)

    for column, constant in feed.recognised.constants.items():
        if constant == ROW_KEY:
            note("note", "no_identifier", column, "Export the identifier: rows are only numbered.")
    if measure := feed.recognised.constants.get("measure"):
        to_do = f"All goals of the file count as {measure}. Name another measure of the catalogue: "
        note("note", "measure_assumed", "measure", f'{to_do}[constants.targets] measure = "...".')
    for column in _wanting(feed):
        to_do = (
            f'No header was taken for it. Name one: [columns.{feed.table.name}] {column} = "...".'
        )
        note("warning", "column_not_found", column, to_do)
    for column in sorted(feed.unreadable):
        header, kind = feed.header(column), feed.table.column(column).kind
        to_do = f"Most values of {header!r} are no {kind}, so it is not loaded. Map another column."
        note("error", "unreadable_column", column, to_do)
    return found


def _wanting(feed: Feed) -> list[str]:
    """Return the columns that a row says next to nothing without, and that nothing feeds."""
    everyday = exports.profiles()["plain"].exports.get(feed.table.name)
    needs = everyday.needs if everyday else ()
    given = {*feed.columns, *feed.unreadable}
    given |= {"amount"} if "hours" in given else set()  # of people, hours are the cost
    return [column for column in needs if column not in given]
