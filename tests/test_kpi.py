"""The catalogue is complete and true; attainment and the scorecard add up on paper."""

from __future__ import annotations

import inspect

import pandas as pd
import pytest

import salesplan as sp
from salesplan._kpi.catalogue import measures
from salesplan.errors import InputError, UnknownNameError
from salesplan.measures import UNITS

MEASURES = list(measures().values())


@pytest.mark.parametrize("measure", MEASURES, ids=lambda m: m.name)
def test_each_measure_is_defined_and_its_function_exists(measure):
    for text in (measure.title, measure.definition, measure.formula, measure.source):
        assert len(text) >= 3
    assert measure.unit in UNITS
    assert [sp.schema.table(name) for name in measure.tables]
    assert measure.function.startswith("sp.")
    area, name = measure.function.removeprefix("sp.").split(".")
    assert inspect.isfunction(getattr(getattr(sp, area), name))


@pytest.mark.parametrize("measure", [m for m in MEASURES if m.facts], ids=lambda m: m.name)
def test_facts_give_person_day_value_and_every_filter(measure, crm):
    found = crm.query(f"SELECT * FROM ({measure.facts}) AS f LIMIT 0")
    wanted = {"person_id", "on_date", "value", *measure.filters}
    assert wanted | ({"base"} if measure.is_ratio else set()) <= set(found.columns)


@pytest.mark.parametrize(
    "name", ["bookings", "deals_won", "new_customers", "meetings_held", "deals_created"]
)
def test_months_add_up_to_the_year(crm, name):
    def total(period):
        return sp.kpi.attainment(crm, year=2026, measures=[name], period=period)["actual"].sum()

    assert total("month") == pytest.approx(total("quarter")) == pytest.approx(total("year"))


def test_attainment_on_paper(crm):
    found = sp.kpi.attainment(crm, year=2026, period="year", measures=["bookings"])
    by_person = found.set_index("person_id")
    # Ada: 10,000 + 6,000 won; goal 20,000. Dan lost his only closed deal.
    assert by_person.loc["ada", ["actual", "target"]].tolist() == [16000, 20000]
    assert by_person.loc["dan", "actual"] == 0
    quarters = sp.kpi.attainment(crm, year=2026, measures=["bookings"])
    assert quarters["target"].isna().all(), "a yearly goal says nothing about a quarter"


def test_quarterly_goals_make_a_year_only_when_complete(crm):
    frames = sp.paper.frames()
    goals = pd.DataFrame(
        {
            "person_id": ["ada"] * 4 + ["ben"] * 3,
            "measure": "bookings",
            "period": [f"2026-Q{q}" for q in (1, 2, 3, 4, 1, 2, 3)],
            "target": [1.0, 2, 3, 4, 1, 2, 3],
        }
    )
    crm = sp.from_frames({**frames, "targets": goals}, as_of="2026-09-30")
    found = sp.kpi.attainment(crm, year=2026, period="year").set_index("person_id")["target"]
    assert found["ada"] == 10
    assert pd.isna(found["ben"])


def test_split_credit_is_shared_and_overlay_is_not_counted_twice(crm):
    frames = sp.paper.frames()
    shares = pd.DataFrame(
        {
            "opportunity_id": ["O1"] * 3,
            "person_id": ["ada", "ben", "mia"],
            "share": [0.6, 0.4, 1.0],
            "kind": ["split", "split", "overlay"],
        }
    )
    crm = sp.from_frames({**frames, "credits": shares}, as_of="2026-09-30")
    found = sp.kpi.attainment(crm, year=2026, period="year", measures=["bookings"])
    paid = found.set_index("person_id")["actual"]
    assert paid[["ada", "ben", "mia"]].tolist() == [12000, 11000, 10000]
    card = sp.kpi.scorecard(crm, year=2026, measures=["bookings"])
    assert card["value"].item() == 35000, "the company sold each deal once"


def test_foreign_deals_count_in_the_reporting_currency():
    deals = pd.DataFrame(
        {
            "opportunity_id": ["a", "b", "c"],
            "owner_id": "x",
            "stage": "Won",
            "status": "won",
            "amount": [100, 100, 100],
            "currency": ["EUR", "CHF", "SEK"],
            "closed_on": "2026-03-15",
        }
    )
    rates = pd.DataFrame(
        {"currency": ["CHF", "CHF"], "rate_on": ["2026-01-01", "2026-04-01"], "rate": [1.05, 1.10]}
    )
    crm = sp.from_frames({"opportunities": deals, "fx_rates": rates}, as_of="2026-09-30")
    found = sp.kpi.attainment(crm, year=2026, period="year", measures=["bookings"])
    assert found["actual"].item() == pytest.approx(205.0), "CHF at the day's rate, SEK unknown"


