"""Months, quarters and fiscal years: they tile time and name it once."""

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesplan import periods
from salesplan.errors import InputError

DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1))
UNITS = st.sampled_from(["month", "quarter", "half", "year"])
STARTS = st.integers(1, 12)


@given(DAYS, UNITS, STARTS, st.booleans())
def test_a_label_names_the_period_that_holds_the_day(day, unit, start, fiscal):
    found = periods.containing(day, unit, fiscal=fiscal, fiscal_start=start)
    assert found.since <= day < found.until
    again = periods.parse(found.label, fiscal_start=start)
    assert (again.since, again.until, again.unit) == (found.since, found.until, unit)


@given(DAYS, UNITS, STARTS, st.booleans())
def test_neighbours_touch(day, unit, start, fiscal):
    found = periods.containing(day, unit, fiscal=fiscal, fiscal_start=start)
    assert found.previous().until == found.since
    assert found.year_before().since == periods.add_months(found.since, -12)


@given(DAYS, st.integers(1, 800), UNITS)
def test_a_split_covers_without_gap(day, length, unit):
    cut = periods.split(day, day + dt.timedelta(days=length), unit)
    assert cut[0].since <= day
    assert all(a.until == b.since for a, b in itertools.pairwise(cut))
    assert cut[-1].until >= day + dt.timedelta(days=length)


def test_a_fiscal_year_is_named_by_the_year_it_ends_in():
    year = periods.parse("FY2026", fiscal_start=10)
    assert (year.since, year.until) == (dt.date(2025, 10, 1), dt.date(2026, 10, 1))
    assert periods.parse("FY2026", fiscal_start=1).since == dt.date(2026, 1, 1)
    assert periods.quarter("FY2026-Q4", fiscal_start=10).since == dt.date(2026, 7, 1)
    assert periods.quarter("FY2026-Q1", fiscal_start=10).previous().label == "FY2025-Q4"


@pytest.mark.parametrize("text", ["2026-13", "26-Q1", "2026-Q0", "FY2026-03", "", "2026 Q3", "Q3"])
def test_a_wrong_label_says_how_to_write_one(text):
    with pytest.raises(InputError, match="Write 2026, 2026-H1, 2026-Q3"):
        periods.parse(text)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"month": "2026-Q1"}, None),
        ({"month": "2026-01", "year": "2026"}, "not several"),
        ({"since": "2026-02-01", "until": "2026-02-01"}, "is not before"),
        ({"since": "1.2.2026"}, "Write it as"),
    ],
)
def test_resolve_refuses_contradictions(arguments, words):
    if words is None:
        assert periods.resolve(**arguments)[0] == dt.date(2026, 1, 1)
    else:
        with pytest.raises(InputError, match=words):
            periods.resolve(**arguments)


def test_a_quarter_is_not_a_month():
    with pytest.raises(InputError, match="names a month, not a quarter"):
        periods.quarter("2026-03")
