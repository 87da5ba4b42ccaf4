"""Figures look right in three languages, and a missing one is a dash, never a zero."""

import datetime as dt

import pandas as pd
import pytest

from salesplan import formats, tabular
from salesplan.errors import UnknownNameError


@pytest.mark.parametrize(
    ("lang", "number", "money", "rate", "date"),
    [
        ("en", "1,234.57", "€1,234.57", "12.3%", "3 Mar 2026"),
        ("de", "1.234,57", "1.234,57 €", "12,3 %", "03.03.2026"),
        ("fr", "1 234,57", "1 234,57 €", "12,3 %", "3 mars 2026"),
    ],
)
def test_three_languages(lang, number, money, rate, date):
    assert formats.number(1234.567, lang, 2) == number
    assert formats.money(1234.567, "EUR", lang, 2) == money
    assert formats.rate(0.12345, lang) == rate
    assert formats.date(dt.date(2026, 3, 3), lang) == date


@pytest.mark.parametrize("value", [None, float("nan"), pd.NaT])
def test_missing_is_a_dash(value):
    for show in (formats.number, formats.money, formats.rate, formats.date, formats.compact):
        assert show(value) == formats.MISSING


def test_money_rounds_half_up_like_a_payslip():
    assert formats.money(0.125, "EUR", "en", 2) == "€0.13"
    assert formats.money(2.5) == "€3"


@pytest.mark.parametrize(
    ("value", "lang", "shown"),
    [
        (1_234_567, "en", "€1.23 M"),
        (999, "en", "€999"),
        (12_345, "de", "12,3 k €"),
        (-2_500_000_000, "en", "-€2.50 bn"),
        (0, "fr", "0 €"),
    ],
)
def test_compact(value, lang, shown):
    assert formats.compact(value, "EUR", lang) == shown


def test_unknown_language_names_the_nearest():
    with pytest.raises(UnknownNameError, match="Known: de, en, fr"):
        formats.number(1, "zz")


@pytest.mark.parametrize(
    ("name", "values", "unit"),
    [
        ("cost_per_won", [1.5], "money"),
        ("rate_low", [0.1], "rate"),
        ("won_count", [1.0], "count"),
        ("closed_on", pd.to_datetime(["2026-01-01"]), "date"),
        ("month", pd.to_datetime(["2026-01-01"]), "month"),
        ("changed_at", pd.to_datetime(["2026-01-01 10:00"]), "timestamp"),
        ("is_tender", [True], "flag"),
        ("age_days", [3.0], "number"),
        ("owner", ["a"], "text"),
    ],
)
def test_a_column_name_says_its_unit(name, values, unit):
    assert tabular.unit(name, pd.Series(values)) == unit
