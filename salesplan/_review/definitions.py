"""What each number means: the page's last chapter and the workbook's last sheet."""

from __future__ import annotations

from collections.abc import Sequence

from salesplan import kpi
from salesplan._review.chapter import Chapter, Review, chapter
from salesplan.excel import Sheet
from salesplan.html import Table

_SHOWN = ["title", "definition", "formula", "exclusions", "source"]


def definitions(review: Review, measures: Sequence[str]) -> Chapter:
    """Return the chapter that defines every measure the review uses."""
    listed = kpi.catalogue(review.lang)
    used = listed[listed["name"].isin(set(measures))][_SHOWN].reset_index(drop=True)
    title = review.word("definitions_title")
    return chapter(
        review,
        "definitions",
        [Table(used, title, rows=200)],
        {title: Sheet(listed, title, review.word("definitions_intro"))},
    )
