"""Writing what a load found wrong into the book, one row per kind of fault."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import duckdb

ROWS = "SELECT COALESCE(max(issue_id), 0) + 1 FROM issues"


@dataclass(frozen=True)
class Issue:
    """One kind of fault."""

    severity: str
    rule: str
    table: str | None
    what_to_do: str
    column: str | None = None
    file: str | None = None
    rows: int | None = None
    amount: Decimal | None = None
    example: str | None = None


def write(engine: duckdb.DuckDBPyConnection, issue: Issue) -> None:
    """Add an issue to the book."""
    number = engine.execute(ROWS).fetchone()
    assert number
    example = issue.example[:200] if issue.example else issue.example
    engine.execute(
        "INSERT INTO issues (issue_id, severity, rule, table_name, column_name, file, row_count, "
        "amount, example, what_to_do) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            number[0],
            issue.severity,
            issue.rule,
            issue.table,
            issue.column,
            issue.file,
            issue.rows,
            issue.amount,
            example,
            issue.what_to_do,
        ],
    )
