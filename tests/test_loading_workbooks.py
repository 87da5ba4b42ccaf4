"""Workbooks as finance keeps them: titles, totals, merged cells, formulas, periods in words."""

from __future__ import annotations

import csv
import datetime as dt
import re
import tomllib

import openpyxl
import pytest
import xlsxwriter

import salesplan as sp
from salesplan.errors import ExportError
from salesplan.loading import celltext, period_names

DEALS = ["Owner", "Opportunity ID", "Stage", "Amount", "Created Date"]


@pytest.fixture
def load(tmp_path):
    """Write sheets of rows into a workbook, change it as asked, and load it."""

    def loaded(sheets: dict[str, list[list]], change=lambda book: None) -> sp.Crm:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        change(book)
        book.save(tmp_path / "finance.xlsx")
        return sp.load(tmp_path / "finance.xlsx", as_of="2026-09-30")

    return loaded


def deal(number: int, owner: str | None = "Ada", amount: object = 100) -> list:
    return [owner, f"D{number}", "Won", amount, dt.date(2026, 1, 5)]


def test_titles_above_and_a_total_below_are_no_deals(load):
    rows = [
        ["Deals of the year"],
        [],
        DEALS,
        deal(1),
        deal(2),
        [None, "Total", None, "=SUM(D4:D5)"],
    ]
    crm = load({"Deals": rows}, lambda book: book["Deals"].merge_cells("A1:E1"))
    assert crm.table("opportunities")["opportunity_id"].tolist() == ["D1", "D2"]
    assert crm.loads[["rows_read", "rows_loaded", "rows_quarantined"]].values.tolist() == [
        [3, 2, 1]
    ]


def test_a_value_merged_over_rows_holds_for_each_of_them(load):
    rows = [DEALS, deal(1), deal(2, None), deal(3, "Ben"), deal(4, None)]
    crm = load({"Deals": rows}, lambda book: book["Deals"].merge_cells("A2:A3"))
    assert crm.table("opportunities")["owner_id"].fillna("").tolist() == ["Ada", "Ada", "Ben", ""]


def test_empty_cells_merged_beside_or_below_the_table_say_nothing(load):
    def merge(book):
        for cells in ("H1:H3", "A20:A25", "B3:B9"):
            book["Deals"].merge_cells(cells)

    crm = load({"Deals": [DEALS, deal(1), deal(2)]}, merge)
    assert crm.table("opportunities")["opportunity_id"].tolist() == ["D1", "D2"]


def test_a_table_away_from_the_corner_keeps_its_merged_cells(load):
    def shift(book):
        book["Deals"].move_range("A1:E5", rows=3, cols=2)
        book["Deals"].merge_cells("C5:C6")

    crm = load({"Deals": [DEALS, deal(1), deal(2, None), deal(3, None)]}, shift)
    assert crm.table("opportunities")["owner_id"].fillna("").tolist() == ["Ada", "Ada", ""]


@pytest.mark.parametrize(
    "note", ["two\nlines", "two\r\nlines", "old\rlines", 'a "word", and, more', " , ", '"']
)
def test_a_cell_of_any_text_stays_one_cell(tmp_path, note):
    rows = [[*DEALS, "Next Step"], *([*deal(i), note if i % 2 else "call"] for i in range(600))]
    with xlsxwriter.Workbook(tmp_path / "deals.xlsx") as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, map(str, row))
    found = sp.load(tmp_path / "deals.xlsx", as_of="2026-09-30").table("opportunities")
    said = "\n".join(note.strip().splitlines())
    assert found["next_step"].value_counts().to_dict() == {said: 300, "call": 300}


def test_each_kind_of_cell_has_its_text(tmp_path):
    cells = {
        "text": "text",
        4000.0: "4000",
        -0.5: "-0.5",
        1e15: "1000000000000000.0",
        2.0**53: "9007199254740992.0",
        1e300: "1e+300",
        True: "true",
        dt.date(2026, 1, 5): "2026-01-05",
        dt.datetime(2026, 1, 5): "2026-01-05",
        dt.datetime(2026, 1, 5, 13, 4, 5): "2026-01-05 13:04:05",
        dt.time(13, 30): "13:30:00",
        dt.timedelta(hours=27): "1620.0",
        "": "",
    }
    rows = iter([[cell, number] for number, cell in enumerate(cells)])
    assert celltext.write(rows, tmp_path / "cells.csv")
    with (tmp_path / "cells.csv").open(newline="") as handle:
        assert [text for text, _ in csv.reader(handle)] == list(cells.values())


def test_a_sheet_of_empty_cells_holds_nothing(tmp_path):
    assert not celltext.write(iter([["", ""], ["", ""]]), tmp_path / "cells.csv")


