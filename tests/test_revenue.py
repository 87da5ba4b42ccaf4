"""Recurring revenue: figures by hand, identities, bad input, the demo company's own ledger."""

from __future__ import annotations

import math
import random
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_revenue_reference import contract_line, crm_of, numbered

import salesplan as sp
from salesplan._charts import revenue as charts
from salesplan._revenue.movements import GAINS, LOSSES, SIGNED

R = sp.revenue
CASES = tomllib.loads((Path(__file__).parent / "cases" / "revenue.toml").read_text("utf-8"))["case"]
few = settings(max_examples=6)
books = st.lists(contract_line(), min_size=1, max_size=8)


def crm_with(lines, as_of="2025-12-31"):
    usual = {"account_id": "A", "product": "core", "quantity": 1, "billing_period": "month"}
    rows = [usual | {"line_id": f"L{i}"} | line for i, line in enumerate(lines)]
    return sp.from_frames({"contract_lines": pd.DataFrame(rows)}, as_of=as_of)


@pytest.mark.parametrize("case", CASES, ids=[c["name"] for c in CASES])
def test_case(case):
    policy = case["policy"]
    rule = R.Policy(**policy) if isinstance(policy, dict) else policy
    got = R.mrr_movements(crm_with(case["lines"]), month=case["month"], policy=rule).iloc[0]
    for kind, amount in case["expected"].items():
        assert got[f"{kind}_amount"] == pytest.approx(amount, abs=1e-6), kind


# ---- the small CRM -----------------------------------------------------------------------
def test_bridge_of_the_small_crm(crm):
    got = R.mrr_movements(crm).set_index("month")
    assert got["closing_amount"].round(2).tolist() == [666.67, 1066.67, 1566.67, 1900.0, 1500.0]
    assert got.loc["2026-08-01", "expansion_upsell_amount"] == pytest.approx(4000 / 12)
    assert got.loc["2026-09-01", ["churn_amount", "churn_count"]].tolist() == [400, 1]
    assert not got["is_open"].any()


def test_licences_do_not_recur(crm):
    assert set(R.mrr(crm, by="sale_type")["sale_type"]) == {"subscription", "support"}


def test_the_month_in_progress_is_marked(crm):
    got = R.mrr(crm, as_of="2026-08-15")
    assert got["is_open"].tolist() == [False, False, False, True]
    assert got["mrr_amount"].iloc[-1] == pytest.approx(1900)


def test_mrr_says_its_policy(crm):
    assert "stripe" in R.mrr(crm, policy="stripe").attrs["policy"]


def test_churn_of_the_small_crm(crm):
    got = R.churn(crm, month="2026-09").iloc[0]
    assert (got["churned_count"], got["base_count"]) == (1, 3)
    assert got["grr_rate"] == pytest.approx(1500 / 1900)
    assert got["against_target"] == "above"
    first = R.churn(crm, month="2026-05").iloc[0]
    assert math.isnan(first["logo_churn_rate"])
    assert first["reason"]


FEWER_SEATS = [
    {"starts_on": "2025-01-01", "ends_on": "2025-02-01", "quantity": 10, "unit_price": 10},
    {"starts_on": "2025-02-01", "quantity": 6, "unit_price": 10},
    {"account_id": "B", "starts_on": "2025-01-01", "ends_on": "2025-02-10", "unit_price": 50},
    {"account_id": "C", "starts_on": "2025-01-01", "unit_price": 50},
    {"account_id": "D", "starts_on": "2024-12-01", "ends_on": "2025-01-01", "unit_price": 30},
    {"account_id": "D", "starts_on": "2025-02-01", "unit_price": 30},
]


def test_gross_retention_may_leave_contraction_out():
    crm = crm_with(FEWER_SEATS, "2025-02-28")
    rate = {
        grr: R.churn(crm, month="2025-02", policy=R.Policy(grr=grr))["grr_rate"].iloc[0]
        for grr in ("with_contraction", "churn_only")
    }
    # 200 at the start; 40 of seats and a customer of 50 are lost.
    assert rate == {"with_contraction": pytest.approx(0.55), "churn_only": pytest.approx(0.75)}


def test_net_retention_may_hold_those_who_came_back():
    crm = crm_with(FEWER_SEATS, "2025-02-28")
    rate = {
        nrr: R.churn(crm, month="2025-02", policy=R.Policy(nrr=nrr))["nrr_rate"].iloc[0]
        for nrr in ("without_reactivation", "with_reactivation")
    }
    assert rate["without_reactivation"] == pytest.approx(110 / 200)
    assert rate["with_reactivation"] == pytest.approx(140 / 200)
    # Who leaves and comes back inside the quarter never left it: nothing counts twice.
    whole = R.churn(
        crm, quarter="2025-Q1", unit="quarter", policy=R.Policy(nrr="with_reactivation")
    )
    assert whole["nrr_rate"].iloc[0] == pytest.approx(1.0)


