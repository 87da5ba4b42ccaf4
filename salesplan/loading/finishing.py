"""What follows once every row is in its table: keys, derivations, checks, facts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pandas as pd

from salesplan import book, exports
from salesplan.errors import ExportError
from salesplan.exports.engine import Issue, record, scalar
from salesplan.loading import (
    asof,
    checks,
    keys,
    period_names,
    pseudonyms,
    quarantine,
    reading,
    snapshots,
    staging,
    totals,
)
from salesplan.loading.sources import Source
from salesplan.loading.staging import Staged
from salesplan.settings import Settings

Engine = duckdb.DuckDBPyConnection


@dataclass(frozen=True)
class Order:
    """What a load was asked for beside its files."""

    settings: Settings
    as_of: dt.date | None = None
    pseudonymise: bool = False
    before: Path | None = None
    """The book that this load replaces."""


def finish(
    engine: Engine, staged: Sequence[Staged], unused: Sequence[Source], order: Order
) -> Order:
    """Complete a book whose tables hold their rows; return as of when and how it is looked at."""
    for table in dict.fromkeys(s.feed.table.name for s in staged):
        _settle_keys(engine, table, [s for s in staged if s.feed.table.name == table])
    _write_loads(engine, staged)
    _write_stages(engine, order.settings)
    book.derive(engine)
    exports.settle(engine, [(s.feed.source.label, s.feed.recognised) for s in staged])
    day, rule = _as_of(engine, order)
    settings, said = exports.reported_in(engine, order.settings)
    record(engine, said)
    facts = {"as_of": day, "as_of_rule": rule, "currency": settings.currency}
    book.write_facts(engine, {**facts, "settings": settings.model_dump_json()})
    snapshots.take(engine, day, order.before, settings)
    exports.complete(engine, settings, day)
    checks.run(engine, day, settings)
    reading.report(engine, staged, unused)
    if order.pseudonymise:
        pseudonyms.apply(engine, _personal_keys(staged))
    return replace(order, settings=settings, as_of=day)


def _personal_keys(staged: Sequence[Staged]) -> list[tuple[str, str]]:
    """Return the keys that a name or mail stands in for, as the export has no identifier."""
    found: list[tuple[str, str]] = []
    for feed in (one.feed for one in staged):
        headers = feed.recognised.columns
        personal = {headers.get(c.name) for c in feed.table.columns if c.personal} - {None}
        found += [(feed.table.name, k) for k in feed.table.key if headers.get(k) in personal]
    return found


def _settle_keys(engine: Engine, table: str, staged: Sequence[Staged]) -> None:
    keys.number_changes(engine, table)
    period_names.settle(engine, table, staged)
    totals.mark(engine, table, staged)
    keys.mark_duplicates(engine, table)
    quarantine.keep_apart(engine, staged, table)
    staging.close_table(engine, table)


def _as_of(engine: Engine, order: Order) -> tuple[dt.date, str]:
    if order.as_of:
        return order.as_of, "given by the call or the settings"
    found = asof.latest_fact(engine)
    if found is None and not scalar(engine, "SELECT sum(rows_loaded) FROM loads"):
        raise ExportError(_nothing_loaded(engine))
    if found is None:
        raise ExportError(
            "No export holds a date, so nothing says when the figures are looked at from. "
            'Say so: as_of = "2026-09-30" in salesplan.toml, or --as-of.'
        )
    day, rule = found
    to_do = f"Figures are looked at from {rule}; pin it with as_of = in salesplan.toml."
    record(engine, [Issue("note", "as_of_derived", None, None, None, day.isoformat(), to_do)])
    return found


def _nothing_loaded(engine: Engine) -> str:
    """Return the sentence for exports of which no row can be used."""
    apart = engine.execute("SELECT file, line, rule, text FROM quarantine LIMIT 1").fetchone()
    if not apart:
        return "The exports hold headers and no rows. Check the filter of the export."
    file, line, rule, text = apart
    return f"No row of the exports can be used. The first: {file}, line {line}, {rule}: {text}"


def _write_stages(engine: Engine, settings: Settings) -> None:
    """Use the settings' stages; those of an export stand where the settings name none."""
    if settings.stages:
        engine.execute("DELETE FROM stages")
        frame = pd.DataFrame([stage.model_dump() for stage in settings.stages])
        book.insert_frame(engine, "stages", frame)


def _write_loads(engine: Engine, staged: Sequence[Staged]) -> None:
    """Write one row per file and table; every row read is loaded or kept apart."""
    loaded: dict[str, int] = {}
    for one in staged:
        source, table = one.feed.source, one.feed.table.name
        apart = scalar(
            engine,
            "SELECT count(*) FROM quarantine WHERE file = ? AND table_name = ? "
            "AND sheet IS NOT DISTINCT FROM ?",
            [source.file, table, source.sheet],
        )
        kept = one.rows_read - apart
        loaded[table] = loaded.get(table, 0) + kept
        row = [*_how_it_was_read(one), one.rows_read, kept, apart]
        engine.execute(f"INSERT INTO loads VALUES ({', '.join('?' * len(row))})", row)
    for table, count in loaded.items():
        held = scalar(engine, f'SELECT count(*) FROM "{table}"')
        assert held == count, f"{table} holds {held} rows, the files gave {count}"


def _how_it_was_read(one: Staged) -> list[str | None]:
    source, feed, decision = one.feed.source, one.feed, one.feed.decision
    assert decision
    proofs = [source.dialect.evidence, *decision.proofs, feed.recognised.evidence]
    return [
        source.file,
        source.sheet,
        feed.table.name,
        feed.recognised.profile,
        source.clean.scan.encoding,
        source.dialect.delimiter,
        decision.decimal,
        decision.order,
        "; ".join(proofs),
    ]
