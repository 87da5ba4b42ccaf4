"""Plans: proven against brute force, bounds, units of money and the effort now."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

import salesplan as sp
from salesplan import allocation
from salesplan.errors import InputError

TWO = pd.DataFrame(
    {
        "segment": ["gold", "silver"],
        "curve": "exponential",
        "scale": [100.0, 60.0],
        "rate": [0.05, 0.12],
        "now": [25.0, 25.0],
    }
)
FAMILIES = ("power", "exponential", "logarithm", "adbudg", "points")


@st.composite
def tables(draw, most=5, calls=6):
    """A planner's table with curves of any family."""
    count = draw(st.integers(1, most))
    rows = [draw(_rows(calls)) | {"segment": f"S{i}"} for i in range(count)]
    return pd.DataFrame(rows)


@st.composite
def _rows(draw, calls):
    number = lambda low, high: draw(st.floats(low, high, allow_nan=False))  # noqa: E731
    kind = draw(st.sampled_from(FAMILIES))
    row = {
        "curve": kind,
        "hours_per_call": draw(st.sampled_from([0.5, 0.75, 1.0, 1.6, 2.0])),
        "account_count": draw(st.integers(1, 3)),
        "maximum": draw(st.integers(0, calls)),
        "scale": number(1, 100),
        "exponent": number(0.1, 0.9),
        "rate": number(0.05, 2),
        "low": number(0, 20),
        "shape": number(0.4, 4),
        "constant": number(0.05, 5),
        "unit": number(0.5, 4),
    }
    row["high"] = row["low"] + number(0, 100)
    steps = draw(st.lists(st.floats(0, 10), min_size=calls, max_size=calls))
    row["points"] = list(enumerate([0.0, *np.cumsum(steps).tolist()]))
    return row


def total_hours(table):
    return table["hours_per_call"] * table["account_count"]


def brute_force(table, hours):
    ready = allocation.read_segments(table)
    best = -np.inf
    for calls in itertools.product(*[range(int(m) + 1) for m in table["maximum"]]):
        if np.dot(ready.hours, calls) <= hours * (1 + 1e-12) + 1e-12:
            best = max(best, float(ready.curves.value(np.array(calls, float)).sum()))
    return best


@given(tables(), st.floats(0, 1))
def test_whole_calls_are_the_best_of_all_combinations(table, share):
    hours = share * float((total_hours(table) * table["maximum"]).sum())
    plan = sp.effort.allocate(table, hours=hours, whole=True)
    best = brute_force(table, hours)
    assert plan.value == pytest.approx(best, rel=1e-9, abs=1e-9)
    assert plan.bound == pytest.approx(best, rel=1e-9, abs=1e-9)
    assert plan.capacities["used_hours"].iloc[0] <= hours * (1 + 1e-8) + 1e-9


@given(tables(most=3), st.floats(0.05, 1))
def test_any_amount_is_at_least_as_good_as_a_fine_grid(table, share):
    hours = share * float((total_hours(table) * table["maximum"]).sum())
    plan = sp.effort.allocate(table, hours=hours)
    ready = allocation.read_segments(table)
    chances = np.random.default_rng(0)
    most = table["maximum"].to_numpy(float)
    for _ in range(60):
        other = chances.uniform(0, 1, len(table)) * most
        used = float(np.dot(ready.hours, other))
        other = other * min(1.0, hours / used) if used > 0 else other
        assert ready.curves.value(other).sum() <= plan.bound + 1e-8 * abs(plan.bound)
    assert plan.gap <= 1e-6
    assert plan.capacities["used_hours"].iloc[0] <= hours * (1 + 1e-9) + 1e-9


@given(tables(), st.data(), st.booleans(), st.sampled_from([None, 0.1, 0.5]))
def test_never_worse_than_the_effort_now(table, data, whole, change):
    now = [data.draw(st.integers(0, int(m))) for m in table["maximum"]]
    table = table.assign(now=[float(x) for x in now])
    hours = float((total_hours(table) * table["now"]).sum())
    plan = sp.effort.allocate(table, hours=hours, whole=whole, change_at_most=change)
    assert plan.value >= plan.value_now
    assert plan.bound >= plan.value
    assert plan.optimum_value >= plan.value - 1e-9 * abs(plan.value)


