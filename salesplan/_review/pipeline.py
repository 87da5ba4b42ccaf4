"""Pipeline health: what is open, what moved in the quarter, which deals need attention first."""

from __future__ import annotations

from salesplan import charts
from salesplan import pipeline as metrics
from salesplan._review.chapter import Chapter, Review, chapter
from salesplan.excel import Sheet
from salesplan.html import Block, Chart, Table

_HEALTH = ["title", "unit", "value", "low", "high", "light", "why", "reason"]
_FIGURES = ("value", "low", "high", "amber", "red")
_MOVES = ["title", "amount", "deal_count", "reason"]
_DEALS = [
    "name",
    "owner",
    "stage",
    "amount",
    "expected_close_on",
    "age_days",
    "stage_days",
    "inactive_days",
    "risks",
]


def pipeline(review: Review) -> Chapter:
    """Return the chapter on the pipeline."""
    crm, quarter = review.crm, review.quarter
    health = metrics.health(crm, quarter=quarter.label, lang=review.lang)
    moves = metrics.waterfall(crm, since=quarter.since, until=review.until, lang=review.lang)
    deals = metrics.open_deals(crm, lang=review.lang)
    first = deals.sort_values(["risk_count", "amount"], ascending=False, kind="stable")
    told = (review.word("health"), review.word("health_note"))
    blocks: list[Block] = [
        Table(health[_HEALTH], *told, tones="light", by_row=_FIGURES),
        Chart(
            charts.waterfall(moves, lang=review.lang),
            review.word("waterfall"),
            review.word("waterfall_note"),
        ),
        Table(
            first[_DEALS],
            review.word("open_deals"),
            review.word("open_deals_note"),
            rows=12,
            below=("risks",),
        ),
    ]
    sheets = {
        # A measure's title stands beside it: its name is no use to the reader of a sheet.
        review.word("health"): Sheet(health.drop(columns="measure"), *told, by_row=_FIGURES),
        review.word("waterfall"): Sheet(
            moves[_MOVES], review.word("waterfall"), review.word("waterfall_note")
        ),
        review.word("open_deals"): Sheet(
            first, review.word("open_deals"), review.word("open_deals_note"), totals=("amount",)
        ),
    }
    return chapter(review, "pipeline", blocks, sheets, list(health["measure"]))
