"""What is wrong with rows that can be loaded: one rule per line, counted by the engine.

``{as_of}`` and ``{currency}`` stand for the load's date and the reporting currency. A rule
whose condition needs another table names it by a subquery.
"""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_CELL = 32_767
"""Characters that fit into a cell of Excel."""


@dataclass(frozen=True)
class Rule:
    """A condition that a row should not meet, and what to do about those that do."""

    name: str
    severity: str
    table: str
    column: str
    condition: str
    what_to_do: str
    amount: str = "NULL"
