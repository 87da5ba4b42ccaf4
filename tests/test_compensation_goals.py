"""Goals of other periods than the scheme pays in, and pay that is not known for want of one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import salesplan as sp
from salesplan.compensation import Scheme, simulate

COLUMNS = ["person_id", "period", "measure", "actual", "target"]
MONTHS = [f"2026-{m:02}" for m in range(1, 13)]
NAN = float("nan")


def rows(*given):
    return pd.DataFrame(given, columns=COLUMNS).astype({"actual": float, "target": float})


def sold(*actuals, person="ada", measure="bookings", labels=MONTHS):
    return rows(*((person, p, measure, a, NAN) for p, a in zip(labels, actuals, strict=False)))


def asked(period, target, person="ada", measure="bookings"):
    return rows((person, period, measure, NAN, target))


def staff(*names, **columns):
    return pd.DataFrame(
        {"person_id": list(names) or ["ada"], "target_variable": 12_000.0} | columns
    )


def scheme(unit="month", goals=None, **criterion):
    bookings = {"name": "bookings", "weight": 1.0} | criterion
    more = {"goals": goals} if goals else {}
    return Scheme.model_validate({"name": "A", "pays_each": unit, "criteria": [bookings]} | more)


def paid(rules, *frames, people=None):
    people = staff() if people is None else people
    return simulate(rules, people, pd.concat(frames, ignore_index=True))


# Longer goals are spread ----------------------------------------------------------------------


def test_a_quarters_goal_is_asked_for_in_thirds():
    found = paid(scheme(), sold(30, 40, 50), asked("2026-Q1", 120))
    assert found.lines["target"].tolist() == [40, 40, 40]
    assert found.payouts["payout_amount"].tolist() == [750, 1000, 1250]
    assert set(found.lines["reason"]) == {"share of the goal of 2026-Q1"}
    told = found.issues.iloc[0]
    assert told[["person_id", "period", "measure"]].tolist() == ["ada", "2026-Q1", "bookings"]
    assert told["consequence"] == "equal shares for each month"
    assert "a share of the goal of 2026-Q1" in found.explain("ada", "2026-01")


def test_a_third_is_not_rounded():
    found = paid(scheme(), sold(30, 30, 30), asked("2026-Q1", 100))
    assert found.lines["attainment_rate"].tolist() == pytest.approx([0.9] * 3, abs=1e-12)
    assert found.payouts["payout_amount"].tolist() == [900, 900, 900]


def test_days_and_weights():
    frames = sold(31, 28, 31), asked("2026-Q1", 90)
    assert paid(scheme(goals={"longer": "days"}), *frames).lines["target"].tolist() == [31, 28, 31]
    weights = [1, 2, 3] + [1] * 9
    season = scheme(goals={"longer": "weights", "weights": weights})
    assert paid(season, *frames).lines["target"].tolist() == [15, 30, 45]


def test_a_goal_of_its_own_stays_and_the_nearest_goal_counts_first():
    months = sold(10, 10, 10, 10, 10, 10)
    own = months.assign(target=[NAN, 70, NAN, NAN, NAN, NAN])
    found = paid(scheme(), own, asked("2026-Q1", 100), asked("2026", 1000))
    # 30 are left for January and March; of the year 900 for nine months, three of them here.
    assert found.lines["target"].tolist() == [15, 70, 15, 100, 100, 100]


def test_only_periods_with_figures_are_paid():
    found = paid(scheme(), sold(100, 100), asked("2026", 1200))
    assert found.payouts["period"].tolist() == ["2026-01", "2026-02"]
    assert found.lines["target"].tolist() == [100, 100]


def test_year_to_date_asks_for_the_goal_so_far():
    rules = scheme().changed(accrual="year_to_date")
    found = paid(rules, sold(50, 150, 100), asked("2026", 1200))
    assert found.lines["target"].tolist() == [100, 200, 300]
    assert found.payouts["payout_amount"].tolist() == [500, 1500, 1000]


def test_shorter_rows_share_the_goal_of_their_payout_period():
    found = paid(scheme("quarter"), sold(30, 40, 50), asked("2026", 400))
    assert found.lines[["actual", "target"]].values.tolist() == [[120, 100]]
    assert found.panel.attainment["target"].sum() == 100
    shifted = sp.compensation.stress(scheme("quarter"), staff(), found.panel.attainment)
    assert shifted.set_index("shift_rate").loc[0.1, "cost_amount"] == 3900  # 130 of 100


def test_a_mean_is_asked_for_as_it_is():
    rules = scheme(totals="mean")
    found = paid(rules, sold(0.8, 0.5), asked("2026-Q1", 0.8))
    assert found.lines["target"].tolist() == [0.8, 0.8]
    assert found.issues["consequence"].tolist() == ["holds in each month as it is"]


def test_a_teams_goal_and_a_fiscal_year():
    team = rows((None, "2026-Q1", "bookings", NAN, 300.0)).assign(team="north")
    people = staff("ada", "ben", team="north")
    both = pd.concat([sold(30), sold(60, person="ben")]).assign(team=None)
    found = paid(scheme(scope="team"), both, team, people=people)
    assert found.lines[["actual", "target"]].values.tolist() == [[90, 100], [90, 100]]
    fiscal = scheme("quarter").changed(fiscal_year_starts=10)
    quarters = sold(25, 25, labels=["2025-Q4", "2026-Q1"])
    assert paid(fiscal, quarters, asked("FY2026", 200)).lines["target"].tolist() == [50, 50]


def test_what_cannot_be_spread_is_said():
    with pytest.raises(sp.errors.InputError, match="cannot be split"):
        paid(scheme(goals={"longer": "refused"}), sold(1), asked("2026-Q1", 3))
    with pytest.raises(sp.errors.InputError, match="cannot be split"):
        paid(scheme(), rows(("ada", "2026-Q1", "bookings", 5, 3)))
    with pytest.raises(sp.errors.InputError, match=r"is less than that of its parts \(70\)"):
        paid(scheme(), sold(1, 1).assign(target=[70, NAN]), asked("2026-Q1", 60))
    with pytest.raises(sp.errors.InputError, match="no payout period with figures"):
        paid(scheme(), sold(1), asked("2026-Q3", 60))


@pytest.mark.parametrize(
    ("goals", "wanted"),
    [
        ({"longer": "weights"}, "goals.weights: stand with longer = 'weights'"),
        ({"weights": [1] * 12}, "goals.weights: stand with longer = 'weights'"),
        ({"longer": "weights", "weights": [1, 2]}, "has 2 values; a year of months has 12"),
        ({"longer": "weights", "weights": [0] * 12}, "not all 0"),
    ],
)
def test_faults_of_the_rule(goals, wanted):
    with pytest.raises(sp.errors.SettingsError) as caught:
        scheme().changed(goals=goals)
    assert wanted in str(caught.value)


def test_the_rule_survives_its_files(tmp_path):
    season = scheme(goals={"longer": "weights", "weights": list(range(12))})
    assert Scheme.from_toml(season.to_toml()) == season
    assert Scheme.read_sheet(season.write_sheet(tmp_path / "s.xlsx")) == season


def test_the_crms_quarterly_goals_pay_a_monthly_scheme():
    crm = sp.load("data/demo")
    by_month = sp.scenario.backtest(crm, scheme("month"), year="FY2026").simulation
    by_quarter = sp.scenario.backtest(crm, scheme("quarter"), year="FY2026").simulation
    assert by_month.total_amount == pytest.approx(by_quarter.total_amount, abs=1.0)
    asked_for = [s.lines["target"].sum() for s in (by_month, by_quarter)]
    assert asked_for[0] == pytest.approx(asked_for[1])
    assert "goal of a longer period" in set(by_month.issues["issue"])


def test_a_rates_goal_holds_in_each_period(tmp_path):
    (tmp_path / "people.csv").write_text("person_id,name,team\nada,Ada,north\n")
    (tmp_path / "targets.csv").write_text(
        "person_id,team,period,measure,target\nada,,2026,win_rate,0.4\n,north,2026,win_rate,0.3\n"
        "ada,,2026-Q2,win_rate,0.5\n,north,2026,bookings,400\n"
    )
    (tmp_path / "opportunities.csv").write_text(
        "opportunity_id,owner_id,status,created_on,closed_on,amount,stage\n"
        "o1,ada,won,2026-01-05,2026-02-01,100,Won\no2,ada,lost,2026-01-05,2026-02-01,100,Lost\n"
    )
    crm = sp.load(tmp_path)
    found = sp.scenario.figures(crm, scheme("quarter", measure="win_rate"), year=2026)
    ada = found[found["person_id"] == "ada"].set_index("period")["target"]
    assert ada.to_dict() == {"2026-Q1": 0.4, "2026-Q2": 0.5, "2026-Q3": 0.4, "2026-Q4": 0.4}
    assert found.loc[found["team"] == "north", "target"].tolist() == [0.3] * 4
    sums = sp.scenario.figures(crm, scheme("quarter"), year=2026)
    assert sums.loc[sums["team"] == "north", ["period", "target"]].values.tolist() == [
        ["2026", 400]
    ]


# Shorter goals --------------------------------------------------------------------------------


def test_goals_of_shorter_periods_are_summed_where_complete():
    whole = sold(30, 40, 50).assign(target=[40.0, 40.0, 40.0])
    assert paid(scheme("quarter"), whole).lines["attainment_rate"].tolist() == [1.0]
    part = whole.assign(target=[40.0, 40.0, NAN])
    found = paid(scheme("quarter"), part)
    assert np.isnan(found.payouts["payout_rate"].tolist()).all()
    assert found.lines["reason"].tolist() == ["goal for part of the period only"]
    assert found.payouts["reason"].tolist() == ["missing: bookings"]


def test_a_month_in_which_nobody_was_there_is_no_gap():
    late = sold(0, 40, 50).assign(target=[NAN, 40.0, 40.0])
    assert paid(scheme("quarter"), late).lines["attainment_rate"].tolist() == [90 / 80]


# A payout of 0 that nobody earned -----------------------------------------------------------------


def two(ada, ben):
    return pd.concat([sold(*ada).assign(target=100.0), sold(*ben, person="ben")])


def test_pay_that_lacks_its_goal_is_not_known_and_pay_of_nothing_is_0():
    curve = {"threshold": 0.5, "start": "zero"}
    found = paid(scheme(curve=curve), two([40], [90]), people=staff("ada", "ben"))
    ada, ben = found.payouts.to_dict("records")
    assert (ada["payout_amount"], ada["payout_rate"], ada["reason"]) == (0, 0, "")
    assert ben["payout_amount"] == 0
    assert np.isnan(ben["payout_rate"])
    assert ben["reason"] == "missing: bookings"
    assert found.cost[["payout_amount", "incomplete_count"]].values.tolist() == [[0, 1]]
    letters = sp.compensation.statements(found)["statement"].tolist()
    assert "Total €0.00" in letters[0]
    assert "Not known, as a goal" in letters[1]
    assert "Total" not in letters[1]


def test_pay_in_part_names_what_is_missing():
    rules = scheme().changed(
        criteria=[{"name": "bookings", "weight": 0.5}, {"name": "calls", "weight": 0.5}]
    )
    frames = sold(100).assign(target=100.0), sold(50, measure="calls")
    found = paid(rules, *frames).payouts.iloc[0]
    assert (found["payout_amount"], found["reason"]) == (500, "missing: calls")


def test_who_lacks_a_goal_neither_wins_nor_loses():
    people = staff("ada", "ben")
    found = paid(scheme(), two([90], [90]), people=people)
    before = pd.DataFrame({"person_id": ["ada", "ben"], "period": "2026-01", "paid_variable": 950})
    compared = sp.compensation.compare(found, before).set_index("person_id")
    assert compared["outcome"].tolist() == ["loser", "no comparison"]
    assert compared.loc["ben", "reason"] == "pay of 2026-01 not known, missing: bookings"
    same = sp.compensation.compare(found, found)
    assert set(same["outcome"]) == {"unchanged"}


def test_a_goal_of_0_and_a_scheme_that_pays_without_goals_are_answers():
    zero = paid(scheme(), sold(10).assign(target=0.0))
    assert zero.payouts["payout_amount"].tolist() == [0]
    assert zero.lines["reason"].tolist() == ["goal of 0"]
    kind = paid(scheme().changed(no_target="pays_target"), sold(10))
    assert kind.payouts["payout_amount"].tolist() == [1000]


def test_nobody_stated_the_target_pay():
    found = paid(scheme(), sold(100).assign(target=100.0), people=staff(target_variable=[NAN]))
    assert np.isnan(found.payouts["payout_rate"][0])
    assert found.payouts["reason"].tolist() == ["no target_variable"]


def test_a_level_that_nobody_gave():
    curve = {"kind": "levels", "levels": {"met": 1.0}}
    done = sold(1, 1).assign(level=["met", None], actual=NAN)
    found = simulate(scheme(curve=curve), staff(), done)
    assert found.payouts["payout_amount"].tolist() == [1000, 0]
    assert found.payouts["payout_rate"].tolist() == pytest.approx([1, NAN], nan_ok=True)
    assert found.lines["reason"].tolist() == ["", "no figure"]


def test_sales_to_date_of_a_month_without_a_goal_are_told():
    rules = scheme().changed(accrual="year_to_date")
    found = paid(rules, sold(90, 60).assign(target=[100.0, NAN]))
    assert found.lines["reason"].tolist() == ["", "no goal in a part of the time so far"]
    assert "the goals there are count" in found.issues["consequence"].iloc[-1]
