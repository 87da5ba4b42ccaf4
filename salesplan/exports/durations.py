"""How long an activity took, where the CRM exports its end in place of a duration."""

from __future__ import annotations

from salesplan.exports.engine import Engine, scalar

LONGEST = 24 * 60
"""Minutes of the longest activity that is believed; beyond it an end is a slip of the pen."""

_TOOK = "date_diff('minute', starts_at, ends_at)"
_OF_DAYS = "CAST(starts_at AS TIME) = TIME '00:00' AND CAST(ends_at AS TIME) = TIME '00:00'"


def complete(engine: Engine) -> None:
    """Fill the minutes of activities from start and end.

    An end that cannot be right (before the start, or more than a day after it) fills nothing:
    the check of durations lists it. From midnight to midnight is a day without a clock, not 24
    hours of work.
    """
    if not scalar(engine, "SELECT count(*) FROM activities WHERE ends_at IS NOT NULL"):
        return
    engine.execute(
        f"UPDATE activities SET minutes = {_TOOK} WHERE minutes IS NULL "
        f"AND {_TOOK} BETWEEN 0 AND {LONGEST} AND NOT ({_OF_DAYS})"
    )
