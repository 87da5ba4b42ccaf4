"""What this package needs of the engine: to run SQL. The loader hands it over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Protocol


class Engine(Protocol):
    """A connection that runs SQL."""

    def execute(self, query: str, parameters: Any = ...) -> Any:
        """Run a statement; the answer has ``fetchone`` and ``fetchall``."""


@dataclass(frozen=True)
class Issue:
    """One row of ``crm.issues``."""

    severity: str
    rule: str
    table_name: str | None
    column_name: str | None
    row_count: int | None
    example: str | None
    what_to_do: str
    amount: Decimal | float | None = None
    file: str | None = None


def record(engine: Engine, issues: Sequence[Issue]) -> None:
    """Append issues to the book."""
    row = engine.execute("SELECT COALESCE(max(issue_id), 0) FROM issues").fetchone()
    for number, issue in enumerate(issues, int(row[0]) + 1):
        values = {"issue_id": number, **asdict(issue)}
        names = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join("?" * len(values))
        engine.execute(f"INSERT INTO issues ({names}) VALUES ({marks})", list(values.values()))


def scalar(engine: Engine, sql: str, parameters: Sequence[object] = ()) -> Any:
    """Return the one value that a query answers with."""
    row = engine.execute(sql, list(parameters)).fetchone()
    return row[0] if row else None
