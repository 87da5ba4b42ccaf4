"""Funnel: conversion over twelve months, win rates, and who differs by more than luck."""

from __future__ import annotations

import pandas as pd

from salesplan import charts
from salesplan import funnel as metrics
from salesplan._review.chapter import Chapter, Review, chapter
from salesplan.excel import Sheet
from salesplan.html import Block, Chart, Note, Table

_STEPS = [
    "pipeline",
    "stage",
    "k",
    "n",
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
    steps = _largest_first(metrics.conversion(crm, since=review.year_back, until=review.until))
    only = _main_pipeline(steps)
    rates = metrics.win_rate(crm, since=review.year_back, until=review.until, by="owner", only=only)
    compared = metrics.compare(crm, since=review.year_back, until=review.until, only=only)
    # Stages of two pipelines never share a picture.
    drawn: list[Block] = [
        Chart(charts.funnel(part, lang=review.lang), review.word("conversion"))
        for _, part in steps.groupby("pipeline", dropna=False, sort=False)
    ]
    blocks: list[Block] = [
        *drawn,
        Table(steps[_STEPS], review.word("conversion"), review.word("conversion_note")),
        Note(compared.sentence),
        Chart(charts.rates(compared.table, "owner", lang=review.lang), review.word("win_rates")),
        Table(rates[["owner", *_RATES]], review.word("win_rates"), _rates_note(review, only)),
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
    return chapter(review, "funnel", blocks, sheets, ["stage_conversion", "win_rate"])


def _largest_first(steps: pd.DataFrame) -> pd.DataFrame:
    """Return the steps with those of the pipeline of most deals on top."""
    deals = steps.groupby("pipeline", dropna=False)["overall_n"].transform("max")
    ordered = steps.assign(deals=-deals).sort_values(["deals", "pipeline", "position"])
    return ordered.drop(columns="deals").reset_index(drop=True)


def _main_pipeline(steps: pd.DataFrame) -> dict[str, str] | None:
    """Return the filter on the pipeline on top, where the exports have several.

    Renewals and new business have different odds: a seller's rate over both says little.
    """
    if steps["pipeline"].nunique() < 2:
        return None
    return {"pipeline": str(steps["pipeline"].iloc[0])}


def _rates_note(review: Review, only: dict[str, str] | None) -> str:
    note = review.word("win_rates_note")
    return f"{note} {only['pipeline']}." if only else note
