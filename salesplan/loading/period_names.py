"""Periods as finance writes them: 2026-03, Mar 2026, 03/2026, 31.03.2026, Q1 26, H1, FY2026.

Payroll and targets name the period of an amount, and every company in its own way. Each
spelling is brought to the label that :func:`salesplan.periods.parse` reads; a row whose period
nobody can read is kept apart, as a payout of no known month is worth nothing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from functools import cache

import duckdb
import pandas as pd
from babel.dates import get_month_names

from salesplan import schema
from salesplan.exports.names import fold
from salesplan.loading.dates import LOCALES
from salesplan.loading.staging import MARK, Staged

_FISCAL = (
    r"(?:fy|gj|fiscal year|geschaftsjahr|exercice(?: fiscal)?"
    r"|ejercicio|boekjaar|esercizio|exercicio)"
)
_PARTS = {
    "Q": r"(?:q|quarter|quartal|kwartaal|t|trimestre)",
    "H": r"(?:h|hy|half|half year|halbjahr|hj|halfjaar|s|semestre)",
}
_ORDINAL = r"(?:st|nd|rd|th|er|ere|e|eme)?"
_YEAR = r"(?P<year>\d{4}|\d{2})"
_NUMERIC = re.compile(r"(\d{1,2})([./-])(\d{1,2})[./-](\d{4}|\d{2})(?:[ T].*)?")
_EXCEL_DAY_0 = dt.date(1899, 12, 30)


def labels(texts: Iterable[str], order: str | None = None) -> dict[str, str]:
    """Return the label of each text that names a period.

    A date stands for its month. Whether 01/02/2026 is in January or February is told by the
    file's other dates (``order``), by a day above 12, or by all of them being first days.

    Examples
    --------
    >>> labels(["Mär 2026", "03/2026", "Q1 26", "T2 2026", "1. Halbjahr 2026", "FY26", "soon"])
    ... # doctest: +NORMALIZE_WHITESPACE
    {'Mär 2026': '2026-03', '03/2026': '2026-03', 'Q1 26': '2026-Q1', 'T2 2026': '2026-Q2',
     '1. Halbjahr 2026': '2026-H1', 'FY26': 'FY2026'}
    >>> labels(["01/02/2026", "01/03/2026"]), labels(["04/02/2026"])
    ({'01/02/2026': '2026-02', '01/03/2026': '2026-03'}, {})
    """
    given = list(texts)
    known = order or _order(given)
    found = {text: _label(text.strip(), known) for text in given}
    return {text: label for text, label in found.items() if label}


def settle(engine: duckdb.DuckDBPyConnection, table: str, staged: Iterable[Staged]) -> None:
    """Bring the periods of a table to their labels; mark the rows where that cannot be done."""
    if "period" not in schema.table(table).names:
        return
    for one in staged:
        rows = f"rowid BETWEEN {one.first_row} AND {one.first_row + one.inserted - 1}"
        found = engine.execute(
            f'SELECT DISTINCT period FROM "{table}" WHERE period IS NOT NULL AND {rows}'
        ).fetchall()
        decided = one.feed.decision
        known = labels((text for (text,) in found), decided.order if decided else None)
        _rename(engine, table, rows, known)


def _rename(
    engine: duckdb.DuckDBPyConnection, table: str, rows: str, known: dict[str, str]
) -> None:
    frame = pd.DataFrame({"said": list(known), "label": list(known.values())}, dtype="str")
    engine.register("period_names", frame)
    engine.execute(
        f"UPDATE \"{table}\" SET {MARK} = 'unreadable period|period' WHERE {MARK} IS NULL "
        f"AND period IS NOT NULL AND period NOT IN (SELECT said FROM period_names) AND {rows}"
    )
    engine.execute(
        f'UPDATE "{table}" SET period = n.label FROM period_names AS n '
        f"WHERE period = n.said AND {rows}"
    )
    engine.unregister("period_names")


def _order(texts: Iterable[str]) -> str | None:
    """Return which of day and month comes first in dates such as 01/02/2026, if they tell."""
    dates = [found for text in texts if (found := _NUMERIC.fullmatch(text.strip()))]
    first, second = {int(d[1]) for d in dates}, {int(d[3]) for d in dates}
    if not dates or (max(first) > 12 and max(second) > 12):
        return None
    if max(second) > 12:
        return "mdy"
    if max(first) > 12 or first == {1} or {d[2] for d in dates} == {"."}:
        return "dmy"
    return "mdy" if second == {1} else None


def _label(text: str, order: str | None) -> str | None:
    """Return the first reading of a text that makes sense."""
    readings = (*_as_dates(text, order), *_as_months(text), *_as_parts(fold(text)))
    return next((label for label in readings if label), None)


def _as_dates(text: str, order: str | None) -> Iterator[str | None]:
    if found := re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T].*)?", text):
        yield _month(found[1], found[2], found[3])
    if found := re.fullmatch(r"((?:19|20)\d\d)(\d\d)(\d\d)", text):
        yield _month(found[1], found[2], found[3])
    if (found := _NUMERIC.fullmatch(text)) and (order in ("dmy", "mdy") or found[1] == found[3]):
        day, month = (found[3], found[1]) if order == "mdy" else (found[1], found[3])
        yield _month(found[4], month, day)
    if re.fullmatch(r"[3-6]\d{4}(?:\.0+)?", text):
        day_ = _EXCEL_DAY_0 + dt.timedelta(days=int(float(text)))
        yield f"{day_:%Y-%m}"


def _as_months(text: str) -> Iterator[str | None]:
    if found := re.fullmatch(r"(\d{4})(?:\s*[-/. mM]\s*(?=\d)|(?=\d\d$))(\d{1,2})", text):
        yield _month(found[1], found[2])
    if found := re.fullmatch(r"[mM]?(\d{1,2})\s*[-/. ]\s*(\d{4})", text):
        yield _month(found[2], found[1])
    words = re.findall(r"[^\W\d_]+|\d+", fold(text))
    numbers = [w for w in words if w.isdigit()]
    months = [_months()[w] for w in words if w in _months()]
    if len(months) == 1 and len(words) - len(numbers) == 1 and numbers:
        yield _month(numbers[-1] if len(numbers[0]) < 4 else numbers[0], str(months[0]))


def _as_parts(folded: str) -> Iterator[str | None]:
    """Years, quarters and halves, fiscal where the text says so."""
    year = f"(?P<fiscal>{_FISCAL} ?)?{_YEAR}(?: 0)?"
    whole = re.fullmatch(year, folded)
    if whole and (whole["fiscal"] or len(whole["year"]) == 4):
        yield _year(whole)
    for letter, word in _PARTS.items():
        part = rf"(?:{word} ?(?P<a>[1-4])|(?P<b>[1-4]){_ORDINAL} ?{word})"
        for pattern in (f"{part} ?(?:of |de )?{year}", f"{year} ?{part}"):
            found = re.fullmatch(pattern, folded)
            number = int(found["a"] or found["b"]) if found else 0
            if found and number <= {"Q": 4, "H": 2}[letter]:
                yield f"{_year(found)}-{letter}{number}"


def _year(found: re.Match[str]) -> str:
    return ("FY" if found["fiscal"] else "") + _four_digits(found["year"])


def _four_digits(year: str) -> str:
    return f"20{year}" if len(year) == 2 else year


def _month(year: str, month: str, day: str = "1") -> str | None:
    try:
        return f"{dt.date(int(_four_digits(year)), int(month), int(day)):%Y-%m}"
    except ValueError:
        return None


@cache
def _months() -> dict[str, int]:
    """Return month names in the languages of exports, long and short, folded -> number."""
    return {
        fold(name): number
        for locale in LOCALES
        for width in ("wide", "abbreviated")
        for context in ("format", "stand-alone")
        for number, name in get_month_names(width, context, locale=locale).items()
    } | {"mrz": 3, "sept": 9, "maerz": 3, "fev": 2}