CREDIT = [
    {"starts_on": "2025-01-01", "ends_on": "2025-03-01", "unit_price": 10},
    {"product": "credit", "starts_on": "2025-02-01", "ends_on": "2025-03-01", "unit_price": -25},
    {"account_id": "B", "product": "credit", "starts_on": "2025-01-01", "ends_on": "2025-02-01",
     "unit_price": -5},
    {"account_id": "B", "starts_on": "2025-03-01", "unit_price": 8},
    {"account_id": "C", "starts_on": "2025-02-01", "unit_price": 3},
    {"account_id": "C", "product": "credit", "starts_on": "2025-02-01", "unit_price": -4},
]  # fmt: skip


@pytest.mark.parametrize("offsets", ["product", "customer"])
def test_credits_never_turn_a_gain_or_a_loss_negative(offsets):
    """A credit lowers MRR; when it ends that is a gain, and a credit alone makes no customer."""
    crm = crm_with(CREDIT, "2025-03-31")
    got = R.mrr_movements(crm, policy=R.Policy(offsets=offsets)).set_index("month")
    assert (got[[f"{k}_amount" for k in (*GAINS, *LOSSES)]] >= 0).all(axis=None)
    # January: 10 new, a credit of 5 for nobody. February: credits of 25 and of 4 against 3.
    assert got["new_amount"].tolist() == [10, 0, 8]
    assert got["contraction_amount"].tolist() == [5, 26, 0]
    # The credit of 5 ends in February; in March a customer leaves with 15 less than nothing.
    assert got["expansion_upsell_amount"].tolist() == [0, 5, 15]
    assert got["churn_amount"].tolist() == [0, 0, 0]
    assert got["churn_count"].tolist() == [0, 0, 1]
    # A first paid month after a credit is no return.
    assert got[["new_count", "reactivation_count"]].sum().tolist() == [3, 0]
    assert_balances(got)
    assert_balances(R.mrr_movements(crm, policy=R.Policy(offsets=offsets), by="product"))


def test_backdated_lines_restate():
    lines = [
        {"starts_on": "2025-01-01", "unit_price": 10},
        {"account_id": "B", "starts_on": "2025-01-01", "booked_on": "2025-03-10", "unit_price": 5},
    ]
    then = R.mrr_movements(crm_with(lines), known="then", until="2025-04-01")
    assert then["closing_amount"].tolist() == [10, 10, 15]
    assert then["restatement_amount"].tolist() == [0, 0, 5]
    assert then["restatement_count"].tolist() == [0, 0, 1]
    now = R.mrr_movements(crm_with(lines), until="2025-04-01")
    assert now["closing_amount"].tolist() == [15, 15, 15]


def test_an_earlier_date_does_not_know_later_bookings():
    lines = [{"starts_on": "2025-01-01", "booked_on": "2025-03-10", "unit_price": 5}]
    assert R.mrr(crm_with(lines), as_of="2025-02-28").empty


def test_merged_customers_neither_leave_nor_join():
    lines = [
        {"account_id": "old", "starts_on": "2025-01-01", "ends_on": "2025-02-01", "unit_price": 5},
        {"account_id": "new", "starts_on": "2025-02-01", "unit_price": 5},
    ]
    frames = {"contract_lines": crm_with(lines).table("contract_lines")}
    apart = R.mrr_movements(sp.from_frames(frames, as_of="2025-02-28"))
    assert apart["churn_count"].sum() == 1
    accounts = pd.DataFrame({"account_id": ["old", "new"], "merged_into_id": ["new", None]})
    merged = R.mrr_movements(sp.from_frames(frames | {"accounts": accounts}, as_of="2025-02-28"))
    assert merged["churn_count"].sum() == 0
    assert merged["new_count"].sum() == 1


def test_committed_mrr_counts_what_is_signed_and_what_will_leave():
    lines = [
        {"starts_on": "2025-01-01", "unit_price": 10},
        {"starts_on": "2025-06-01", "booked_on": "2025-01-05", "unit_price": 4},
        {"starts_on": "2025-01-01", "cancelled_on": "2025-05-01", "unit_price": 3},
    ]
    got = R.committed_mrr(crm_with(lines, "2025-02-10")).iloc[0]
    assert got.tolist() == [13, 4, 3, 14]


