"""Action plans: chains on paper, calendars that fit, organisations, tracking."""

import datetime as dt
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import salesplan as sp
from salesplan import settings
from salesplan._actionplan.spread import calendar_of, spread_accounts
from salesplan.errors import InputError, MissingDataError, UnknownNameError


def test_required_activity_on_paper(crm):
    found = sp.actionplan.required_activity(crm, target=70_000, year=2027).set_index("step")
    # Five deals won for 35,000; seven closed; five reached a proposal, all won; six meetings.
    assert found.loc["deals", "required"] == pytest.approx(10)
    assert found.loc["proposals", "required"] == pytest.approx(10)
    assert found.loc["meetings", "required"] == pytest.approx(12)
    assert found.loc["calls", "required"] == pytest.approx(4)
    assert found.loc["opportunities", "required"] == pytest.approx(14)
    assert found.loc["leads", "required"] == pytest.approx(14 * 8 / 6)
    assert found.loc["meetings", "per_week"] == pytest.approx(12 / 44)
    assert (found["required_low"] < found["required"]).all()
    assert (found["required"] < found["required_high"]).all()


def test_given_ratios_replace_measured_ones_and_carry_no_interval(crm):
    found = sp.actionplan.required_activity(
        crm, target=100_000, ratios={"deals": 1 / 5000, "proposals": 2.5}
    ).set_index("step")
    assert found.loc["proposals", "required"] == pytest.approx(50)
    assert found.loc["proposals", "required_low"] == pytest.approx(50)
    assert "€5,000" in found.loc["deals", "reason"]
    with pytest.raises(InputError, match="Did you mean 'meetings'"):
        sp.actionplan.required_activity(crm, target=1, ratios={"meeting": 2})
    with pytest.raises(InputError, match="above 0"):
        sp.actionplan.required_activity(crm, target=0)


def test_what_was_never_measured_is_not_a_zero(crm):
    found = sp.actionplan.required_activity(crm, target=1000, only={"segment": "bronze"})
    assert found["required"].isna().any()
    assert "nothing was measured" in " ".join(found["reason"])


@pytest.mark.parametrize("lang", ["en", "de", "fr"])
def test_reasons_speak_each_language(crm, lang):
    found = sp.actionplan.required_activity(crm, target=70_000, lang=lang)
    assert found["reason"].str.len().min() > 20
    assert not found["reason"].str.contains("{", regex=False).any()


@given(st.integers(1, 10**7), st.lists(st.floats(0.01, 50), min_size=12, max_size=12))
def test_months_sum_to_the_target_to_the_cent(cents, index):
    crm = sp.paper.crm()
    target = cents / 100
    found = sp.actionplan.required_by_month(crm, target=target, year=2027, seasonality=index)
    revenue = found[found["step"] == "revenue"]
    assert round(revenue["amount"].sum() * 100) == cents
    steps = sp.actionplan.required_activity(crm, target=target, year=2027)
    for step, need in zip(steps["step"], steps["required"], strict=True):
        own = found[found["step"] == step]
        assert own["required"].sum() == pytest.approx(need)
        assert own["planned_count"].sum() == int(np.ceil(need * (1 - 1e-9)))


def test_work_leads_revenue_by_the_cycle(crm):
    found = sp.actionplan.required_by_month(
        crm, target=70_000, quarter="2027-Q1", seasonality="even", lag_days={"meetings": 31}
    )
    early = found[(found["step"] == "meetings") & found["is_before_start"]]
    assert early["month"].dt.strftime("%Y-%m").tolist() == ["2026-12"]
    assert early["required"].iloc[0] == pytest.approx(4.0)


@pytest.mark.parametrize("seasonality", [[1, 2], [-1] + [1] * 11, [0] * 12, "monthly"])
def test_a_seasonality_that_cannot_be_is_an_error(crm, seasonality):
    with pytest.raises(InputError, match="seasonality"):
        sp.actionplan.required_by_month(crm, target=1000, year=2027, seasonality=seasonality)


def test_reverse_funnel_rounds_only_if_asked():
    exact = sp.actionplan.reverse_funnel(1, [0.3, 0.3])
    up = sp.actionplan.reverse_funnel(1, [0.3, 0.3], round_each=True)
    assert exact["required"].iloc[-1] == pytest.approx(1 / 0.09)
    assert up["required"].tolist() == [4, 14]
    with pytest.raises(InputError, match="rate"):
        sp.actionplan.reverse_funnel(1, [1.2])


