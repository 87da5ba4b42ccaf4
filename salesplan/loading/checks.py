"""Running the rules over a loaded book, and the checks that need more than one condition."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import duckdb

from salesplan import schema
from salesplan.loading import sql
from salesplan.loading.issues import Issue, write
from salesplan.loading.rules import LONGEST_CELL, RULES, Rule
from salesplan.schema import Column, Table
from salesplan.settings import Settings

Engine = duckdb.DuckDBPyConnection


def run(engine: Engine, as_of: dt.date, settings: Settings) -> None:
    """Check every table that holds rows, and write what is found to issues."""
    filled = [t for t in schema.TABLES if _count(engine, t.name)]
    empty = {t.name for t in schema.TABLES} - {t.name for t in filled}
    engine.execute(_CLOSINGS)
    for table in filled:
        _unknown_values(engine, table)
        _long_cells(engine, table)
        _orphans(engine, table, empty)
        _currencies(engine, table, settings)
        _rules(engine, [r for r in RULES if r.table == table.name], as_of)
    _stages(engine)


_CLOSINGS = """
CREATE OR REPLACE TEMP VIEW closings AS
SELECT c.opportunity_id, min(c.changed_at) AS changed_at,
    arg_min(c.seq, (c.changed_at, c.seq)) AS seq
FROM stage_changes AS c JOIN stages AS s ON s.stage = c.stage
WHERE s.status IN ('won', 'lost')
GROUP BY c.opportunity_id
"""


def _count(engine: Engine, table: str, condition: str = "TRUE") -> int:
    row = engine.execute(f'SELECT count(*) FROM "{table}" WHERE {condition}').fetchone()
    assert row
    return int(row[0])


def _rules(engine: Engine, rules: list[Rule], as_of: dt.date) -> None:
    """Count all rules of a table in one pass over it."""
    if not rules:
        return
    table = schema.table(rules[0].table)
    parts: list[str] = []
    for rule in rules:
        condition = rule.condition.replace("{as_of}", f"DATE '{as_of}'")
        parts += [
            f"count(*) FILTER (WHERE {condition})",
            f"sum({rule.amount}) FILTER (WHERE {condition})" if rule.amount != "NULL" else "NULL",
            f'min("{table.key[0]}") FILTER (WHERE {condition})',
        ]
    found = list(engine.execute(f'SELECT {", ".join(parts)} FROM "{table.name}"').fetchall()[0])
    for rule in rules:
        count, amount, example, *found = found
        if count:
            write(
                engine,
                Issue(
                    rule.severity,
                    rule.name,
                    rule.table,
                    rule.what_to_do,
                    rule.column,
                    rows=count,
                    amount=amount,
                    example=None if example is None else str(example),
                ),
            )


def _money(table: Table) -> str:
    """Return the SQL of the money on a row; NULL where the table carries none."""
    names = table.names
    if "quantity" in names and "unit_price" in names:
        return "quantity * unit_price"
    return next((f'"{c.name}"' for c in table.columns if c.kind == "money"), "NULL")


def _unknown_values(engine: Engine, table: Table) -> None:
    """Empty cells that hold none of a column's values; name the words for the settings."""
    for column in (c for c in table.columns if c.values):
        known = sql.texts(column.values)
        rows = engine.execute(
            f'SELECT "{column.name}", count(*), sum({_money(table)}) FROM "{table.name}" '
            f'WHERE "{column.name}" NOT IN ({known}) GROUP BY "{column.name}" '
            f'ORDER BY count(*) DESC, "{column.name}"'
        ).fetchall()
        if not rows:
            continue
        engine.execute(
            f'UPDATE "{table.name}" SET "{column.name}" = NULL '
            f'WHERE "{column.name}" NOT IN ({known})'
        )
        write(engine, _unknown(table, column, rows))


