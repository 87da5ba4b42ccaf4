"""Worked examples of others: velocity, coverage, weighted pipeline, waterfall."""

import json
import tomllib
from pathlib import Path

import pytest

from salesplan import pipeline
from salesplan.errors import InputError, UnknownNameError

CASES = tomllib.loads((Path(__file__).parent / "cases" / "pipeline.toml").read_text("utf-8"))


def by_source(kind):
    return pytest.mark.parametrize("case", CASES[kind], ids=lambda c: c["source"])


@by_source("velocity")
def test_velocity(case):
    found = pipeline.velocity_of(
        case["opportunities"], case["average_amount"], case["win_rate"], case["cycle_days"]
    )
    for name in ("per_day", "per_month", "per_quarter"):
        if name in case:
            assert float(getattr(found, name)) == pytest.approx(case[name], rel=1e-12)


def test_a_cycle_a_fifth_shorter_makes_velocity_a_quarter_higher():
    before, after = (pipeline.velocity_of(40, 25000, 0.25, days).per_day for days in (90, 72))
    assert float(after / before) == pytest.approx(1.25)


@by_source("coverage")
def test_coverage(case):
    found = pipeline.coverage_of(
        case.get("open_amount", 0), case.get("target", 1), win_rate=case["win_rate"]
    )
    shown = {
        "coverage": found.coverage,
        "required": found.required,
        "expected": found.expected_amount,
        "attainment": found.expected_attainment,
        "required_amount": found.required_amount,
    }
    for name, value in shown.items():
        if name in case:
            assert float(value) == pytest.approx(case[name], rel=1e-12)


@by_source("weighted")
def test_weighted(case):
    amounts, probabilities = zip(*case["deals"], strict=True)
    found = pipeline.weighted_of(amounts, probabilities)
    assert found.amount == pytest.approx(case["amount"], rel=1e-12)
    if "deviation" in case:
        assert found.deviation == pytest.approx(case["deviation"], rel=1e-12)


@by_source("waterfall")
def test_waterfall(case):
    assert pipeline.balance_of(case["start"], case["movements"]) == case["end"]


def test_correlation_widens_the_interval_up_to_all_or_nothing():
    alone = pipeline.weighted_of([100, 100], [0.5, 0.5])
    together = pipeline.weighted_of([100, 100], [0.5, 0.5], correlation=1.0)
    assert alone.deviation == pytest.approx(70.7106781)
    assert together.deviation == pytest.approx(100.0)
    assert (together.low, together.high) == (0.0, 200.0)


def test_nothing_to_divide_by_gives_no_number():
    assert str(pipeline.velocity_of(3, 100, 0.5, 0).per_day) == "nan"
    assert str(pipeline.coverage_of(100, 50, won_amount=60).coverage) == "nan"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: pipeline.weighted_of([1], [30]), "Divide percentages by 100"),
        (lambda: pipeline.weighted_of([1], [0.3], correlation=2), "correlation=2"),
        (lambda: pipeline.weighted_of([1], [0.3], level=95), "level=95"),
        (lambda: pipeline.balance_of(1, {"create": 2}), "'created'"),
    ],
)
def test_wrong_input_is_told_apart(call, words):
    with pytest.raises(InputError, match=words):
        call()


# The same examples as they stand in the file of cases, so that none is left out above.
VELOCITY = {"velocity_mavenlb", "velocity_winsabove"}
COVERAGE = {"coverage_winsabove", "coverage_getgangly_B"}
WEIGHTED = {"weighted_revopsdictionary", "weighted_rework", "weighted_variance_formula"}


@pytest.fixture
def published(cases):
    rows = json.loads((cases / "funnel.json").read_text("utf-8"))
    return {row["id"]: row for row in rows}


def test_published_velocity(published):
    for name in VELOCITY:
        given, exact = published[name]["inputs"], published[name]["exact"]
        found = pipeline.velocity_of(
            given["opportunities"], given["avg_deal_value"], given["win_rate"], given["cycle_days"]
        )
        assert float(found.per_day) == pytest.approx(exact["per_day"])
    faster = 1 / (1 + published["velocity_sensitivity"]["inputs"]["cycle_change"]) - 1
    assert faster == pytest.approx(published["velocity_sensitivity"]["exact"])


def test_published_coverage(published):
    for name in COVERAGE:
        given, exact = published[name]["inputs"], published[name]["exact"]
        target = given.get("quota_remaining", given.get("quota"))
        found = pipeline.coverage_of(given["open_pipeline"], target, win_rate=given["win_rate"])
        assert float(found.coverage) == pytest.approx(exact["coverage"])
        assert float(found.required) == pytest.approx(exact["required"])
    one = published["coverage_mentor"]
    found = pipeline.coverage_of(0, one["inputs"]["quota"], win_rate=one["inputs"]["win_rate"])
    assert float(found.required_amount) == one["exact"]
    two = published["coverage_segment_mxm"]
    rates = [two["inputs"]["enterprise_win"], two["inputs"]["smb_win"]]
    found = pipeline.coverage_of([0, 0], [1, 1], win_rate=rates)
    assert found.required.tolist() == pytest.approx(list(two["exact"].values()))


def test_published_weighted(published):
    for name in WEIGHTED:
        amounts, chances = zip(*published[name]["inputs"]["deals"], strict=True)
        exact = published[name]["exact"]
        found = pipeline.weighted_of(amounts, chances)
        assert found.amount == pytest.approx(exact["E"] if isinstance(exact, dict) else exact)
        if isinstance(exact, dict):
            assert found.deviation == pytest.approx(exact["sd"])
    ten = published["weighted_rework_10x500k"]
    n, amount, p = (ten["inputs"][k] for k in ("n", "amount", "p"))
    assert pipeline.weighted_of([amount] * n, [p] * n).amount == pytest.approx(ten["exact"])


def test_published_waterfall(published):
    given = dict(published["waterfall_weflow"]["inputs"])
    start = given.pop("start")
    renamed = {{"new": "created", "increase": "increased", "decrease": "decreased"}.get(k, k): v
               for k, v in given.items()}  # fmt: skip
    assert pipeline.balance_of(start, renamed) == published["waterfall_weflow"]["exact"]


def test_an_unknown_definition_names_the_nearest(crm):
    with pytest.raises(UnknownNameError, match="'closed'"):
        pipeline.velocity(crm, definition="close")
