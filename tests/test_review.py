"""The review: whole in three languages, honest about what is missing, tied to the library."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from browser import page
from office import recalculated

import salesplan as sp
from salesplan import text
from salesplan._review.chapter import Review
from salesplan.errors import InputError, UnknownNameError

DATA = Path(__file__).parent.parent / "data"
SCHEME = sp.compensation.Scheme(
    name="Paper", pays_each="year", criteria=[{"name": "bookings", "weight": 1}]
)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("review")
    return sp.review.write(sp.paper.crm(), quarter="2026-Q3", folder=folder, scheme=SCHEME)


def test_the_page_is_whole(written):
    html = written[0].read_text("utf-8")
    for key in (
        "headlines",
        "revenue",
        "pipeline",
        "funnel",
        "acquisition",
        "effort",
        "compensation",
        "quality",
        "definitions",
    ):
        assert f'<section id="{key}"' in html
    assert "cannot be shown" not in html
    assert html.count("Plotly.newPlot") >= 5
    assert not re.search(
        r"\b(nan|NaN|None|NaT)\b", re.sub(r"<script.*?</script>", "", html, flags=re.S)
    )


def test_a_team_that_calls_itself_the_company_stands_beside_the_company(tmp_path):
    tables = sp.paper.frames()
    tables["people"]["team"] = tables["people"]["team"].replace({"South": "Company"})
    book = sp.from_frames(tables, as_of=sp.paper.AS_OF)
    html = sp.review.write(book, quarter="2026-Q3", folder=tmp_path)[0].read_text("utf-8")
    table = html.split("By team</caption>")[1].split("</table>")[0]
    rows = [re.findall(r"<t[dh][^>]*>([^<]*)<", row) for row in table.split("<tr")[2:]]
    assert [row[0] for row in rows] == ["Company", "North", "Company"]
    sums = [[float(re.sub(r"[^\d.]", "", cell)) for cell in row[1:-1]] for row in rows]
    assert sums[2][:2] == [13_000, 2]
    assert [a + b for a, b in zip(sums[0], sums[1], strict=True)] == sums[2]


@pytest.mark.browser
def test_the_page_opens_without_a_fault(written):
    with page() as opened:
        opened.goto(written[0].as_uri())
        opened.wait_for_selector(".main-svg")
        assert opened.faults == []
        assert opened.locator("nav a").count() == 9


def test_the_workbook_ties_to_the_library(written, tmp_path):
    sheets = recalculated(written[1], tmp_path)
    deals = sp.pipeline.open_deals(sp.paper.crm())
    column = list(deals.columns).index("amount")
    total = sheets["Open deals"][-1]
    assert total[0] == "Total"
    assert total[column] == pytest.approx(deals["amount"].sum())
    errors = [c for rows in sheets.values() for row in rows for c in row if str(c).startswith("#")]
    assert errors == []


def test_same_exports_same_bytes(tmp_path):
    once, again = (
        sp.review.write(sp.paper.crm(), quarter="2026-Q3", folder=tmp_path / name)
        for name in ("a", "b")
    )
    for left, right in zip(once, again, strict=True):
        assert left.read_bytes() == right.read_bytes()


@pytest.mark.parametrize(
    ("lang", "words"), [("de", "Datenqualität"), ("fr", "Qualité des données")]
)
def test_other_languages(tmp_path, lang, words):
    html = sp.review.write(sp.paper.crm(), quarter="2026-Q3", folder=tmp_path, lang=lang)[0]
    assert words in html.read_text("utf-8")


def test_a_missing_table_names_the_export_and_the_rest_is_produced(tmp_path):
    frames = sp.paper.frames()
    deals = {name: frames[name] for name in ("opportunities", "stages")}
    crm = sp.from_frames(deals, as_of="2026-09-30")
    html = sp.review.write(crm, quarter="2026-Q3", folder=tmp_path)[0].read_text("utf-8")
    assert "recurring revenue needs contract_lines" in html
    assert html.count("This chapter cannot be shown.") >= 2
    assert "Stage conversion" in html


def test_an_empty_book_still_gives_a_page(tmp_path):
    crm = sp.from_frames({"people": pd.DataFrame({"person_id": ["a"]})}, as_of="2026-09-30")
    html = sp.review.write(crm, quarter="2026-Q3", folder=tmp_path)[0].read_text("utf-8")
    assert "cannot be shown" in html


def test_hostile_text_stays_text(tmp_path):
    frames = sp.paper.frames()
    bad = "<script>document.title='owned'</script>"
    frames["people"].loc[1, "name"] = bad
    frames["accounts"].loc[:, "name"] = '=HYPERLINK("http://x","y")\'); DROP TABLE people; --'
    frames["opportunities"].loc[:, "product"] = bad
    crm = sp.from_frames(frames, as_of="2026-09-30")
    written = sp.review.write(crm, quarter="2026-Q3", folder=tmp_path, scheme=SCHEME)
    with page() as opened:
        opened.goto(written[0].as_uri())
        opened.wait_for_selector(".main-svg")
        assert "owned" not in opened.title()
        assert opened.faults == []


def test_wrong_calls(crm, tmp_path):
    with pytest.raises(InputError, match="names a month"):
        sp.review.write(crm, quarter="2026-09", folder=tmp_path)
    with pytest.raises(InputError, match=r"after the day of the figures.* Ask for 2026-Q3 or"):
        sp.review.write(crm, quarter="2026-Q4", folder=tmp_path)
    with pytest.raises(UnknownNameError, match="lang='es'"):
        sp.review.write(crm, quarter="2026-Q3", folder=tmp_path, lang="es")
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot be written"):
        sp.review.write(crm, quarter="2026-Q3", folder=tmp_path / "file")


def test_the_teams_add_up_to_the_company(tmp_path):
    html = sp.review.write(sp.paper.crm(), quarter="2026-Q3", folder=tmp_path)[0].read_text("utf-8")
    shown = html[html.index("<caption>By team") :]
    rows = re.findall(r"<tr>(<td.*?)</tr>", shown[: shown.index("</table>")])
    cells = [re.findall(r">([^<]+)</td>", row) for row in rows]
    bookings = {team: int(re.sub(r"\D", "", money) or 0) for team, money, *_ in cells}
    assert len(bookings) == 3
    assert bookings.pop("Company") == sum(bookings.values()) > 0


@pytest.fixture(scope="module")
def german_sheets():
    """The sheets of the demo company's review, as the workbook gets them."""
    scheme = sp.compensation.Scheme.read(DATA / "schemes/field_2027.toml")
    quarter = sp.periods.quarter("2026-Q3")
    told = Review(sp.load(DATA / "demo").told_in("de"), quarter, "de", scheme)
    return {name: s for c in sp.review._chapters(told, None) for name, s in c.sheets.items()}


