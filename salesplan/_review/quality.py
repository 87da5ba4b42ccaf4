"""Can these figures be trusted? What was read, what was kept apart, what is wrong with it."""

from __future__ import annotations

import pandas as pd

from salesplan import formats
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
_SENTENCES = ("example", "what_to_do")


def quality(review: Review) -> Chapter:
    """Return the chapter on data quality."""
    crm = review.crm
    loads, issues, apart = crm.loads[_LOADS], crm.issues[_ISSUES], crm.quarantine
    place = {"line": review.word("line")}
    blocks: list[Block] = [
        Note(
            review.word("quality_sum", **_sums(review, crm.loads), issues=len(issues)),
            "warning" if len(issues) else "good",
        ),
        Table(
            _in_words(issues), review.word("issues"), tones="severity", rows=40, below=_SENTENCES
        ),
        Table(_filled(loads), review.word("loads"), note=review.word("loads_note"), rows=60),
    ]
    if len(apart):
        shown = _in_words(_filled(apart))
        blocks.append(
            Table(shown, review.word("quarantine"), rows=15, headings=place, below=("text",))
        )
    sheets = {
        review.word("issues"): Sheet(issues, review.word("issues")),
        review.word("loads"): Sheet(
            loads,
            review.word("loads"),
            review.word("loads_note"),
            totals=("rows_read", "rows_loaded", "rows_quarantined"),
        ),
        review.word("quarantine"): Sheet(apart, review.word("quarantine"), headings=place),
    }
    return chapter(review, "quality", blocks, sheets)


def _in_words(found: pd.DataFrame) -> pd.DataFrame:
    return found.assign(rule=found["rule"].str.replace("_", " "))


def _filled(found: pd.DataFrame) -> pd.DataFrame:
    """Return the rows without the sheet, where no file is a workbook."""
    return found.drop(columns="sheet") if found["sheet"].isna().all() else found


def _sums(review: Review, loads: pd.DataFrame) -> dict[str, str]:
    names = {"read": "rows_read", "loaded": "rows_loaded", "apart": "rows_quarantined"}
    return {k: formats.number(int(loads[n].sum()), review.lang) for k, n in names.items()}
