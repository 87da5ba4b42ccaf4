"""Every account lands in exactly one segment, and it is said why."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import salesplan as sp
from salesplan import book
from salesplan._settings.segments import Abc, Matrix, Segmentation, SegmentRule
from salesplan.errors import SettingsError
from salesplan.exports import segments


def crm_of(accounts: pd.DataFrame, **tables: pd.DataFrame):
    return sp.from_frames({"accounts": accounts, **tables}, as_of="2026-09-30")


def found(frame: pd.DataFrame) -> dict[str, str]:
    return dict(zip(frame["account_id"], frame["segment"], strict=True))


ACCOUNTS = pd.DataFrame(
    {
        "account_id": ["a", "b", "c", "d", "e"],
        "status": ["Customer", "prospect", "Ancien client", "Concurrent", None],
        "tags": ["Gold; key", "BRONZE", None, "gold", "goldmine"],
        "segment": [None, None, "bronze", None, None],
        "potential_amount": [100.0, 50.0, 20.0, None, 10.0],
        "country": ["DE", "FR", "FR", "DE", "IT"],
        "employee_count": [500, 10, None, 20, 20],
    }
)

RULES = Segmentation(
    rules=(
        SegmentRule(segment="excluded", status=("competitor", "concurrent", "wettbewerber")),
        SegmentRule(segment="gold", tags=("gold",)),
        SegmentRule(segment="bronze", tags=("bronze",), country=("FR", "BE")),
        SegmentRule(segment="large", employees_from=400, potential_from=80),
    )
)


def test_the_first_rule_that_fits_decides():
    frame = segments.segment(crm_of(ACCOUNTS), how=RULES)
    assert list(frame.columns) == ["account_id", "segment", "reason"]
    assert found(frame) == {
        "a": "gold",  # by its tag, though it is large too
        "b": "bronze",
        "c": "bronze",  # as the CRM has it
        "d": "excluded",  # by its status, though tagged gold
        "e": "unsegmented",  # goldmine is no tag gold
    }
    reasons = dict(zip(frame["account_id"], frame["reason"], strict=True))
    assert reasons["a"] == "rule 2: tags gold"
    assert reasons["c"] == "as the CRM has it"
    assert reasons["e"] == "no rule"


def test_all_conditions_of_a_rule_must_hold():
    rule = SegmentRule(segment="x", tags=("bronze",), country=("DE",))
    assert (
        "x"
        not in found(segments.segment(crm_of(ACCOUNTS), how=Segmentation(rules=(rule,)))).values()
    )


def lines(**amounts: float) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "line_id": list(amounts),
            "account_id": list(amounts),
            "starts_on": ["2026-01-01"] * len(amounts),
            "unit_price": list(amounts.values()),
            "billing_period": ["once"] * len(amounts),
        }
    )


def test_abc_on_paper():
    # 600 + 250 + 100 + 50 = 1000: a starts at 0, b at 60 %, c at 85 %, d at 95 %.
    how = Segmentation(method="abc")
    crm = crm_of(ACCOUNTS, contract_lines=lines(a=600, b=250, c=100, d=50))
    assert found(segments.segment(crm, how=how)) == {
        "a": "A",
        "b": "A",
        "c": "B",
        "d": "C",
        "e": "unsegmented",
    }


def test_abc_looks_at_the_months_up_to_as_of_only():
    old = lines(a=600, b=250)
    old.loc[0, "starts_on"] = "2025-09-30"  # a day before the twelve months
    frame = segments.segment(crm_of(ACCOUNTS, contract_lines=old), how=Segmentation(method="abc"))
    assert found(frame)["a"] == "unsegmented"
    assert found(frame)["b"] == "A"


def test_margin_weighs_sale_types():
    sold = lines(a=600, b=250)
    sold["sale_type"] = ["service", "licence"]
    how = Segmentation(method="abc", measure="margin", margins={"service": 0.1, "licence": 0.9})
    frame = segments.segment(crm_of(ACCOUNTS, contract_lines=sold), how=how)
    reasons = dict(zip(frame["account_id"], frame["reason"], strict=True))
    assert reasons["a"].startswith("margin 60.00")
    assert reasons["b"].startswith("margin 225.00")


def test_won_deals_count_where_there_are_no_contracts():
    deals = pd.DataFrame(
        {
            "opportunity_id": ["1", "2", "3"],
            "account_id": ["a", "b", "b"],
            "stage": ["s"] * 3,
            "status": ["won", "won", "lost"],
            "amount": [10.0, 20.0, 500.0],
            "closed_on": ["2026-05-05"] * 3,
        }
    )
    frame = segments.segment(crm_of(ACCOUNTS, opportunities=deals), how=Segmentation(method="abc"))
    reasons = dict(zip(frame["account_id"], frame["reason"], strict=True))
    assert reasons["b"].startswith("revenue 20.00")


def test_recurring_lines_count_for_the_time_they_ran():
    sold = lines(a=100)
    sold["billing_period"] = ["month"]
    sold["ends_on"] = ["2026-04-01"]  # 90 days of 365.25 at 1200 a year
    frame = segments.segment(crm_of(ACCOUNTS, contract_lines=sold), how=Segmentation(method="abc"))
    assert frame["reason"].iloc[0].startswith("revenue 295.69")


def test_foreign_money_is_converted_and_left_out_without_a_rate():
    sold = lines(a=100, b=100)
    sold["currency"] = ["USD", "SEK"]
    rates = pd.DataFrame({"currency": ["USD"], "rate_on": ["2026-01-01"], "rate": [0.9]})
    crm = crm_of(ACCOUNTS, contract_lines=sold, fx_rates=rates)
    frame = segments.segment(crm, how=Segmentation(method="abc"))
    assert frame["reason"].iloc[0].startswith("revenue 90.00")
    assert found(frame)["b"] == "unsegmented"


def test_potential_against_share_on_paper():
    # Median potential of 100, 50, 20, 10 is 35; half of the potential parts the shares.
    crm = crm_of(ACCOUNTS, contract_lines=lines(a=50, b=10, c=20, d=99))
    assert found(segments.segment(crm, how=Segmentation(method="matrix"))) == {
        "a": "gold",  # high potential, share 0.5
        "b": "silver",  # high potential, share 0.2
        "c": "silver",  # low potential, share 1
        "d": "unsegmented",  # no potential known
        "e": "bronze",  # low potential, nothing sold
    }


def test_a_matrix_of_three_by_three():
    names = (("1", "2", "3"), ("4", "5", "6"), ("7", "8", "9"))
    matrix = Matrix(potential=(20, 100), share=(0.2, 0.5), names=names)
    crm = crm_of(ACCOUNTS, contract_lines=lines(a=50, b=10, c=20))
    frame = segments.segment(crm, how=Segmentation(method="matrix", matrix=matrix))
    assert found(frame) == {"a": "9", "b": "5", "c": "6", "d": "unsegmented", "e": "1"}


def test_rules_come_before_what_is_computed():
    how = Segmentation(method="abc", rules=(SegmentRule(segment="excluded", status=("customer",)),))
    crm = crm_of(ACCOUNTS, contract_lines=lines(a=600, b=250))
    assert found(segments.segment(crm, how=how))["a"] == "excluded"


@settings(max_examples=15)
@given(
    st.lists(
        st.tuples(st.sampled_from(["x", "y", None]), st.floats(0, 1e6)), min_size=1, max_size=12
    ),
    st.sampled_from(["none", "abc", "matrix"]),
)
def test_each_account_lands_in_exactly_one_segment(rows, method):
    ids = [f"a{i}" for i in range(len(rows))]
    accounts = pd.DataFrame(
        {
            "account_id": ids,
            "status": [s for s, _ in rows],
            "potential_amount": [p for _, p in rows],
        }
    )
    how = Segmentation(method=method, rules=(SegmentRule(segment="X", status=("X",)),))
    sold = lines(**{i: round(p / 2, 2) for i, (_, p) in zip(ids, rows, strict=True)})
    frame = segments.segment(crm_of(accounts, contract_lines=sold), how=how)
    assert frame["account_id"].tolist() == sorted(ids)
    assert frame["segment"].notna().all()
    assert frame["reason"].notna().all()


def test_a_load_fills_the_segments_and_counts_the_rest(tmp_path):
    accounts = (
        "account_id,name,status,tags,created_on\n1,A,customer,gold,2026-01-01\n2,B,x,,2026-01-02\n"
    )
    (tmp_path / "accounts.csv").write_text(accounts)
    (tmp_path / "salesplan.toml").write_text(
        '[[segments.rules]]\nsegment = "gold"\ntags = ["gold"]\n'
    )
    crm = sp.load(tmp_path, as_of="2026-09-30")
    assert crm.table("accounts")["segment"].tolist() == ["gold", "unsegmented"]
    issue = crm.issues[crm.issues["rule"] == "unsegmented_accounts"].iloc[0]
    assert issue["row_count"] == 1
    again = segments.segment(crm)
    assert again["segment"].tolist() == ["gold", "unsegmented"]


def test_without_rules_the_segments_of_the_crm_stay():
    engine = book.create()
    book.insert_frame(engine, "accounts", pd.DataFrame({"account_id": ["1"], "segment": ["gold"]}))
    assert segments.fill(engine, sp.settings.Settings(), pd.Timestamp("2026-09-30").date()) == []
    assert engine.execute("SELECT segment FROM accounts").fetchone() == ("gold",)


def test_hostile_words_stay_text():
    evil = "'); DROP TABLE accounts; --"
    accounts = pd.DataFrame({"account_id": [evil], "status": [evil], "tags": [evil]})
    how = Segmentation(rules=(SegmentRule(segment=evil, status=(evil,)),))
    assert segments.segment(crm_of(accounts), how=how)["segment"].tolist() == [evil]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[[segments.rules]]\nsegment = "gold"', "has no condition"),
        ("[segments.abc]\nshares = [0.9, 0.8]", "shares must rise"),
        ('[segments.abc]\nnames = ["A", "B"]', "names must be 3"),
        ("[segments.matrix]\nshare = [0.2, 0.5]", "names must be 2 rows of 3"),
        ('[segments]\nmethod = "abcd"', "segments.method"),
        ("[segments]\nmonth = 3", "Did you mean 'months'?"),
    ],
)
def test_faults_of_the_settings_are_told(tmp_path, text, sentence):
    file = tmp_path / "salesplan.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=sentence.replace("?", r"\?")):
        sp.settings.read(file)


def test_classes_fit_their_shares():
    assert Abc(shares=(0.5,), names=("top", "rest")).names == ("top", "rest")
