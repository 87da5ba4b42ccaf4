"""Open deals, health, coverage and velocity on the CRM small enough to compute on paper."""

import datetime as dt

import pandas as pd
import pytest

import salesplan as sp
from salesplan import pipeline, text
from salesplan.errors import InputError, MissingDataError, UnknownNameError


def changed(**tables):
    """The small CRM with some tables replaced."""
    return sp.from_frames(sp.paper.frames() | tables, as_of=sp.paper.AS_OF)


def deal(table, opportunity_id):
    return table.set_index("opportunity_id").loc[opportunity_id]


def test_open_deals_by_hand(crm):
    deals = pipeline.open_deals(crm)
    assert deals["opportunity_id"].tolist() == ["O10", "O8", "O9"]
    o8 = deal(deals, "O8")
    assert (o8["age_days"], o8["stage_days"]) == (121, 77)  # created 1 June, Proposal 15 July
    assert (o8["inactive_days"], o8["past_due_days"], o8["push_count"]) == (91, 15, 1)
    # Won deals left Proposal after 28, 59, 50, 70 and 56 days: median 56, 90th percentile 65.6.
    assert (o8["typical_stage_days"], o8["slow_stage_days"]) == (56, pytest.approx(65.6))
    assert o8["risks"] == (
        "15 days past its close date; no activity for 91 days; "
        "77 days in its stage, longer than most deals that were won; no next step"
    )
    assert deal(deals, "O10")["lacks_amount"]
    assert not deal(deals, "O10")["lacks_next_step"]  # a meeting is planned


def test_the_state_of_an_earlier_day_comes_from_history(crm):
    deals = pipeline.open_deals(crm, as_of="2026-03-05")
    o4 = deal(deals, "O4")
    assert (o4["stage"], o4["amount"], o4["known_by"]) == ("Qualified", 3000, "history")
    assert deal(deals, "O5")["expected_close_on"] == pd.Timestamp("2026-05-31")
    assert deals["opportunity_id"].tolist() == ["O1", "O2", "O3", "O4", "O5"]


def test_without_history_an_earlier_stage_is_not_made_up():
    frames = sp.paper.frames()
    del frames["stage_changes"]
    crm = sp.from_frames(frames, as_of=sp.paper.AS_OF)
    deals = pipeline.open_deals(crm, as_of="2026-06-30")
    assert deals["opportunity_id"].tolist() == ["O5", "O6", "O7", "O8"]
    assert deals["stage"].isna().all()
    assert deals["known_by"].eq("dates").all()


def test_rows_after_the_closing_row_do_not_reopen_a_deal():
    changes = sp.paper.frames()["stage_changes"]
    slip = pd.DataFrame(
        {"opportunity_id": ["O3"], "changed_at": ["2026-05-01"], "seq": [9], "stage": ["Meeting"]}
    )
    crm = changed(stage_changes=pd.concat([changes, slip], ignore_index=True))
    for day in (None, "2026-06-01", "2026-04-01"):
        assert "O3" not in set(pipeline.open_deals(crm, as_of=day)["opportunity_id"])


def test_a_deal_that_was_lost_and_reopened_was_open_in_between():
    frames = sp.paper.frames()
    again = pd.DataFrame(
        {
            "opportunity_id": ["O3", "O3"],
            "changed_at": ["2026-05-01", "2026-06-15"],
            "seq": [8, 9],
            "stage": ["Meeting", "Won"],
            "amount": [5500, 5500],
        }
    )
    deals = frames["opportunities"].set_index("opportunity_id")
    deals.loc["O3", ["stage", "closed_on", "amount"]] = ["Won", "2026-06-15", 5500]
    crm = changed(
        opportunities=deals.reset_index(),
        stage_changes=pd.concat([frames["stage_changes"], again], ignore_index=True),
    )
    o3 = deal(pipeline.open_deals(crm, as_of="2026-05-20"), "O3")
    assert (o3["stage"], o3["amount"]) == ("Meeting", 5500)
    bars = pipeline.waterfall(crm, quarter="2026-Q2").set_index("movement")
    assert bars.loc["reopened", ["amount", "deal_count"]].tolist() == [5500, 1]
    assert bars.loc["won", "deal_count"] == 3  # O2, O3 and O4


