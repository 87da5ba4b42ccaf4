"""Intervals, corrections and exact rounding."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as reference

from salesplan import stats


@given(st.integers(1, 5000), st.data())
def test_wilson_equals_scipy(n, data):
    k = data.draw(st.integers(0, n))
    low, high = stats.wilson(k, n)
    expected = reference.binomtest(k, n).proportion_ci(method="wilson")
    assert float(low) == pytest.approx(expected.low, abs=1e-12)
    assert float(high) == pytest.approx(expected.high, abs=1e-12)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_benjamini_hochberg_equals_scipy(p):
    expected = reference.false_discovery_control(p)
    assert stats.benjamini_hochberg(p) == pytest.approx(expected)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40), st.integers(0, 10_000))
def test_largest_remainder_is_exact_and_fair(shares, total):
    whole = stats.largest_remainder(shares, total)
    if sum(shares) <= 0:
        assert whole.sum() == 0
        return
    exact = np.array(shares) / sum(shares) * total
    assert whole.sum() == total
    assert (np.abs(whole - exact) < 1 + 1e-6).all()


@pytest.mark.parametrize(
    ("value", "rounded"), [("0.125", "0.13"), ("-0.125", "-0.13"), (1.005, "1.01")]
)
def test_cents_round_half_up(value, rounded):
    assert str(stats.cents(value)) == rounded
