"""Recurring revenue: the bridge of the quarter, twelve months of movements, churn, the mix."""

from __future__ import annotations

from salesplan import charts
from salesplan import revenue as metrics
from salesplan._review.chapter import Chapter, Review, chapter
from salesplan.excel import Sheet
from salesplan.html import Block, Chart, Note, Table

_CHURN = [
    "month",
    "opening_count",
    "churned_count",
    "logo_churn_rate",
    "logo_churn_rate_low",
    "logo_churn_rate_high",
    "opening_amount",
    "churn_amount",
    "gross_churn_rate",
    "grr_rate",
    "nrr_rate",
    "against_target",
    "reason",
]
_DUE = ["quarter", "account", "product", "ends_on", "arr_amount", "status", "at_risk_amount"]


def revenue(review: Review) -> Chapter:
    """Return the chapter on recurring revenue."""
    crm, quarter = review.crm, review.quarter
    months = metrics.mrr_movements(crm, since=review.year_back, until=review.until)
    bridge = metrics.mrr_movements(crm, since=quarter.since, until=review.until)
    lost = metrics.churn(crm, since=review.year_back, until=review.until)
    mix = metrics.revenue_mix(crm, since=review.year_back, until=review.until)
    due = metrics.renewals(crm).sort_values("arr_amount", ascending=False, kind="stable")
    words = {key: review.word(key) for key in ("bridge", "movements", "churn", "mix", "renewals")}
    policy = str(months.attrs["policy"])
    due_note = review.word("renewals_note")
    blocks: list[Block] = [
        Chart(charts.mrr_bridge(bridge, lang=review.lang), words["bridge"]),
        Chart(charts.mrr_movements(months, lang=review.lang), words["movements"]),
        Table(lost[_CHURN], words["churn"], review.word("churn_note"), rows=12),
        Chart(charts.revenue_mix(mix, lang=review.lang), words["mix"]),
        Table(mix.drop(columns="basis"), words["mix"], rows=20),
        Table(
            due[_DUE],
            words["renewals"],
            due_note,
            rows=12,
        ),
        Note(f"{policy}. {review.word('policy_note')}"),
    ]
    sheets = {
        words["movements"]: Sheet(months, words["movements"], policy),
        words["churn"]: Sheet(lost, words["churn"], review.word("churn_note")),
        words["mix"]: Sheet(mix, words["mix"]),
        words["renewals"]: Sheet(due, words["renewals"], due_note),
    }
    return chapter(
        review,
        "revenue",
        blocks,
        sheets,
        ["mrr", "logo_churn", "gross_revenue_churn", "grr", "nrr", "quick_ratio"],
    )