def test_plans_fit_the_weeks(crm):
    tight = settings.Settings(
        working_time={"hours_per_year": 12, "administration_share": 0.5},
        cadence={"gold": {"calls": 8, "meetings": 3}, "silver": {"calls": 4, "meetings": 1}},
    )
    small = sp.paper.crm(tight)
    plan = sp.actionplan.individual_plans(small, year=2027)
    hours = plan.groupby("owner")["hours"].sum()
    assert (hours <= 6 + 1e-9).all()
    # Cleo has a gold account of 5 hours and a silver one of 2, and 6 hours.
    left = sp.actionplan.unserved_accounts(small, year=2027)
    assert left.set_index("account").loc["Delta SARL", "reason"] == "no hours left for it"


def test_no_row_of_a_full_plan_has_more_hours_than_there_are():
    tables = sp.paper.frames()
    numbers = range(110)
    accounts = pd.DataFrame(
        {
            "account_id": [f"B{i:03d}" for i in numbers],
            "owner_id": "ada",
            "segment": ["gold" if i % 2 else "silver" for i in numbers],
        }
    )
    full = settings.Settings(working_time={"hours_per_year": 680, "administration_share": 0.4})
    book = sp.from_frames({**tables, "accounts": accounts}, as_of=sp.paper.AS_OF, settings=full)
    plan = sp.actionplan.individual_plans(book, year=2027, holidays="DE")
    part = plan.groupby(["owner", "week_on", "month"]).agg(
        hours=("hours", "sum"), there=("capacity_hours", "first")
    )
    assert (part["hours"] <= part["there"] + 1e-9).all()
    assert part["hours"].sum() >= 0.9 * 408


def test_expected_revenue_follows_the_measured_chain(crm):
    plan = sp.actionplan.individual_plans(crm, year=2027)
    steps = sp.actionplan.required_activity(crm, target=1, year=2027).set_index("step")["ratio"]
    per_meeting = 1 / steps["meetings"] / steps["proposals"] / steps["deals"]
    total = plan["expected_revenue_amount"].sum()
    assert total == pytest.approx(plan["meeting_count"].sum() * per_meeting)


def staff(**changed):
    """The CRM on paper with other dates of employment."""
    tables = sp.paper.frames()
    people = tables["people"].assign(left_on=None).set_index("person_id")
    for person, (hired_on, left_on) in changed.items():
        people.loc[person, ["hired_on", "left_on"]] = hired_on, left_on
    return sp.from_frames({**tables, "people": people.reset_index()}, as_of=sp.paper.AS_OF)


def test_who_comes_or_goes_has_contacts_while_there():
    book = staff(ada=("2021-03-01", "2027-06-30"), ben=("2027-10-01", None))
    found = sp.actionplan.contacts(book, year=2027, every_months={"gold": 4})
    ada, ben = (found[found["owner"] == name] for name in ("Ada Roth", "Ben Kahn"))
    assert ada["planned_on"].max() <= pd.Timestamp("2027-06-30")
    assert ben["planned_on"].min() >= pd.Timestamp("2027-10-01")
    # Half a year of 8 calls, and a meeting every 4 months (the next would be in July); a
    # quarter of 4 calls.
    assert ada["kind"].value_counts().to_dict() == {"call": 4, "meeting": 1}
    assert ben["kind"].value_counts().to_dict() == {"call": 1}
    loads = sp.actionplan.workload(book, year=2027).set_index("person_id")
    whole = sp.actionplan.workload(sp.paper.crm(), year=2027).set_index("person_id")
    for person, part in (("ada", 181 / 365), ("ben", 92 / 365), ("cleo", 1.0)):
        for column in ("workload_hours", "capacity_hours"):
            wanted = whole.loc[person, column] * part
            assert loads.loc[person, column] == pytest.approx(wanted, rel=1e-3)
    weeks = sp.actionplan.individual_plans(book, year=2027)
    days = pd.bdate_range("2027-01-01", "2027-06-30")
    of_ada = weeks[weeks["person_id"] == "ada"].iloc[0]
    own = ((days >= of_ada["week_on"]) & (days < of_ada["week_on"] + pd.Timedelta(days=5))).sum()
    assert of_ada["capacity_hours"] == pytest.approx(
        loads.loc["ada", "capacity_hours"] * own / len(days)
    )


def test_months_between_meetings_of_a_segment_that_has_no_cadence(crm):
    with pytest.raises(UnknownNameError, match="every_months='golt' is unknown"):
        sp.actionplan.contacts(crm, year=2027, every_months={"golt": 4})


