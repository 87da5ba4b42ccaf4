"""Whole calls: against dynamic programming over minutes, hard cases, and a full sort."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesplan._allocation.clock import common_unit, counted
from salesplan._allocation.grid import by_worth, grid, steps
from salesplan._allocation.margin import margin
from salesplan.allocation import Adbudg, Exponential, Points, Problem, continuous, whole

QUARTERS = (15, 20, 45, 60, 90)


def problem(seed, count, *, s_shaped=True, minutes=None):
    """A random problem; with ``minutes`` calls take that many, else any number of hours."""
    chances = np.random.default_rng(seed)
    scale = chances.uniform(1, 100, count)
    curves = (
        Adbudg(0.0, scale, chances.uniform(1.3, 3.5, count), chances.uniform(2, 20, count), 5.0)
        if s_shaped
        else Exponential(scale, chances.uniform(0.05, 0.4, count))
    )
    hours = (
        chances.uniform(0.3, 3, count) if minutes is None else chances.choice(minutes, count) / 60
    )
    high = chances.integers(3, 20, count).astype(float)
    share = float(chances.uniform(0.05, 0.8))
    return Problem(curves, hours, np.zeros(count), high, share * float(hours @ high))


def best_by_minutes(task):
    """Return the best value by dynamic programming over every minute of the capacity."""
    most = int(np.floor(task.capacity * 60 + 1e-6))
    best = np.zeros(most + 1)
    for i, (hours, high) in enumerate(zip(task.cost, task.high, strict=True)):
        curve, need = task.curves.take(np.array([i])), round(hours * 60)
        found = np.full(most + 1, -np.inf)
        for calls in range(min(int(high), most // need) + 1):
            value = float(curve.value(np.array([float(calls)]))[0])
            found[calls * need :] = np.maximum(
                found[calls * need :], best[: most + 1 - calls * need] + value
            )
        best = found
    return float(best.max())


@given(st.integers(0, 10_000), st.integers(6, 25), st.booleans())
def test_plans_are_those_of_dynamic_programming_over_minutes(seed, count, s_shaped):
    task = problem(seed, count, s_shaped=s_shaped, minutes=QUARTERS)
    found = whole(task)
    assert found.value == pytest.approx(best_by_minutes(task), rel=1e-9)
    assert found.gap <= 1e-12
    assert np.all(found.effort % 1 == 0)
    assert float(task.cost @ found.effort) <= task.capacity * (1 + 1e-8)


@pytest.mark.parametrize("count", [100, 300, 3000])
@pytest.mark.parametrize("s_shaped", [True, False])
@pytest.mark.parametrize("minutes", [None, QUARTERS])
def test_the_gap_is_a_millionth_at_most(count, s_shaped, minutes):
    for seed in range(5):
        task = problem(seed, count, s_shaped=s_shaped, minutes=minutes)
        found = whole(task)
        assert found.gap <= 1e-6
        assert float(task.cost @ found.effort) <= task.capacity * (1 + 1e-8)
        assert found.value == pytest.approx(task.worth(found.effort), rel=1e-12)


@pytest.mark.parametrize(("count", "high"), [(10, 800), (30, 500), (300, 300)])
def test_very_many_levels_of_few_s_shaped_curves(count, high):
    chances = np.random.default_rng(count)
    curves = Adbudg(
        0.0,
        chances.uniform(1, 100, count),
        chances.uniform(1.3, 3.5, count),
        chances.uniform(2, 20, count),
        50.0,
    )
    hours, most = chances.uniform(0.3, 3, count), np.full(count, float(high))
    task = Problem(curves, hours, np.zeros(count), most, 0.3 * float(hours @ most))
    found = whole(task)
    assert found.gap <= 2e-6
    assert found.bound <= continuous(task).bound * (1 + 1e-12)
    assert np.all(found.effort % 1 == 0)
    assert found.value == pytest.approx(task.worth(found.effort), rel=1e-12)
    assert float(task.cost @ found.effort) <= task.capacity * (1 + 1e-8)


def test_hundreds_of_segments_against_dynamic_programming():
    task = problem(4, 150, minutes=(30, 60, 90))
    found = whole(task, tolerance=0.0)
    assert found.value == pytest.approx(best_by_minutes(task), rel=1e-12)
    assert found.bound == found.value


@pytest.mark.parametrize("count", [20, 60, 300, 3000])
def test_calls_that_are_all_worth_the_same_an_hour_fill_the_capacity(count):
    hours = np.random.default_rng(1).uniform(0.5, 3, count)
    line = Points.of([[(0, 0), (10, 10 * h)] for h in hours])
    task = Problem(line, hours, np.zeros(count), np.full(count, 10.0), 3.7 * float(hours.sum()))
    found = whole(task)
    assert found.bound == pytest.approx(task.capacity, rel=2e-9)
    assert found.gap <= 1e-5


def test_hours_beyond_a_whole_number_of_units_do_not_loosen_the_bound():
    curves = Points.of([[(0, 0), (10, 100)], [(0, 0), (10, 90)]])
    task = Problem(curves, np.array([0.5, 0.5]), np.zeros(2), np.full(2, 10.0), 3.4)
    found = whole(task)
    assert found.effort.tolist() == [6, 0]
    assert found.gap == 0


def test_common_units():
    assert common_unit(np.array([1 / 3, 0.5])) == pytest.approx(1 / 6)
    assert common_unit(np.array([0.1, 0.25, 7.0])) == pytest.approx(0.05)
    assert common_unit(np.array([0.5, np.pi])) == 0
    assert common_unit(np.array([1e-7, 1.0])) == 0
    hours, spare, unit = counted(np.array([0.25, 0.75]), 2.6)
    assert (hours.tolist(), spare, unit) == ([1.0, 3.0], 10.0, 0.25)


@given(st.integers(0, 1000), st.floats(0.0, 0.99))
def test_the_margin_is_where_a_full_sort_puts_it(seed, share):
    task = problem(seed, 700, s_shaped=seed % 2 == 0)
    task = replace(task, capacity=share * float(task.cost @ task.high))
    found = steps(grid(task), task.cost)
    order, _ = by_worth(found)
    used = np.cumsum(found.hours[order])
    kept = int(np.searchsorted(used, task.capacity, side="right"))
    near = margin(found, task.capacity)
    more = int(np.searchsorted(np.cumsum(found.hours[near.order]), near.left, side="right"))
    assert set(near.sure) | set(near.order[:more]) == set(order[:kept])
    if kept < len(order):
        assert near.order[more] == order[kept]


def test_limits_costs_and_no_hours_at_all():
    task = problem(3, 12)
    assert whole(replace(task, capacity=0.0)).effort.tolist() == [0.0] * 12
    everything = whole(replace(task, capacity=np.inf))
    assert everything.effort.tolist() == task.high.tolist()
    assert everything.gap == 0
    dear = whole(replace(task, capacity=np.inf, floor_price=1e6))
    assert dear.effort.tolist() == [0.0] * 12