def test_only_keeps_the_groups_named(crm):
    assert pipeline.open_deals(crm, only={"team": "North"})["opportunity_id"].tolist() == ["O10"]
    with pytest.raises(UnknownNameError, match="teem"):
        pipeline.open_deals(crm, only={"teem": "North"})


@pytest.mark.parametrize("lang", ["en", "de", "fr"])
def test_risks_and_health_speak_each_language(crm, lang):
    deals = pipeline.open_deals(crm, lang=lang)
    assert text.label("pipeline.risk_lacks_amount", lang) in deals["risks"].iloc[0]
    titles = pipeline.health(crm, lang=lang)["title"]
    assert text.label("pipeline.hygiene", lang) in set(titles)


def test_weighted_by_hand(crm):
    found = pipeline.weighted(crm).iloc[0]
    assert found["weighted_amount"] == 0.6 * 9000 + 0.3 * 3000
    variance = 9000**2 * 0.6 * 0.4 + 3000**2 * 0.3 * 0.7
    assert found["deviation_amount"] == pytest.approx(variance**0.5)
    assert (found["open_count"], found["unpriced_count"]) == (3, 1)


def test_coverage_by_hand(crm):
    found = pipeline.coverage(crm, year=2026, pool="all").iloc[0]
    assert found["target_amount"] == pytest.approx(53000)
    assert found["won_amount"] == 35000
    assert found["coverage_ratio"] == pytest.approx(12000 / 18000)
    assert found["full_target_ratio"] == pytest.approx(12000 / 53000)
    assert (found["win_count"], found["closed_count"]) == (5, 7)
    assert found["required_ratio"] == pytest.approx(7 / 5)
    assert found["expected_amount"] == pytest.approx(12000 * 5 / 7)


def test_targets_of_teams_and_persons_are_not_added_up(crm):
    total = pipeline.coverage(crm, year=2026, pool="all")["target_amount"].sum()
    by_team = pipeline.coverage(crm, year=2026, pool="all", by="team")
    by_owner = pipeline.coverage(crm, year=2026, pool="all", by="owner")
    assert total == pytest.approx(by_team["target_amount"].sum())
    assert total == pytest.approx(by_owner["target_amount"].sum())
    assert by_team["open_amount"].sum() == by_owner["open_amount"].sum() == 12000


def test_the_goal_of_a_quarter_overrules_its_part_of_the_year():
    targets = pd.DataFrame(
        {
            "person_id": ["ada", "ada", "ben"],
            "period": ["2026", "2026-Q4", "2026"],
            "measure": ["bookings"] * 3,
            "target": [20000, 9000, 12000],
        }
    )
    table = pipeline.coverage(changed(targets=targets), quarter="2026-Q4", by="owner")
    found = table.set_index("owner")["target_amount"]
    assert found["Ada Roth"] == pytest.approx(9000)
    assert found["Ben Kahn"] == pytest.approx(3000)


def test_coverage_says_why_it_has_no_number(crm):
    table = pipeline.coverage(crm, quarter="2026-Q3", by="owner", pool="all").set_index("owner")
    assert table.loc["Ada Roth", "reason"] == text.label("pipeline.target_reached")
    assert table.loc["Ben Kahn", "reason"] == text.label("pipeline.no_amounts", count=1)
    by_segment = pipeline.coverage(crm, quarter="2026-Q3", by="segment")
    assert by_segment["coverage_ratio"].isna().all()
    assert by_segment["reason"].eq(text.label("pipeline.no_target")).all()


def test_due_deals_include_overdue_ones(crm):
    due = pipeline.coverage(crm, quarter="2026-Q4").iloc[0]
    assert due["open_count"] == 3
    assert pipeline.coverage(crm, month="2026-10").iloc[0]["open_count"] == 1  # O8, overdue


def test_velocity_by_hand(crm):
    found = pipeline.velocity(crm).iloc[0]
    cycles = [59, 90, 109, 131, 136]  # O1, O2, O4, O5, O6
    assert found["cycle_days"] == pytest.approx(sum(cycles) / 5)
    assert found["average_amount"] == 7000
    assert found["day_amount"] == pytest.approx(3 * 7000 * 5 / 7 / (sum(cycles) / 5))
    assert pipeline.velocity(crm, cycle="median").iloc[0]["cycle_days"] == 109