@given(tables(), st.sampled_from([1e-9, 1e-4, 1e5, 1e9]), st.booleans())
def test_the_unit_of_money_changes_no_plan(table, factor, whole):
    hours = 0.4 * float((total_hours(table) * table["maximum"]).sum())
    scaled = table.assign(
        scale=table["scale"] * factor,
        low=table["low"] * factor,
        high=table["high"] * factor,
        points=[[(x, y * factor) for x, y in p] for p in table["points"]],
    )
    plan = sp.effort.allocate(table, hours=hours, whole=whole)
    other = sp.effort.allocate(scaled, hours=hours, whole=whole)
    assert other.value == pytest.approx(plan.value * factor, rel=1e-9)
    ready = allocation.read_segments(table)
    same = ready.curves.value(other.table["proposed"].to_numpy()).sum()
    assert same == pytest.approx(plan.value, rel=1e-9)


def test_marginal_values_are_equal_where_nothing_holds():
    plan = sp.effort.allocate(TWO, hours=50)
    marginal = plan.table["value_of_next_hour"].to_numpy()
    assert marginal == pytest.approx(plan.value_of_next_hour, rel=1e-9)
    richer = sp.effort.allocate(TWO, hours=50.001)
    assert (richer.value - plan.value) / 0.001 == pytest.approx(plan.value_of_next_hour, rel=1e-3)


def test_a_large_problem_meets_its_bound():
    chances = np.random.default_rng(5)
    count = 4000
    curves = allocation.Adbudg(
        0.0,
        chances.uniform(1, 100, count),
        chances.uniform(0.5, 3.5, count),
        chances.uniform(2, 20, count),
        5.0,
    )
    hours, high = chances.integers(2, 13, count) / 4, chances.integers(6, 49, count).astype(float)
    problem = allocation.Problem(curves, hours, np.zeros(count), high, 0.3 * float(hours @ high))
    for solver in (allocation.whole, allocation.continuous):
        found = solver(problem)
        assert found.gap <= 1e-6
        assert found.value <= found.bound
        assert float(hours @ found.effort) <= problem.capacity * (1 + 1e-9)
    assert np.all(allocation.whole(problem).effort % 1 == 0)


def test_locks_minimum_maximum_and_change_hold():
    plan = sp.effort.allocate(TWO, hours=50, locked=["gold"])
    assert plan.table["proposed"].tolist() == pytest.approx([25, 25])
    assert plan.table["held_by"].iloc[0] == "locked"
    assert plan.cost_of_limits == pytest.approx(132.995083 - 128.362296, abs=1e-5)
    plan = sp.effort.allocate(TWO, hours=50, change_at_most=0.2)
    assert plan.table["proposed"].tolist() == pytest.approx([30, 20])
    assert set(plan.table["held_by"]) == {"change limit"}
    plan = sp.effort.allocate(TWO, hours=50, minimum={"silver": 20}, maximum={"gold": 28})
    assert plan.table["proposed"].tolist() == pytest.approx([28, 22])
    plan = sp.effort.allocate(TWO, hours=50, locked={"silver": 10})
    assert plan.table["proposed"].tolist() == pytest.approx([40, 10])


def test_minimums_beyond_the_hours_name_the_shortage_of_each_seller():
    table = TWO.assign(seller=["Ada", "Ben"], hours_per_call=2.0)
    with pytest.raises(sp.effort.ShortageError, match=r"Ada: 20.0 hours needed, 12.0 avail") as e:
        sp.effort.allocate(table, hours={"Ada": 12, "Ben": 40}, rows="seller", minimum=10)
    assert e.value.shortage.to_dict("records") == [
        {"resource": "Ada", "needed_hours": 20.0, "available_hours": 12.0, "shortage_hours": 8.0}
    ]


def test_each_seller_alone_equals_the_sum_of_two_problems():
    table = TWO.assign(seller=["Ada", "Ben"])
    plan = sp.effort.allocate(table, hours={"Ada": 10, "Ben": 40}, rows="seller")
    assert plan.table["proposed"].tolist() == pytest.approx([10, 40])
    assert plan.gap == pytest.approx(0, abs=1e-12)
    assert list(plan.value_of_next_hour.index) == ["Ada", "Ben"]


