"""Numbers, money, rates and dates as a reader in English, German or French expects them."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import pandas as pd
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, format_percent

from salesplan.errors import one_of

LANGUAGES = {"en": "en_GB", "de": "de_DE", "fr": "fr_FR"}
"""Languages of labels and reports, and the locale whose number style each uses."""

MISSING = "–"
"""Shown where there is no number; never a zero."""

NONE = "(none)"
"""What the group of the rows without a value is called in a frame."""

Number = float | int | Decimal


def locale(lang: str) -> str:
    """Return the locale of a language, or raise with the nearest known one."""
    return LANGUAGES[one_of(lang, list(LANGUAGES), "lang")]


def is_missing(value: object) -> bool:
    """Whether a cell holds no value (None, NaN, NaT, NA).

    Examples
    --------
    >>> is_missing(None), is_missing(float("nan")), is_missing(0), is_missing("")
    (True, True, False, False)
    """
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))  # type: ignore[call-overload]


def number(value: Number | None, lang: str = "en", digits: int = 0) -> str:
    """Return a number with the grouping and decimal sign of the language.

    Examples
    --------
    >>> number(1234.5, "de", 1), number(None)
    ('1.234,5', '–')
    """
    if value is None or is_missing(value):
        return MISSING
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return _text(format_decimal(value, format=pattern, locale=locale(lang)))


def money(value: Number | None, currency: str = "EUR", lang: str = "en", digits: int = 0) -> str:
    """Return an amount of money with its currency.

    Examples
    --------
    >>> money(1234.5, "EUR", "en", 2), money(1234.5, "EUR", "fr")
    ('€1,234.50', '1 235 €')
    """
    if value is None or is_missing(value):
        return MISSING
    # Money rounds half up; babel alone would round a half to even.
    quantum = Decimal(1).scaleb(-digits)
    exact = Decimal(str(value)).quantize(quantum, "ROUND_HALF_UP")
    pattern = _money_pattern(lang, digits)
    text = format_currency(exact, currency, pattern, locale=locale(lang), currency_digits=False)
    return _text(text)


def _money_pattern(lang: str, digits: int) -> str:
    figures = "#,##0" + ("." + "0" * digits if digits else "")
    return f"¤{figures}" if lang == "en" else f"{figures}\xa0¤"


def rate(value: Number | None, lang: str = "en", digits: int = 1) -> str:
    """Return a share of 1 as a percentage.

    Examples
    --------
    >>> rate(0.6315, "en"), rate(0.6315, "de")
    ('63.2%', '63,2 %')
    """
    if value is None or is_missing(value):
        return MISSING
    digits_pattern = "0" + ("." + "0" * digits if digits else "")
    pattern = f"#,##{digits_pattern}%" if lang == "en" else f"#,##{digits_pattern}\xa0%"
    return _text(format_percent(value, pattern, locale=locale(lang)))


def date(value: dt.date | None, lang: str = "en") -> str:
    """Return a date the way the language writes it.

    Examples
    --------
    >>> date(dt.date(2026, 9, 30), "en"), date(dt.date(2026, 9, 30), "de")
    ('30 Sept 2026', '30.09.2026')
    """
    if value is None or is_missing(value):
        return MISSING
    return _text(format_date(value, format="medium", locale=locale(lang)))


def month(value: dt.date | None, lang: str = "en") -> str:
    """Return a month and its year, short.

    Examples
    --------
    >>> month(dt.date(2026, 3, 1), "fr")
    'mars 2026'
    """
    if value is None or is_missing(value):
        return MISSING
    return _text(format_date(value, "MMM yyyy", locale=locale(lang)))


def quarter(value: dt.date | None) -> str:
    """Return the calendar quarter that a day is in.

    Examples
    --------
    >>> quarter(dt.date(2026, 4, 1))
    '2026-Q2'
    """
    if value is None or is_missing(value):
        return MISSING
    return f"{value:%Y}-Q{(value.month + 2) // 3}"


def compact(value: Number | None, currency: str = "", lang: str = "en") -> str:
    """Return a headline figure with at most four digits: 1.23 M, 456 k.

    Examples
    --------
    >>> compact(1234567, "EUR"), compact(45600), compact(-980, "EUR")
    ('€1.23 M', '45.6 k', '-€980')
    """
    if value is None or is_missing(value):
        return MISSING
    size = abs(float(value))
    scale, unit = next(
        ((s, u) for s, u in ((1e9, "bn"), (1e6, "M"), (1e4, "k")) if size >= s), (1.0, "")
    )
    divisor = 1e3 if unit == "k" else scale
    scaled = float(value) / divisor
    digits = 0 if not unit else max(0, 2 - int(math.log10(max(abs(scaled), 1))))
    text = money(scaled, currency, lang, digits) if currency else number(scaled, lang, digits)
    return f"{text} {unit}".rstrip() if lang == "en" or not currency else _unit_inside(text, unit)


def _unit_inside(text: str, unit: str) -> str:
    amount, _, sign = text.rpartition(" ")
    return f"{amount} {unit} {sign}".replace("  ", " ")


def _text(formatted: str) -> str:
    # Babel joins with (narrow) no-break spaces; plain ones survive Excel, consoles and search.
    return formatted.replace("\xa0", " ").replace("\u202f", " ")
