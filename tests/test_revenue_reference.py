"""The SQL of the bridge against a slow, plain Python reading of the same rules."""

from __future__ import annotations

import datetime as dt
import os

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from revenue_by_hand import GAINS, LOSSES, Book

import salesplan as sp

SINCE, AS_OF = dt.date(2025, 1, 1), dt.date(2025, 9, 17)
EXAMPLES = int(os.environ.get("SALESPLAN_BOOKS", "6"))
"""Random books per test; SALESPLAN_BOOKS=2000 for the long run, on books never seen before."""
LONG = EXAMPLES > 6

days = st.dates(SINCE, dt.date(2025, 10, 20))
maybe = st.none() | days
firsts = st.integers(0, 10).map(lambda m: dt.date(2025 + m // 12, m % 12 + 1, 1))


@st.composite
def contract_line(draw, rich=True):
    start = draw(days | firsts)
    stay = draw(st.none() | st.integers(1, 300))
    line = {
        "account_id": draw(st.sampled_from("AB")),
        "contract_id": draw(st.sampled_from("KLM")),
        "product": draw(st.sampled_from(["core", "plus"])),
        "plan": draw(st.sampled_from(["", "team"])),
        "starts_on": start,
        "ends_on": stay and start + dt.timedelta(days=stay),
        "quantity": draw(st.integers(1, 4)),
        "unit_price": draw(st.sampled_from([0, 10, 12.5, 20, 99.99])),
        "billing_period": draw(st.sampled_from(["month", "quarter", "year", "week"])),
        "currency": "EUR",
    }
    if rich:
        line |= {
            "discount": draw(st.sampled_from([None, 0.25, 1])),
            "discount_kind": draw(st.sampled_from([None, "forever", "finite", "once"])),
            "discount_ends_on": draw(maybe),
            "trial_ends_on": draw(
                st.none() | st.integers(1, 40).map(lambda n: start + dt.timedelta(days=n))
            ),
            "cancelled_on": draw(
                st.none() | st.integers(1, 200).map(lambda n: start + dt.timedelta(days=n))
            ),
            "cancel_requested_on": draw(maybe),
            "tax_amount": draw(st.sampled_from([None, 2])),
            "cancel_reason": draw(st.sampled_from([None, "voluntary", "delinquent"])),
        }
    return line


books = st.lists(contract_line(), min_size=1, max_size=6)
plain_books = st.lists(contract_line(rich=False), min_size=1, max_size=6)


def numbered(book):
    return [line | {"line_id": f"L{i}"} for i, line in enumerate(book)]


def crm_of(lines, *, as_of=AS_OF, pauses=(), rates=None):
    tables = {"contract_lines": pd.DataFrame(lines)}
    if pauses:
        tables["contract_pauses"] = pd.DataFrame(list(pauses))
    if rates:
        rows = [(c, on, r) for c, by_day in rates.items() for on, r in by_day.items()]
        tables["fx_rates"] = pd.DataFrame(rows, columns=["currency", "rate_on", "rate"])
    return sp.from_frames(tables, as_of=as_of)


def assert_same(lines, policy, *, known="now", pauses=(), rates=None):
    crm = crm_of(lines, pauses=pauses, rates=rates)
    got = sp.revenue.mrr_movements(crm, policy=policy, known=known, since=SINCE)
    book = Book(lines, policy, AS_OF, pauses=pauses, rates=rates, known=known)
    expected, counts = book.bridge(SINCE)
    for row in got.to_dict("records"):
        month = row["month"].date()
        hand = expected.get(month, {})
        for kind in ("opening", *GAINS, *LOSSES, "fx", "restatement", "closing"):
            assert row[f"{kind}_amount"] == pytest.approx(float(hand.get(kind, 0)), abs=2e-4), (
                kind, month, policy.note)  # fmt: skip
        for kind in ("new", "reactivation", "churn"):
            assert row[f"{kind}_count"] == counts[month][kind], (kind, month, policy.note)
    assert len(got) == len(expected)


policies = st.builds(
    lambda **options: options,
    boundary=st.sampled_from(
        [
            "month_end_exclusive",
            "month_end_inclusive",
            "average_of_days",
            "month_start",
            "any_overlap",
        ]
    ),
    offsets=st.sampled_from(["product", "customer"]),
    unit=st.sampled_from(["customer", "contract"]),
    rounding=st.sampled_from(["none", "cents", "floor", "four_decimals"]),
    discounts=st.sampled_from(["all", "recurring", "forever", "none"]),
    trials=st.sampled_from(["excluded", "included", "free"]),
    tax=st.sampled_from(["excluded", "included"]),
    grace_days=st.sampled_from([0, 0, 20]),
    churn_date=st.sampled_from(["recorded", "request", "end_of_paid_term", "month_close"]),
    free_tier=st.sampled_from(["not_a_customer", "customer"]),
    reactivation=st.sampled_from(["any", "never"]),
    swaps=st.just("gross"),
).map(lambda options: sp.revenue.Policy(**options))
daily = policies.filter(lambda p: p.boundary.startswith("month_end")).map(
    lambda p: p.model_copy(update={"netting": "day"})
)
many = settings(max_examples=EXAMPLES, derandomize=not LONG)


@many
@given(books, policies)
def test_months(book, policy):
    assert_same(numbered(book), policy)


@many
@given(plain_books, daily)
def test_days(book, policy):
    assert_same(numbered(book), policy)


@many
@given(books, policies, st.data())
def test_pauses(book, policy, data):
    lines = numbered(book)
    pause = st.tuples(st.sampled_from([line["line_id"] for line in lines]), days, maybe)
    found = data.draw(st.lists(pause, min_size=1, max_size=4))
    pauses = [
        {"line_id": line, "paused_on": start, "resumed_on": stop}
        for line, start, stop in found
        if stop is None or stop > start
    ]
    assert_same(lines, policy, pauses=pauses)


rates_of_usd = st.dictionaries(days, st.sampled_from([0.8, 0.85, 0.913, 1.1]), max_size=4)


@many
@given(plain_books, policies, rates_of_usd, st.data())
def test_foreign_money(book, policy, later, data):
    for line in book:
        line["currency"] = data.draw(st.sampled_from(["EUR", "USD"]))
    assert_same(numbered(book), policy, rates={"USD": {SINCE: 0.9} | later})


@many
@given(plain_books, policies, st.data())
def test_as_known_then(book, policy, data):
    for line in book:
        line["booked_on"] = data.draw(maybe)
        after = data.draw(st.none() | st.integers(1, 200))
        line["cancelled_on"] = after and line["starts_on"] + dt.timedelta(days=after)
        line["cancel_booked_on"] = data.draw(maybe)
    plain = policy.model_copy(update={"grace_days": 0, "churn_date": "recorded"})
    assert_same(numbered(book), plain, known="then")


windows = st.sampled_from([{"reactivation_months": 2}, {"reactivation_days": 40}])


@many
@given(plain_books, windows)
def test_windows_of_return(book, window):
    assert_same(numbered(book), sp.revenue.Policy(reactivation="within", swaps="gross", **window))
