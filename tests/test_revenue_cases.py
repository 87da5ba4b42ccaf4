"""Third-party worked examples of recurring revenue, each through a public function.

The mapping of each example is code (its data are given in its own shape); the figures asserted
are the example's own. Where a page prints a wrong figure, the corrected one is asserted.
"""

from __future__ import annotations

import json
import math
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

import salesplan as sp

R = sp.revenue


@pytest.fixture(scope="session")
def case(cases):
    loaded = json.loads((cases / "revenue.json").read_text("utf-8"))
    return {c["id"]: c for c in loaded}


def book(rows, as_of, **tables):
    """A Crm from short rows: line_id is given, a line is of customer A unless said."""
    usual = {"account_id": "A", "product": "core", "quantity": 1, "billing_period": "month"}
    lines = [usual | {"line_id": f"L{i}"} | row for i, row in enumerate(rows)]
    return sp.from_frames({"contract_lines": pd.DataFrame(lines), **tables}, as_of=as_of)


def bridge(rows, as_of, policy=None, **asked):
    return R.mrr_movements(book(rows, as_of), policy=policy, **asked).set_index("month")


def gains(frame):
    return frame[
        ["expansion_upsell_amount", "expansion_cross_sell_amount", "price_increase_amount"]
    ].sum(axis=1)


def losses(frame):
    return frame["contraction_amount"] + frame["price_decrease_amount"]


# ---- the playbook --------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["dbt_playbook_repo_spine", "dbt_playbook_full_history"])
def test_playbook(case, data, name):
    given = case[name]
    periods = pd.read_csv(data.parent / given["inputs"]["file"])
    crm = playbook_crm(periods)
    since = given["inputs"]["spine_start"]
    # The repository's spine starts late and so never sees the customers of 2017.
    if name.endswith("repo_spine"):
        crm = playbook_crm(periods[periods["end_date"] > since])
    got = R.mrr_movements(crm, policy="playbook", since=since).set_index("month")
    for row in given["expected"]["monthly"]:
        mine = got.loc[row["date_month"]]
        assert mine["closing_amount"] == row["mrr"]
        assert mine["closing_count"] == row["customers"]
        assert mine["new_amount"] == row["new"]
        assert mine["reactivation_amount"] == row["reactivation"]
        assert gains(got).loc[row["date_month"]] == row["upgrade"]
        assert losses(got).loc[row["date_month"]] == -row["downgrade"]
        assert mine["churn_amount"] == -row["churn"]
        kept = mine["opening_amount"] - mine["churn_amount"] + row["downgrade"]
        assert kept == row["renewal_amount"]
        counts = ["new", "reactivation", "expansion", "contraction", "churn"]
        theirs = ["n_new", "n_reactivation", "n_upgrade", "n_downgrade", "n_churn"]
        assert [mine[f"{c}_count"] for c in counts] == [row[c] for c in theirs]
    months = pd.to_datetime([row["date_month"] for row in given["expected"]["monthly"]])
    # Months that the playbook has no row for are months without MRR, not missing months.
    assert set(got[~got.index.isin(months)]["closing_amount"]) <= {0}


def playbook_crm(periods):
    lines = pd.DataFrame(
        {
            "line_id": periods["subscription_id"].astype(str),
            "account_id": periods["customer_id"].astype(str),
            "starts_on": periods["start_date"],
            "ends_on": periods["end_date"],
            "unit_price": periods["monthly_amount"],
        }
    )
    return sp.from_frames({"contract_lines": lines}, as_of="2020-02-29")


@pytest.mark.parametrize("name", ["dbt_playbook_customer_1", "dbt_playbook_customer_10"])
def test_playbook_customers(case, name):
    rows = [
        {"starts_on": a, "ends_on": b, "unit_price": price}
        for a, b, price in case[name]["inputs"]["periods"]
    ]
    got = bridge(rows, "2020-06-30", "playbook")
    named = pd.DataFrame(
        {
            "new": got["new_amount"],
            "churn": -got["churn_amount"],
            "upgrade": gains(got),
            "reactivation": got["reactivation_amount"],
            "downgrade": -losses(got),
        }
    )
    moved = [
        [f"{month:%Y-%m-%d}", kind, amount]
        for month, row in named.iterrows()
        for kind, amount in row.items()
        if amount
    ]
    assert moved == case[name]["expected"]["movements"]


