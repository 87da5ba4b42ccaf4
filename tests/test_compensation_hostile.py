"""Frames as they come: text in numbers, people twice, goals below 0, credit over 100 %."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import salesplan as sp
from salesplan.compensation import Scheme, simulate

COLUMNS = ["person_id", "period", "measure", "actual", "target"]
PART_TIME = {"proration": {"part_time": "pay"}}


def scheme(**changes):
    values = {"name": "A", "criteria": [{"name": "sales", "weight": 1.0}]}
    return Scheme.model_validate(values | changes)


def staff(**columns):
    return pd.DataFrame({"person_id": ["ada"], "target_variable": [12_000.0]} | columns)


def done(actual=90.0, target=100.0, period="2026-Q1"):
    return pd.DataFrame([("ada", period, "sales", actual, target)], columns=COLUMNS)


@pytest.mark.parametrize(
    ("people", "rows", "wanted"),
    [
        (staff(), done("1 200,50"), "attainment.actual holds text, not numbers: '1 200,50'"),
        (staff(), done(np.inf), r"attainment.actual holds inf, beyond 1e\+15"),
        (staff(), done(1.0, 1e300), r"attainment.target holds 1e\+300, beyond"),
        (staff(target_variable=["12.000 €"]), done(), "people.target_variable holds text"),
        (staff(target_variable=[-5.0]), done(), "people.target_variable holds -5, below 0"),
        (staff(fte=["half"]), done(), "people.fte holds text"),
        (staff(fte=[80.0]), done(), "people.fte holds 80; full time is 1 and 80 % is 0.8"),
        (staff(hired_on=["31.31.2026"]), done(), "people.hired_on: '31.31.2026' is not a date"),
        (staff(hired_on=["2026-05-01"], left_on=["2026-03-01"]), done(), "left_on of 'ada' is be"),
        (staff(person_id=[None]), done(), "people has 1 rows without a person_id"),
    ],
)
def test_values_that_no_pay_can_be_computed_from(people, rows, wanted):
    with pytest.raises(sp.errors.InputError, match=wanted):
        simulate(scheme(**PART_TIME), people, rows)


def test_numbers_as_text_are_numbers():
    found = simulate(scheme(), staff(target_variable=["12000"]), done("90", "100"))
    assert found.payouts["payout_amount"].tolist() == [2700.0]


def test_two_positions_at_once_would_be_paid_twice():
    spells = pd.concat([staff(from_on="2026-01-01"), staff(from_on="2026-02-01")])
    overlapping = spells.assign(until_on=["2026-12-31", "2026-12-31"])
    with pytest.raises(sp.errors.InputError, match="two positions of 'ada' at once"):
        simulate(scheme(), overlapping, done())
    with pytest.raises(sp.errors.InputError, match="two positions of 'ada' at once"):
        simulate(scheme(), spells.assign(until_on=[None, "2026-12-31"]), done())
    found = simulate(scheme(), spells.assign(until_on=["2026-02-01", None]), done())
    assert found.payouts["payout_amount"].tolist() == [2700.0]


@pytest.mark.parametrize("actual", [50.0, -50.0])
def test_a_goal_below_0_is_no_goal(actual):
    found = simulate(scheme(), staff(), done(actual, -100.0))
    assert np.isnan(found.payouts["payout_rate"][0])
    assert found.lines["reason"].tolist() == ["goal below 0"]
    assert "goal below 0" in set(found.issues["issue"])


def test_two_plans_in_a_year_pay_each_its_own_half():
    rows = pd.concat([done(period=f"2026-Q{q}") for q in (1, 2, 3, 4)])
    old = simulate(scheme(valid_until="2026-07-01"), staff(), rows)
    new = simulate(scheme(valid_from="2026-07-01", cap={"share": 0.5}), staff(), rows)
    both = pd.concat([old.payouts, new.payouts])
    assert both["period"].tolist() == ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]
    assert both["payout_amount"].tolist() == [2700, 2700, 1500, 1500]


def test_nobody_to_pay():
    found = simulate(scheme(), staff().head(0), done())
    assert (len(found.lines), len(found.payouts), found.total_amount) == (0, 0, 0)


DEAL = {"name": "sales", "per": "deal", "curve": {"kind": "rate", "rate": 0.1}}
DEALS = pd.DataFrame(
    {
        "person_id": ["ada", "ada"],
        "deal_id": ["D1", "D1"],
        "on_date": ["2026-01-05", "2026-04-05"],
        "amount": [1000.0, -400.0],
    }
)


def test_a_credit_note_after_the_payout():
    rows = pd.concat([done(period="2026-Q1"), done(period="2026-Q2"), done(period="2026-Q3")])
    kept = simulate(scheme(criteria=[DEAL]), staff(), rows, deals=DEALS)
    assert kept.payouts["payout_amount"].tolist() == [100, 0, 0]
    back = scheme(criteria=[DEAL], negative="deducted")
    assert simulate(back, staff(), rows, deals=DEALS).payouts["payout_amount"].tolist()[1] == -40
    more = DEALS.assign(on_date=["2026-01-05", "2026-04-05"])
    later = pd.concat([more, more.head(1).assign(on_date="2026-08-01")])
    offset = simulate(back.changed(overpaid="offset"), staff(), rows, deals=later)
    assert offset.payouts["payout_amount"].tolist() == [100, 0, 60]


def test_credits_over_the_whole_are_told():
    shared = DEALS.assign(on_date="2026-01-05", amount=1000.0, credit=[0.7, 0.6])
    found = simulate(scheme(criteria=[DEAL]), staff(), done(), deals=shared)
    assert found.payouts["payout_amount"].tolist() == [130.0]
    assert "credits of deal 'D1' sum to 1.3" in set(found.issues["issue"])
    for column, value, wanted in (
        ("amount", "1k", "deals.amount holds text"),
        ("on_date", "n/a", "deals.on_date: 'n/a' is not a date"),
    ):
        wrong = DEALS.astype(object).assign(**{column: [value, DEALS[column].iloc[1]]})
        with pytest.raises(sp.errors.InputError, match=wanted):
            simulate(scheme(criteria=[DEAL]), staff(), done(), deals=wrong)


# What is set off first ------------------------------------------------------------------------

RATE = {"criteria": [{"name": "sales", "curve": {"kind": "rate", "rate": 0.1}}]}


def test_only_what_exceeds_the_salary_is_paid():
    rules = scheme(**RATE, deductible={"column": "salary", "per": "year"})
    rows = pd.concat([done(50_000.0), done(130_000.0, period="2026-Q2")])
    found = simulate(rules, staff(salary=40_000.0), rows)
    assert found.payouts["payout_amount"].tolist() == [0, 3000]
    lines = found.lines[found.lines["kind"] == "deductible"]
    assert lines["amount"].tolist() == [-5000, -10_000]
    assert "set off first" in found.explain("ada", "2026-Q1")
    to_date = simulate(rules.changed(accrual="year_to_date"), staff(salary=40_000.0), rows)
    assert to_date.payouts["payout_amount"].tolist() == [0, 0]  # 18,000 of 20,000 so far


def test_a_deductible_for_half_the_period_and_its_faults():
    rules = scheme(**RATE, deductible={"amount": 9000})
    late = staff(hired_on="2026-02-15")  # 45 of 90 days
    found = simulate(rules, late, done(100_000.0))
    assert found.payouts["payout_amount"].tolist() == [5500]
    with pytest.raises(sp.errors.SettingsError, match="deductible: needs either amount or column"):
        scheme(**RATE).changed(deductible={})
    with pytest.raises(sp.errors.InputError, match=r"deductible\.column: people has no column"):
        simulate(scheme(**RATE, deductible={"column": "salary"}), staff(), done())
    unknown = simulate(scheme(**RATE, deductible={"column": "fte"}), staff(fte=[np.nan]), done())
    assert ("no fte", "nothing is deducted") in set(
        zip(unknown.issues["issue"], unknown.issues["consequence"], strict=True)
    )


def test_instalments_beyond_the_last_period_are_not_paid_in_it():
    rules = scheme(**RATE, instalments=[0.5, 0.25, 0.25])
    found = simulate(rules, staff(), done(1000.0))
    assert found.payouts["payout_amount"].tolist() == [50.0]