@pytest.mark.parametrize(
    ("definition", "count", "tried"),
    [
        ("open", 3, 7),
        ("engaged", 3, 7),
        ("qualified", 2, 7),
        ("closed", 7, 7),
        ("created", 10, 10),
        ("active", 10, 7),
    ],
)
def test_each_definition_of_velocity_counts_its_own_deals(crm, definition, count, tried):
    found = pipeline.velocity(crm, definition=definition).iloc[0]
    assert (found["opportunity_count"], found["tried_count"]) == (count, tried)


def test_health_rows_carry_their_limits_and_words(crm):
    table = pipeline.health(crm, quarter="2026-Q4", pool="all").set_index("measure")
    assert table.loc["stalled", ["k", "n", "light"]].tolist() == [3, 3, "red"]
    assert table.loc["hygiene", ["k", "n"]].tolist() == [11, 15]
    assert table.loc["past_due", "value"] == pytest.approx(1 / 3)
    assert table.loc["created_per_month", "value"] == pytest.approx(2 / 3)
    assert table.loc["coverage", "why"] == "0.91: green from 3.00, red below 2.00"
    assert table.loc["velocity_pace", "reason"] == text.label("pipeline.no_earlier_velocity")


def test_limits_come_from_the_settings():
    settings = sp.settings.Settings(
        thresholds={"stalled_days": 40, "stalled_amber": 0.9, "stalled_red": 1.0}
    )
    crm = sp.paper.crm(settings)
    assert pipeline.open_deals(crm)["is_stalled"].sum() == 2
    assert pipeline.open_deals(sp.paper.crm())["is_stalled"].sum() == 2
    table = pipeline.health(crm).set_index("measure")
    assert table.loc["stalled", "light"] == "amber"


def test_health_by_team_adds_up_to_the_whole(crm):
    whole = pipeline.health(crm, pool="all").set_index("measure")
    parts = pipeline.health(crm, by="team", pool="all")
    for name in ("stalled", "past_due", "hygiene"):
        mine = parts[parts["measure"] == name]
        assert mine["k"].sum() == whole.loc[name, "k"]
        assert mine["n"].sum() == whole.loc[name, "n"]


def test_foreign_amounts_take_the_last_rate_and_none_is_no_amount():
    deals = sp.paper.frames()["opportunities"].set_index("opportunity_id")
    deals.loc["O8", "currency"], deals.loc["O9", "currency"] = "CHF", "SEK"
    rates = pd.DataFrame(
        {"currency": "CHF", "rate_on": ["2026-01-01", "2026-09-01", "2026-10-15"],
         "rate": [1.0, 1.1, 2.0]}
    )  # fmt: skip
    crm = changed(opportunities=deals.reset_index(), fx_rates=rates)
    found = pipeline.open_deals(crm).set_index("opportunity_id")["amount"]
    assert found["O8"] == pytest.approx(9900)
    assert pd.isna(found["O9"])
    bars = pipeline.waterfall(crm, quarter="2026-Q3").set_index("movement")
    assert bars.loc["fx", "amount"] == pytest.approx(900)


def test_tenders_stand_beside_other_deals():
    frames = sp.paper.frames()
    frames["opportunities"]["is_tender"] = frames["opportunities"]["opportunity_id"].isin(
        ["O1", "O3"]
    )
    table = pipeline.tenders(sp.from_frames(frames, as_of=sp.paper.AS_OF)).set_index("kind")
    assert table.loc["tender", ["win_count", "closed_count"]].tolist() == [1, 2]
    assert table.loc["tender", "worked_hours"] == pytest.approx(1.25)  # V1 and V5
    assert table.loc["tender", "win_cost"] == pytest.approx(1.25 * 65)
    assert table.loc["not_tender", "closed_count"] == 5


def test_account_mapping_lists_who_is_missing():
    frames = sp.paper.frames()
    frames["contacts"] = pd.DataFrame({"contact_id": ["C1", "C2"], "account_id": "A2"})
    frames["contact_roles"] = pd.DataFrame(
        {"opportunity_id": "O8", "contact_id": ["C1", "C2"], "role": ["decides", "opposes"]}
    )
    frames["activities"]["contact_id"] = frames["activities"]["activity_id"].map({"V8": "C1"})
    frames["opportunities"]["published_on"] = "2026-07-15"
    table = pipeline.account_mapping(sp.from_frames(frames, as_of=sp.paper.AS_OF))
    assert table["opportunity_id"].tolist() == ["O8"]  # the one open deal of a gold account
    o8 = table.iloc[0]
    assert (o8["decides_count"], o8["opposes_count"]) == (1, 1)
    assert o8["mapped_share"] == pytest.approx(1 / 3)
    assert o8["decides_touched_on"] == pd.Timestamp("2026-07-01")
    assert o8["first_contact"] == "before_publication"
    assert o8["gaps"] == "nobody who influences is known; nobody who promotes is known"


