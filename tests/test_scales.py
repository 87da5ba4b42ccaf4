"""Curves, tiers, grids and rounding: by hand, and as laws."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesplan import errors, scales

cents = st.integers(-10_000_000, 10_000_000)


@given(cents, st.integers(1, 1000))
def test_half_up_is_decimals_half_up(amount, divisor):
    exact = Decimal(amount) / Decimal(1000) / Decimal(divisor)
    wanted = int(exact.quantize(Decimal("0.01"), ROUND_HALF_UP) * 100)
    assert scales.to_units(amount / 1000 / divisor).tolist() == wanted


@given(cents)
def test_half_even_and_truncation(amount):
    exact = Decimal(amount) / Decimal(1000)
    even = int(exact.quantize(Decimal("0.01"), ROUND_HALF_EVEN) * 100)
    assert scales.to_units(amount / 1000, mode="half_even").tolist() == even
    assert scales.to_units(amount / 1000, mode="down").tolist() == int(exact * 100)


def test_floating_point_ties_are_ties():
    values = [2.675, 1.005, 0.285, 1.115, 8.345, 10.075]
    assert scales.to_units(values).tolist() == [268, 101, 29, 112, 835, 1008]


@given(st.lists(st.floats(0, 1e5), min_size=1, max_size=6))
def test_shared_units_sum_to_the_rounded_total(parts):
    shared = scales.shared_units(np.array(parts)[:, None])
    assert shared.sum() == scales.to_units(np.array(parts)[:, None].sum(axis=0))[0]
    assert (np.abs(shared[:, 0] / 100 - np.array(parts)) <= 0.01 + 1e-9).all()


def test_a_bound_belongs_to_one_side():
    upper = scales.steps([(0.95, 1.0)])
    lower = scales.steps([(0.95, 1.0)], at_bound="lower")
    reached = [0.19 / 0.2, 0.95, 950.0 / 1000]
    assert upper(reached).tolist() == [1.0] * 3
    assert lower(reached).tolist() == [0.0] * 3


def test_large_amounts_meet_their_bounds():
    table = scales.steps([(499.99, 1), (3_000_000.1, 2)])
    assert table([499.99, 499.98, 3_000_000.1, 3_000_000.09]).tolist() == [1, 0, 2, 1]


@pytest.mark.parametrize(
    ("applies", "wanted"),
    [("slice", 57.0), ("whole", 77.0), ("slices_then_whole", 127.0)],
)
def test_three_ways_to_apply_a_rate(applies, wanted):
    table = [scales.Tier(0, 0.5), scales.Tier(100, 0.7)]
    assert scales.tiers(table, applies=applies)(110) == pytest.approx(wanted)


def test_tier_that_stops_leaves_a_flat_stretch():
    table = scales.tiers([scales.Tier(0, 0.1, until=50), scales.Tier(100, 0.2)])
    assert table([40, 50, 80, 100, 110]).tolist() == [4.0, 5.0, 5.0, 5.0, 7.0]
    assert table.flats() == [(50, 100)]


def test_points_below_and_above():
    nodes = [(0.5, 0.4), (1.0, 1.0)]
    assert scales.points(nodes)([0.4, 1.2]).tolist() == [0.0, 1.0]
    assert scales.points(nodes, below="first")([0.4]).tolist() == [0.4]
    line = scales.points(nodes, below="line", above="line")
    assert line([0.4, 1.2]).tolist() == pytest.approx([0.28, 1.24])


@given(st.floats(0, 3))
def test_split_sums_to_the_value(x):
    curve = scales.points([(0.5, 0.4), (1.0, 0.9), (1.0, 1.0), (1.5, 2.0)], above="line")
    assert sum(p.value for p in curve.split(x)) == pytest.approx(float(curve(x)))


def test_jumps_flats_and_monotone():
    curve = scales.points([(0.8, 0.5), (1.0, 1.0), (1.2, 1.0), (1.4, 0.9)])
    assert curve.jumps() == [(0.8, 0.5)]
    assert not curve.is_monotone
    assert curve.is_bounded


def test_missing_stays_missing():
    assert np.isnan(scales.steps([(0, 1)])(np.nan))
    grid = scales.Grid((0.0,), (0.0,), ((1.0,),))
    assert np.isnan(grid(np.nan, 1.0))


def test_grid_between_and_beyond_its_nodes():
    grid = scales.Grid((0.0, 10.0), (0.0, 1.0), ((0.0, 1.0), (10.0, 11.0)), between="linear")
    assert grid([5, 20, -1], [0.5, 2, 0]).tolist() == [5.5, 11.0, 0.0]


def test_bounds_must_rise():
    with pytest.raises(errors.InputError, match="rising bounds"):
        scales.steps([(1.0, 1), (0.5, 2)])
