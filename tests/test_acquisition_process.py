"""No-shows, lead scoring and the sales chain."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from acquisition_demo import company

import salesplan as sp
from salesplan._acquisition.learners import auc, logistic
from salesplan._acquisition.point_card import seen_by
from salesplan._acquisition.scoring import judge
from salesplan._acquisition.web_signals import leads_to_score, signals
from salesplan._demo.prospecting import no_show_chance, prospect
from salesplan.errors import InputError, UnknownNameError

acquisition = sp.acquisition


@pytest.fixture(scope="module")
def demo():
    return company(7)[0]


# --- no-shows --------------------------------------------------------------------------------


def test_no_shows_by_hand(crm):
    found = acquisition.no_show_cost(crm, by=None, quarter="2026-Q1", recovered_rate=0.25)
    row = found.iloc[0]
    assert (row["no_show_count"], row["due_count"]) == (1, 4)
    assert row["no_show_rate"] == 0.25
    assert (row["lost_hours"], row["lost_cost"]) == (1, 65)
    assert row["lost_cost_per_year"] == pytest.approx(65 * 4)
    assert row["saved_cost_per_year"] == pytest.approx(65)


def test_days_booked_ahead(crm):
    found = acquisition.no_show_cost(crm, by="lead_time")
    assert found["lead_time"].tolist() == ["7-13 days", "14 days and more"]
    assert found["due_count"].tolist() == [5, 2]
    by_day = acquisition.no_show_cost(crm, by=["weekday", "owner"])
    assert by_day["due_count"].sum() == 7
    assert set(by_day["weekday"]) <= set(range(1, 8))


def test_no_show_rates_are_those_of_the_demo(demo):
    met = prospect(7, 1).meetings
    met = met[met["status"].isin(["held", "no_show"])]
    true = met["no_show"].mean()
    found = acquisition.no_show_cost(demo, by=None).iloc[0]
    assert found["no_show_rate_low"] < true < found["no_show_rate_high"]
    long = no_show_chance(np.array([22]), np.array([0]))[0]
    assert long > no_show_chance(np.array([1]), np.array([0]))[0]
    by_ahead = acquisition.no_show_cost(demo, by="lead_time").set_index("lead_time")["no_show_rate"]
    assert by_ahead["14 days and more"] > by_ahead["1-2 days"]


def test_the_measure_adds_up_per_person(crm):
    measure = next(m for m in acquisition.MEASURES if m.name == "no_show_rate")
    facts = crm.query(measure.facts)
    whole = acquisition.no_show_cost(crm, by=None).iloc[0]
    assert facts["value"].sum() == whole["no_show_count"]
    assert facts["base"].sum() == whole["due_count"]


def test_no_meeting_has_no_rate():
    activities = pd.DataFrame({"activity_id": ["V1"], "kind": ["call"], "status": ["held"]})
    crm = sp.from_frames({"activities": activities}, as_of="2026-09-30")
    assert acquisition.no_show_cost(crm, by="owner").empty


# --- lead scoring ----------------------------------------------------------------------------


def test_scoring_beats_chance_and_keeps_up_with_logistic_regression(demo):
    found = acquisition.lead_scoring(demo)
    table = found.comparison.set_index("method")
    assert table.loc["points", "auc_low"] > 0.5
    assert table.loc["points", "top_lift"] > 1.2
    assert abs(table.loc["points", "auc"] - table.loc["logistic", "auc"]) < 0.05
    assert table.loc["points", "brier"] < table.loc["chance", "brier"]
    points = found.points.set_index("page")["points"]
    assert points["/demo"] > points["/blog"]


def test_thresholds_add_up(demo):
    found = acquisition.lead_scoring(demo, minutes_per_lead=60)
    rows = found.thresholds
    assert rows["handed_count"].is_monotonic_decreasing
    assert rows["recall"].iloc[0] == 1
    assert rows["lift"].iloc[0] == pytest.approx(1)
    assert (rows["saved_hours"] == rows["lead_count"] - rows["handed_count"]).all()
    scores = found.scores
    middle = rows.iloc[len(rows) // 2]
    handed = scores[scores["score"] >= middle["threshold"]]
    assert middle["handed_count"] == len(handed)
    assert middle["precision"] == pytest.approx(handed["outcome"].mean())
    assert (scores["created_on"] >= pd.Timestamp(found.split_on)).all()
    assert found.calibration["n"].sum() == len(scores)


def test_shuffled_outcomes_show_no_lift(demo):
    span = {"outcome": "held", "mature_days": 60, "window_days": 0}
    leads, visits = leads_to_score(demo, **span), signals(demo, **span)
    seen = seen_by(leads["lead_id"], visits)
    day = dt.date(2025, 9, 20)
    early = (leads["created_on"] + pd.Timedelta(days=60) <= pd.Timestamp(day)).to_numpy()
    late = (leads["created_on"] >= pd.Timestamp(day)).to_numpy()
    chance, areas = np.random.default_rng(5), []
    for _ in range(20):
        mixed = leads.assign(outcome=chance.permutation(leads["outcome"].to_numpy()))
        table = judge(mixed, seen, early, late, "held", day, 0.5).comparison.set_index("method")
        areas.append(table.loc["points", "auc"])
    assert abs(np.mean(areas) - 0.5) < 0.015
    assert max(areas) < 0.57


def test_what_comes_after_the_hand_over_is_not_seen():
    frames = sp.paper.frames()
    late = pd.DataFrame(
        {
            "visit_id": ["W8", "W9"],
            "visited_at": ["2026-01-05 09:30", "2026-02-20 10:00"],  # L1 was booked on 5 January
            "lead_id": ["L1", "L1"],
            "page": "/help",
            "event": "view",
        }
    )
    frames["web_visits"] = pd.concat([frames["web_visits"], late])
    crm = sp.from_frames(frames, as_of=sp.paper.AS_OF)
    seen = signals(crm, outcome="held", mature_days=30, window_days=20)
    assert seen.query("lead_id == 'L1'")["page"].tolist() == ["/pricing"]
    known = leads_to_score(crm, outcome="held", mature_days=30, window_days=0).set_index("lead_id")
    assert known.loc["L1", "outcome"]
    assert not known.loc["L6", "outcome"]  # met after 31 days
    assert "L8" not in known.index  # too young to judge


def test_scoring_wants_enough_leads(crm):
    with pytest.raises(InputError, match="needs 20 leads"):
        acquisition.lead_scoring(crm)
    with pytest.raises(UnknownNameError, match="outcome"):
        acquisition.lead_scoring(crm, outcome="heldd")


def test_learners_against_slow_references():
    rng = np.random.default_rng(1)
    score, good = rng.integers(0, 5, 60).astype(float), rng.random(60) < 0.4
    pairs = [(a > b) + 0.5 * (a == b) for a in score[good] for b in score[~good]]
    area, low, high = auc(score, good)
    assert area == pytest.approx(np.mean(pairs))
    assert low < area < high
    x = rng.normal(size=(4000, 1))
    drawn = rng.random(4000) < 1 / (1 + np.exp(-(0.5 + 1.5 * x[:, 0])))
    fitted = logistic(x, drawn)
    assert fitted.weights[1] / fitted.scale[0] == pytest.approx(1.5, abs=0.15)
    assert fitted.chance(x).mean() == pytest.approx(drawn.mean(), abs=1e-4)


# --- the sales chain -------------------------------------------------------------------------


def test_the_chain_by_hand(crm):
    found = acquisition.process_cost(crm).set_index("step")
    assert found.loc["qualification", "hours"] == 5.75  # five meetings with leads, a call on a deal
    assert found.loc["qualification", "no_show_hours"] == 1
    assert found.loc["closing", "cost_per_result"] == 65 / 5
    assert found["hours_share"].sum() == pytest.approx(1)
    assert found.loc["administration", "reason"] == "yields nothing to count"


@pytest.mark.parametrize("by", ["owner", "segment", "team", "month", ["team", "segment"]])
def test_parts_of_the_chain_sum_to_the_whole(crm, by):
    sums = ["hours", "no_show_hours", "cost", "result_count"]
    whole = acquisition.process_cost(crm).groupby("step")[sums].sum()
    parts = acquisition.process_cost(crm, by=by).groupby("step")[sums].sum()
    pd.testing.assert_frame_equal(parts, whole.reindex(parts.index))


def test_a_company_names_its_own_steps(crm):
    found = acquisition.process_cost(crm, steps={"call": "administration", "call:deal": "closing"})
    hours = found.set_index("step")["hours"]
    assert hours["closing"] == 1.25
    assert hours["administration"] == 2.5
    with pytest.raises(UnknownNameError, match="Did you mean 'closing'"):
        acquisition.process_cost(crm, steps={"call": "closng"})
    with pytest.raises(InputError, match="after ':'"):
        acquisition.process_cost(crm, steps={"call:person": "closing"})


def test_roles_by_hand(crm):
    roles = acquisition.cost_by_role(crm).set_index("role")
    assert roles.loc["field", "cost"] == (8.25 + 4) * 65
    assert roles.loc["field", "closed_count"] == 5
    assert pd.isna(roles.loc["inside", "cost_per_closed"])
    sizes = acquisition.presale_cost(crm, bands=[5000]).set_index("size")
    assert sizes.loc["< 5,000", "cost_per_won"] == 97.5  # one of two won
    with pytest.raises(InputError, match="rise"):
        acquisition.presale_cost(crm, bands=[10, 5])


def test_hours_moved_tie_to_the_calendar(crm):
    one, ten = (acquisition.hour_moved(crm, hours=h, value_per_meeting=600) for h in (1, 10))
    assert ten["value"][4] == pytest.approx(10 * one["value"][4])


def test_meetings_without_a_duration_leave_an_hour_without_a_worth():
    frames = {
        "people": pd.DataFrame({"person_id": ["P"]}),
        "activities": pd.DataFrame(
            {"activity_id": ["M"], "kind": ["meeting"], "status": ["held"], "owner_id": ["P"],
             "starts_at": ["2026-03-02 10:00"]}
        ),
        "opportunities": pd.DataFrame(
            {"opportunity_id": ["D"], "created_on": ["2026-01-05"], "stage": ["Won"],
             "status": ["won"], "closed_on": ["2026-03-01"], "amount": [100.0]}
        ),
    }  # fmt: skip
    crm = sp.from_frames(frames, as_of="2026-09-30")
    steps = sp.acquisition.hour_moved(crm, value_per_meeting=600)
    assert steps["formula"].iloc[1] == "1 / 0"
    assert steps["value"].iloc[1:3].isna().all()
