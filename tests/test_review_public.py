"""The review on public CRM files: it runs, says what it cannot show, and twins agree."""

from __future__ import annotations

import pytest
from office import cells
from public_data import load_public

import salesplan as sp

QUARTERS = {
    "maven_crm": "2017-Q4",
    "maven_crm_excel_resaved": "2017-Q4",
    "olist_funnel": "2018-Q2",
    "acceldata_synth": "2026-Q3",
}


@pytest.mark.parametrize("name", QUARTERS)
def test_the_review_runs_and_names_what_is_missing(name, data, tmp_path):
    crm = load_public(name, data)
    written = sp.review.write(crm, quarter=QUARTERS[name], folder=tmp_path)
    html = written[0].read_text("utf-8")
    assert html.count("<section id=") == 9
    assert "needs contract_lines" in html, "none of these exports carries contracts"


def test_a_trip_through_excel_changes_no_number(data, tmp_path):
    books = []
    for name in ("maven_crm", "maven_crm_excel_resaved"):
        crm = load_public(name, data)
        written = sp.review.write(crm, quarter="2017-Q4", folder=tmp_path / name)
        books.append(cells(written[1]))
    left, right = books
    for sheet in left:
        if sheet not in ("Files read", "Issues", "Rows kept apart"):  # these name the files
            assert left[sheet] == right[sheet], sheet


def test_won_deals_of_the_quarter_equal_the_reference(data, reference):
    crm = load_public("maven_crm", data)
    card = sp.kpi.scorecard(crm, quarter="2017-Q4").set_index("measure")
    months = reference["maven_crm"]["won_count_by_month"]
    assert card.loc["deals_won", "value"] == sum(months[f"2017-{m}"] for m in ("10", "11", "12"))
    amounts = reference["maven_crm"]["won_value_by_quarter"]
    assert card.loc["bookings", "value"] == amounts["2017Q4"]
    assert card.loc["bookings", "previous"] == amounts["2017Q3"]


def test_open_deals_without_amounts_give_no_pipeline_not_zero(data):
    crm = load_public("maven_crm", data)
    row = sp.kpi.scorecard(crm, quarter="2017-Q4").set_index("measure").loc["open_pipeline"]
    assert row["value"] != row["value"]
    assert "no open deal carries an amount" in row["reason"]
