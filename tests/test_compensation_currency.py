"""People paid in another currency than the plan is measured in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import salesplan as sp
from salesplan.compensation import Scheme, payments, simulate

RATES = pd.DataFrame(
    [("CHF", "2026-01-01", 1.05), ("CHF", "2026-03-15", 1.07), ("SEK", "2026-01-01", 0.0869)],
    columns=["currency", "rate_on", "rate"],
)
PEOPLE = pd.DataFrame(
    {
        "person_id": ["ada", "ben", "eva"],
        "target_variable": [40_000.0, 400_000.0, 40_000.0],
        "currency": ["CHF", "SEK", None],
    }
)


def done(*periods, actual=90.0):
    rows = [(p, t, "sales", actual, 100.0) for p in PEOPLE["person_id"] for t in periods]
    columns = ["person_id", "period", "measure", "actual", "target"]
    return pd.DataFrame(rows, columns=columns)


def scheme(currency=None, **changes):
    rule = {"column": "currency"} | (currency or {})
    values = {"name": "A", "criteria": [{"name": "sales", "weight": 1.0}], "pay_currency": rule}
    return Scheme.model_validate(values | changes)


def test_a_share_of_target_pay_is_that_share_whatever_the_rate():
    found = simulate(scheme(), PEOPLE, done("2026-Q1"), rates=RATES)
    paid = payments(found)
    assert paid["payment_amount"].tolist() == [9000.0, 90_000.0, 9000.0]
    assert paid["currency"].tolist() == ["CHF", "SEK", "EUR"]
    assert paid["rate"].tolist() == [1.07, 0.0869, 1.0]  # of the last day of the quarter
    assert paid["payout_amount"].tolist() == [9630.0, 7821.0, 9000.0]
    assert found.total_amount == 9630 + 7821 + 9000  # the cost is the plan's currency


def test_the_rate_of_a_named_day_and_of_the_first_day():
    fixed = scheme({"rate_on": "2026-02-01"})
    assert payments(simulate(fixed, PEOPLE, done("2026-Q3"), rates=RATES))["rate"][0] == 1.05
    first = scheme({"rate_on": "first_day"})
    paid = payments(simulate(first, PEOPLE, done("2026-Q1", "2026-Q2"), rates=RATES))
    assert paid["rate"].tolist() == [1.05, 1.07, 0.0869, 0.0869, 1, 1]
    assert paid["payment_amount"].tolist() == [9000.0, 9000.0, 90_000.0, 90_000.0, 9000, 9000]
    assert paid["rate_on"].astype(str).tolist()[:2] == ["2026-01-01", "2026-04-01"]


def test_a_commission_is_earned_in_the_plans_currency_and_converted():
    curve = {"kind": "rate", "rate": 0.05}
    rules = scheme(criteria=[{"name": "sales", "curve": curve}])
    found = simulate(rules, PEOPLE, done("2026-Q1", actual=10_000.0), rates=RATES)
    paid = payments(found)
    assert paid["payout_amount"].tolist() == [500, 500, 500]
    assert paid["payment_amount"].tolist() == [467.29, 5753.74, 500.0]  # 500 / 1.07, / 0.0869


def test_target_pay_in_the_plans_currency_is_converted_once():
    found = simulate(scheme({"target_pay": "plan"}), PEOPLE, done("2026-Q1"), rates=RATES)
    paid = payments(found)
    assert paid["payout_amount"].tolist() == [9000, 90_000, 9000]
    assert paid["payment_amount"].tolist() == [8411.21, 1_035_673.19, 9000.0]


def test_a_plan_in_another_currency_than_the_books():
    rates = pd.concat([RATES, pd.DataFrame([("USD", "2026-01-01", 0.9)], columns=RATES.columns)])
    found = simulate(scheme().changed(currency="USD"), PEOPLE, done("2026-Q1"), rates=rates)
    assert payments(found)["rate"].tolist()[0] == pytest.approx(1.07 / 0.9)


def test_year_to_date_and_a_cap_in_the_plans_currency():
    rules = scheme({"rate_on": "2026-01-01"}, accrual="year_to_date", cap={"amount": 8000})
    paid = payments(simulate(rules, PEOPLE, done("2026-Q1", "2026-Q2"), rates=RATES))
    assert paid["payout_amount"].tolist()[:2] == [8000, 8000]
    assert paid["payment_amount"].tolist()[:2] == [7619.05, 7619.05]


def test_everyone_in_the_plans_currency():
    rules = Scheme(name="A", criteria=[{"name": "sales", "weight": 1.0}])
    paid = payments(simulate(rules, PEOPLE, done("2026-Q1")))
    assert set(paid["currency"]) == {"EUR"}
    assert paid["payment_amount"].tolist() == paid["payout_amount"].tolist()


def test_what_is_missing_is_said():
    with pytest.raises(sp.errors.InputError, match="no rate of CHF on 2026-03-31 or before"):
        simulate(scheme(), PEOPLE, done("2026-Q1"))
    with pytest.raises(sp.errors.InputError, match="no rate of SEK on 2025-12-31"):
        simulate(scheme(), PEOPLE, done("2025-Q4"), rates=RATES)
    with pytest.raises(sp.errors.InputError, match="people has no column 'currency'"):
        simulate(scheme(), PEOPLE.drop(columns="currency"), done("2026-Q1"), rates=RATES)
    with pytest.raises(sp.errors.InputError, match="rates has no column rate_on"):
        simulate(scheme(), PEOPLE, done("2026-Q1"), rates=RATES.drop(columns="rate_on"))
    spiff = {"name": "s", "rate": 0.1, "of": "target_pay", "criterion": "sales"}
    with pytest.raises(sp.errors.SettingsError, match=r"pay_currency.rate_on: must be a date"):
        scheme().changed(spiffs=[spiff])


def test_nothing_paid_is_nothing_in_any_currency():
    rows = done("2026-Q1").assign(target=np.nan)
    paid = payments(simulate(scheme(), PEOPLE, rows, rates=RATES))
    assert paid["payment_amount"].tolist() == paid["payout_amount"].tolist() == [0] * len(paid)
    assert set(paid["reason"]) == {"missing: sales"}