# ---- ChartMogul ----------------------------------------------------------------------------
def test_chartmogul_life_of_a_subscription(case):
    expected = case["chartmogul_syncalytics"]["expected"]["movements"]
    rows = [
        {
            "plan": "gold",
            "quantity": 4,
            "unit_price": 500,
            "billing_period": "year",
            "starts_on": "2025-01-05",
            "ends_on": "2026-01-05",
        },
        {
            "plan": "silver",
            "quantity": 2,
            "unit_price": 30,
            "starts_on": "2025-03-10",
            "cancelled_on": "2025-06-20",
        },
        {"plan": "gold", "quantity": 3, "unit_price": 50, "starts_on": "2026-04-02"},
    ]
    got = bridge(rows, "2026-06-30", "chartmogul")
    totals = [
        got["new_amount"].sum(),
        gains(got).sum(),
        -losses(got).sum(),
        -got["churn_amount"].sum(),
        got["reactivation_amount"].sum(),
    ]
    assert totals == pytest.approx([amount for _, amount in expected], abs=1e-9)


def test_chartmogul_seats(case):
    expected = case["chartmogul_emperor_seats"]["expected"]
    rows = [
        {
            "quantity": 4,
            "unit_price": 500,
            "billing_period": "year",
            "starts_on": "2025-01-01",
            "ends_on": "2025-07-01",
        },
        {"quantity": 6, "unit_price": 500, "billing_period": "year", "starts_on": "2025-07-01"},
    ]
    got = bridge(rows, "2025-08-31", "chartmogul")
    assert got["new_amount"].sum() == expected["new_mrr"]
    assert got["closing_amount"].iloc[-1] == float(expected["mrr_after_exact"])
    assert got["expansion_upsell_amount"].sum() == pytest.approx(83.33, abs=1e-9)
    exact = bridge(rows, "2025-08-31")
    assert exact["expansion_upsell_amount"].sum() == pytest.approx(1000 / 12, abs=1e-8)


def test_chartmogul_switch(case):
    given = case["chartmogul_switch_non_prorated"]
    day = given["inputs"]["date"]
    rows = [
        {
            "plan": "s",
            "unit_price": given["inputs"]["before"],
            "starts_on": "2018-02-01",
            "ends_on": day,
        },
        {"plan": "l", "unit_price": given["inputs"]["after"], "starts_on": day},
    ]
    got = bridge(rows, "2019-02-28", "chartmogul").loc[day]
    assert got["closing_amount"] == given["expected"]["mrr"]
    assert got["expansion_upsell_amount"] == given["expected"]["movement"]["expansion"]
    assert got["contraction_amount"] == got["expansion_cross_sell_amount"] == 0


def test_chartmogul_duration(case):
    given = case["chartmogul_duration_ratio"]
    period = f"{given['inputs']['months']} months"
    price = R.monthly_price(given["inputs"]["amount"], period, R.policy_of("chartmogul"))
    assert price == given["expected"]["mrr"]


def test_chartmogul_rates(case):
    given = case["chartmogul_gross_net_mrr_churn"]
    one = {"opening_amount": given["inputs"]["start"]} | {
        f"{k}_amount": v for k, v in given["inputs"].items() if k != "start"
    }
    got = R.rates_of(pd.DataFrame([one]), policy="chartmogul").iloc[0]
    assert got["gross_churn_rate"] == pytest.approx(given["expected"]["gross"])
    assert got["net_churn_rate"] == pytest.approx(given["expected"]["net"])
    daily = case["chartmogul_shopify_daily_churn"]
    assert R.daily_churn_of(daily["inputs"]["days"]) == pytest.approx(daily["expected"]["gross"])


def test_chartmogul_customer_churn(case):
    given = case["chartmogul_customer_churn"]
    joined = given["inputs"]["of_which_joined_same_period"]
    got = R.churn_rate_of(
        opening=given["inputs"]["start"],
        churned=given["inputs"]["cancelled"] - joined,
        joined_and_left=joined,
        policy="chartmogul",
    )
    assert got == pytest.approx(given["expected"]["rate"])


def test_values_of_a_customer(case):
    ltv = case["chartmogul_ltv"]
    assert R.ltv_of(ltv["inputs"]["arpa"], ltv["inputs"]["churn"]) == pytest.approx(
        ltv["expected"]["ltv"]
    )
    arpa = case["chartmogul_arpa"]
    amounts = arpa["inputs"]["mrr"]
    assert R.arpa_of(sum(amounts), len(amounts)) == arpa["expected"]["arpa"]
    rows = [
        {"account_id": str(i), "unit_price": a, "starts_on": "2025-01-01"}
        for i, a in enumerate(amounts)
    ]
    now = R.mrr(book(rows, "2025-01-31")).iloc[0]
    assert (now["mrr_amount"], now["arpa_amount"]) == (1500, 300)
    arr = case["chartmogul_arr"]
    assert R.arr_of(sum(arr["inputs"]["mrr"])) == arr["expected"]["arr"]


# ---- Stripe, Baremetrics, Recurly, Chargebee, Polar ------------------------------------------
def test_stripe_plan_mix(case):
    rows = [
        {
            "account_id": f"{plan}{i}",
            "unit_price": p["price"],
            "billing_period": p["interval"],
            "starts_on": "2025-01-01",
        }
        for plan, p in case["stripe_mrr_plan_mix"]["inputs"].items()
        for i in range(p["subscribers"])
    ]
    got = R.mrr(book(rows, "2025-01-31"), policy="stripe")["mrr_amount"].iloc[-1]
    assert got == case["stripe_mrr_plan_mix"]["expected"]["mrr"]


