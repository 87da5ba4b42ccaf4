"""What the values of a column prove about how they are written, counted by the engine.

The same count runs on the first rows of a file and, where those leave a doubt, on all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import duckdb

from salesplan.loading import dates, numbers
from salesplan.schema import Column

NUMBERS = ("integer", "number", "money", "price", "rate")
MOMENTS = ("date", "timestamp")


@dataclass(frozen=True)
class Evidence:
    """How many values of a column support each reading, with one value for each."""

    filled: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, str] = field(default_factory=dict)

    def plus(self, other: Evidence) -> Evidence:
        """Return this evidence together with that of other values."""
        counts = {proof: n + other.count(proof) for proof, n in self.counts.items()}
        examples = {**other.examples, **self.examples}
        return Evidence(self.filled + other.filled, counts, examples)

    def count(self, proof: str) -> int:
        """Return how many values support a reading."""
        return self.counts.get(proof, 0)


def gather(
    engine: duckdb.DuckDBPyConnection, relation: str, columns: Mapping[str, Column]
) -> dict[str, Evidence]:
    """Return the evidence of each column of a relation that has them all as clean text."""
    wanted = {name: _conditions(column) for name, column in columns.items()}
    wanted = {name: conditions for name, conditions in wanted.items() if conditions}
    if not wanted:
        return {}
    parts: list[str] = []
    for name, conditions in wanted.items():
        parts.append(f'count("{name}")')
        for condition in conditions.values():
            parts += [
                f"count(*) FILTER (WHERE {condition})",
                f'min("{name}") FILTER (WHERE {condition})',
            ]
    row = engine.execute(f"SELECT {', '.join(parts)} FROM {relation}").fetchone()
    assert row
    return _read(list(row), wanted)


def _conditions(column: Column) -> dict[str, str]:
    text = f'"{column.name}"'
    if column.kind in MOMENTS:
        return dates.evidence(text)
    if column.kind in NUMBERS:
        found = numbers.evidence(text)
        return {**found, "percent": numbers.above_one(text)} if column.kind == "rate" else found
    return {}


def _read(row: list[object], wanted: Mapping[str, Mapping[str, str]]) -> dict[str, Evidence]:
    found: dict[str, Evidence] = {}
    for name, conditions in wanted.items():
        filled = int(str(row.pop(0)))
        counts: dict[str, int] = {}
        examples: dict[str, str] = {}
        for proof in conditions:
            counts[proof] = int(str(row.pop(0)))
            example = row.pop(0)
            if example is not None:
                examples[proof] = str(example)
        found[name] = Evidence(filled, counts, examples)
    return found
