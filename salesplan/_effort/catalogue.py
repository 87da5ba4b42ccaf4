"""Measures of effort for the catalogue."""

from __future__ import annotations

from salesplan._effort.sql import CALLS, MEETINGS, in_list
from salesplan.measures import Measure

_HELD = "COALESCE(t.status, 'held') = 'held'"
_SOURCE = "Lodish (1971); Zoltners and Sinha (2005)"


def _count(name: str, title: str, what: str, condition: str, value: str, unit: str) -> Measure:
    return Measure(
        name=name,
        title=title,
        definition=f"{what} that took place",
        formula=f"sum over held activities of {value.replace('CAST(1 AS DOUBLE)', '1')}",
        unit=unit,
        good="up",
        source=_SOURCE,
        tables=("activities",),
        function="effort.hours",
        exclusions="activities planned, cancelled or not shown up for",
        nature="activity",
        facts=f"""SELECT t.owner_id AS person_id, CAST(t.starts_at AS DATE) AS on_date,
  {value} AS value, t.kind AS kind
FROM activities AS t WHERE {_HELD} AND t.starts_at IS NOT NULL AND {condition}""",
        filters=("kind",),
    )


MEASURES: tuple[Measure, ...] = (
    _count(
        "calls_made",
        "Calls made",
        "Calls",
        f"t.kind IN {in_list(CALLS)}",
        "CAST(1 AS DOUBLE)",
        "calls",
    ),
    _count(
        "selling_hours",
        "Selling hours",
        "Hours of calls, meetings and demos",
        f"t.kind IN {in_list((*CALLS, *MEETINGS))} AND t.minutes IS NOT NULL",
        "CAST(t.minutes / 60.0 AS DOUBLE)",
        "hours",
    ),
    Measure(
        name="cadence_coverage",
        title="Cadence coverage",
        definition="Hours spent with accounts over the hours that their cadence asks for",
        formula="account_hours / cadence_hours",
        unit="rate",
        good="band",
        source=_SOURCE,
        tables=("activities", "accounts"),
        function="effort.hours",
        exclusions="work without an account; accounts without a cadence",
        nature="activity",
    ),
)
"""Activity measures that add up per person, and coverage against cadence."""
