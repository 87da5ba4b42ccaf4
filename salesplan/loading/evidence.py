"""What the values of a column prove about how they are written, counted by the engine.

The same count runs on the first rows of a file and, where those leave a doubt, on all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from salesplan.loading import dates, numbers, sql
from salesplan.schema import Column

NUMBERS = ("integer", "number", "money", "price", "rate")
MOMENTS = ("date", "timestamp")


@dataclass(frozen=True)
class Evidence:
    """How many values of a column support each reading, with one value for each."""

    counts: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, str] = field(default_factory=dict)

    def plus(self, other: Evidence) -> Evidence:
        """Return this evidence together with that of other values."""
        counts = {proof: n + other.count(proof) for proof, n in self.counts.items()}
        examples = {**other.examples, **self.examples}
        return Evidence(counts, examples)

    def count(self, proof: str) -> int:
        """Return how many values support a reading."""
        return self.counts.get(proof, 0)


def gather(
    engine: duckdb.DuckDBPyConnection,
    relation: str,
    columns: Mapping[str, Column],
    clean: Callable[[str], str] = str,
) -> dict[str, Evidence]:
    """Return the evidence of each column of dates or numbers in a relation of text.

    ``clean`` makes SQL of a cell into SQL of what it says.
    """
    found: dict[str, Evidence] = {}
    for kinds, conditions in ((MOMENTS, dates.evidence), (NUMBERS, numbers.evidence)):
        names = [name for name, column in columns.items() if column.kind in kinds]
        found |= _proved(engine, relation, names, clean, conditions("said")) if names else {}
    return {name: found[name] for name in columns if name in found}


def _proved(
    engine: duckdb.DuckDBPyConnection,
    relation: str,
    names: Sequence[str],
    clean: Callable[[str], str],
    conditions: Mapping[str, str],
) -> dict[str, Evidence]:
    """Return what some columns prove, their cells one below the other: planned once for all."""
    said = ", ".join(sql.name(name) for name in names)
    proofs = ", ".join(f'{condition} AS "{proof}"' for proof, condition in conditions.items())
    counts = ", ".join(
        f'count(*) FILTER (WHERE "{proof}"), min(said) FILTER (WHERE "{proof}")'
        for proof in conditions
    )
    rows = engine.execute(f"""
        SELECT name, {counts}
        FROM (
            SELECT name, said, {proofs}
            FROM (
                SELECT name, {clean("cell")} AS said
                FROM (
                    SELECT unnest([{sql.texts(names)}]) AS name, unnest([{said}]) AS cell
                    FROM {relation}
                ) AS cells
            ) AS texts
            WHERE said IS NOT NULL
        ) AS judged
        GROUP BY name
    """).fetchall()
    nothing = Evidence(dict.fromkeys(conditions, 0))
    return {**dict.fromkeys(names, nothing), **{row[0]: _read(row, conditions) for row in rows}}


def _read(row: Sequence[Any], conditions: Iterable[str]) -> Evidence:
    """Return what one row of the answer says: a name, then count and example of each proof."""
    counts = dict(zip(conditions, row[1::2], strict=True))
    examples = dict(zip(conditions, row[2::2], strict=True))
    return Evidence(counts, {p: said for p, said in examples.items() if said is not None})