def test_scorecard_beside_the_quarters_before(crm):
    card = sp.kpi.scorecard(crm, quarter="2026-Q3").set_index("measure")
    assert card.loc["bookings", ["value", "previous"]].tolist() == [13000, 12000]
    assert card.loc["bookings", "verdict"] == "better"
    assert card.loc["win_rate", ["k", "n"]].tolist() == [2, 3]
    assert list(card.index) == list(sp.kpi.HEADLINES)
    without = card["value"].isna()
    assert (card.loc[without, "reason"] != "").all(), "what has no value says why"


def test_teams_add_up_to_the_company(crm):
    teams = sp.kpi.scorecard(crm, quarter="2026-Q3", by="team")
    company = sp.kpi.scorecard(crm, quarter="2026-Q3").set_index("measure")
    for name in ("bookings", "deals_won", "meetings_held"):
        assert teams.loc[teams["measure"] == name, "value"].sum() == company.loc[name, "value"]


def test_wrong_calls_name_the_nearest(crm):
    with pytest.raises(UnknownNameError, match="Did you mean 'bookings'"):
        sp.kpi.explain("bokings")
    with pytest.raises(UnknownNameError, match="Did you mean 'product'"):
        sp.kpi.attainment(crm, year=2026, measures=["bookings"], only={"prodct": "Core"})
    with pytest.raises(InputError, match="needs a time"):
        sp.kpi.attainment(crm)
    with pytest.raises(InputError, match="needs a period"):
        sp.kpi.scorecard(crm)
    with pytest.raises(InputError, match="no measure of a person"):
        sp.kpi.attainment(crm, year=2026, measures=["open_pipeline"])


def test_a_filter_keeps_what_it_names(crm):
    only = {"product": "Plus"}
    found = sp.kpi.attainment(crm, year=2026, period="year", measures=["bookings"], only=only)
    assert found["actual"].sum() == 4000 + 6000


def test_the_year_of_a_scheme_is_filtered_by_criterion(crm):
    scheme = sp.compensation.Scheme(
        name="A",
        pays_each="year",
        criteria=[
            {"name": "bookings", "weight": 0.5},
            {
                "name": "plus",
                "measure": "bookings",
                "weight": 0.5,
                "only": {"product": "Plus"},
                "target": {"from": "fixed", "value": 5000},
            },
        ],
    )
    lines = sp.scenario.backtest(crm, scheme, year=2026).simulation.lines
    ada = lines[lines["person_id"] == "ada"].set_index("line")
    assert ada.loc["bookings", ["actual", "target"]].tolist() == [16000, 20000]
    assert ada.loc["plus", ["actual", "target"]].tolist() == [6000, 5000]


def test_last_years_scheme_pays_what_was_paid():
    """The demo's payroll was made by its generator; the engine must come to the same cents."""
    crm = sp.load("data/demo")
    scheme = sp.compensation.Scheme.read("data/schemes/field_2026.toml")
    tested = sp.scenario.backtest(crm, scheme, year="FY2026")
    assert len(tested.compared) == 14
    assert tested.compared["delta_amount"].abs().max() < 0.005
    goals = sp.kpi.goals(crm, year="FY2026").query("measure == 'Bookings'")
    reached = (goals["attainment_rate"] >= 1).sum()
    assert tested.diagnosis.goal.set_index("line").loc["bookings", "k"] == reached


def test_each_measure_is_called_what_it_declares():
    listed = sp.kpi.catalogue("en")
    for name, declared in measures().items():
        told = listed.set_index("name").loc[name]
        assert (told["title"], told["definition"]) == (declared.title, declared.definition)


@pytest.mark.parametrize(("lang", "title"), [("de", "Auftragseingang"), ("fr", "Commandes")])
def test_a_scorecard_speaks_the_language_of_its_book(lang, title):
    card = sp.kpi.scorecard(sp.paper.crm().told_in(lang), quarter="2026-Q3", measures=["bookings"])
    assert card["title"].tolist() == [title]
    goals = sp.kpi.goals(sp.paper.crm().told_in(lang), year=2026)
    assert title in set(goals["measure"])
