"""What a first meeting costs per channel over the last twelve months, and what no-shows cost."""

from __future__ import annotations

from salesplan import acquisition as metrics
from salesplan import charts
from salesplan._review.chapter import Chapter, Review, chapter
from salesplan.excel import Sheet
from salesplan.html import Block, Chart, Table

_COSTS = [
    "channel",
    "lead_count",
    "held_count",
    "total_cost",
    "cost_per_first_meeting",
    "cost_low",
    "cost_high",
    "cost_per_won",
    "ratio_to_cheapest",
    "reason",
]
_MISSED = [
    "channel",
    "no_show_count",
    "due_count",
    "no_show_rate",
    "no_show_rate_low",
    "no_show_rate_high",
    "lost_hours",
    "lost_cost",
    "saved_cost_per_year",
]
# The interval is drawn by chance; a fixed seed makes the same exports give the same page.
_SEED = 7


def acquisition(review: Review) -> Chapter:
    """Return the chapter on the cost of a first meeting."""
    costs = metrics.cost_per_first_meeting(
        review.crm, since=review.year_back, until=review.until, seed=_SEED
    )
    missed = metrics.no_show_cost(review.crm, since=review.year_back, until=review.until)
    words = {key: review.word(key) for key in ("first_meetings", "no_shows")}
    blocks: list[Block] = [
        Chart(
            charts.cost_per_first_meeting(costs, currency=review.currency, lang=review.lang),
            words["first_meetings"],
        ),
        Table(
            costs[_COSTS].sort_values(["cost_per_first_meeting", "channel"]),
            words["first_meetings"],
            review.word("first_meetings_note"),
        ),
        Table(
            missed[_MISSED].sort_values(["lost_cost", "channel"], ascending=[False, True]),
            words["no_shows"],
            review.word("no_shows_note"),
        ),
    ]
    sheets = {
        words["first_meetings"]: Sheet(
            costs,
            words["first_meetings"],
            review.word("first_meetings_note"),
            totals=("total_cost",),
        ),
        words["no_shows"]: Sheet(missed, words["no_shows"], review.word("no_shows_note")),
    }
    return chapter(
        review, "acquisition", blocks, sheets, ["cost_per_first_meeting", "no_show_rate"]
    )
