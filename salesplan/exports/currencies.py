"""Currencies as exports write them, brought to ISO codes: usd, Euro, €, US Dollar, EUR - Euro.

A book that knows a single currency is one of that currency, whatever the library reports in
where nobody says: amounts that are all in dollars add up to dollars, and need no rate.
"""

from __future__ import annotations

import re
from functools import cache

from babel.numbers import get_currency_name, list_currencies

from salesplan import schema
from salesplan.exports.engine import Engine, Issue
from salesplan.exports.names import fold
from salesplan.settings import Settings

_NAMED = (
    *("EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "BGN", "CAD"),
    *("AUD", "NZD", "JPY", "CNY", "INR", "BRL", "MXN", "ZAR", "SGD", "HKD", "AED", "TRY", "ILS"),
)
_SIGNS = {"€": "EUR", "£": "GBP", "us$": "USD", "$us": "USD", "sfr.": "CHF", "fr.": "CHF"}
"""Signs of one currency alone; $ is that of twenty."""


def code_of(text: str) -> str | None:
    """Return the ISO code of a currency, or None where the text names none.

    Examples
    --------
    >>> [code_of(t) for t in ("usd", "Euro", "€", "US-Dollar", "GBP - British Pound", "$", "xyz")]
    ['USD', 'EUR', 'EUR', 'USD', 'GBP', None, None]
    """
    said = text.strip()
    if sign := _SIGNS.get(said.casefold()):
        return sign
    codes = [word for word in re.findall(r"[A-Z]{3}", said.upper()) if word in list_currencies()]
    if re.fullmatch(r"[A-Za-z]{3}", said) or re.match(r"[A-Z]{3}\b", said):
        return codes[0] if codes else None
    return _names().get(fold(said))


@cache
def _names() -> dict[str, str]:
    """Return the names of currencies in the languages of exports, folded -> code."""
    return {
        fold(get_currency_name(code, count=count, locale=locale)): code
        for code in _NAMED
        for locale in ("en", "de", "fr", "es", "nl", "it", "pt")
        for count in (None, 1, 2)
    } | {"us dollar": "USD", "dollar us": "USD", "pound sterling": "GBP", "pfund sterling": "GBP"}


def settle(engine: Engine) -> None:
    """Bring the currencies of a book to their codes; what names none stays and is listed."""
    for table in (t.name for t in schema.TABLES if "currency" in t.names):
        rows = engine.execute(
            f'SELECT DISTINCT currency FROM "{table}" '
            "WHERE currency IS NOT NULL AND NOT regexp_full_match(currency, '[A-Z]{3}')"
        ).fetchall()
        for (said,) in rows:
            if code := code_of(said):
                sql = f'UPDATE "{table}" SET currency = ? WHERE currency = ?'
                engine.execute(sql, [code, said])


def reported_in(engine: Engine, settings: Settings) -> tuple[Settings, list[Issue]]:
    """Return the settings with the currency that figures are in, and what there is to say.

    The one that the settings name, else the only one that the exports know: no rates are
    given, and no table has amounts without a currency beside others with one.
    """
    if "currency" in settings.model_fields_set:
        return settings, []
    found = {table: _of_amounts(engine, table) for table in _AMOUNTS}
    named = {code for codes in found.values() for code in codes if code}
    torn = any(None in codes and len(codes) > 1 for codes in found.values())
    has_rates = engine.execute("SELECT count(*) FROM fx_rates").fetchone()[0]
    only = next(iter(named)) if len(named) == 1 else settings.currency
    if torn or has_rates or only == settings.currency or not re.fullmatch("[A-Z]{3}", only):
        return settings, []
    table = next(t for t, codes in found.items() if only in codes)
    return settings.model_copy(update={"currency": only}), [_only(table, only)]


_AMOUNTS = {"opportunities": "amount", "contract_lines": "unit_price"}


def _of_amounts(engine: Engine, table: str) -> set[str | None]:
    """Return the currencies that the amounts of a table are in, None for none."""
    rows = engine.execute(
        f'SELECT DISTINCT currency FROM "{table}" WHERE "{_AMOUNTS[table]}" IS NOT NULL'
    ).fetchall()
    return {code for (code,) in rows}


def _only(table: str, code: str) -> Issue:
    to_do = (
        f"Every amount with a currency is in {code}, so all figures are. Where that is wrong, say "
        f'the currency of the figures, as in currency = "{code}", in salesplan.toml.'
    )
    return Issue("note", "currency_derived", table, "currency", None, code, to_do)
