"""Where the hours of the last twelve months went, against the cadence of each segment."""

from __future__ import annotations

import pandas as pd

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
    "account_hours_share",
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
    "administration_hours",
    "travel_hours",
    "selling_hours",
    "unlogged_hours",
    "selling_share",
]
_SERVED = [
    "account",
    "segment",
    "owner",
    "hours",
    "cadence_hours",
    "coverage_rate",
    "last_contact_on",
    "revenue_amount",
    "potential_amount",
]


def effort(review: Review) -> Chapter:
    """Return the chapter on selling effort."""
    cadences = list(review.crm.settings.cadence)
    hours = _by_cadence(
        metrics.hours(review.crm, since=review.year_back, until=review.until), cadences
    )
    # Shares of the hours that went to accounts of a segment; the rest is in the table below.
    at_accounts = hours.assign(hours_share=hours["account_hours_share"])
    use = metrics.time_use(review.crm, since=review.year_back, until=review.until)
    served = metrics.accounts(review.crm, since=review.year_back, until=review.until)
    words = {key: review.word(key) for key in ("hours", "time_use", "served")}
    notes = {key: review.word(f"{key}_note") for key in ("hours", "time_use", "served")}
    blocks: list[Block] = [
        Chart(
            charts.effort_shares(at_accounts, lang=review.lang),
            words["hours"],
        ),
        Table(hours[_HOURS], words["hours"], notes["hours"]),
        Table(use[_USE], words["time_use"], notes["time_use"], rows=20),
        Table(_first(served, "under-served"), review.word("under_served"), rows=8),
        Table(_first(served, "over-served"), review.word("over_served"), notes["served"], rows=8),
    ]
    sheets = {
        words["hours"]: Sheet(hours, words["hours"], notes["hours"]),
        words["time_use"]: Sheet(use, words["time_use"], notes["time_use"]),
        words["served"]: Sheet(served, words["served"], notes["served"]),
    }
    return chapter(review, "effort", blocks, sheets, ["selling_hours", "cadence_coverage"])


def _by_cadence(hours: pd.DataFrame, cadences: list[str]) -> pd.DataFrame:
    """Return the segments in the order of the settings, gold before bronze; the rest last."""
    places = {segment: place for place, segment in enumerate(cadences)}
    place = hours["segment"].map(places).fillna(len(places))
    return hours.assign(place=place).sort_values(["place", "segment"]).drop(columns="place")


def _first(served: pd.DataFrame, service: str) -> pd.DataFrame:
    """Return the accounts of one service: the largest gap first, then those worth most."""
    found = served[served["service"] == service]
    gap = found["gap_hours"].abs()
    worth = found["revenue_amount"].fillna(0.0)
    ordered = found.assign(gap=gap, worth=worth).sort_values(
        ["gap", "worth", "account_id"], ascending=[False, False, True]
    )
    return ordered[_SERVED]