def test_every_heading_of_the_workbook_is_told_in_its_language(german_sheets):
    known = text.catalogue()
    unknown = {
        f"{name}: {column}"
        for name, sheet in german_sheets.items()
        for column in sheet.frame.columns
        if f"columns.{column}" not in known and column not in sheet.headings
    }
    assert unknown == set()


def test_no_two_columns_of_a_sheet_have_one_heading(german_sheets):
    ends = {"Unten", "Oben"}  # of the interval whose rate stands before them
    twice = {
        (name, heading)
        for name, sheet in german_sheets.items()
        for heading, times in Counter(sheet.heading(str(c), "de") for c in sheet.frame).items()
        if times > 1 and heading not in ends
    }
    assert twice == set()


def test_the_workbook_says_its_own_words_in_its_language(german_sheets):
    def told(sheet, column):
        return set(german_sheets[sheet].frame[column])

    assert told("Umsatz nach Verkaufsart", "sale_type") >= {"Abonnement", "Lizenz"}
    assert told("Zustand der Pipeline", "light") <= {"rot", "gelb", "grün", "keine"}
    assert "(ohne)" in told("Nicht erschienen, und was es kostet", "channel")


def test_the_workbook_has_the_rows_in_the_order_that_its_note_tells(german_sheets):
    deals = german_sheets["Offene Deals"].frame
    assert deals["risk_count"].is_monotonic_decreasing
    assert german_sheets["Anstehende Verlängerungen"].frame["arr_amount"].is_monotonic_decreasing
