"""Can these figures be trusted? What was read, what was kept apart, what is wrong with it."""

from __future__ import annotations

from salesplan._review.chapter import Chapter, Review, chapter
from salesplan.excel import Sheet
from salesplan.html import Block, Note, Table

_LOADS = [
    "file",
    "sheet",
    "table_name",
    "profile",
    "encoding",
    "delimiter",
    "decimal_sign",
    "date_order",
    "rows_read",
    "rows_loaded",
    "rows_quarantined",
]
_ISSUES = [
    "severity",
    "rule",
    "table_name",
    "column_name",
    "row_count",
    "amount",
    "example",
    "what_to_do",
]


def quality(review: Review) -> Chapter:
    """Return the chapter on data quality."""
    crm = review.crm
    loads, issues, apart = crm.loads[_LOADS], crm.issues[_ISSUES], crm.quarantine
    blocks: list[Block] = [
        Note(
            review.word("quality_sum", **_sums(crm.loads), issues=len(issues)),
            "warning" if len(issues) else "good",
        ),
        Table(issues, review.word("issues"), tones="severity", rows=40),
        Table(loads, review.word("loads"), note=review.word("loads_note"), rows=60),
    ]
    if len(apart):
        blocks.append(Table(apart, review.word("quarantine"), rows=15))
    sheets = {
        review.word("issues"): Sheet(issues, review.word("issues")),
        review.word("loads"): Sheet(
            loads,
            review.word("loads"),
            review.word("loads_note"),
            totals=("rows_read", "rows_loaded", "rows_quarantined"),
        ),
        review.word("quarantine"): Sheet(apart, review.word("quarantine")),
    }
    return chapter(review, "quality", blocks, sheets)


def _sums(loads: object) -> dict[str, str]:
    names = {"read": "rows_read", "loaded": "rows_loaded", "apart": "rows_quarantined"}
    return {key: f"{int(loads[name].sum()):,}" for key, name in names.items()}  # type: ignore[index]
