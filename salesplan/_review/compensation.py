"""Goals and pay: who reached the goals of the quarter, and a scheme tried on last year."""

from __future__ import annotations

from salesplan import charts, kpi, periods, scenario
from salesplan._review.chapter import Chapter, Review, chapter
from salesplan.compensation import Scheme
from salesplan.excel import Sheet
from salesplan.html import Block, Chart, Table


def compensation(review: Review) -> Chapter:
    """Return the chapter on goals and variable pay."""
    review.crm.require("people", "targets", need=review.word("compensation_title"))
    goals = kpi.goals(review.crm, quarter=review.quarter.label)
    title = review.word("goals")
    wide = goals.pivot(index=["owner", "team"], columns="measure", values="attainment_rate")
    wide.columns.name = None
    names = [str(name) for name in wide.columns]
    blocks: list[Block] = [
        Table(
            wide.reset_index(),
            title,
            review.word("goals_note"),
            rows=60,
            headings={name: name for name in names},
            units=dict.fromkeys(names, "rate"),
        )
    ]
    sheets = {title: Sheet(goals, title, review.word("goals_note"))}
    if review.scheme is not None:
        more, tables = _scheme(review, review.scheme)
        blocks += more
        sheets |= tables
    return chapter(review, "compensation", blocks, sheets, ["people_at_goal_rate", "variable_pay"])


def _scheme(review: Review, scheme: Scheme) -> tuple[list[Block], dict[str, Sheet]]:
    start = review.crm.settings.fiscal_year_starts
    year = periods.containing(review.quarter.since, "year", fiscal=start > 1, fiscal_start=start)
    tested = scenario.backtest(review.crm, scheme, year=year.label)
    title = review.word("scheme", name=scheme.name, year=year.label)
    note = review.word("scheme_note")
    blocks: list[Block] = [
        Chart(
            charts.winners_and_losers(tested.compared, currency=review.currency, lang=review.lang),
            title,
            note,
        ),
        Table(tested.outcome, review.word("outcome")),
        Table(tested.diagnosis.goal, review.word("reach")),
        Table(tested.compared, title, note, rows=40),
    ]
    sheets = {
        review.word("scheme_sheet"): Sheet(
            tested.compared, title, note, totals=("old_amount", "new_amount", "delta_amount")
        ),
        review.word("scheme_lines"): Sheet(
            tested.simulation.lines, review.word("scheme_lines"), totals=("amount",)
        ),
    }
    return blocks, sheets