# ---- identities ----------------------------------------------------------------------------
def assert_balances(frame):
    total = frame["opening_amount"] + sum(frame[f"{k}_amount"] for k in GAINS)
    total = total - sum(frame[f"{k}_amount"] for k in LOSSES)
    total = total + sum(frame[f"{k}_amount"] for k in SIGNED if f"{k}_amount" in frame)
    assert (total - frame["closing_amount"]).abs().max() < 1e-4


@few
@given(books, st.sampled_from(sorted(R.presets())))
def test_the_bridge_balances_per_customer_and_adds_up_over_any_split(book, policy):
    crm = crm_of(numbered(book))
    whole = R.mrr_movements(crm, policy=policy)
    if whole.empty:
        return
    assert_balances(whole)
    for by in ("account_id", "product", ["plan", "product"]):
        parts = R.mrr_movements(crm, policy=policy, by=by)
        assert_balances(parts)
        summed = parts.groupby("month").sum(numeric_only=True).reindex(whole["month"], fill_value=0)
        for kind in ("opening", *GAINS, *LOSSES, "fx", "closing"):
            gap = summed[f"{kind}_amount"].to_numpy() - whole[f"{kind}_amount"].to_numpy()
            assert abs(gap).max() < 1e-4, (by, kind)
        assert summed["transfer_amount"].abs().max() < 1e-4


@few
@given(books, st.sampled_from(["salesplan", "playbook", "recurly", "baremetrics"]), st.integers())
def test_order_and_splitting_of_lines_change_nothing(book, policy, seed):
    lines = numbered(book)
    before = R.mrr_movements(crm_of(lines), policy=policy)
    halves = [
        line | {"line_id": f"{line['line_id']}{half}", "quantity": line["quantity"] / 2}
        for line in lines
        for half in "ab"
    ]
    random.Random(seed).shuffle(halves)
    after = R.mrr_movements(crm_of(halves), policy=policy)
    pd.testing.assert_frame_equal(before, after, atol=1e-5)


@few
@given(books)
def test_gross_retention_is_at_most_net_and_one(book):
    got = R.churn(crm_of(numbered(book)), unit="quarter").dropna(subset=["grr_rate"])
    assert (got["grr_rate"] <= got["nrr_rate"] + 1e-9).all()
    assert got["grr_rate"].between(0, 1 + 1e-9).all()


@few
@given(books)
def test_mrr_and_revenue_reconcile(book):
    page = R.reconciliation(crm_of(numbered(book)))
    steps = page[["mrr_amount", "partial_month_amount", "day_count_amount", "other_types_amount",
                  "one_off_amount"]].sum(axis=1)  # fmt: skip
    assert (steps - page["revenue_amount"]).abs().max() < 1e-6 or page.empty


@few
@given(books)
def test_the_spread_of_policies_is_explained_to_the_cent(book):
    crm = crm_of(numbered(book))
    spread = R.policies(crm, presets_used=["stripe", "recurly", "maxio"])
    for name, part in spread.groupby("policy"):
        own = part.loc[part["switch"] == "start", "mrr_amount"].iloc[0]
        steps = part.loc[~part["switch"].isin(["start", "total"]), "effect_amount"].sum()
        last = part.loc[part["switch"] == "total", "mrr_amount"].iloc[0]
        assert own + steps == pytest.approx(last, abs=1e-6)
        bridge = R.mrr(crm, policy=str(name))
        closing = bridge["mrr_amount"].iloc[-1] if len(bridge) else 0
        assert last == pytest.approx(closing, abs=1e-4)


# ---- bad input -------------------------------------------------------------------------------
def test_faulty_lines_are_named_and_never_dropped_in_silence():
    lines = [
        {"starts_on": "2025-03-01", "ends_on": "2025-02-01", "unit_price": 9},
        {"starts_on": "2025-01-01", "unit_price": 9, "sale_type": "magic"},
        {"starts_on": "2025-01-01", "unit_price": 9, "billing_period": "sometimes"},
        {"starts_on": "2025-01-01", "unit_price": 9, "quantity": 0},
        {"starts_on": "2025-01-01", "unit_price": 9, "quantity": -1},
        {"starts_on": "2025-01-01", "unit_price": 9, "account_id": None, "contract_id": "K9"},
    ]
    crm = crm_with(lines)
    found = R.issues(crm).set_index("rule")
    for rule in ("end_before_start", "sale_type_unknown", "billing_period_unknown"):
        assert found.loc[rule, ["line_count", "counted"]].tolist() == [1, False]
    for rule in ("quantity_zero", "negative_amount", "account_missing"):
        assert found.loc[rule, ["line_count", "counted"]].tolist() == [1, True]
    assert "(no account) K9" in set(R.mrr(crm, by="account_id")["account_id"])


