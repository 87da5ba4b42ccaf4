"""Dates as exports write them: ISO, 31.12.2026, 12/31/26, 15 avr. 2021, Excel's serial numbers.

Whether 03/04 is in March or in April is proved by a day above 12 in the column, or in another
column of the file. Without proof the load stops with both readings. A time zone is dropped:
the clock on the wall of whoever exported is the one that people remember.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from babel.dates import get_month_names

from salesplan.loading import sql

_DAY, _MONTH = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_LATE_DAY = r"(?:1[3-9]|2\d|3[01])"
_SIGN, _YEAR, _REST = r"[./-]", r"(?:\d{4}|\d{2})", r"(?:[^0-9].*)?"

LOCALES = ("en_GB", "en_US", "de_DE", "de_AT", "fr_FR", "es_ES", "nl_NL", "it_IT", "pt_BR")
"""Where the names of months come from."""

CLASSES = {
    "iso": r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}" + _REST,
    "numeric": rf"\d{{1,2}}{_SIGN}\d{{1,2}}{_SIGN}{_YEAR}{_REST}",
    "compact": r"(?:19|20)\d{6}",
    "serial": r"[2-7]\d{4}(?:[.,]\d+)?",
    "epoch": r"1\d{9}|1\d{12}",
    "named": r"[^0-9]{0,20}\d{1,2}[^0-9]{1,4}\pL{3,}.*\d{2,4}.*"
    r"|(?:\pL{2,4},? )?\pL{3,}\.?[ -]\d{1,2}.*\d{4}.*",
}
"""Ways to write a date, told apart by a pattern; tried in this order."""


@dataclass(frozen=True)
class Dates:
    """How the dates of a column are written."""

    classes: tuple[str, ...] = ()
    order: str | None = None
    likely: str | None = None
    """Format of one of its dates, as strptime writes it: most rows are read by it alone."""
    by_sign: tuple[tuple[str, str], ...] = ()
    """Order of the dates with each sign between their numbers, where a file mixes them."""


def evidence(text: str) -> dict[str, str]:
    """Return SQL conditions: the ways a date is written, and what proves its order."""

    def fits(pattern: str) -> str:
        return f"regexp_full_match({text}, {sql.text(pattern)})"

    both = rf"({_MONTH}){_SIGN}({_MONTH}){_SIGN}{_YEAR}{_REST}"
    numbers = [f"ltrim(regexp_extract({text}, {sql.text(both)}, {i}), '0')" for i in (1, 2)]
    return {
        **{name: fits(pattern) for name, pattern in CLASSES.items()},
        "dmy": fits(rf"{_LATE_DAY}{_SIGN}{_MONTH}{_SIGN}{_YEAR}{_REST}"),
        "mdy": fits(rf"{_MONTH}{_SIGN}{_LATE_DAY}{_SIGN}{_YEAR}{_REST}"),
        "either": f"{fits(both)} AND {numbers[0]} <> {numbers[1]}",
    }


def readings(text: str) -> tuple[str, str]:
    """Return both ways to read a date, day first and month first.

    Examples
    --------
    >>> readings("03/04/2026 10:00")
    ('3 April 2026', '4 March 2026')
    """
    found = re.match(rf"(\d+){_SIGN}(\d+){_SIGN}(\d+)", text)
    assert found, text
    first, second = int(found[1]), int(found[2])
    names = get_month_names("wide", locale="en_GB")
    return f"{first} {names[second]} {found[3]}", f"{second} {names[first]} {found[3]}"


def likely_format(example: str, order: str | None) -> str | None:
    """Return the strptime format of a numeric date, or None where it is an unusual one.

    Examples
    --------
    >>> likely_format("01.02.2026 08:00", "dmy"), likely_format("1/2/2026", "mdy")
    ('%d.%m.%Y %H:%M', '%m/%d/%Y')
    """
    found = re.fullmatch(r"\d+([./-])\d+\1\d{4}(?:( )\d+:\d\d(:\d\d)?)?", example)
    if not found or order is None:
        return None
    sign = found[1]
    days = f"%d{sign}%m{sign}%Y" if order == "dmy" else f"%m{sign}%d{sign}%Y"
    return days + (" %H:%M" if found[2] else "") + (":%S" if found[3] else "")


def parsed(raw: str, clean: str, style: Dates) -> str:
    """Return the SQL that reads a date or time of a style; NULL where the text is none.

    Nearly every cell is written the likely way and is read as it stands in ``raw``; only the
    others are taken through ``clean``, the same cell without blanks and missing tokens.
    """
    cases = " ".join(
        f"WHEN regexp_full_match(t, {sql.text(CLASSES[name])}) THEN {_read(name, 't', style)}"
        for name in CLASSES
        if name in style.classes
    )
    careful = sql.let("t", clean, f"CASE {cases} END" if cases else "CAST(NULL AS TIMESTAMP)")
    if style.likely:
        quick = f"try_strptime({raw}, {sql.text(style.likely)})"
    elif style.classes == ("iso",):
        bare = sql.text(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?")
        quick = f"CASE WHEN regexp_full_match({raw}, {bare}) THEN TRY_CAST({raw} AS TIMESTAMP) END"
    else:
        return f"CASE WHEN {raw} IS NOT NULL THEN {careful} END"
    return f"CASE WHEN {raw} IS NOT NULL THEN COALESCE({quick}, {careful}) END"


def _read(name: str, text: str, style: Dates) -> str:
    if name == "serial":
        days = f"TRY_CAST(replace({text}, ',', '.') AS DOUBLE)"
        return f"make_timestamp(CAST(round(({days} - 25569) * 86400) AS BIGINT) * 1000000)"
    if name == "epoch":
        unit = f"CASE WHEN length({text}) = 13 THEN 1000 ELSE 1000000 END"
        return f"make_timestamp(TRY_CAST({text} AS BIGINT) * ({unit}))"
    if name == "compact":
        return _moment(rf"regexp_replace({text}, '^(\d{{4}})(\d\d)(\d\d)$', '\1-\2-\3')")
    if name == "named":
        return _moment(_from_name(text))
    return _moment(_in_order(text, style) if name == "numeric" else _dashed(text))


def _in_order(text: str, style: Dates) -> str:
    """Return the SQL of a numeric date with its year in front, whichever order it is in."""
    if not style.by_sign:
        return _year_first(text, style.order)
    cases = " ".join(
        f"WHEN regexp_matches({text}, {sql.text(f'^[0-9]{{1,2}}[{sign}]')}) "
        f"THEN {_year_first(text, order)}"
        for sign, order in style.by_sign
    )
    return f"(CASE {cases} END)"


def is_none(text: str) -> str:
    """Return the SQL of whether a text is the day that databases write for no day."""
    return f"COALESCE(regexp_matches({text}, '^(?:0000-00-00|1900-01-00|00[./-]00[./-]00)'), FALSE)"


def _dashed(text: str) -> str:
    return rf"regexp_replace({text}, '^(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}})', '\1-\2-\3')"


def _year_first(text: str, order: str | None) -> str:
    """Return the SQL of a numeric date with its year in front; 70 and later is the last century."""
    turned = {"dmy": r"\3-\2-\1", "mdy": r"\3-\1-\2"}.get(order or "", r"x")
    result = text
    for century, years in (("20", "[0-6]"), ("19", "[7-9]")):
        pattern = rf"^(\d{{1,2}}){_SIGN}(\d{{1,2}}){_SIGN}({years}\d)([^0-9].*)?$"
        result = f"regexp_replace({result}, {sql.text(pattern)}, '{century}{turned}\\4')"
    pattern = rf"^(\d{{1,2}}){_SIGN}(\d{{1,2}}){_SIGN}(\d{{4}})"
    return f"regexp_replace({result}, {sql.text(pattern)}, '{turned}')"


def _from_name(text: str) -> str:
    """Return the SQL of a date whose month is a word, with its year in front."""
    low = f"strip_accents(lower({text}))"
    day_first = (
        r"^[^0-9]*(\d{1,2})(?:st|nd|rd|th|er)?[^0-9a-z]+(?:de )?([a-z]{3,})[^0-9a-z]+(?:del? )?"
        r"(\d{4}|\d{2})(.*)$"
    )
    month_first = r"^(?:[a-z]+,? )??([a-z]{3,})\.?[ -](\d{1,2})(?:st|nd|rd|th)?,?[ -]+(\d{4})(.*)$"
    months = " ".join(f"WHEN {sql.text(word)} THEN '{n}'" for word, n in _months().items())
    names = "['day', 'month', 'year', 'rest']"
    swapped = "['month', 'day', 'year', 'rest']"
    one = f"regexp_extract({low}, {sql.text(day_first)}, {names})"
    two = f"regexp_extract({low}, {sql.text(month_first)}, {swapped})"
    year = "(CASE WHEN length(d.year) = 2 THEN '20' ELSE '' END || d.year)"
    day = f"{year} || '-' || (CASE d.month {months} END) || '-' || d.day || d.rest"
    built = f"list_transform([{{0}}], lambda d: {day})[1]"
    return f"COALESCE({built.format(one)}, {built.format(two)})"


@cache
def _months() -> dict[str, int]:
    """Return every way to name a month in the languages of exports -> its number."""
    words: dict[str, int] = {"sept": 9, "maerz": 3, "mrz": 3}
    for locale in LOCALES:
        for width in ("wide", "abbreviated"):
            for number, name in get_month_names(width, locale=locale).items():
                plain = unicodedata.normalize("NFKD", name.casefold())
                word = "".join(c for c in plain if c.isalpha())
                words[word] = number
                if len(word) > 4:
                    words.setdefault(word[:3], number)
    words.pop("jui", None)  # juin or juillet
    return words


def _moment(year_first: str) -> str:
    """Return the SQL of a timestamp from a date with its year in front and any time behind."""
    tail = r"(?i)^(\d{4}-\d{1,2}-\d{1,2})(?:T|,|\s|à|um|at|kl\.?)+(\d{1,2})[:h.](\d{2})"
    spaced = rf"regexp_replace({year_first}, {sql.text(tail)}, '\1 \2:\3')"
    zone = r"(?i)\s*(?:Z|(?:UTC|GMT)(?:[+-]\d{2}:?\d{2}(?: \(.*\))?)?|CES?T|Uhr)$"
    clean = f"regexp_replace({spaced}, {sql.text(zone)}, '')"
    half_days = "['%Y-%m-%d %I:%M:%S %p', '%Y-%m-%d %I:%M %p']"
    noon = rf"regexp_replace(upper({clean}), '\s*([AP])\.?M\.?$', ' \1M')"
    return (
        f"CASE WHEN regexp_matches({clean}, '(?i)[ap]\\.?m\\.?$') "
        f"THEN try_strptime({noon}, {half_days}) ELSE TRY_CAST({clean} AS TIMESTAMP) END"
    )
