"""Public CRM data: our answers against those computed independently, and past states."""

import pytest
from public_data import load_public

from salesplan import pipeline

pytestmark = pytest.mark.data


@pytest.fixture
def maven(data):
    return load_public("maven_crm", data)


@pytest.fixture
def acceldata(data):
    return load_public("acceldata_synth", data)


def test_maven_open_deals_age(maven, reference):
    wanted = reference["maven_crm"]["open_ageing_asof_2017-12-31"]
    deals = pipeline.open_deals(maven)
    age = deals["age_days"].dropna()
    assert len(age) == wanted["n"]
    assert age.mean() == pytest.approx(wanted["mean"], abs=1e-6)
    assert age.median() == wanted["median"]
    assert age.max() == wanted["max"]
    for days in (90, 138, 180):
        assert (age > days).sum() == wanted[f"over_{days}d"]
    assert deals["lacks_account"].sum() == reference["maven_crm"]["open_without_account"]


@pytest.mark.parametrize("cycle", ["mean", "median"])
def test_maven_velocity(maven, reference, cycle):
    wanted = reference["maven_crm"]["velocity_asof_2017-12-31"]
    found = pipeline.velocity(maven, definition="engaged", cycle=cycle).iloc[0]
    assert found["opportunity_count"] == wanted["opps"]
    assert found["average_amount"] == pytest.approx(wanted["avg_won"], abs=1e-6)
    assert found["win_rate"] == pytest.approx(wanted["win_rate"], abs=1e-6)
    assert found["cycle_days"] == pytest.approx(wanted[f"{cycle}_cycle"], abs=1e-6)
    assert found["day_amount"] == pytest.approx(wanted[f"per_day_{cycle}_cycle"], abs=1e-5)


def test_maven_has_no_amount_to_weigh(maven):
    found = pipeline.weighted(maven).iloc[0]
    assert str(found["weighted_amount"]) == "nan"
    assert "2089" in found["reason"]
    health = pipeline.health(maven).set_index("measure")
    for name in ("coverage", "weighted_amount", "concentration", "stalled", "past_due"):
        assert str(health.loc[name, "value"]) == "nan", name
        assert health.loc[name, "reason"], name
        assert health.loc[name, "light"] == "none", name


def test_maven_waterfall_says_what_it_cannot_know(maven):
    bars = pipeline.waterfall(maven, quarter="2017-Q4").set_index("movement")
    assert bars.loc["end", "deal_count"] == 2089
    assert bars.loc["won", "amount"] == -2802496.0
    for name in ("increased", "decreased", "reopened", "deleted"):
        assert str(bars.loc[name, "amount"]) == "nan", name
        assert bars.loc[name, "reason"], name


def test_acceldata_open_pipeline(acceldata, reference):
    wanted = reference["acceldata_synth"]
    deals = pipeline.open_deals(acceldata)
    assert len(deals) == wanted["open_pipeline"]["n"]
    assert deals["amount"].sum() == wanted["open_pipeline"]["amount"]
    by_stage = deals.groupby("stage")["amount"].agg(["size", "sum"])
    for stage, one in wanted["open_by_stage"].items():
        assert by_stage.loc[stage].tolist() == [one["n"], one["amount"]]
    assert deals["is_past_due"].sum() == wanted["past_close_date"]
    assert (deals["is_stalled"] | deals["is_untouched"]).sum() == wanted["stalled_21d"]


def test_acceldata_open_deals_without_a_champion(acceldata, reference):
    deals = pipeline.open_deals(acceldata)
    without = deals["risks"].str.contains("nobody at the customer promotes it")
    assert without.sum() == reference["acceldata_synth"]["no_champion_open"]
    assert deals["amount"].notna().sum() > without.sum() > 0


def test_acceldata_weighted(acceldata, reference):
    found = pipeline.weighted(acceldata).iloc[0]
    assert found["weighted_amount"] == pytest.approx(
        reference["acceldata_synth"]["weighted_pipeline"]
    )
    by_owner = pipeline.weighted(acceldata, by="owner")
    assert by_owner["weighted_amount"].sum() == pytest.approx(found["weighted_amount"])


def test_acceldata_pushes(acceldata, reference):
    slips = pipeline.slippage(acceldata, since="2025-01-01", until="2026-10-09")
    pushed = slips.set_index("definition").loc["ever_pushed"]
    wanted = reference["acceldata_synth"]["slipped_share"]
    assert (pushed["slipped_count"], pushed["due_count"]) == (wanted["k"], wanted["n"])
    interval = [pushed["slip_rate_low"], pushed["slip_rate_high"]]
    assert interval == pytest.approx(wanted["wilson95"], abs=1e-6)


def test_acceldata_waterfall_chains_through_the_year(acceldata):
    ends = []
    for quarter in ("2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3"):
        bars = pipeline.waterfall(acceldata, quarter=quarter).set_index("movement")
        if ends:
            assert bars.loc["start", ["amount", "deal_count"]].tolist() == ends[-1]
        ends.append(bars.loc["end", ["amount", "deal_count"]].tolist())
    assert ends[-1][1] > 0
