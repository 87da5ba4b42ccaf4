"""Names find their keys in explainable steps; near misses are suggested, never applied."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesplan import book
from salesplan.exports import matching, spellings
from salesplan.exports.names import fold
from salesplan.exports.near import Known, near_misses, one_slip


@pytest.fixture
def engine():
    return book.create()


def insert(engine, table, /, **columns):
    book.insert_frame(engine, table, pd.DataFrame(columns))


def rules(issues):
    return [(i.rule, i.column_name, i.row_count) for i in issues]


def accounts_of(engine):
    rows = engine.execute("SELECT opportunity_id, account_id FROM opportunities ORDER BY 1")
    return dict(rows.fetchall())


def deals(engine, *accounts):
    ids = [f"O{i}" for i in range(len(accounts))]
    insert(
        engine,
        "opportunities",
        opportunity_id=ids,
        account_id=list(accounts),
        stage=["s"] * len(ids),
        amount=[100.0 * (i + 1) for i in range(len(ids))],
    )


@pytest.mark.parametrize(
    "said",
    [
        "Müller-Lüdenscheidt GmbH",
        "müller-lüdenscheidt gmbh",
        "MULLER LUDENSCHEIDT GMBH",
        "Müller\u2011Lüdenscheidt\xa0GmbH",
        " Müller Lüdenscheidt  GmbH. ",
    ],
)
def test_a_name_in_any_spelling_finds_its_key(engine, said):
    insert(engine, "accounts", account_id=["17", "18"], name=["Müller-Lüdenscheidt GmbH", "Other"])
    deals(engine, said, "18")
    issues = matching.resolve(engine, ["accounts", "opportunities"])
    assert accounts_of(engine) == {"O0": "17", "O1": "18"}
    assert rules(issues)[0][1:] == ("account_id", 1)
    assert issues[0].rule in ("matched_by_name", "matched_by_spelling")


def test_an_exact_key_stands_even_where_a_name_says_the_same(engine):
    insert(engine, "accounts", account_id=["Acme", "2"], name=["Bolt", "Acme"])
    deals(engine, "Acme")
    assert matching.resolve(engine, ["accounts", "opportunities"]) == []
    assert accounts_of(engine) == {"O0": "Acme"}


def test_the_exact_name_goes_before_the_folded_one(engine):
    insert(engine, "accounts", account_id=["1", "2"], name=["ACME", "Acme"])
    deals(engine, "Acme", "ACME", "acme")
    issues = matching.resolve(engine, ["accounts", "opportunities"])
    assert accounts_of(engine) == {"O0": "2", "O1": "1", "O2": "acme"}
    assert ("ambiguous_name", "account_id", 1) in rules(issues)


def test_two_rows_of_one_name_are_not_guessed_between(engine):
    insert(engine, "accounts", account_id=["1", "2"], name=["Acme", "Acme"])
    deals(engine, "Acme")
    issues = matching.resolve(engine, ["accounts", "opportunities"])
    assert accounts_of(engine) == {"O0": "Acme"}
    assert rules(issues) == [("ambiguous_name", "account_id", 1)]
    assert "[values.opportunities.account_id]" in issues[0].what_to_do


def test_a_near_miss_is_suggested_with_rows_and_amount_and_left_alone(engine):
    insert(engine, "accounts", account_id=["1", "2"], name=["Blue Wave", "Other Ltd"])
    deals(engine, "BlueWave", "BlueWave", "Blue Wvae", "Somebody")
    issues = matching.resolve(engine, ["accounts", "opportunities"])
    assert accounts_of(engine)["O0"] == "BlueWave"
    near = {i.example: i for i in issues if i.rule == "near_miss"}
    assert set(near) == {"BlueWave / Blue Wave", "Blue Wvae / Blue Wave"}
    assert near["BlueWave / Blue Wave"].row_count == 2
    assert near["BlueWave / Blue Wave"].amount == 300.0
    line = '[values.opportunities.account_id] "BlueWave" = "Blue Wave"'
    assert line in near["BlueWave / Blue Wave"].what_to_do


def test_a_table_that_no_export_fed_leaves_its_references_alone(engine):
    deals(engine, "Acme")
    assert matching.resolve(engine, ["accounts", "opportunities"]) == []


def test_people_deals_and_leads_are_found_by_name_too(engine):
    insert(engine, "people", person_id=["p1"], name=["Zoë Durand"])
    insert(engine, "accounts", account_id=["a1"], name=["Acme"])
    insert(engine, "opportunities", opportunity_id=["7"], name=["Big deal"], stage=["s"])
    insert(
        engine,
        "activities",
        activity_id=["v"],
        kind=["call"],
        owner_id=["Zoe DURAND"],
        account_id=["acme"],
        opportunity_id=["Big deal"],
    )
    matching.resolve(engine, ["people", "accounts", "opportunities", "activities"])
    row = engine.execute("SELECT owner_id, account_id, opportunity_id FROM activities").fetchone()
    assert row == ("p1", "a1", "7")


def test_products_are_held_against_the_price_list(engine):
    insert(engine, "products", product=["GTX Pro", "GTX Basic"])
    insert(
        engine,
        "opportunities",
        opportunity_id=["1", "2", "3"],
        stage=["s"] * 3,
        product=["GTXPro", "GTXPro", "GTX Basic"],
        amount=[10.0, 5.0, 1.0],
    )
    (issue,) = spellings.suggestions(engine)
    assert (issue.rule, issue.row_count, issue.amount) == ("near_miss", 2, 15.0)
    assert '[values.opportunities.product] "GTXPro" = "GTX Pro"' in issue.what_to_do


def test_without_a_list_the_spelling_of_more_rows_is_meant(engine):
    channels = ["Online Store"] * 3 + ["OnlineStore"] + ["Web"] * 5
    insert(engine, "leads", lead_id=[str(i) for i in range(9)], channel=channels)
    (issue,) = spellings.suggestions(engine)
    assert issue.example == "OnlineStore / Online Store"


def test_two_words_that_both_are_used_much_are_two_words(engine):
    products = ["Talvero Core"] * 30 + ["Talvero Care"] * 20 + ["Talvero Coree"]
    insert(
        engine,
        "opportunities",
        opportunity_id=[str(i) for i in range(51)],
        stage=["s"] * 51,
        product=products,
    )
    assert [i.example for i in spellings.suggestions(engine)] == ["Talvero Coree / Talvero Core"]


@pytest.mark.parametrize(
    ("a", "b", "near"),
    [
        ("technolgy", "technology", True),
        ("technologyy", "technology", True),
        ("techonlogy", "technology", True),
        ("tecknology", "technology", True),
        ("techn", "technology", False),
        ("quarter1", "quarter2", False),
        ("quarter12", "quarter1", False),
        ("acme", "acne", False),
        ("technology", "technology", False),
    ],
)
def test_one_slip(a, b, near):
    assert one_slip(a, b) is near
    assert one_slip(b, a) is near


LETTERS = st.text("abcdeé -", min_size=1, max_size=12)


@given(LETTERS, st.lists(LETTERS, max_size=8))
def test_the_index_finds_what_comparing_each_pair_finds(text, names):
    def slow() -> set[str]:
        bare = lambda t: fold(t).replace(" ", "")  # noqa: E731
        same = {n for n in names if bare(n) == bare(text) and n != text}
        return same or {n for n in names if one_slip(bare(text), bare(n))}

    expected = slow()
    found = Known(names).nearest(text)
    assert found == (next(iter(expected)) if len(expected) == 1 else None)


@given(st.text("aàäßœ’' -_\xa0.Zé9", max_size=15))
def test_the_engine_folds_names_as_python_does(text):
    sql = f"SELECT {matching.folded('t')} FROM (SELECT ?::VARCHAR AS t)"
    assert duckdb.execute(sql, [text]).fetchone()[0] == fold(text)


def test_hostile_names_stay_text(engine):
    evil = "x'); DROP TABLE accounts; --"
    insert(engine, "accounts", account_id=["1"], name=[evil])
    deals(engine, evil.upper(), 'quo"te\\')
    matching.resolve(engine, ["accounts", "opportunities"])
    assert accounts_of(engine)["O0"] == "1"
    assert matching.quoted('a"b\\c\n') == '"a\\"b\\\\c\\u000a"'


def test_near_misses_of_nothing():
    assert near_misses([], ["a"]) == []
    assert near_misses(["abcdefg"], []) == []