def _unknown(table: Table, column: Column, rows: list[tuple[str, int, object]]) -> Issue:
    words = ", ".join(f"{word!r} ({count})" for word, count, _ in rows)
    word = rows[0][0].replace('"', "'")
    amounts = [a for _, _, a in rows if a is not None]
    return Issue(
        "error",
        f"unknown_{column.name}",
        table.name,
        f"Map each word to one of {', '.join(column.values)}, as in "
        f'[values.{table.name}.{column.name}] "{word}" = "{column.values[0]}".',
        column.name,
        rows=sum(count for _, count, _ in rows),
        amount=sum(amounts[1:], amounts[0]) if amounts else None,  # type: ignore[call-overload]
        example=words,
    )


def _long_cells(engine: Engine, table: Table) -> None:
    texts = [c.name for c in table.columns if c.kind == "text"]
    longest = ", ".join(f'max(strlen("{name}"))' for name in texts)
    row = engine.execute(f'SELECT {longest} FROM "{table.name}"').fetchall()[0]
    for name, length in zip(texts, row, strict=True):
        if length and length > LONGEST_CELL:
            rows = _count(engine, table.name, f'length("{name}") > {LONGEST_CELL}')
            write(engine, _long(table.name, name, rows, length))


def _long(table: str, column: str, rows: int, length: int) -> Issue:
    return Issue(
        "warning",
        "overlong_cell",
        table,
        f"A cell of Excel holds {LONGEST_CELL:,} characters; shorten the text in the CRM.",
        column,
        rows=rows,
        example=f"{length:,} bytes",
    )


def _orphans(engine: Engine, table: Table, empty: Iterable[str]) -> None:
    """Count keys that lead nowhere, with the money on their rows; the rows stay."""
    for column in (c for c in table.columns if c.refers_to and c.refers_to not in empty):
        other = schema.table(column.refers_to)
        row = engine.execute(
            f'SELECT count(*), sum({_money(table)}), count(DISTINCT t."{column.name}"), '
            f'min(t."{column.name}") FROM "{table.name}" AS t '
            f'WHERE t."{column.name}" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM '
            f'"{other.name}" AS o WHERE o."{other.key[0]}" = t."{column.name}")'
        ).fetchone()
        if row and row[0]:
            write(engine, _orphan(table, column, row))


def _orphan(table: Table, column: Column, row: tuple[int, object, int, str]) -> Issue:
    rows, amount, keys, example = row
    return Issue(
        "warning",
        "unmatched_key",
        table.name,
        f"{keys:,} keys are not in {column.refers_to}: export it whole, or correct the key. "
        "The rows still count.",
        column.name,
        rows=rows,
        amount=amount,  # type: ignore[arg-type]
        example=example,
    )


def _currencies(engine: Engine, table: Table, settings: Settings) -> None:
    """Find money in currencies that nothing converts."""
    if "currency" not in table.names:
        return
    rows = engine.execute(
        f'SELECT currency, count(*), sum({_money(table)}) FROM "{table.name}" '
        "WHERE currency <> ? AND currency NOT IN (SELECT f.currency FROM fx_rates AS f "
        "WHERE f.currency IS NOT NULL) GROUP BY currency ORDER BY currency",
        [settings.currency],
    ).fetchall()
    if table.name == "fx_rates":
        return
    for code, count, amount in rows:
        known = len(code) == 3 and code.isascii() and code.isupper()
        to_do = (
            f"Add rates of {code} to {settings.currency} as fx_rates.csv."
            if known
            else (f"Write currencies as ISO codes, or map them: [values.{table.name}.currency].")
        )
        rule = "missing_fx_rate" if known else "unknown_currency"
        write(
            engine, Issue("error", rule, table.name, to_do, "currency", None, count, amount, code)
        )


def _stages(engine: Engine) -> None:
    """Name each stage that nothing maps; its deals are neither open, won nor lost."""
    rows = engine.execute("""
        SELECT stage, count(*), sum(amount) FROM opportunities WHERE status IS NULL
        GROUP BY stage ORDER BY count(*) DESC, stage
    """).fetchall()
    for stage, count, amount in rows:
        line = f'[[stages]] stage = "{stage}" status = "open" (or won, lost, other).'
        to_do = f"Say in salesplan.toml what the stage means: {line}"
        write(
            engine,
            Issue(
                "error",
                "unknown_stage",
                "opportunities",
                to_do,
                "stage",
                None,
                count,
                amount,
                stage,
            ),
        )
