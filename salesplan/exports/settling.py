"""What only a CRM's habits explain, put right once all of its files are loaded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from salesplan import schema
from salesplan.exports import (
    currencies,
    durations,
    explanation,
    histories,
    matching,
    monthly,
    outcomes,
    segments,
    snapshots,
    spellings,
    stages,
)
from salesplan.exports.engine import Engine, record
from salesplan.exports.recognised import Recognised
from salesplan.settings import Settings


def settle(engine: Engine, found: Sequence[tuple[str, Recognised]]) -> None:
    """Complete a loaded book and write what was found to its issues.

    Called when every row is in its table and the settings' stages are applied, and before the
    as-of date is derived and the checks run: names become keys, statuses and close dates mean
    one thing, histories begin at their deal's creation, the stage map is learned.

    Parameters
    ----------
    engine
        The book's engine.
    found
        File and what was recognised in it, for each table that it fed.
    """
    recognised = [one for _, one in found]
    currencies.settle(engine)
    issues = matching.resolve(engine, [table.name for table in schema.TABLES])
    issues += spellings.suggestions(engine)
    issues += stages.settle_statuses(engine, recognised)
    histories.settle_close_dates(engine, recognised)
    durations.complete(engine)
    issues += monthly.close(engine, found)
    issues += histories.complete(engine, recognised)
    issues += stages.complete_map(engine, recognised)
    issues += histories.after_closing(engine)
    record(engine, issues)
    engine.execute("DELETE FROM book WHERE name = ?", [explanation.FACT])
    engine.execute("INSERT INTO book VALUES (?, ?)", [explanation.FACT, explanation.as_fact(found)])


def complete(engine: Engine, settings: Settings, as_of: dt.date) -> None:
    """Add what needs the as-of date: history from dated copies, and the segments asked for."""
    issues = outcomes.settle(engine, as_of)
    issues += snapshots.into_history(engine)
    issues += segments.fill(engine, settings, as_of)
    record(engine, issues)
