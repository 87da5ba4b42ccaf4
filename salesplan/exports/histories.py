"""What an export leaves out of a deal's history, filled in once every file is loaded.

Salesforce writes a row per save, none for the creation, and one close date for plan and fact.
Nothing here removes a row that an export gave, but rows that repeat an earlier snapshot.
"""

from __future__ import annotations

from collections.abc import Sequence

from salesplan.exports.engine import Engine, Issue, scalar
from salesplan.exports.recognised import Recognised
from salesplan.exports.shapes import BACKFILLED, STAGE_OF_DEAL


def settle_close_dates(engine: Engine, found: Sequence[Recognised]) -> None:
    """Part one close date into the planned one of open deals and the actual one of closed deals.

    A CRM with a single close date overwrites the plan on closing, so a closed deal's plan is
    unknown, not equal to the fact.
    """
    if not any(_shares_close_date(f) for f in found):
        return
    engine.execute(
        "UPDATE opportunities SET closed_on = NULL "
        "WHERE status NOT IN ('won', 'lost') AND closed_on = expected_close_on"
    )
    engine.execute(
        "UPDATE opportunities SET expected_close_on = NULL "
        "WHERE status IN ('won', 'lost') AND closed_on = expected_close_on"
    )


def _shares_close_date(found: Recognised) -> bool:
    columns = found.columns
    planned = columns.get("expected_close_on")
    is_shared = bool(planned) and planned == columns.get("closed_on")
    return found.table == "opportunities" and is_shared


def complete(engine: Engine, found: Sequence[Recognised]) -> list[Issue]:
    """Fill the stages that a history leaves out; return what was filled."""
    engine.execute(
        "UPDATE stage_changes SET stage = o.stage FROM opportunities AS o "
        "WHERE o.opportunity_id = stage_changes.opportunity_id AND stage_changes.stage = ?",
        [STAGE_OF_DEAL],
    )
    return _back_fill(engine) if any(f.shape in BACKFILLED for f in found) else []


_BACK_FILL = """
INSERT INTO stage_changes (opportunity_id, changed_at, seq, stage, amount, expected_close_on)
WITH first AS (
    SELECT opportunity_id, min(changed_at) AS changed_at,
        min_by(stage, (changed_at, seq)) AS stage, min_by(amount, (changed_at, seq)) AS amount,
        min_by(expected_close_on, (changed_at, seq)) AS expected_close_on
    FROM stage_changes GROUP BY opportunity_id
)
SELECT o.opportunity_id, CAST(o.created_on AS TIMESTAMP), 0, COALESCE(f.stage, o.stage),
    COALESCE(f.amount, CASE WHEN f.opportunity_id IS NULL THEN o.amount END),
    COALESCE(f.expected_close_on, CASE WHEN f.opportunity_id IS NULL THEN o.expected_close_on END)
FROM opportunities AS o
LEFT JOIN first AS f ON f.opportunity_id = o.opportunity_id
WHERE o.created_on IS NOT NULL
    AND (f.opportunity_id IS NULL OR CAST(f.changed_at AS DATE) > o.created_on)
    AND (f.opportunity_id IS NOT NULL OR o.status NOT IN ('won', 'lost'))
"""


def _back_fill(engine: Engine) -> list[Issue]:
    """Begin each history at the deal's creation, in the first stage that is known of it."""
    before = int(scalar(engine, "SELECT count(*) FROM stage_changes"))
    engine.execute(_BACK_FILL)
    added = int(scalar(engine, "SELECT count(*) FROM stage_changes")) - before
    if not added:
        return []
    return [
        Issue(
            "note",
            "history_begun_at_creation",
            "stage_changes",
            "changed_at",
            added,
            "seq 0",
            "Nothing: the CRM writes no row before the first change, so the first known stage "
            "stands from the day the deal was created.",
        )
    ]


_AFTER_CLOSING = """
WITH closing AS (
    SELECT c.opportunity_id, min((c.changed_at, c.seq)) AS place
    FROM stage_changes AS c
    JOIN opportunities AS o ON o.opportunity_id = c.opportunity_id AND o.status IN ('won', 'lost')
    JOIN stages AS s ON s.stage = c.stage AND s.status = o.status
        AND COALESCE(s.pipeline, '') IN ('', COALESCE(o.pipeline, ''))
    GROUP BY c.opportunity_id
)
SELECT count(*), CAST(sum(c.amount) AS DOUBLE), min(c.opportunity_id || ': ' || c.stage
    || ' on ' || CAST(CAST(c.changed_at AS DATE) AS VARCHAR))
FROM stage_changes AS c
JOIN closing AS k ON k.opportunity_id = c.opportunity_id AND (c.changed_at, c.seq) > k.place
"""


def after_closing(engine: Engine) -> list[Issue]:
    """List the changes that come after a deal was closed as it stands; metrics part them off."""
    count, amount, example = engine.execute(_AFTER_CLOSING).fetchone()
    if not count:
        return []
    to_do = (
        "Check whether these deals were opened again: they are closed now, and a funnel ends at "
        "the closing row."
    )
    return [
        Issue(
            "warning",
            "change_after_closing",
            "stage_changes",
            "changed_at",
            int(count),
            str(example),
            to_do,
            amount,
        )
    ]