def test_accounts_of_a_seller_who_is_gone_are_named():
    book = staff(cleo=("2022-06-01", "2026-12-31"))
    left = sp.actionplan.unserved_accounts(book, year=2027).set_index("account_id")
    assert left.loc[["A2", "A4"], "reason"].unique().tolist() == [
        "its seller is not there in this period"
    ]
    assert left.loc[["A2", "A4"], "cadence_hours"].tolist() == [5.0, 2.0]
    assert "Cleo Marin" not in set(sp.actionplan.contacts(book, year=2027)["owner"])
    loads = sp.actionplan.workload(book, year=2027).set_index("person_id")
    assert loads.loc["cleo", "capacity_hours"] == 0
    assert np.isnan(loads.loc["cleo", "load_rate"])


@given(
    st.integers(0, 12),
    st.integers(0, 12),
    st.integers(1, 12),
    st.one_of(st.none(), st.sampled_from([2, 3, 4, 6])),
)
def test_a_cadence_is_spread_evenly_over_working_days(calls, meetings, count, every):
    accounts = pd.DataFrame(
        {
            "owner": "Ada",
            "account_id": [f"A{i:02d}" for i in range(count)],
            "account": "x",
            "segment": "gold",
        }
    )
    cadence = {"gold": settings.Cadence(calls=calls, meetings=meetings)}
    calendar = calendar_of(dt.date(2027, 1, 1), dt.date(2028, 1, 1), "FR")
    found = spread_accounts(accounts, cadence, calendar, {"gold": every} if every else {})
    days = {pd.Timestamp(day) for day in calendar.days}
    assert set(found["planned_on"]) <= days
    assert not found.duplicated(["account_id", "planned_on"]).any()
    wanted = 12 // every if every else meetings
    for kind, due in (("call", calls), ("meeting", wanted)):
        for account in accounts["account_id"]:
            own = found[(found["account_id"] == account) & (found["kind"] == kind)]
            assert len(own) == due
            gaps = own["planned_on"].sort_values().diff().dt.days.dropna()
            if len(gaps):
                assert gaps.max() - gaps.min() <= 10


def test_no_week_of_a_full_calendar_is_overdrawn():
    accounts = pd.DataFrame(
        {
            "owner": "Ada",
            "account_id": [f"A{i:03d}" for i in range(100)],
            "account": "x",
            "segment": "gold",
        }
    )
    cadence = {"gold": settings.Cadence(calls=6, meetings=2)}
    calendar = calendar_of(dt.date(2027, 1, 1), dt.date(2028, 1, 1), "DE")
    found = spread_accounts(accounts, cadence, calendar, {}, {"Ada": 352.0})
    week = found["planned_on"].dt.strftime("%G-%V")
    used = (found["minutes"] / 60).groupby(week).sum()
    days = pd.Series(pd.to_datetime(calendar.days)).dt.strftime("%G-%V").value_counts()
    assert (used <= days.reindex(used.index) * 352 / len(calendar.days) + 1e-6).all()
    assert len(found) >= 0.99 * 800


def test_public_holidays_by_hand():
    assert sp.actionplan.public_holidays("FR", 2026) == [
        dt.date(2026, 1, 1),
        dt.date(2026, 4, 6),
        dt.date(2026, 5, 1),
        dt.date(2026, 5, 8),
        dt.date(2026, 5, 14),
        dt.date(2026, 5, 25),
        dt.date(2026, 7, 14),
        dt.date(2026, 8, 15),
        dt.date(2026, 11, 1),
        dt.date(2026, 11, 11),
        dt.date(2026, 12, 25),
    ]
    with pytest.raises(UnknownNameError, match="country"):
        sp.actionplan.public_holidays("XX", 2026)


CURVES = pd.DataFrame(
    {
        "segment": ["gold", "silver", "bronze"],
        "curve": "exponential",
        "scale": [9000.0, 3000.0, 800.0],
        "rate": 0.02,
    }
)


def test_organisations_on_the_same_accounts(crm):
    found = sp.actionplan.organisations(crm, CURVES, year=2027, travel_minutes=30)
    found = found.set_index("organisation")
    assert (found["cost_of_borders_amount"] >= -1e-6).all()
    lift = found.loc["specialists", "break_even_lift_rate"]
    again = sp.actionplan.organisations(
        crm, CURVES, year=2027, travel_minutes=30, lift=lift
    ).set_index("organisation")
    assert again.loc["specialists", "value_amount"] == pytest.approx(
        again.loc["territories", "value_amount"]
    )
    assert found["left_out_account_count"].tolist() == [1, 1, 1]
    assert found.loc["one pool", "moved_account_count"] == 0