@given(st.integers(0, 10_000))
def test_several_capacities_against_brute_force(seed):
    chances = np.random.default_rng(seed)
    count, rows = int(chances.integers(2, 5)), int(chances.integers(2, 4))
    uses = chances.uniform(0, 2, (rows, count)) * (chances.random((rows, count)) < 0.7)
    uses[0] = chances.uniform(0.5, 2, count)
    high = chances.integers(1, 6, count).astype(float)
    capacity = chances.uniform(0.2, 0.8, rows) * (uses @ high) + 1e-3
    curves = allocation.Adbudg(
        0.0,
        chances.uniform(1, 100, count),
        chances.uniform(0.5, 3.5, count),
        chances.uniform(0.2, 5, count),
        chances.uniform(1, 5, count),
    )
    problem = allocation.Shared(curves, sparse.csr_array(uses), np.zeros(count), high, capacity)
    found = allocation.several(problem, whole_calls=True)
    best = max(
        curves.value(np.array(x, float)).sum()
        for x in itertools.product(*[range(int(m) + 1) for m in high])
        if np.all(uses @ x <= capacity * (1 + 1e-12))
    )
    assert np.all(uses @ found.effort <= capacity * (1 + 1e-8))
    assert found.value == pytest.approx(best, rel=1e-9)
    assert found.bound >= best * (1 - 1e-9)


@pytest.mark.parametrize("family", ["exponential", "power", "logarithm"])
def test_several_capacities_meet_the_bound_on_concave_curves(family):
    chances = np.random.default_rng(11)
    count, sellers = 600, 8
    curves = {
        "exponential": allocation.Exponential(
            chances.uniform(1, 100, count), chances.uniform(0.05, 0.4, count)
        ),
        "power": allocation.Power(chances.uniform(1, 100, count), chances.uniform(0.2, 0.8, count)),
        "logarithm": allocation.Logarithm(
            chances.uniform(1, 100, count), chances.uniform(0.1, 2, count)
        ),
    }[family]
    place = np.arange(count)
    row = np.concatenate([chances.integers(0, sellers, count), np.full(2 * count, sellers)])
    row[2 * count :] = sellers + 1
    uses = sparse.csr_array(
        (chances.uniform(0.2, 3, 3 * count), (row, np.tile(place, 3))), shape=(sellers + 2, count)
    )
    high = chances.integers(6, 49, count).astype(float)
    problem = allocation.Shared(curves, uses, np.zeros(count), high, 0.3 * (uses @ high))
    found = allocation.several(problem)
    assert found.gap <= 1e-8
    assert np.all(uses @ found.effort <= problem.capacity * (1 + 1e-12))


def test_an_override_is_kept_with_its_cost():
    plan = sp.effort.allocate(TWO, hours=50)
    first = sp.effort.override(plan, "gold", 30, by="Ada", reason="promised")
    second = sp.effort.override(first, "silver", 15, by="Ben", reason="holiday")
    assert second.overrides["segment"].tolist() == ["gold", "silver"]
    assert second.overrides["cost_amount"].sum() == pytest.approx(plan.value - second.value)
    assert (second.overrides["cost_amount"] >= 0).all()
    assert second.table["proposed"].tolist() == pytest.approx([30, 15])
    with pytest.raises(InputError, match="gold, silver"):
        sp.effort.override(plan, "platinum", 3)
    for calls in (-5, float("nan"), float("inf")):
        with pytest.raises(InputError, match="must be 0 or more"):
            sp.effort.override(plan, "gold", calls)


def test_frontier_parts_reallocation_from_size():
    found = sp.effort.frontier(TWO, cost_per_hour=0.9)
    same = sp.effort.allocate(TWO, hours=50)
    assert found.reallocation_gain == pytest.approx(same.gain)
    assert found.now_net + found.reallocation_gain + found.size_gain == pytest.approx(
        found.best_net
    )
    flat = found.table[found.table["is_flat"]]
    assert flat["hours"].min() >= found.flat_from_hours * (1 - 1e-9)
    assert flat["hours"].max() <= found.flat_to_hours * (1 + 1e-9)
    net = found.table["net_amount"]
    assert net.max() <= found.best_net * (1 + 1e-12)