def test_stripe_discounts(case):
    given = case["stripe_annual"]
    share = given["inputs"]["coupon_forever_pct"] / 100
    line = {
        "unit_price": given["inputs"]["annual"],
        "billing_period": "year",
        "starts_on": "2025-01-01",
    }
    kinds = {
        "mrr_no_coupon": {},
        "mrr_forever_50pct": {"discount": share, "discount_kind": "forever"},
        "mrr_finite_coupon": {"discount": share, "discount_ends_on": "2025-06-01"},
    }
    for name, discount in kinds.items():
        got = R.mrr(book([line | discount], "2025-03-31"), policy="stripe")["mrr_amount"].iloc[-1]
        assert got == given["expected"][name]


def test_stripe_last_cancellation(case):
    given = case["stripe_last_cancel_split"]
    rows = [
        {
            "contract_id": str(i),
            "unit_price": price,
            "starts_on": "2025-01-01",
            "cancelled_on": f"2025-02-{10 + given['inputs']['cancel_order'].index(i):02}",
        }
        for i, price in enumerate(given["inputs"]["subs"])
    ]
    got = bridge(rows, "2025-02-28", "stripe").loc["2025-02-01"]
    assert got["contraction_amount"] == given["expected"]["contraction"]
    assert got["churn_amount"] == given["expected"]["churn"]
    assert got["churn_count"] == given["expected"]["churned_subscribers"]


def test_churn_of_one_book_under_three_rules(case):
    """The denominators, on figures and on a book of contracts that has them."""
    given = case["churn_denominator_contrast"]
    n = given["inputs"]
    rows = [
        {
            "account_id": f"O{i}",
            "starts_on": "2025-01-01",
            "cancelled_on": "2025-03-15" if i < n["churned_from_start"] else None,
        }
        for i in range(n["start"])
    ]
    rows += [
        {
            "account_id": f"N{i}",
            "starts_on": "2025-03-03",
            "cancelled_on": "2025-03-20" if i < n["joined_and_churned"] else None,
        }
        for i in range(n["new"])
    ]
    crm = book([row | {"unit_price": 10} for row in rows], "2025-03-31")
    for policy, rate in given["expected"].items():
        got = R.churn(crm, month="2025-03", policy=policy).iloc[0]
        assert got["logo_churn_rate"] == pytest.approx(rate), policy
        plain = R.churn_rate_of(
            opening=n["start"],
            churned=n["churned_from_start"],
            new=n["new"],
            joined_and_left=n["joined_and_churned"],
            policy=policy,
        )
        assert plain == pytest.approx(rate)


def test_baremetrics(case):
    given, expected = case["baremetrics_mrr"]["inputs"], case["baremetrics_mrr"]["expected"]
    rows = [
        {"account_id": str(i), "unit_price": given["price"], "starts_on": "2025-01-01"}
        for i in range(given["customers"])
    ]
    assert R.mrr(book(rows, "2025-01-31"), policy="baremetrics")["mrr_amount"][0] == expected["mrr"]
    yearly = R.monthly_price(given["annual"], "year", R.policy_of("baremetrics"))
    assert yearly == expected["annual_mrr"]
    coupon = given["coupon"]
    line = {"unit_price": coupon["price"], "starts_on": "2025-01-01"}
    half = line | {"discount": coupon["pct"] / 100}
    got = R.mrr(book([half], "2025-01-31"), policy="baremetrics")["mrr_amount"][0]
    assert got == expected["coupon_mrr"]
    full = [line | {"ends_on": "2025-02-01"}, line | {"starts_on": "2025-02-01", "discount": 1.0}]
    moved = bridge(full, "2025-02-28", "baremetrics").loc["2025-02-01"]
    assert (moved["churn_count"], moved["churn_amount"]) == (1, coupon["price"])
    nrr = case["baremetrics_nrr"]["inputs"]
    row = {
        "opening_amount": nrr["start"],
        "expansion_amount": nrr["expansion"],
        "churn_amount": nrr["churned_and_contraction"],
    }
    rate = R.rates_of(pd.DataFrame([row]), policy="baremetrics")["nrr_rate"][0]
    assert rate * 100 == pytest.approx(case["baremetrics_nrr"]["expected"]["nrr_pct"])


