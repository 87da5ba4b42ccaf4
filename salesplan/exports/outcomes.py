"""Meetings of CRMs that note no outcome."""

from __future__ import annotations

import datetime as dt

from salesplan.exports.engine import Engine, Issue, scalar

BY_DATE = "(by date)"
"""Status of an activity whose CRM tells none: its date decides once the as-of date is known."""


def settle(engine: Engine, as_of: dt.date) -> list[Issue]:
    """Count meetings without any outcome as held once they are over, as planned before."""
    count = scalar(engine, "SELECT count(*) FROM activities WHERE status = ?", [BY_DATE])
    if not count:
        return []
    engine.execute(
        "UPDATE activities SET status = CASE WHEN CAST(starts_at AS DATE) <= ? THEN 'held' "
        "WHEN starts_at IS NOT NULL THEN 'planned' END WHERE status = ?",
        [as_of, BY_DATE],
    )
    to_do = (
        "The CRM exports no outcome of meetings: past ones count as held, so no-shows are unknown. "
        "Export an outcome and map it under [columns.activities] status."
    )
    return [
        Issue("note", "held_by_date", "activities", "status", int(count), as_of.isoformat(), to_do)
    ]