def test_frontier_of_whole_calls_never_exceeds_the_plan_of_its_hours():
    found = sp.effort.frontier(TWO, cost_per_hour=0.9, whole=True, points=15)
    for row in found.table.to_dict("records"):
        plan = sp.effort.allocate(TWO, hours=row["hours"], whole=True)
        assert row["value_amount"] == pytest.approx(plan.value, rel=1e-9, abs=1e-9)


def test_what_if_says_when_minimums_no_longer_fit():
    plan = sp.effort.allocate(TWO, hours=50, minimum=20)
    found = sp.effort.what_if(plan, sellers=2, administration_share=0.4)
    assert found["hours"].tolist()[::2] == pytest.approx([50, 50 * 0.65 / 0.6])
    assert "15.0 hours short" in found["reason"].iloc[1]
    assert found["change_amount"].iloc[2] > 0


def test_what_if_compares_like_with_like_under_a_limit_on_change():
    now = TWO.assign(now=[5.0, 30.0])
    plan = sp.effort.allocate(now, hours=36, change_at_most=0.2)
    assert plan.optimum_value > plan.value * 1.01
    found = sp.effort.what_if(plan, sellers=14, administration_share=0.4)
    assert found["change_amount"].iloc[1] < 0 < found["change_amount"].iloc[2]
    assert found["reason"].tolist() == ["", "", ""]
    half = sp.effort.what_if(plan, sellers=2, administration_share=0.4).iloc[1]
    assert half["change_amount"] < 0
    assert "compared without it" in half["reason"]


def test_faults_of_a_table_are_named_at_once():
    table = pd.DataFrame(
        {
            "segment": ["a", "a"],
            "curve": ["powr", "exponential"],
            "hours_per_call": [0, 1],
            "scale": [1, 2],
        }
    )
    with pytest.raises(InputError) as error:
        sp.effort.allocate(table, hours=10)
    text = str(error.value)
    for part in (
        "'a' stands there twice",
        "hours_per_call must be above 0",
        "Did you mean 'power'?",
        "curve 'exponential' needs rate",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"hours": -1}, "must not be negative"),
        ({"hours": "many"}, "numbers .*hours: many"),
        ({"hours": None}, "cost_per_hour is needed"),
        ({"hours": 50, "cost_per_hour": float("nan")}, "cost_per_hour=nan"),
        ({"hours": 50, "cost_per_hour": -4}, "cost_per_hour=-4"),
        ({"hours": 50, "maximum": "ten"}, "maximum must be a number"),
        ({"hours": 50, "locked": {"gold": -5}}, "Locked calls .*gold: -5"),
        ({"hours": {"Ada": 3}}, "rows="),
        ({"hours": 5, "rows": "seller"}, "hours of each resource"),
        ({"hours": 5, "minimum": {"golt": 1}}, "Did you mean 'gold'?"),
        ({"hours": 50, "minimum": 9, "maximum": 3}, "above the maximum"),
        ({"hours": 50, "minimum": -1}, "negative"),
        ({"hours": 50, "change_at_most": -0.1}, "change_at_most"),
    ],
)
def test_a_wrong_call_says_what_to_do(change, words):
    with pytest.raises(InputError, match=words):
        sp.effort.allocate(TWO, **change)


@pytest.mark.parametrize(
    ("column", "entries", "words"),
    [
        ("scale", [100, np.inf], "scale of segment silver is 'inf'"),
        ("scale", ["x", 60], "scale of segment gold is 'x'"),
        ("scale", [100, np.nan], "needs scale .segment silver."),
        ("hours_per_call", [1, "two"], "hours_per_call of segment silver is 'two'"),
        ("now", [-1, 2], "now must not be negative"),
    ],
)
def test_numbers_that_are_none_are_named_with_their_segment(column, entries, words):
    with pytest.raises(InputError, match=words):
        sp.effort.allocate(TWO.assign(**{column: entries}), hours=50)


def test_why_nothing_moves_is_said():
    best = sp.effort.allocate(TWO, hours=50).table["proposed"]
    plan = sp.effort.allocate(TWO.assign(now=best), hours=50)
    assert plan.gain == pytest.approx(0, abs=1e-9)
    assert "already the best" in plan.notes[0]