def test_baremetrics_base_plan(case):
    rows = [
        {
            "product": "base",
            "unit_price": 100,
            "starts_on": "2025-01-01",
            "cancelled_on": "2025-04-01",
        },
        {
            "product": "addon",
            "unit_price": 20,
            "starts_on": "2025-02-01",
            "cancelled_on": "2025-03-01",
        },
    ]
    got = bridge(rows, "2025-04-30", "baremetrics")
    named = [
        got["new_amount"].iloc[0],
        got["expansion_cross_sell_amount"].iloc[1],
        -got["contraction_amount"].iloc[2],
        -got["churn_amount"].iloc[3],
    ]
    assert named == [amount for _, amount in case["baremetrics_base_plan"]["inputs"]["events"]]


def test_chargebee(case):
    cohort = case["chargebee_retention_cohort"]
    a, b = cohort["inputs"]["a"], cohort["inputs"]["b"]
    table = pd.DataFrame(
        {
            "account_id": "A",
            "month": ["2025-01", "2025-02"],
            "mrr_amount": [a["initial"], a["later"]],
        }
    )
    kept = R.retention(R.from_mrr(table), measure="net")
    rate = kept[(kept["cohort"] == "2025-01") & (kept["age"] == 1)]["rate"].iloc[0]
    assert rate * 100 == cohort["expected"]["a_pct"]
    row = {
        "opening_amount": b["start"],
        "churn_amount": b["churn"],
        "expansion_amount": b["upgrades"],
    }
    got = R.rates_of(pd.DataFrame([row])).iloc[0]
    assert got["nrr_rate"] * 100 == pytest.approx(cohort["expected"]["b_pct"])

    price = case["chargebee_price_decrease"]["inputs"]
    rows = [
        {"unit_price": price["before"], "starts_on": "2025-01-01", "ends_on": "2025-02-01"},
        {"unit_price": price["after"], "starts_on": "2025-02-01"},
    ]
    moved = bridge(rows, "2025-02-28", "chargebee").loc["2025-02-01"]
    assert moved["contraction_amount"] + moved["price_decrease_amount"] == 30
    assert moved["churn_count"] == 0

    left = case["chargebee_voluntary"]
    n = left["inputs"]
    reasons = ["too expensive"] * n["voluntary"] + ["delinquent"] * n["involuntary"]
    rows = [
        {
            "account_id": str(i),
            "unit_price": n["price"],
            "starts_on": "2025-01-01",
            "cancelled_on": "2025-02-10",
            "cancel_reason": r,
        }
        for i, r in enumerate(reasons)
    ]
    gone = R.churn(book(rows, "2025-02-28"), month="2025-02", policy="chargebee").iloc[0]
    assert gone["voluntary_amount"] == left["expected"]["voluntary_churn_mrr"]
    assert gone["delinquent_amount"] == left["expected"]["involuntary_churn_mrr"]

    minimum = case["grr_min_level"]
    start, end = zip(*minimum["inputs"]["customers"].values(), strict=True)
    per_customer = R.retention_of(start, end)
    assert per_customer["grr_rate"] == minimum["expected"]["grr_customer_level"]
    assert per_customer["nrr_rate"] == minimum["expected"]["nrr"]
    company = R.retention_of(start, end, level="company")["grr_rate"]
    assert company == minimum["expected"]["grr_company_level"]

    growth = case["chargebee_expansion_rate"]
    begin, finish = growth["inputs"]["begin"], growth["inputs"]["end"]
    assert R.retention_of([begin], [finish])["nrr_rate"] - 1 == growth["expected"]["rate"]


def test_recurly_seat_added_mid_month(case):
    given = case["recurly_mid_month_user"]
    seat = given["inputs"]["seat_price"]
    rows = [
        {"unit_price": seat, "starts_on": "2025-01-01"},
        {"unit_price": seat, "starts_on": "2025-06-16"},
    ]
    rise = {
        p: gains(bridge(rows, "2025-06-30", p)).loc["2025-06-01"] for p in ("recurly", "chartmogul")
    }
    assert rise["recurly"] == given["expected"]["recurly_mrr_increase"]
    assert rise["chartmogul"] == given["expected"]["chartmogul_style_mrr_increase"]


def test_rebilly(case):
    given = case["rebilly_breakdown"]
    rows, months = [], (("2025-01", 1), ("2025-02", 2))
    for name, before, after in given["inputs"]["cases"]:
        rows += [(name, month, (before, after)[i - 1]) for month, i in months]
    table = pd.DataFrame(rows, columns=["account_id", "month", "mrr_amount"])
    history = pd.DataFrame(
        {"account_id": ["returning"], "left_month": ["2024-06"], "mrr_amount": [25]}
    )
    moved = R.movements_of(table, history=history).iloc[-1]
    expected = given["expected"]
    assert moved["new_amount"] == expected["new"]
    assert moved["reactivation_amount"] == expected["reactivation"]
    assert moved["churn_amount"] == expected["churned"]
    assert moved["contraction_amount"] + moved["price_decrease_amount"] == expected["contraction"]
    assert (
        moved["expansion_upsell_amount"] + moved["price_increase_amount"] == expected["expansion"]
    )
    assert moved["closing_amount"] - moved["opening_amount"] == expected["net_change"]


