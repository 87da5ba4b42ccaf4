"""The first page: headline numbers, each beside the quarter before and last year's."""

from __future__ import annotations

from typing import Any

import pandas as pd

from salesplan import formats, kpi
from salesplan._review.chapter import Chapter, Review, chapter
from salesplan.excel import Sheet
from salesplan.html import Headline, Headlines, Note, Table, Tone

_TONES: dict[str, Tone] = {"better": "good", "worse": "bad"}
_PER_MONTH = {"logo_churn"}
"""Rates a month, which are not the quotient of the quarter's counts beside them."""
_UNITS = ("money", "count", "rate")
"""Units of what adds up by team, in the order of its columns."""
_SHOWN = [
    "title",
    "unit",
    "value",
    "previous",
    "year_before",
    "target",
    "k",
    "n",
    "low",
    "high",
    "reason",
]
_FIGURES = ("value", "previous", "year_before", "target", "low", "high")


def headlines(review: Review) -> Chapter:
    """Return the chapter of headline numbers."""
    card = kpi.scorecard(review.crm, quarter=review.quarter.label)
    known = card[card["value"].notna()]
    rows = [_headline(review, row) for row in _records(known)]
    unknown = card[card["value"].isna()]
    blocks: list[Any] = [Headlines(rows)]
    blocks += [Note(f"{row['title']}: {row['reason']}") for row in _records(unknown)]
    teams = kpi.scorecard(review.crm, quarter=review.quarter.label, by="team")
    blocks.append(_by_team(review, teams, card))
    sheets = {
        review.word("headlines_title"): Sheet(
            card[_SHOWN],
            review.word("headlines_title"),
            review.word("headlines_intro"),
            by_row=_FIGURES,
        ),
        review.word("by_team"): Sheet(
            teams[["team", *_SHOWN]], review.word("by_team"), by_row=_FIGURES
        ),
    }
    return chapter(review, "headlines", blocks, sheets, list(card["measure"]))


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [dict(zip(frame.columns, row, strict=True)) for row in frame.itertuples(index=False)]


def _headline(review: Review, row: dict[str, Any]) -> Headline:
    tone = _TONES.get(row["verdict"], "plain")
    compared: list[tuple[str, str, Tone]] = [
        (
            review.word("on_quarter", value=_unbroken(review, row, "previous")),
            _change(review, row["unit"], row["change"]),
            tone,
        ),
        (
            review.word("on_year", value=_unbroken(review, row, "year_before")),
            _change(review, row["unit"], row["change_on_year"]),
            "plain",
        ),
    ]
    return Headline(
        row["title"],
        review.shown(row["unit"], row["value"]),
        [c for c in compared if c[1]],
        _basis(review, row),
    )


def _unbroken(review: Review, row: dict[str, Any], name: str) -> str:
    """Return a figure that no line break parts from its unit."""
    return review.shown(row["unit"], row[name]).replace(" ", "\N{NO-BREAK SPACE}")


def _change(review: Review, unit: str, change: float) -> str:
    if formats.is_missing(change):
        return ""
    sign = "+" if change > 0 else ""
    if unit == "ratio":
        return sign + formats.number(change, review.lang, 2)
    return (
        sign
        + formats.rate(change, review.lang)
        + (f" {review.word('points')}" if unit == "rate" else "")
    )


def _basis(review: Review, row: dict[str, Any]) -> str:
    if not formats.is_missing(row["target"]):
        return review.word(
            "of_target",
            share=formats.rate(row["attainment"], review.lang, 0),
            target=review.shown(row["unit"], row["target"]),
        )
    if row["unit"] == "rate" and not formats.is_missing(row["n"]):
        return review.word(
            "k_of_n_monthly" if row["measure"] in _PER_MONTH else "k_of_n",
            k=formats.number(row["k"], review.lang),
            n=formats.number(row["n"], review.lang),
        )
    return ""


def _by_team(review: Review, teams: pd.DataFrame, card: pd.DataFrame) -> Table:
    """Return the teams side by side, and the whole company below them."""
    units = dict(sorted(zip(teams["title"], teams["unit"], strict=True)))
    titles = sorted(units, key=lambda title: _UNITS.index(units[title]))
    wide = teams.pivot(index="team", columns="title", values="value").reset_index()
    sums = [title for title in titles if units[title] != "rate"]
    wide[sums] = wide[sums].fillna(0)  # what the others add up to leaves nothing for this team
    company = card.set_index("title")["value"][titles].to_dict() | {"team": review.word("company")}
    shown = pd.concat([wide, pd.DataFrame([company])], ignore_index=True)
    return Table(
        shown[["team", *titles]],
        review.word("by_team"),
        units=units,
        headings={title: title for title in titles},
    )