def test_history_that_cannot_tell_is_warned_of():
    flat = pd.DataFrame({"segment": "a", "effort": [10, 10.5, 11, 12], "value": [5, 6, 5, 6]})
    assert "hardly varied" in sp.effort.fit(flat).iloc[0]["warning"]
    few = pd.DataFrame({"segment": "a", "effort": [1, 5], "value": [5, 6]})
    assert "cannot test" in sp.effort.fit(few).iloc[0]["warning"]


@given(
    st.sampled_from(["power", "exponential", "logarithm"]),
    st.floats(0.2, 0.8),
    st.floats(1e-6, 1e6),
)
def test_a_fit_recovers_the_curve_behind_exact_points(family, second, scale):
    x = np.array([1.0, 2, 3, 5, 8])
    names, model = sp.effort.fit.__globals__["fit_history"].__globals__["MODELS"][family]
    y = model(np.array([scale, second]), x)
    found = sp.effort.fit(
        pd.DataFrame({"segment": "a", "effort": x, "value": y}), family=family
    ).iloc[0]
    assert found[names[0]] == pytest.approx(scale, rel=1e-5)
    assert found[names[1]] == pytest.approx(second, rel=1e-5)


def test_hours_on_paper(crm):
    found = sp.effort.hours(crm, year=2026).set_index("segment")
    # V1 60 + V10 30 (A1), V3 60 + V8 60 (A2); V2 was a no-show.
    assert found.loc["gold", "hours"] == 3.5
    # 8 calls of 15 minutes and 3 meetings of an hour for two accounts, nine months of twelve.
    assert found.loc["gold", "cadence_hours"] == 7.5
    assert found.loc["gold", "coverage_rate"] == pytest.approx(3.5 / 7.5)
    assert found.loc["gold", "revenue_amount"] == 24_000
    assert found.loc["gold", "margin_amount"] == 24_000 * 0.8
    assert found.loc["(none)", "hours"] == 2.0
    assert np.isnan(found.loc["(none)", "coverage_rate"])
    assert found.loc["(none)", "reason"]
    assert found["hours_share"].sum() == pytest.approx(1)
    assert found.loc["(none)", "account_hours"] == 0


@pytest.mark.parametrize("by", ["owner", "team", "kind", "month", ("segment", "owner"), None])
def test_every_split_holds_the_same_hours(crm, by):
    found = sp.effort.hours(crm, year=2026, by=by)
    assert found["hours"].sum() == pytest.approx(9.25)
    assert found["account_hours"].sum() == pytest.approx(7.25)
    assert found["activity_count"].sum() == 9


def test_a_filter_keeps_its_rows_only(crm):
    found = sp.effort.hours(crm, year=2026, by="owner", only={"team": "North"})
    assert found["owner"].tolist() == ["Ada Roth", "Ben Kahn"]


def test_accounts_are_named_by_service(crm):
    found = sp.effort.accounts(crm, year=2026).set_index("account")
    assert found.loc["Alpha AG", "service"] == "under-served"
    assert found.loc["Echo SpA", "service"] == "over-served"
    assert found.loc["Fox Ltd", "service"] == "no cadence"
    assert found.loc["Bravo SA", "days_since_contact"] == 91
    assert len(found) == 6


def test_time_use_shows_the_inputs(crm):
    found = sp.effort.time_use(crm, year=2026).set_index("owner")
    ada = found.loc["Ada Roth"]
    assert (ada["capacity_hours"], ada["administration_hours"]) == (1200, 480)
    assert ada["administration_logged_hours"] == 2
    assert ada["selling_hours"] == 1.5
    assert found.loc["Dan Weiss", "capacity_hours"] == 600


def test_a_period_after_the_data_is_an_error(crm):
    with pytest.raises(InputError, match="after the data end"):
        sp.effort.hours(crm, year=2031)


def test_minutes_nobody_noted_are_estimated_and_counted(crm):
    tables = sp.paper.frames()
    tables["activities"].loc[tables["activities"]["activity_id"] == "V1", "minutes"] = np.nan
    other = sp.from_frames(tables, as_of="2026-09-30")
    found = sp.effort.hours(other, year=2026).set_index("segment")
    assert found.loc["gold", "estimated_count"] == 1
    # Six held meetings, five with minutes: 60 60 60 90 60 less V1 -> mean 66 minutes.
    assert found.loc["gold", "hours"] == pytest.approx(2.5 + 66 / 60)