def test_tracking_says_where_the_chain_breaks_first(crm):
    plan = sp.actionplan.individual_plans(crm, year=2026)
    found = sp.actionplan.tracking(crm, plan)
    assert (found.groupby("person_id")["breaks_here"].sum() <= 1).all()
    ada = found[found["owner"] == "Ada Roth"].set_index("indicator")
    assert ada.loc["calls", "done"] == 1
    assert ada.loc["calls", "breaks_here"]
    assert ada.loc["revenue", "done"] == 16_000
    assert set(found["nature"]) == {"input", "output"}
    with pytest.raises(InputError, match="starts after"):
        sp.actionplan.tracking(crm, plan, as_of="2025-01-01")
    with pytest.raises(InputError, match="lacks"):
        sp.actionplan.tracking(crm, plan.drop(columns="week_on"))


def test_planned_counts_what_was_due_by_the_day(crm):
    plan = sp.actionplan.individual_plans(crm, year=2026)
    days = ["2026-03-31", "2026-06-30", "2026-09-30"]
    sums = [sp.actionplan.tracking(crm, plan, as_of=d)["planned"].sum() for d in days]
    assert all(a < b for a, b in itertools.pairwise(sums))


def test_fairness_by_hand():
    assert sp.actionplan.spread_of([10, 20, 30])["cv"] == pytest.approx(np.sqrt(200 / 3) / 20)
    assert np.isnan(sp.actionplan.spread_of([0, 5])["largest_to_smallest"])
    assert np.isnan(sp.actionplan.spread_of([])["mean"])


def two_currencies(rates):
    """Ada wins 1,000 in euros and 1,000 in dollars, and another 500 kronor."""
    days = ["2026-02-02", "2026-03-02", "2026-04-02"]
    tables = {
        "people": pd.DataFrame({"person_id": ["p1"], "name": ["Ada"]}),
        "accounts": pd.DataFrame({"account_id": ["a"], "owner_id": "p1", "segment": "gold"}),
        "opportunities": pd.DataFrame(
            {
                "opportunity_id": ["o1", "o2", "o3"],
                "account_id": "a",
                "owner_id": "p1",
                "stage": "won",
                "status": "won",
                "amount": [1000.0, 1000.0, 500.0],
                "currency": ["EUR", "USD", "SEK"],
                "created_on": days,
                "closed_on": days,
            }
        ),
    }
    if rates:
        tables["fx_rates"] = pd.DataFrame(
            {
                "currency": ["USD", "USD"],
                "rate_on": ["2026-01-01", "2026-05-01"],
                "rate": [0.9, 0.1],
            }
        )
    return sp.from_frames(tables, as_of="2026-06-30")


def test_the_average_deal_is_in_the_reporting_currency():
    found = sp.actionplan.required_activity(two_currencies(rates=True), target=9500, year=2027)
    deals = found.set_index("step").loc["deals"]
    # 1,000 + 900 at the rate of the day it closed; the kronor have no rate.
    assert deals["required"] == pytest.approx(10)
    assert (deals["count"], deals["base"]) == (2, 1900)
    alone = sp.actionplan.required_activity(two_currencies(rates=False), target=5000, year=2027)
    assert alone.set_index("step").loc["deals", "required"] == pytest.approx(5)


def test_tracking_adds_up_revenue_in_the_reporting_currency():
    plan = pd.DataFrame(
        {
            "person_id": ["p1"],
            "owner": "Ada",
            "month": pd.Timestamp("2026-02-01"),
            "week_on": pd.Timestamp("2026-01-26"),
            "call_count": 2,
            "meeting_count": 1,
            "proposals": 1.0,
            "expected_revenue_amount": 3800.0,
        }
    )
    found = sp.actionplan.tracking(two_currencies(rates=True), plan).set_index("indicator")
    assert found.loc["revenue", "done"] == 1900
    assert found.loc["revenue", "done_rate"] == pytest.approx(0.5)
    assert found.loc["revenue", "reason"] == "not counted: 1 won in a currency without a rate"
    assert found.loc["calls", "reason"] == ""


def test_quotas():
    assert sp.actionplan.over_assignment(800_000, street_quota=1_000_000) == (0.8, 1.25)
    assert sp.actionplan.carried_quota(10_000, ramps=[1.0] * 5) == 50_000
    assert sp.actionplan.carried_quota(10_000, ramps=[0.5] * 5) == 25_000


def test_accounts_that_nobody_owns_have_no_plans():
    frames = {
        "people": pd.DataFrame({"person_id": ["P"]}),
        "accounts": pd.DataFrame({"account_id": ["A"], "segment": ["gold"]}),
    }
    with pytest.raises(MissingDataError, match="owner_id"):
        sp.actionplan.individual_plans(sp.from_frames(frames, as_of="2026-09-30"), year=2027)
