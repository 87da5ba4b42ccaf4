"""Measures of effort for the catalogue."""

from __future__ import annotations

from salesplan._effort.sql import CALLS, MEETINGS, in_list
from salesplan.measures import Measure

_SOURCE = "Lodish (1971); Zoltners and Sinha (2005)"


MEASURES: tuple[Measure, ...] = (
    Measure(
        name="selling_hours",
        title="Selling hours",
        definition="Hours of calls, meetings and demos that took place.",
        formula="sum of minutes / 60",
        unit="hours",
        good="up",
        source=_SOURCE,
        tables=("activities",),
        function="sp.effort.hours",
        exclusions="activities planned, cancelled or not shown up for; those without minutes",
        nature="activity",
        facts=f"""SELECT t.owner_id AS person_id, CAST(t.starts_at AS DATE) AS on_date,
  CAST(t.minutes / 60.0 AS DOUBLE) AS value, t.kind AS kind
FROM activities AS t
WHERE COALESCE(t.status, 'held') = 'held' AND t.starts_at IS NOT NULL
  AND t.minutes IS NOT NULL AND t.kind IN {in_list((*CALLS, *MEETINGS))}""",
        filters=("kind",),
    ),
    Measure(
        name="cadence_coverage",
        title="Cadence coverage",
        definition="Hours spent with accounts over the hours that their cadence asks for.",
        formula="account_hours / cadence_hours",
        unit="rate",
        good="band",
        source=_SOURCE,
        tables=("activities", "accounts"),
        function="sp.effort.hours",
        exclusions="work without an account; accounts without a cadence",
        nature="activity",
    ),
)
"""Activity measures that add up per person, and coverage against cadence."""