def test_hidden_sheets_are_named_and_read_when_asked_for(load, tmp_path):
    def hide(book):
        book["Old"].sheet_state, book["Older"].sheet_state = "hidden", "veryHidden"

    tables = {"Deals": [DEALS, deal(1)], "Old": [DEALS, deal(2)], "Older": [DEALS, deal(3)]}
    crm = load(tables, hide)
    assert crm.table("opportunities")["opportunity_id"].tolist() == ["D1"]
    (note,) = crm.issues[crm.issues["rule"] == "hidden_sheet"].to_dict("records")
    assert (note["severity"], note["file"], note["example"]) == (
        "note",
        "finance.xlsx",
        "Old, Older",
    )
    line = re.search(r"\[files.*(?=\.)", note["what_to_do"])[0].replace("] ", "]\n")
    chosen = sp.settings.Settings.model_validate(tomllib.loads(line))
    crm = sp.load(tmp_path / "finance.xlsx", settings=chosen, as_of="2026-09-30")
    assert crm.table("opportunities")["opportunity_id"].tolist() == ["D2"]
    assert "hidden_sheet" not in set(crm.issues["rule"])


def test_a_workbook_whose_only_table_is_hidden_says_so(load):
    def hide(book):
        book["Deals"].sheet_state = "hidden"

    with pytest.raises(ExportError, match=r'hidden: Deals\..*sheet = "Deals"\.'):
        load({"Cover": [], "Deals": [DEALS, deal(1)]}, hide)


def test_errors_and_formulas_without_a_result_are_named(load):
    rows = [DEALS, deal(1, amount="=50*2"), deal(2, amount="#DIV/0!"), deal(3, amount="#N/A")]
    crm = load({"Cover & notes": [["nothing"]], "Deals": rows})
    found = crm.issues[crm.issues["rule"] == "cell_without_value"]
    assert found[["file", "row_count", "example"]].values.tolist() == [
        ["finance.xlsx#Deals", 2, "cell D2"]
    ]


def test_periods_in_words_become_labels_and_nonsense_is_kept_apart(load):
    said = ["2026-01", dt.date(2026, 2, 1), "März 2026", "04/2026", "Q2 26", "soon", None]
    rows = [["Person ID", "Period", "Paid variable"], *(["P1", s, 10.25] for s in said)]
    crm = load({"Payroll": rows})
    assert crm.table("payroll")["period"].tolist() == [
        "2026-01",
        "2026-02",
        "2026-03",
        "2026-04",
        "2026-Q2",
    ]
    assert crm.quarantine["rule"].tolist() == ["unreadable period", "empty"]


def test_two_names_of_one_month_are_one_key(load):
    rows = [["Person ID", "Period", "Paid variable"], ["P1", "2026-01", 1], ["P1", "Jan 2026", 2]]
    crm = load({"Payroll": rows})
    assert crm.table("payroll")["paid_variable"].tolist() == [2]
    assert crm.quarantine["rule"].tolist() == ["duplicate"]


@pytest.mark.parametrize(
    ("texts", "labels"),
    [
        (["01/02/2026", "01/03/2026"], ["2026-02", "2026-03"]),
        (["02/01/2026", "03/01/2026"], ["2026-02", "2026-03"]),
        (["31/01/2026", "28/02/2026", "03/04/2026"], ["2026-01", "2026-02", "2026-04"]),
        (["01/31/2026", "02/28/2026"], ["2026-01", "2026-02"]),
        (["01.04.2026"], ["2026-04"]),
        (["03/04/2026"], []),
        (["T2 2026", "2e semestre 2026", "janvier 2026"], ["2026-Q2", "2026-H2", "2026-01"]),
        (["3. Quartal 2026", "1. Halbjahr 2026", "Jän 26"], ["2026-Q3", "2026-H1", "2026-01"]),
        (["FY26", "FY26 Q1", "Geschäftsjahr 2026"], ["FY2026", "FY2026-Q1", "FY2026"]),
        (["202602", "2026M02", "20260201", "46054"], ["2026-02"] * 4),
        (["26", "H3 2026", "2026-13", "Q5 2026", "20262", "31.02.2026", "soon", ""], []),
    ],
)
def test_what_a_text_says_of_a_period(texts, labels):
    assert list(period_names.labels(texts).values()) == labels


def test_what_is_a_label_stays_as_it_is():
    labels = ["2026", "FY2026", "2026-H1", "FY2026-H2", "2026-Q3", "FY2026-Q4", "2026-09"]
    assert list(period_names.labels(labels).values()) == labels
