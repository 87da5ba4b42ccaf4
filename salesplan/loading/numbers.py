"""Numbers as exports write them: 1.234,56 and 1 234,56 and $1,117.10K and 90%.

The decimal sign of a column is proved by its values: 12,5 can only be twelve and a half.
1.234 alone proves nothing; then the other columns of the file decide, or the settings.
"""

from __future__ import annotations

from salesplan.loading import sql

SPACES = " \u00a0\u202f\u2009'’"

_CURRENCY = r"(?:[A-Z]{1,3}\p{Sc}|\p{Sc}|[A-Z]{3}|kr\.?|zł|Kč|Fr\.?)"
_UNITS = {
    "k": 3,
    "tsd": 3,
    "m": 6,
    "mio": 6,
    "mln": 6,
    "mn": 6,
    "b": 9,
    "bn": 9,
    "mrd": 9,
    "mld": 9,
}


_LAKHS = r"\d{1,2}(?:,\d{2})+,\d{3}"
"""Digits as India groups them: 4,50,664."""


def _digits(decimal: str | None, kind: str) -> str:
    """Return the pattern of a number whose decimal sign is known; None: no sign at all.

    A whole number needs none: any sign before three digits groups them.
    """
    if kind == "integer":
        return r"(?:\d{1,3}(?:[.,]\d{3})+|\d+(?:[.,]0{1,2})?)"
    if decimal is None:
        return r"\d+"
    group = r"\." if decimal == "," else ","
    point = re_point(decimal)
    lakhs = rf"|{_LAKHS}" if decimal == "." else ""
    grouped = rf"\d{{1,3}}(?:{group}\d{{3}})+{lakhs}"
    return rf"(?:{grouped}|\d*)(?:{point}\d+)?{point}?(?:[Ee][+-]?\d+)?"


def re_point(decimal: str) -> str:
    """Return the decimal sign as a pattern."""
    return "," if decimal == "," else r"\."


def simple(decimal: str | None) -> str:
    """Return the pattern of a number without any ornament, by far the most of them."""
    return r"-?\d+" + (rf"(?:{re_point(decimal)}\d+)?" if decimal else "")


def parsed(raw: str, clean: str, decimal: str | None, kind: str, sql_type: str) -> str:
    """Return the SQL that reads a number of a kind; NULL where the text is none.

    Nearly every cell is a bare number and is cast as it stands in ``raw``; only the others are
    taken through ``clean``, the same cell without blanks and missing tokens.
    """
    plain = r"-?\d+" if kind == "integer" else simple(decimal)
    quick = f"TRY_CAST({_with_point(raw, decimal)} AS {sql_type})"
    slow = sql.let("t", clean, _ornate("t", decimal, kind, sql_type))
    return (
        f"CASE WHEN {raw} IS NULL THEN NULL "
        f"WHEN regexp_full_match({raw}, {sql.text(plain)}) THEN {quick} ELSE {slow} END"
    )


def _with_point(text: str, decimal: str | None) -> str:
    return f"replace({text}, ',', '.')" if decimal == "," else text


def _ornate(text: str, decimal: str | None, kind: str, sql_type: str) -> str:
    """Return the SQL for a number with grouping, currency, sign behind, unit or per cent."""
    bare = f"regexp_replace(replace({text}, '−', '-'), {sql.text('[' + SPACES + ']')}, '', 'g')"
    units = "|".join(sorted(_UNITS, key=len, reverse=True))
    pattern = (
        rf"(\(?)(?:{_CURRENCY})?([-+]?)(?:{_CURRENCY})?({_digits(decimal, kind)})"
        rf"((?i:{units})\.?)?(%?)(?:{_CURRENCY})?(-|\))?"
    )
    names = "['open', 'sign', 'digits', 'unit', 'percent', 'close']"
    parts = f"regexp_extract({bare}, {sql.text('^' + pattern + '$')}, {names})"
    negative = "(p.sign = '-' OR p.close = '-' OR (p.open = '(' AND p.close = ')'))"
    zeros = " ".join(f"WHEN '{u}' THEN {10**n}" for u, n in _UNITS.items())
    unit = f"(CASE rtrim(lower(p.unit), '.') {zeros} ELSE 1 END)"
    percent = "(CASE WHEN p.percent = '%' THEN 0.01 ELSE 1 END)"
    sign = f"(CASE WHEN {negative} THEN -1 ELSE 1 END)"
    digits = _plain_digits("p.digits", decimal, kind)
    value = f"TRY_CAST({digits} AS DECIMAL(28, 8)) * {sign} * {unit} * {percent}"
    read = sql.let("p", parts, f"TRY(CAST({value} AS {sql_type}))")
    return f"CASE WHEN regexp_matches({text}, '[0-9]') THEN {read} END"


def _plain_digits(digits: str, decimal: str | None, kind: str) -> str:
    """Return the SQL of digits without grouping, with a point for decimals."""
    if kind == "integer":
        return f"regexp_replace(regexp_replace({digits}, '[.,]0{{1,2}}$', ''), '[.,]', '', 'g')"
    group = "." if decimal == "," else ","
    return f"replace(replace({digits}, {sql.text(group)}, ''), ',', '.')"


def evidence(text: str) -> dict[str, str]:
    """Return SQL conditions: what proves a comma, what a point, what could be either.

    Of a rate it also counts what can only be a percentage.
    """
    core = f"regexp_extract({text}, {sql.text(rf'[0-9][0-9.,{SPACES}]*')}, 0)"
    bare = f"rtrim(regexp_replace({core}, {sql.text('[^0-9.,]')}, '', 'g'), '.,')"

    def fits(pattern: str) -> str:
        return f"regexp_full_match({bare}, {sql.text(pattern)})"

    return {
        "comma": fits(_proof(",", r"\.")),
        "point": fits(_proof(r"\.", ",") + rf"|(?:{_LAKHS}(?:\.\d+)?)"),
        "either": fits(r"[1-9]\d{0,2}[.,]\d{3}"),
        "percent": _above_one(text),
    }


def _proof(point: str, group: str) -> str:
    """Return the pattern of numbers that only make sense with this decimal sign."""
    forms = (
        rf"\d{{1,3}}(?:{group}\d{{3}})+{point}\d+",  # both signs, this one last
        rf"\d{{1,3}}(?:{group}\d{{3}}){{2,}}",  # the other sign twice: it groups
        rf"\d+{point}(?:\d{{1,2}}|\d{{4,}})",  # not three digits behind it
        rf"(?:0|\d{{4,}}){point}\d{{3}}",  # no group in front of it
    )
    return "|".join(f"(?:{form})" for form in forms)


def _above_one(text: str) -> str:
    """Return the SQL condition of a rate that can only be a percentage: 2 or more, no % sign."""
    return f"regexp_full_match({text}, '0*(?:[2-9]|[1-9]\\d+)(?:[.,]\\d*)?')"


def readings(text: str) -> tuple[str, str]:
    """Return both ways to read a number, with a decimal comma and with a decimal point.

    Examples
    --------
    >>> readings("EUR 1.234")
    ('1234 (comma for decimals)', '1.234 (point for decimals)')
    """
    core = "".join(c for c in text if c in "0123456789.,").strip(".,")
    comma = core.replace(".", "").replace(",", ".")
    point = core.replace(",", "")
    return f"{comma} (comma for decimals)", f"{point} (point for decimals)"
