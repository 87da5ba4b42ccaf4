"""Several capacities, S-shaped curves included: against a fine grid, in any unit of money."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

import salesplan as sp
from benchmarks.effort import sharing
from salesplan import allocation


def problem(seed, count, rows, *, factor=1.0):
    """S-shaped curves; every segment draws on one seller, on a specialist and on travel."""
    chances = np.random.default_rng(seed)
    curves = allocation.Adbudg(
        0.0,
        factor * chances.uniform(1, 100, count),
        chances.uniform(1.3, 3.5, count),
        chances.uniform(2, 20, count),
        5.0,
    )
    return sharing(curves, rows, chances)


@pytest.mark.parametrize("seed", range(6))
def test_two_segments_are_the_best_of_a_fine_grid(seed):
    task = problem(seed, 2, 3)
    found = allocation.several(task)
    first, second = (np.linspace(0, high, 801) for high in task.high)
    plans = np.stack([np.repeat(first, 801), np.tile(second, 801)])
    fits = np.all(task.uses @ plans <= task.capacity[:, None], axis=0)
    value = sum(task.curves.take(np.array([i])).value(plans[i]) for i in (0, 1))
    best = float(value[fits].max())
    assert found.value >= best * (1 - 1e-9)
    assert found.bound >= found.value
    assert found.gap <= 1e-8
    assert np.all(task.uses @ found.effort <= task.capacity * (1 + 1e-9))


@pytest.mark.parametrize(("count", "rows"), [(4, 3), (10, 4), (30, 3), (120, 4), (300, 5)])
@pytest.mark.parametrize("seed", [0, 2])
def test_s_shaped_curves_meet_their_bound(seed, count, rows):
    task = problem(seed, count, rows)
    found = allocation.several(task)
    assert found.gap <= 1e-8
    assert np.all(task.uses @ found.effort <= task.capacity * (1 + 1e-9))


@pytest.mark.parametrize(("count", "rows", "gap"), [(10, 3, 1e-9), (300, 5, 5e-4)])
@pytest.mark.parametrize("seed", [0, 1])
def test_whole_calls_are_near_their_bound(seed, count, rows, gap):
    task = problem(seed, count, rows)
    found = allocation.several(task, whole_calls=True)
    assert found.gap <= gap
    assert np.all(found.effort % 1 == 0)
    assert np.all(task.uses @ found.effort <= task.capacity * (1 + 1e-8))
    assert found.value == pytest.approx(task.worth(found.effort), rel=1e-12)
    assert found.value <= allocation.several(task).bound * (1 + 1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_no_local_search_beats_the_bound(seed):
    task = problem(seed, 4, 3)
    found = allocation.several(task)
    room = {"type": "ineq", "fun": lambda x: task.capacity - task.uses @ x}
    chances = np.random.default_rng(seed)
    best = -np.inf
    for start in chances.uniform(0, 1, (20, 4)) * task.high:
        end = optimize.minimize(
            lambda x: -task.worth(x),
            start * float(np.min(task.capacity / (task.uses @ start))),
            bounds=optimize.Bounds(task.low, task.high),
            constraints=[room],
            method="SLSQP",
        ).x
        end = np.clip(end, task.low, task.high)
        if np.all(task.uses @ end <= task.capacity * (1 + 1e-9)):
            best = max(best, task.worth(end))
    assert np.isfinite(best)
    assert best <= found.bound * (1 + 1e-7)
    assert found.value >= best * (1 - 1e-7)


@pytest.mark.parametrize("whole_calls", [False, True])
def test_a_capacity_without_hours_keeps_its_segments_out(whole_calls):
    task = problem(1, 12, 4)
    closed = task.capacity.copy()
    closed[0] = 0.0
    found = allocation.several(replace(task, capacity=closed), whole_calls=whole_calls)
    out = task.uses.toarray()[0] > 0
    assert out.any()
    assert not found.effort[out].any()
    assert found.effort[~out].any()
    assert found.gap <= 1e-6
    nothing = allocation.several(replace(task, capacity=0 * closed), whole_calls=whole_calls)
    assert not nothing.effort.any()


@settings(max_examples=4)
@given(st.integers(0, 1000), st.sampled_from([1e-9, 1e-3, 1e6, 1e9]), st.booleans())
def test_the_unit_of_money_changes_no_plan(seed, factor, whole_calls):
    plan = allocation.several(problem(seed, 4, 3), whole_calls=whole_calls)
    other = allocation.several(problem(seed, 4, 3, factor=factor), whole_calls=whole_calls)
    assert other.value == pytest.approx(plan.value * factor, rel=1e-6)
    same = problem(seed, 4, 3).worth(other.effort)
    assert same == pytest.approx(plan.value, rel=1e-6)


@settings(max_examples=4)
@given(st.integers(0, 1000), st.booleans())
def test_never_worse_than_the_effort_now(seed, whole):
    task = problem(seed, 4, 3)
    now = np.floor(np.random.default_rng(seed).uniform(0, 1, 4) * task.high)
    names = [f"S{i}" for i in range(4)]
    table = pd.DataFrame({"segment": names, "curve": "adbudg", "now": now, "maximum": task.high})
    for column in ("low", "high", "shape", "constant", "unit"):
        table[column] = getattr(task.curves, column)
    uses = task.uses.tocoo()
    rows = pd.DataFrame(
        {
            "segment": [names[i] for i in uses.col],
            "resource": [f"R{i}" for i in uses.row],
            "hours_per_call": uses.data,
        }
    )
    hours = {f"R{i}": float(h) for i, h in enumerate(task.uses @ now) if h > 0}
    rows = rows[rows["resource"].isin(hours)]
    if not hours:
        return
    plan = sp.effort.allocate(table, hours=hours, rows=rows, whole=whole)
    assert plan.value >= plan.value_now
    assert plan.bound >= plan.value
