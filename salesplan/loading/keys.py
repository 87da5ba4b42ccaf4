"""Keys: each row of a table has its own, and those of other tables are found there."""

from __future__ import annotations

import duckdb

from salesplan import schema
from salesplan.loading.staging import MARK


def number_changes(engine: duckdb.DuckDBPyConnection, name: str) -> None:
    """Give the changes of a deal numbers where the export has none, in the order of the file.

    Several changes may share one day or one second; each of them counts.
    """
    if name == "stage_changes":
        engine.execute("""
            UPDATE stage_changes AS c SET seq = n.seq
            FROM (
                SELECT rowid AS id, row_number() OVER (
                    PARTITION BY opportunity_id ORDER BY changed_at, seq, rowid
                ) AS seq
                FROM stage_changes
            ) AS n
            WHERE c.rowid = n.id AND c.seq IS NULL
        """)


def mark_duplicates(engine: duckdb.DuckDBPyConnection, name: str) -> None:
    """Mark every row whose key comes again later: the last row of the last file is kept."""
    table = schema.table(name)
    if not _has_duplicates(engine, table):
        return
    keys = ", ".join(f'"{k}"' for k in table.key)
    engine.execute(f"""
        UPDATE "{name}" SET {MARK} = 'duplicate|{table.key[0]}'
        WHERE {MARK} IS NULL AND rowid NOT IN (
            SELECT max(rowid) FROM "{name}" WHERE {MARK} IS NULL GROUP BY {keys}
        )
    """)


def _has_duplicates(engine: duckdb.DuckDBPyConnection, table: schema.Table) -> bool:
    keys = ", ".join(f'"{k}"' for k in table.key)
    row = engine.execute(
        f'SELECT count(*), count(DISTINCT ({keys})) FROM "{table.name}" WHERE {MARK} IS NULL'
    ).fetchone()
    assert row
    return bool(row[0] != row[1])
