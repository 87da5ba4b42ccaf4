"""History from dated copies of the deals: two weekly exports tell what changed between them.

Most CRMs export no stage history. Where a book holds copies of its deals of several days, each
change from one copy to the next becomes a row of ``stage_changes``; a real history, if one was
exported, is never mixed with it.
"""

from __future__ import annotations

from salesplan.exports.engine import Engine, Issue, scalar

_CHANGES = """
INSERT INTO stage_changes
    (opportunity_id, changed_at, seq, stage, amount, expected_close_on, probability, owner_id)
WITH seen AS (
    SELECT s.*, lag(s.snapshot_on) OVER w AS day_before, lag(s.stage) OVER w AS stage_before,
        lag(s.amount) OVER w AS amount_before, lag(s.expected_close_on) OVER w AS close_before,
        lag(s.owner_id) OVER w AS owner_before
    FROM opportunity_snapshots AS s
    WINDOW w AS (PARTITION BY s.opportunity_id ORDER BY s.snapshot_on)
),
opening AS (SELECT min(snapshot_on) AS day FROM opportunity_snapshots),
changes AS (
    SELECT n.*, o.created_on, p.day AS opened_on,
        COALESCE(n.status IN ('won', 'lost'), FALSE) AS is_closed
    FROM seen AS n JOIN opportunities AS o ON o.opportunity_id = n.opportunity_id
    CROSS JOIN opening AS p
    WHERE n.stage IS NOT NULL AND (n.day_before IS NULL
        OR n.stage IS DISTINCT FROM n.stage_before
        OR n.amount IS DISTINCT FROM n.amount_before
        OR (n.expected_close_on IS DISTINCT FROM n.close_before
            AND n.expected_close_on IS NOT NULL)
        OR n.owner_id IS DISTINCT FROM n.owner_before)
)
SELECT opportunity_id,
    CAST(CASE
        WHEN day_before IS NULL AND created_on > opened_on AND created_on <= snapshot_on
            AND NOT is_closed THEN created_on
        WHEN is_closed AND stage IS DISTINCT FROM stage_before AND closed_on <= snapshot_on
            AND closed_on > COALESCE(day_before, DATE '0001-01-01') THEN closed_on
        ELSE snapshot_on END AS TIMESTAMP),
    1, stage, amount, expected_close_on, probability, owner_id
FROM changes
"""


def into_history(engine: Engine) -> list[Issue]:
    """Turn the copies of several days into stage changes, where no history was exported.

    A change is dated by the copy that first shows it; a deal that was created or closed between
    two copies has its own date for that.
    """
    days = int(scalar(engine, "SELECT count(DISTINCT snapshot_on) FROM opportunity_snapshots"))
    if days < 2 or scalar(engine, "SELECT count(*) FROM stage_changes"):
        return []
    engine.execute(_CHANGES)
    return [_from_copies(engine, days), *_gone(engine)]


def _from_copies(engine: Engine, days: int) -> Issue:
    count = int(scalar(engine, "SELECT count(*) FROM stage_changes"))
    return Issue(
        "note",
        "history_from_snapshots",
        "stage_changes",
        "changed_at",
        count,
        f"deals as they stood on {days} days",
        "Nothing: changes between two exports are dated by the later one. Export more often to "
        "know them more exactly.",
    )


def _gone(engine: Engine) -> list[Issue]:
    """List the deals that an earlier copy shows and the latest export does not."""
    count, amount, example = engine.execute("""
        WITH latest AS (
            SELECT s.opportunity_id, arg_max(s.amount, s.snapshot_on) AS amount
            FROM opportunity_snapshots AS s GROUP BY s.opportunity_id
        )
        SELECT count(*), CAST(sum(l.amount) AS DOUBLE), min(l.opportunity_id) FROM latest AS l
        WHERE l.opportunity_id NOT IN (SELECT o.opportunity_id FROM opportunities AS o)
    """).fetchone()
    if not count:
        return []
    return [
        Issue(
            "warning",
            "deals_gone",
            "opportunity_snapshots",
            "opportunity_id",
            int(count),
            str(example),
            "An earlier export shows these deals and the latest does not: deleted, merged, or "
            "left out by a filter.",
            amount,
        )
    ]
