"""Where the hours of the last twelve months went, against the cadence of each segment."""

from __future__ import annotations

from salesplan import charts
from salesplan import effort as metrics
from salesplan._review.chapter import Chapter, Review, chapter
from salesplan.excel import Sheet
from salesplan.html import Block, Chart, Table

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


_USE = [
    "owner",
    "team",
    "capacity_hours",
    "selling_hours",
    "selling_share",
    "administration_logged_hours",
    "travel_logged_hours",
    "unlogged_hours",
]
_SERVED = [
    "account",
    "segment",
    "owner",
    "service",
    "hours",
    "cadence_hours",
    "coverage_rate",
    "call_count",
    "meeting_count",
]


def effort(review: Review) -> Chapter:
    """Return the chapter on selling effort."""
    hours = metrics.hours(review.crm, since=review.year_back, until=review.until)
    # Shares of the hours that went to accounts of a segment; the rest is in the table below.
    at_accounts = metrics.hours(
        review.crm,
        since=review.year_back,
        until=review.until,
        only={"segment": list(review.crm.settings.cadence)},
    )
    use = metrics.time_use(review.crm, since=review.year_back, until=review.until)
    served = metrics.accounts(review.crm, since=review.year_back, until=review.until)
    words = {key: review.word(key) for key in ("hours", "time_use", "served")}
    blocks: list[Block] = [
        Chart(
            charts.effort_shares(at_accounts, lang=review.lang),
            words["hours"],
            review.word("hours_note"),
        ),
        Table(hours[_HOURS], words["hours"], review.word("hours_note")),
        Table(use[_USE], words["time_use"], rows=20),
        Table(served[_SERVED], words["served"], review.word("served_note"), rows=10),
    ]
    sheets = {
        words["hours"]: Sheet(hours, words["hours"], review.word("hours_note")),
        words["time_use"]: Sheet(use, words["time_use"]),
        words["served"]: Sheet(served, words["served"], review.word("served_note")),
    }
    return chapter(review, "effort", blocks, sheets, ["selling_hours", "cadence_coverage"])
