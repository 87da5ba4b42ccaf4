"""Where the hours of the last twelve months went, against the cadence of each segment."""

from __future__ import annotations

from salesplan import charts
from salesplan import effort as metrics
from salesplan._review.chapter import Chapter, Review, chapter
from salesplan.excel import Sheet
from salesplan.html import Chart, Table

_HOURS = [
    "segment",
    "account_count",
    "call_count",
    "meeting_count",
    "hours",
    "hours_share",
    "cadence_hours",
    "coverage_rate",
    "revenue_share",
    "potential_share",
    "reason",
]


def effort(review: Review) -> Chapter:
    """Return the chapter on selling effort."""
    span = {"since": review.year_back, "until": review.until}
    hours = metrics.hours(review.crm, **span)
    use = metrics.time_use(review.crm, **span)
    served = metrics.accounts(review.crm, **span)
    words = {key: review.word(key) for key in ("hours", "time_use", "served")}
    blocks = [
        Chart(charts.effort_shares(hours), words["hours"], review.word("hours_note")),
        Table(hours[_HOURS], words["hours"], review.word("hours_note")),
        Table(use, words["time_use"], rows=20),
        Table(served, words["served"], review.word("served_note"), rows=10),
    ]
    sheets = {
        words["hours"]: Sheet(hours, words["hours"], review.word("hours_note")),
        words["time_use"]: Sheet(use, words["time_use"]),
        words["served"]: Sheet(served, words["served"], review.word("served_note")),
    }
    return chapter(review, "effort", blocks, sheets, ["hours_against_cadence"])