def test_polar(case):
    given = case["polar_mixed_interval"]
    rows = [
        {
            "account_id": str(i),
            "starts_on": day,
            "billing_period": period,
            "unit_price": cents / 100,
        }
        for i, (day, period, cents) in enumerate(given["inputs"]["subs"])
    ]
    got = R.mrr(book(rows, "2024-06-30"), policy="polar").set_index("month")
    for day, expected in given["expected"].items():
        if isinstance(expected, dict):
            assert round(got.loc[day, "mrr_amount"] * 100) == expected["mrr"]
            assert got.loc[day, "customer_count"] == expected.get(
                "active", got.loc[day, "customer_count"]
            )
    two = got.loc["2024-01-01"]
    assert (
        int(R.arpa_of(two["mrr_amount"], 2) * 100) == given["expected"]["arpu_cents_two_customers"]
    )

    given = case["polar_committed_mrr"]
    rows = [
        {
            "account_id": str(i),
            "starts_on": a,
            "ends_on": b,
            "cancelled_on": b,
            "unit_price": price,
            "cancel_requested_on": b and "2024-02-10",
        }
        for i, (a, b, price) in enumerate(given["inputs"]["subs"])
    ]
    for month, expected in given["expected"].items():
        day = min(sp.periods.month(month).last_day.isoformat(), given["inputs"]["now"])
        day = day if month <= given["inputs"]["now"][:7] else f"{month}-31"
        got = R.committed_mrr(book(rows, day)).iloc[0]
        assert (got["mrr_amount"], got["committed_amount"]) == (expected["mrr"], expected["cmrr"])

    given = case["polar_once_discount_issue"]["inputs"]
    rows = [
        {
            "account_id": str(i),
            "unit_price": given["price"],
            "starts_on": "2025-01-01",
            "discount": given["discount_once"] / given["price"],
            "discount_kind": "once",
        }
        for i in range(given["subscriptions"])
    ]
    got = R.committed_mrr(book(rows, "2025-01-15"), policy="polar")["mrr_amount"][0]
    assert got == case["polar_once_discount_issue"]["expected"]["expected_cmrr"]


def test_stripe_proration(case):
    """The invoice is cash; MRR moves by the whole difference of the plans."""
    given = case["stripe_proration_invoice"]
    before, after = given["inputs"]["from"], given["inputs"]["to"]
    rows = [
        {"plan": "s", "unit_price": before, "starts_on": "2025-04-01", "ends_on": "2025-06-16"},
        {"plan": "l", "unit_price": after, "starts_on": "2025-06-16"},
    ]
    got = bridge(rows, "2025-06-30", "stripe").loc["2025-06-01"]
    assert got["expansion_upsell_amount"] == given["expected"]["mrr_expansion"]


# ---- bridges, prices, returns ----------------------------------------------------------------
def test_posthog_bridge_is_exact(case):
    expected = case["posthog_stripe_bridge"]["expected"]
    exact = {name: [Decimal(v) for v in values] for name, values in expected.items()}
    for i, closing in enumerate(exact["total"]):
        opening = exact["total"][i - 1] if i else Decimal(0)
        moves = sum(exact[k][i] for k in ("new", "expansion", "contraction", "churn"))
        assert opening + moves == closing
    table = pd.DataFrame(
        {
            "opening_amount": [0.0, *map(float, expected["total"][:-1])],
            "new_amount": [float(v) for v in expected["new"]],
            "expansion_amount": [float(v) for v in expected["expansion"]],
            "contraction_amount": [-float(v) for v in expected["contraction"]],
            "churn_amount": [-float(v) for v in expected["churn"]],
            "closing_amount": [float(v) for v in expected["total"]],
        }
    )
    gaps = R.bridge_gaps(table)
    assert gaps["gap_amount"].abs().max() < 1e-9
    assert gaps["carry_amount"].abs().max() < 1e-9