def test_overlapping_twins_are_named():
    line = {"contract_id": "K", "starts_on": "2025-01-01", "unit_price": 9}
    assert "overlapping_lines" in set(R.issues(crm_with([line, line | {"line_id": "Z"}]))["rule"])


def test_a_missing_rate_names_currency_and_date():
    lines = [{"starts_on": "2025-01-01", "unit_price": 9, "currency": "SEK"}]
    with pytest.raises(sp.errors.MissingDataError, match="SEK on or before 2025-01-31"):
        R.mrr(crm_with(lines))


def test_wrong_calls_are_sentences(crm):
    with pytest.raises(sp.errors.UnknownNameError, match="Did you mean 'stripe'"):
        R.mrr(crm, policy="strip")
    with pytest.raises(sp.errors.UnknownNameError, match="Did you mean"):
        R.mrr(crm, by="segmnt")
    with pytest.raises(sp.errors.InputError, match="has no length"):
        R.monthly_price(10, "once", R.Policy())
    empty = sp.from_frames({"people": pd.DataFrame({"person_id": ["a"]})}, as_of="2025-01-01")
    with pytest.raises(sp.errors.MissingDataError, match="contract_lines"):
        R.mrr(empty)


def test_a_wrong_policy_lists_all_of_its_faults():
    with pytest.raises(sp.errors.InputError) as caught:
        R.Policy(discounts="forevr", boundry="any_overlap", grace_days=-1)
    text = str(caught.value)
    assert text.startswith("Policy has 3 faults:")
    for part in (
        "discounts: Input should be 'all', 'recurring', 'forever' or 'none'. "
        "Did you mean 'forever'?",
        "boundry: is no key here. Did you mean 'boundary'?",
        "grace_days: Input should be greater than or equal to 0.",
    ):
        assert part in text
    with pytest.raises(sp.errors.InputError) as caught:
        R.Policy(netting="day", boundary="any_overlap", reactivation="within")
    assert "together: netting 'day' needs a month_end boundary" in str(caught.value)
    assert "goes with one of reactivation_months, reactivation_days" in str(caught.value)


# ---- the demo company and the charts -----------------------------------------------------------
@pytest.fixture(scope="module")
def demo():
    return sp.load(Path(__file__).parent.parent / "data" / "demo")


def test_the_demo_ledger_is_met_in_every_movement(demo):
    truth = sp.demo.truth().mrr
    first = truth["month"].iloc[0].date()
    # The ledger keeps paused lines in MRR and says beside it how much of it is at rest.
    got = R.mrr_movements(demo, since=first, policy=R.Policy(pauses="full"))
    running = R.mrr(demo, since=first)["mrr_amount"]
    at_rest = (got["closing_amount"] - running).tolist()
    assert at_rest == pytest.approx(truth["paused"].tolist(), abs=0.005)
    for name in ("opening", *GAINS, "fx", "closing"):
        assert got[f"{name}_amount"].tolist() == pytest.approx(truth[name].tolist(), abs=0.005)
    for name in LOSSES:
        assert got[f"{name}_amount"].tolist() == pytest.approx((-truth[name]).tolist(), abs=0.005)
    assert got["closing_count"].tolist() == truth["customers"].tolist()


def test_charts_hold_what_the_frames_hold(demo):
    bridge = R.mrr_movements(demo, year=2026)
    figure = charts.mrr_bridge(bridge)
    assert figure.data[0].y[0] == bridge["opening_amount"].iloc[0]
    assert figure.data[1].y[0] == bridge["closing_amount"].iloc[-1]
    moves = charts.mrr_movements(bridge)
    lost = next(trace for trace in moves.data if trace.name == "Churn")
    assert list(lost.y) == (-bridge["churn_amount"]).tolist()
    cells = R.retention(demo, unit="quarter", as_of="2026-08-20")
    assert set(cells["state"]) == {"value", "in_progress", "not_yet"}
    assert cells.loc[cells["state"] != "value", "rate"].isna().all()
    layers = charts.layer_cake(cells)
    assert sum(trace.y[-1] for trace in layers.data) == pytest.approx(
        R.mrr(demo, as_of="2026-08-20")["mrr_amount"].iloc[-1], abs=0.01
    )
    for chart in (charts.cohorts, charts.retention_curves):
        assert len(chart(cells, lang="de").data) > 1
    assert len(charts.quick_ratio(R.churn(demo, year=2026)).data[0].x) > 0
    mix = R.revenue_mix(demo, by="country", quarter="2026-Q2")
    assert sum(charts.revenue_mix(mix).data[0].x) == pytest.approx(mix["amount"].sum())
