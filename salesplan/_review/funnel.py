"""Funnel: conversion over twelve months, win rates, and who differs by more than luck."""

from __future__ import annotations

from salesplan import charts
from salesplan import funnel as metrics
from salesplan._review.chapter import Chapter, Review, chapter
from salesplan.excel import Sheet
from salesplan.html import Block, Chart, Note, Table

_STEPS = [
    "pipeline",
    "stage",
    "n",
    "k",
    "rate",
    "rate_low",
    "rate_high",
    "overall_rate",
    "open_count",
    "lost_count",
    "reason",
]
_RATES = ["k", "n", "rate", "rate_low", "rate_high", "won_amount", "amount_rate", "reason"]


def funnel(review: Review) -> Chapter:
    """Return the chapter on the funnel."""
    crm = review.crm
    steps = metrics.conversion(crm, since=review.year_back, until=review.until)
    rates = metrics.win_rate(crm, since=review.year_back, until=review.until, by="owner")
    compared = metrics.compare(crm, since=review.year_back, until=review.until)
    blocks: list[Block] = [
        Chart(charts.funnel(steps, lang=review.lang), review.word("conversion")),
        Table(steps[_STEPS], review.word("conversion"), review.word("conversion_note")),
        Note(compared.sentence),
        Chart(charts.rates(compared.table, "owner", lang=review.lang), review.word("win_rates")),
        Table(rates[["owner", *_RATES]], review.word("win_rates"), review.word("win_rates_note")),
    ]
    sheets = {
        review.word("conversion"): Sheet(
            steps,
            review.word("conversion"),
            review.word("conversion_note"),
            rates={"rate": ("k", "n")},
        ),
        review.word("win_rates"): Sheet(
            rates,
            review.word("win_rates"),
            review.word("win_rates_note"),
            totals=("k", "n"),
            rates={"rate": ("k", "n")},
        ),
    }
    return chapter(review, "funnel", blocks, sheets, ["conversion_rate", "win_rate"])