def test_signals_need_kinds_that_exist(crm):
    with pytest.raises(MissingDataError, match="Name the kinds"):
        pipeline.signals(crm)


def test_hostile_names_stay_text():
    deals = sp.paper.frames()["opportunities"]
    deals["name"] = "x'); DROP TABLE opportunities; --"
    crm = changed(opportunities=deals)
    assert len(pipeline.open_deals(crm, only={"product": "Plus' OR 1=1 --"})) == 0
    assert len(pipeline.open_deals(crm)) == 3


def test_an_empty_pipeline_gives_empty_answers():
    deals = sp.paper.frames()["opportunities"]
    crm = changed(opportunities=deals[deals["closed_on"].notna()])
    assert pipeline.open_deals(crm).empty
    found = pipeline.weighted(crm).iloc[0]
    assert (found["open_count"], found["weighted_amount"]) == (0, 0)
    health = pipeline.health(crm).set_index("measure")
    assert health.loc["hygiene", "reason"] == text.label("pipeline.nothing_open")
    assert pipeline.health(crm, by="team")["measure"].nunique() == 12


def test_wrong_calls_say_what_to_do(crm):
    with pytest.raises(InputError, match="both since= and until="):
        pipeline.coverage(crm, since="2026-01-01")
    with pytest.raises(InputError, match="lies after"):
        pipeline.waterfall(crm, quarter="2027-Q1")
    with pytest.raises(InputError, match="does not lie after"):
        pipeline.forecast(crm, until="2026-01-01", seed=1)
    with pytest.raises(UnknownNameError, match="'due'"):
        pipeline.coverage(crm, pool="dew")


def test_a_fiscal_year_moves_the_quarter():
    crm = sp.paper.crm(sp.settings.Settings(fiscal_year_starts=2))
    found = pipeline.coverage(crm, pool="all").iloc[0]
    assert found["won_amount"] == 7000  # August to October holds O6 alone
    assert crm.as_of == dt.date(2026, 9, 30)


def test_changes_of_one_moment_fall_in_the_order_of_the_crm_then_of_the_stages():
    """Two rows of one day: a number decides, else the later stage is the one that stands."""
    deals = pd.DataFrame(
        {"opportunity_id": ["O1", "O2"], "stage": "Proposal", "created_on": "2026-01-05"}
    )
    rows = [("O1", 2, "Qualified"), ("O1", 1, "Proposal"), ("O2", None, "Proposal"),
            ("O2", None, "Qualified")]  # fmt: skip
    changes = pd.DataFrame(rows, columns=["opportunity_id", "seq", "stage"])
    later = pd.DataFrame({"opportunity_id": ["O1", "O2"], "stage": "Won", "seq": [9, 9]})
    changes = pd.concat(
        [changes.assign(changed_at="2026-01-05"), later.assign(changed_at="2026-08-01")]
    )
    deals = deals.assign(stage="Won", closed_on="2026-08-01")
    crm = changed(opportunities=deals, stage_changes=changes)
    then = pipeline.open_deals(crm, as_of="2026-03-01").set_index("opportunity_id")["stage"]
    assert then.to_dict() == {"O1": "Qualified", "O2": "Proposal"}


def test_a_group_that_closed_nothing_of_late_keeps_its_row():
    deals = sp.paper.frames()["opportunities"]
    old = pd.DataFrame(
        {"opportunity_id": ["OLD"], "stage": ["Won"], "owner_id": ["dan"], "product": ["Relic"],
         "created_on": ["2020-01-01"], "closed_on": ["2020-03-01"], "amount": [500]}
    )  # fmt: skip
    crm = changed(opportunities=pd.concat([deals, old], ignore_index=True))
    found = pipeline.velocity(crm, by="product").set_index("product")
    assert found.loc["Relic", ["opportunity_count", "tried_count"]].tolist() == [0, 0]
    assert found.loc["Relic", "reason"] == text.label("pipeline.nothing_closed")
    health = pipeline.health(crm, by="product")
    assert health["product"].eq("Relic").sum() == 12
