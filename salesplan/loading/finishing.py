"""What follows once every row is in its table: duplicates, derivations, checks, facts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import duckdb
import pandas as pd

from salesplan import book
from salesplan.errors import ExportError
from salesplan.loading import asof, checks, keys, quarantine, reading, staging
from salesplan.loading.sources import Source
from salesplan.loading.staging import Staged
from salesplan.settings import Settings


def finish(
    engine: duckdb.DuckDBPyConnection,
    staged: Sequence[Staged],
    unused: Sequence[Source],
    settings: Settings,
    as_of: dt.date | None,
) -> dt.date:
    """Complete a book whose tables hold their rows; return its as-of date."""
    tables = list(dict.fromkeys(s.feed.table.name for s in staged))
    for table in tables:
        keys.number_changes(engine, table)
        keys.mark_duplicates(engine, table)
        quarantine.keep_apart(engine, [s for s in staged if s.feed.table.name == table], table)
        staging.close_table(engine, table)
    _write_loads(engine, staged)
    _write_stages(engine, settings)
    book.derive(engine)
    _plans_are_no_closings(engine)
    day, rule = _as_of(engine, as_of, settings)
    checks.run(engine, day, settings)
    reading.report(engine, staged, unused)
    book.write_facts(
        engine,
        {
            "as_of": day,
            "as_of_rule": rule,
            "currency": settings.currency,
            "settings": settings.model_dump_json(),
        },
    )
    return day


def _plans_are_no_closings(engine: duckdb.DuckDBPyConnection) -> None:
    """Empty the closing date of an open deal that only repeats the expected one.

    Many CRMs have one "close date": a plan while the deal is open, a fact once it is closed.
    """
    engine.execute("""
        UPDATE opportunities SET closed_on = NULL
        WHERE COALESCE(status, 'open') = 'open' AND closed_on = expected_close_on
    """)


def _as_of(
    engine: duckdb.DuckDBPyConnection, as_of: dt.date | None, settings: Settings
) -> tuple[dt.date, str]:
    if as_of:
        return as_of, "as the settings say" if as_of == settings.as_of else "as the call says"
    found = asof.latest_fact(engine)
    if found is None:
        raise ExportError(
            "No export holds a date, so nothing says when the figures are looked at from. "
            'Say so: as_of = "2026-09-30" in salesplan.toml, or --as-of.'
        )
    return found


def _write_stages(engine: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Use the settings' stages; those of an export stand where the settings name none."""
    if settings.stages:
        engine.execute("DELETE FROM stages")
        frame = pd.DataFrame([stage.model_dump() for stage in settings.stages])
        book.insert_frame(engine, "stages", frame)


def _write_loads(engine: duckdb.DuckDBPyConnection, staged: Sequence[Staged]) -> None:
    """Write one row per file and table; every row read is loaded or kept apart."""
    for one in staged:
        source, feed, decision = one.feed.source, one.feed, one.feed.decision
        assert decision
        apart = engine.execute(
            "SELECT count(*) FROM quarantine WHERE file = ? AND table_name = ? "
            "AND sheet IS NOT DISTINCT FROM ?",
            [source.file, feed.table.name, source.sheet],
        ).fetchone()
        assert apart
        evidence = "; ".join([source.dialect.evidence, *decision.proofs, feed.recognised.evidence])
        engine.execute(
            f"INSERT INTO loads VALUES ({', '.join('?' * 12)})",
            [
                source.file,
                source.sheet,
                feed.table.name,
                feed.recognised.profile,
                source.clean.scan.encoding,
                source.dialect.delimiter,
                decision.decimal,
                decision.order,
                evidence,
                one.rows_read,
                one.rows_read - int(apart[0]),
                int(apart[0]),
            ],
        )