def test_posthog_products_add_up(case):
    given = case["posthog_product_additivity"]
    rows = [
        ("A", product, month, float(amount))
        for product, amounts in given["inputs"]["products"].items()
        for month, amount in zip(given["inputs"]["months"], amounts, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["account_id", "product", "month", "mrr_amount"])
    crm = R.from_mrr(table)
    total = R.mrr(crm)["mrr_amount"]
    assert total.tolist() == pytest.approx([float(v) for v in given["expected"]["total"]], abs=5e-6)
    assert R.mrr(crm, by="product").groupby("month")["mrr_amount"].sum().tolist() == pytest.approx(
        total.tolist(), abs=1e-6
    )


def test_killbill_catalogue(case):
    words = {"MONTHLY": "monthly", "ANNUAL": "annual"}
    rows = case["killbill_catalog_mrr"]["inputs"]["rows"]
    policy = R.policy_of("killbill")
    for period, price, expected in rows:
        if period in words:
            assert R.monthly_price(price, words[period], policy) == pytest.approx(float(expected))
    lines = [
        {
            "account_id": str(i),
            "billing_period": period,
            "unit_price": float(price),
            "starts_on": "2025-01-01",
        }
        for i, (period, price, _) in enumerate(rows)
    ]
    got = R.mrr(book(lines, "2025-01-31"), by="account_id", policy=policy)
    by_account = got.set_index("account_id")["mrr_amount"]
    for i, (_, _, expected) in enumerate(rows):
        assert by_account.get(str(i), 0.0) == pytest.approx(float(expected), abs=1e-9)


def test_windows_of_return(case):
    given = case["winback_policy_matrix"]
    n = given["inputs"]
    table = pd.DataFrame(
        {
            "account_id": [c["id"] for c in n["cases"]],
            "month": n["period"],
            "mrr_amount": [c["current"] for c in n["cases"]],
        }
    )
    history = pd.DataFrame(
        {
            "account_id": [c["id"] for c in n["cases"]],
            "left_month": [c["churn"] for c in n["cases"]],
            "mrr_amount": [c["baseline"] for c in n["cases"]],
            "is_paused": [c["paused"] for c in n["cases"]],
        }
    )
    policy = R.Policy(reactivation="within", reactivation_months=n["window_months"])
    got = R.returns_of(table, history=history, policy=policy).set_index("account_id")
    columns = {
        "type": "movement",
        "return": "return_kind",
        "months_away": "away_months",
        "restored": "restored_amount",
        "above": "above_amount",
        "new": "mrr_amount",
    }
    for account, expected in given["expected"].items():
        for name, value in expected.items():
            assert got.loc[account, columns[name]] == value, (account, name)


def test_waterfall_of_returns(case):
    given = case["winback_waterfall"]
    n, expected = given["inputs"], given["expected"]
    rows = [(a, "2026-07", v) for a, v in n["prior"].items()]
    rows += [(a, n["period"], v) for a, v in n["current"].items()]
    table = pd.DataFrame(rows, columns=["account_id", "month", "mrr_amount"])
    known = [(a, *n["departures"].get(a, (None, None, False))) for a in n["historical"]]
    history = pd.DataFrame(known, columns=["account_id", "left_month", "mrr_amount", "is_paused"])
    policy = R.Policy(reactivation="within", reactivation_months=6)
    moved = R.movements_of(table, history=history, policy=policy).iloc[-1]
    for name in ("opening", "new", "reactivation", "churn", "closing"):
        assert moved[f"{name}_amount"] == pytest.approx(expected[name], abs=1e-5)
    back = R.returns_of(table, history=history, policy=policy)
    kinds = back["return_kind"].value_counts()
    assert back.loc[back["movement"] == "new", "mrr_amount"].sum() == expected["of_which_returning"]
    assert back.loc[back["movement"] == "reactivation", "above_amount"].sum() == 50
    assert back.loc[back["return_kind"] == "unknown", "mrr_amount"].sum() == 30
    counts = expected["counts"]
    assert moved["reactivation_count"] == counts["reactivated"]
    assert moved["new_count"] == counts["new"]
    assert [kinds[k] for k in ("winback", "restart", "unknown", "returning_new_business")] == [
        counts[k] for k in ("winback", "restarted", "unknown", "returning_new")
    ]


def test_order_of_the_questions(case):
    given = case["fivetran_case_order"]
    got = [
        R.name_of_change(before, after, was_customer=before == 0)
        for before, after in given["inputs"]["pairs"]
    ]
    assert got == given["expected"]["correct"]


# ---- rates and unit economics ----------------------------------------------------------------
def test_kellogg(case):
    given = case["kellogg_quarterly_churn"]
    n, expected = given["inputs"], given["expected"]
    table = pd.DataFrame({"opening_amount": n["start"], "churn_amount": n["churn"]})
    rates = R.rates_of(table, months=3)["gross_churn_rate"] * 100
    assert rates.round(1).tolist() == expected["rate1_pct"]
    of_year = [100 * R.churn_rate_of(opening=n["start"][0], churned=c) for c in n["churn"]]
    assert of_year == pytest.approx(expected["rate2_pct"])
    assert sum(of_year) == pytest.approx(expected["annual_pct"])
    due = [
        100 * R.churn_rate_of(opening=a, churned=c)
        for a, c in zip(n["available_to_renew"], n["churn"], strict=True)
    ]
    assert [round(x, 1) for x in due] == expected["atr_pct"]
    weighted = R.churn_rate_of(opening=sum(n["available_to_renew"]), churned=sum(n["churn"]))
    assert weighted * 100 == pytest.approx(expected["atr_weighted_pct"])


def test_skok(case):
    given = case["skok_logo_vs_dollar"]
    start = given["inputs"]["customers"]
    end = [start[0], 0] if given["inputs"]["churned"] == [1] else start
    got = R.retention_of(start, end)
    assert 1 - got["logo_rate"] == given["expected"]["customer_churn"]
    assert 1 - got["grr_rate"] == pytest.approx(given["expected"]["dollar_churn"], abs=1e-6)


def test_ramp(case):
    given = case["kellblog_ramp"]
    rows = [
        {
            "contract_id": "K",
            "unit_price": p,
            "billing_period": "year",
            "booked_on": "2025-01-01",
            "starts_on": f"{2025 + i}-01-01",
            "ends_on": f"{2026 + i}-01-01",
        }
        for i, p in enumerate(given["inputs"]["payments_musd"])
    ]
    crm = book(rows, "2027-12-31")
    step = R.revenue_schedule(crm, unit="year", policy=R.Policy(ramp="step"))
    even = R.revenue_schedule(crm, unit="year", policy=R.Policy(ramp="straight_line"))
    expected = given["expected"]
    assert step["revenue_amount"].tolist() == expected["gaap_revenue"]
    assert step["to_bill_amount"].tolist() == expected["gaap_unbilled_deferred"]
    assert even["revenue_amount"].tolist() == expected["asc606_revenue"]
    assert even["unbilled_receivable_amount"].tolist() == expected["asc606_unbilled_receivable"]
    assert even["backlog_amount"].tolist() == expected["asc606_backlog"]
    assert even["bookings_amount"].sum() == expected["tcv"]


def test_booking(case):
    given = case["orb_booking"]
    years, price = given["inputs"]["term_years"], given["inputs"]["per_year"]
    row = {
        "unit_price": years * price,
        "billing_period": "term",
        "starts_on": "2025-01-01",
        "ends_on": f"{2025 + years}-01-01",
    }
    crm = book([row], "2025-01-31")
    booked = R.bookings(crm).iloc[0]
    assert booked["tcv_amount"] == given["expected"]["booking_tcv"]
    assert booked["acv_amount"] == given["expected"]["acv"]
    assert R.mrr(crm)["mrr_amount"][0] == given["expected"]["mrr"]


def test_real_export_that_drifts(case):
    given = case["gist_real_export_fx_drift"]
    rows = {k: [float(v) for v in values] for k, values in given["inputs"]["rows"].items()}
    table = pd.DataFrame(
        {
            "opening_amount": rows["Existing"],
            "new_amount": rows["New"],
            "expansion_amount": rows["Upgrades"],
            "contraction_amount": [-v for v in rows["Downgrades"]],
            "churn_amount": [
                -a - b
                for a, b in zip(rows["Voluntary Churn"], rows["Delinquent Churn"], strict=True)
            ],
            "closing_amount": rows["MRR"],
        }
    )
    gaps = R.bridge_gaps(table)
    assert gaps["gap_amount"].abs().max() < 1e-9
    carried = [float(v) for v in given["expected"]["existing_minus_previous_mrr"]]
    assert gaps["carry_amount"].iloc[1:].round(2).tolist() == carried


def test_quick_ratios(case):
    given = case["quick_ratio_set"]
    for figures, ratio in zip(given["inputs"]["cases"], given["expected"]["ratio"], strict=True):
        named = dict(zip(given["inputs"]["columns"], figures, strict=True))
        assert R.quick_ratio_of(**named) == pytest.approx(ratio, abs=0.0051)
        table = pd.DataFrame([{"opening_amount": 1} | {f"{k}_amount": v for k, v in named.items()}])
        assert R.rates_of(table)["quick_ratio"][0] == pytest.approx(ratio, abs=0.0051)


def test_gross_and_net_retention(case):
    given = case["grr_nrr_pulserevops"]
    row = {f"{k}_amount": v for k, v in given["inputs"].items() if k != "start"}
    got = R.rates_of(pd.DataFrame([row | {"opening_amount": given["inputs"]["start"]}])).iloc[0]
    assert got["grr_rate"] == pytest.approx(given["expected"]["grr"])
    assert got["nrr_rate"] == pytest.approx(given["expected"]["nrr"])
    both = case["grr_nrr_calcsimpler"]
    for name, n in both["inputs"].items():
        row = {
            "opening_amount": n["start"],
            "expansion_amount": n["start"] * n["exp"],
            "contraction_amount": n["start"] * n["con"],
            "churn_amount": n["start"] * n["churn"],
        }
        expected = both["expected"][name]
        usual = R.rates_of(pd.DataFrame([row])).iloc[0]
        assert usual["grr_rate"] == pytest.approx(expected["correct_grr_with_contraction"])
        assert usual["nrr_rate"] == pytest.approx(expected["nrr"])
        site = R.rates_of(pd.DataFrame([row]), policy=R.Policy(grr="churn_only")).iloc[0]
        assert site["grr_rate"] == pytest.approx(expected["grr"])


def test_unit_economics(case):
    given = case["metrichq_ltv_cac"]
    n, expected = given["inputs"], given["expected"]
    value = R.ltv_of(n["arpa"], n["churn"], margin=n["gm"])
    assert value == pytest.approx(expected["ltv"])
    assert value / n["cac"] == pytest.approx(expected["ratio"])
    months = R.payback_months_of(n["cac"], n["arpa"], margin=n["gm"])
    assert months == pytest.approx(expected["payback_months_derived"])
    both = case["complete_tools_cac"]
    for name, n in both["inputs"].items():
        expected = both["expected"][name]
        cac = R.cac_of(n["spend"], n["customers"])
        assert cac == expected["cac"]
        assert R.ltv_of(n["arpu"], n["churn"]) == pytest.approx(expected["ltv"])
        if "payback" in expected:
            assert R.payback_months_of(cac, n["monthly_margin"]) == pytest.approx(
                expected["payback"], abs=0.005
            )
    n = case["finmark_payback_parentheses"]["inputs"]
    got = R.payback_months_of(n["cac"], n["avg_mrr"], margin=n["gm"])
    assert got == pytest.approx(case["finmark_payback_parentheses"]["expected"]["correct_months"])
    assert math.isnan(R.ltv_of(100, 0))


# ---- data sets -------------------------------------------------------------------------------
def test_telco(case, data):
    given = case["ibm_telco_totals"]
    raw = pd.read_csv(data.parent / given["inputs"]["file"])
    end, since = pd.Period("2025-12", "M"), []
    since = [(end - months).start_time.date() for months in raw["tenure"]]
    left = raw["Churn"] == "Yes"
    lines = pd.DataFrame(
        {
            "line_id": raw["customerID"],
            "account_id": raw["customerID"],
            "plan": raw["Contract"],
            "starts_on": since,
            "cancelled_on": ["2025-12-15" if gone else None for gone in left],
            "unit_price": raw["MonthlyCharges"],
        }
    )
    crm = sp.from_frames({"contract_lines": lines}, as_of="2025-12-31")
    expected = given["expected"]
    got = R.churn(crm, month="2025-12", by="plan")
    new = raw["tenure"] == 0
    assert got["churned_count"].sum() == expected["churned"]
    assert got["opening_count"].sum() == expected["rows"] - new.sum()
    assert got["churn_amount"].sum() == pytest.approx(expected["monthly_charges_churned"], abs=1e-4)
    closing = R.mrr(crm, month="2025-12", by="plan").set_index("plan")
    assert closing["mrr_amount"].sum() == pytest.approx(expected["monthly_charges_kept"], abs=1e-4)
    for plan, (rows, gone, amount) in expected["by_contract"].items():
        of_plan = got.set_index("plan").loc[plan]
        assert of_plan["churned_count"] == gone
        assert of_plan["churned_count"] + closing.loc[plan, "customer_count"] == rows
        total = of_plan["churn_amount"] + closing.loc[plan, "mrr_amount"]
        assert total == pytest.approx(amount, abs=1e-4)


def test_saas_sales(case, data):
    given = case["aws_saas_sales_totals"]
    raw = pd.read_csv(data.parent / given["inputs"]["file"], encoding="utf-8-sig")
    lines = pd.DataFrame(
        {
            "line_id": raw["Row ID"].astype(str),
            "account_id": raw["Customer ID"].astype(str),
            "product": raw["Product"],
            "sale_type": "licence",
            "billing_period": "once",
            "starts_on": pd.to_datetime(raw["Order Date"]).dt.date,
            "unit_price": raw["Sales"],
            "country": raw["Country"],
        }
    )
    crm = sp.from_frames({"contract_lines": lines}, as_of="2023-12-31")
    expected = given["expected"]
    by_country = R.revenue_mix(crm, by="country").set_index("country")["amount"]
    assert by_country.sum() == pytest.approx(expected["sales"], abs=1e-4)
    assert len(by_country) == expected["countries"]
    for country, amount in expected["top_countries"].items():
        assert by_country[country] == pytest.approx(amount, abs=1e-4)
    assert list(by_country.index[:6]) == list(expected["top_countries"])
    for year, amount in expected["by_year"].items():
        booked = R.bookings(crm, year=year, unit="year")
        assert booked["tcv_amount"].sum() == pytest.approx(amount, abs=1e-4)
        assert booked["line_count"].sum() > 0
    product = R.revenue_mix(crm, by="product").set_index("product")["amount"]
    assert product["Support"] == pytest.approx(expected["support_product"], abs=1e-4)


def test_every_case_is_asserted_or_named(case):
    """A new example in the file must not go unnoticed."""
    text = Path(__file__).read_text("utf-8")
    unseen = [name for name in case if f'"{name}"' not in text]
    assert not unseen
