"""Public data sets: the answers were computed elsewhere, with plain pandas."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from public_data import load_public

import salesplan as sp

acquisition = sp.acquisition
pytestmark = pytest.mark.data


def test_cost_of_leads_by_type_of_campaign(data, reference):
    crm = load_public("acceldata_synth", data)
    found = acquisition.cost_per_lead(
        crm, attribution="campaign", source="budgets", started_only=False
    ).set_index("channel")
    names = {"lead": "leads", "qualified": "mql", "accepted": "sql", "converted": "converted"}
    prices = {"lead": "lead", "qualified": "mql", "accepted": "sql", "converted": "converted"}
    for channel, known in reference["acceldata_synth"]["cost_by_campaign_type"].items():
        row = found.loc[channel]
        for ours, theirs in names.items():
            assert row[f"{ours}_count"] == known[theirs]
        if not known["budget"]:  # a budget of 0 is no cost recorded, not a free channel
            assert row["reason"] == "no cost recorded"
            continue
        assert row["total_cost"] == known["budget"]
        for ours, theirs in prices.items():
            assert row[f"cost_per_{ours}"] == pytest.approx(known[f"cost_per_{theirs}"])


def test_budgets_that_have_started(data, reference):
    crm = load_public("acceldata_synth", data)
    known = reference["acceldata_synth"]
    row = acquisition.cost_per_lead(crm, by=None, attribution="campaign", source="budgets").iloc[0]
    assert row["total_cost"] == known["budget_started_only"]["started"]
    assert row["total_cost"] + row["not_started_cost"] == known["budget_started_only"]["all"]
    assert row["early_count"] == known["leads_before_campaign_start"]


def test_first_meetings_with_deals(data, reference):
    crm = load_public("acceldata_synth", data)
    known = reference["acceldata_synth"]["first_meeting_opps"]
    row = acquisition.cost_per_first_meeting(
        crm, by=None, unit="opportunity", source="budgets", seed=1
    ).iloc[0]
    assert row["held_count"] == known["n"]
    assert row["days_to_meeting"] == known["median_days"]


def test_leads_by_origin(data, reference):
    crm = load_public("olist_funnel", data)
    found = acquisition.cost_per_lead(crm).set_index("channel")
    for origin, known in reference["olist_funnel"]["conversion_by_origin"].items():
        row = found.loc["(none)" if origin == "(null)" else origin]
        assert (row["won_count"], row["lead_count"]) == (known["k"], known["n"])
    assert (found["reason"] == "no cost recorded").all()


def test_advertising_by_campaign(data, reference):
    crm = load_public("facebook_ads_kag", data)
    found = acquisition.advertising_cost(crm).set_index("campaign")
    for campaign, known in reference["facebook_ads_kag"]["cost_by_campaign"].items():
        row = found.loc[campaign]
        assert row["total_cost"] == pytest.approx(known["spent"], abs=0.005)
        assert row["enquiry_count"] == known["enquiries"]
        assert row["cost_per_enquiry"] == pytest.approx(known["cost_per_enquiry"], abs=1e-4)
        assert row["cost_per_purchase"] == pytest.approx(known["cost_per_purchase"], abs=1e-4)
        low, high = known["conv"]["wilson95"]
        assert row["purchase_rate_low"] == pytest.approx(low, abs=1e-6)
        assert row["purchase_rate_high"] == pytest.approx(high, abs=1e-6)


@pytest.mark.cases
def test_third_party_cases(cases):
    """Cost of a lead, of a customer, and worth of a meeting, as others print them."""
    rules = {
        "spend/leads": lambda i: acquisition.unit_cost(i["spend"], i["leads"]),
        "spend/customers": lambda i: acquisition.unit_cost(i["spend"], i["customers"]),
        "ACV*close_rate*meeting_to_opp": lambda i: acquisition.value_per_meeting(
            i["acv"], close_rate=i["close_rate"], opportunity_rate=i["meeting_to_opp"]
        ),
    }
    known = json.loads((cases / "funnel.json").read_text("utf-8"))
    ours = [case for case in known if case["rule"] in rules]
    assert len(ours) >= 4
    for case in ours:
        assert rules[case["rule"]](case["inputs"]) == pytest.approx(case["exact"])


def test_budgets_of_messy_campaigns_add_up(data):
    """Money such as "$115.00K": all of it is either spent by channel or not started."""
    crm = load_public("zoho_sample", data)
    raw = pd.read_csv(data / "zoho_sample" / "Campaigns.csv", dtype=str)["Budgeted Cost"]
    thousands = raw.str.endswith("K").map({True: 1000.0, False: 1.0})
    budget = (raw.str.replace("[$,K]", "", regex=True).astype(float) * thousands).sum()
    found = acquisition.cost_per_lead(crm, source="budgets")
    shown = found["total_cost"].sum() + found["not_started_cost"].sum()
    assert shown == pytest.approx(budget)
    assert found["lead_count"].sum() == 3900


@pytest.mark.parametrize("days", [30, 90])
def test_olist_leads_won_within_days(data, reference, days):
    crm = load_public("olist_funnel", data)
    steps = sp.funnel.lead_conversion(crm, window_days=days).set_index("stage")
    known = reference["olist_funnel"][f"converted_within_{days}d_mature"]
    won = steps.loc["won"]
    assert (won["overall_k"], won["overall_n"]) == (known["k"], known["n"])
    interval = [won["overall_rate_low"], won["overall_rate_high"]]
    assert interval == pytest.approx(known["wilson95"], abs=1e-6)
