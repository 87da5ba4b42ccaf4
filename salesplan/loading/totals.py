"""Rows of totals: those of advertising platforms among the campaigns, those below a list.

The first has a period, as campaigns have, but no campaign; counted as a cost it would double
all of them. The second has the word in one of its cells.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from salesplan.loading import sql, words
from salesplan.loading.staging import MARK, Staged

_WORDS = (
    *("total", "totals", "grand total", "subtotal", "sum", "overall", "total general"),
    *("summe", "gesamt", "gesamtsumme", "zwischensumme", "insgesamt"),
    *("somme", "totaux", "sous total", "suma", "totales", "soma", "totais"),
    *("totaal", "eindtotaal", "subtotaal", "totale", "totali", "somma"),
)


def mark(engine: duckdb.DuckDBPyConnection, table: str, staged: Iterable[Staged]) -> None:
    """Mark the rows of each file that only add up the others."""
    for one in staged:
        rows = f"rowid BETWEEN {one.first_row} AND {one.first_row + one.inserted - 1}"
        if table == "costs" and "campaign" in one.feed.columns:
            _mark_sum(engine, rows)
        _mark_by_word(engine, table, one, rows)


def _mark_sum(engine: duckdb.DuckDBPyConnection, rows: str) -> None:
    """Mark a cost without a campaign that is, to the cent, the sum of all others of its file."""
    engine.execute(f"""
        UPDATE costs SET {MARK} = 'total|amount'
        WHERE {MARK} IS NULL AND campaign IS NULL AND {rows} AND amount = (
            SELECT sum(amount) FROM costs
            WHERE {MARK} IS NULL AND campaign IS NOT NULL AND {rows} HAVING count(*) > 1
        )
    """)


_MOST = 1_000
"""Incomplete rows of a file that are looked at: more of them are no totals."""


def _mark_by_word(engine: duckdb.DuckDBPyConnection, table: str, staged: Staged, rows: str) -> None:
    """Say of rows kept apart as incomplete, and of a last row that is the sum, what they are."""
    columns = staged.feed.columns.values()
    texts = [c.name for c in columns if c.kind == "text"]
    money = next((c.name for c in columns if c.kind in ("money", "price")), None)
    candidates = _incomplete(engine, table, rows)
    if money and _last_is_sum(engine, table, staged, money):
        candidates.append(staged.first_row + staged.inserted - 1)
    if not texts or not candidates:
        return
    known = sql.texts(_WORDS)
    says = " OR ".join(f"{words.folded(sql.name(name))} IN ({known})" for name in texts)
    engine.execute(
        f"UPDATE \"{table}\" SET {MARK} = 'total|{money or texts[0]}' "
        f"WHERE rowid IN ({', '.join(map(str, candidates))}) AND ({says})"
    )


def _incomplete(engine: duckdb.DuckDBPyConnection, table: str, rows: str) -> list[int]:
    found = engine.execute(
        f"SELECT rowid FROM \"{table}\" WHERE starts_with({MARK}, 'empty|') AND {rows} "
        f"LIMIT {_MOST + 1}"
    ).fetchall()
    return [int(row) for (row,) in found] if len(found) <= _MOST else []


def _last_is_sum(engine: duckdb.DuckDBPyConnection, table: str, staged: Staged, money: str) -> bool:
    """Whether the amount of the last row is, to the cent, the sum of all before it."""
    last = staged.first_row + staged.inserted - 1
    row = engine.execute(
        f'SELECT sum("{money}") FILTER (rowid < {last}) = max("{money}") FILTER (rowid = {last}) '
        f'FROM "{table}" WHERE {MARK} IS NULL AND rowid BETWEEN {staged.first_row} AND {last}'
    ).fetchone()
    return bool(row and row[0]) and staged.inserted > 2
