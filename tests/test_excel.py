"""Workbooks: text stays text, formulas carry their value, totals tie after recalculation."""

from __future__ import annotations

import zipfile

import openpyxl
import pandas as pd
import pytest
from office import cells, recalculated

import salesplan as sp

HOSTILE = [
    '=HYPERLINK("http://x","y")',
    "+1+1",
    "@SUM(A1)",
    "-2",
    "<script>alert(1)</script>",
    "'); DROP TABLE people; --",
    "http://example.com",
    "\x00bell\x07",
]


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "owner": HOSTILE,
            "k": [1, 2, 3, 4, 5, 6, 7, 0],
            "n": [4, 4, 4, 8, 8, 8, 8, 0],
            "win_rate": [0.25, 0.5, 0.75, 0.5, 0.625, 0.75, 0.875, None],
            "won_amount": [0.1, 0.2, 1000.33, 5.0, 7.0, 8.0, 9.0, 10.0],
            "closed_on": pd.to_datetime(["2026-09-30"] * 7 + [None]),
        }
    )


def write(tmp_path, sheet=None):
    sheet = sheet or sp.excel.Sheet(
        frame(),
        "Owners",
        "Definition",
        totals=("k", "n", "won_amount"),
        rates={"win_rate": ("k", "n")},
    )
    return sp.excel.write(tmp_path / "book.xlsx", {"By owner": sheet}, title="Review")


def test_hostile_text_is_text(tmp_path):
    sheet = openpyxl.load_workbook(write(tmp_path))["By owner"]
    for row, value in enumerate(HOSTILE[:-1], start=4):
        cell = sheet.cell(row, 1)
        assert (cell.value, cell.data_type) == (value, "s")
    assert "\x00" not in sheet.cell(11, 1).value
    with zipfile.ZipFile(tmp_path / "book.xlsx") as archive:
        assert not any("externalLink" in name for name in archive.namelist())


def test_formulas_carry_their_values_and_survive_recalculation(tmp_path):
    path = write(tmp_path)
    stored, again = cells(path)["By owner"], recalculated(path, tmp_path)["By owner"]
    for before, after in zip(stored[3:], again[3:], strict=True):
        assert before[3] == pytest.approx(after[3]) if before[3] != "" else after[3] == ""
    total = again[3 + len(HOSTILE)]
    assert total[1:3] == [28, 44]
    assert total[4] == pytest.approx(1039.63)
    formula = openpyxl.load_workbook(path)["By owner"]["D4"].value
    assert formula == "=B4/C4"


def test_same_figures_same_bytes(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert write(tmp_path / "a").read_bytes() == write(tmp_path / "b").read_bytes()


def test_empty_frame_and_long_names(tmp_path):
    long = "A very long sheet name [with] brackets/slashes"
    sheets = {long: pd.DataFrame({"a": []}), long + "!": pd.DataFrame({"a": [1]})}
    path = sp.excel.write(tmp_path / "b.xlsx", sheets)
    names = openpyxl.load_workbook(path).sheetnames
    assert len(names) == len(set(names)) == 3
    assert all(len(n) <= 31 for n in names)


def test_an_unwritable_place_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(sp.errors.InputError, match="cannot be written"):
        sp.excel.write(tmp_path / "file" / "b.xlsx", {"a": pd.DataFrame({"a": [1]})})


def test_a_figure_stands_in_the_unit_and_decimals_of_its_row_and_column(tmp_path):
    card = pd.DataFrame(
        {
            "title": ["Bookings", "Win rate", "Coverage"],
            "unit": ["money", "rate", "ratio"],
            "value": [1512240.0, 0.396, 1.957],
            "churn_rate": [0.0035, 0.0088, 0.0],
            "hours": [638.0, 1206.0, 8.0],
            "lost_hours": [7.0, 102.25, None],
        }
    )
    path = sp.excel.write(tmp_path / "b.xlsx", {"Card": sp.excel.Sheet(card, by_row=["value"])})
    sheet = openpyxl.load_workbook(path)["Card"]
    rows = [[cell.number_format for cell in row] for row in sheet["C4:F6"]]
    assert [row[0] for row in rows] == ['#,##0.00" €"', "0.0%", "#,##0.00"]
    assert rows[0][1:] == ["0.00%", "#,##0", "#,##0.00"]


@pytest.mark.parametrize(
    ("lang", "shown"), [("en", "d mmm yyyy"), ("de", "dd.mm.yyyy"), ("fr", "dd/mm/yyyy")]
)
def test_a_day_is_written_as_the_language_writes_it(tmp_path, lang, shown):
    path = sp.excel.write(tmp_path / "b.xlsx", {"A": frame()}, lang=lang)
    assert openpyxl.load_workbook(path)["A"]["F4"].number_format == shown


def test_a_sheet_too_wide_for_one_page_is_not_made_small(tmp_path):
    wide = pd.DataFrame({f"won_{number}_amount": [1.0] for number in range(30)})
    path = sp.excel.write(tmp_path / "b.xlsx", {"Wide": wide, "Narrow": wide.iloc[:, :3]})
    book = openpyxl.load_workbook(path)
    fits = [book[name].sheet_properties.pageSetUpPr for name in ("Wide", "Narrow")]
    assert [bool(page and page.fitToPage) for page in fits] == [False, True]
    assert book["Wide"].print_title_cols == "$A:$A"
