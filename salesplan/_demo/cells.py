"""SQL that turns whole numbers into the text of an export."""

from __future__ import annotations

from collections.abc import Sequence


def quoted(text: str) -> str:
    """Return a text literal.

    Examples
    --------
    >>> quoted("O'Neill")
    "'O''Neill'"
    """
    return "'" + text.replace("'", "''") + "'"


def word(column: str, words: Sequence[str]) -> str:
    """Return SQL for the word at a place; nothing for a place below zero."""
    return f"[{', '.join(map(quoted, words))}][{column} + 1]"


def number(prefix: str, column: str, first: int = 10000) -> str:
    """Return SQL for an identifier such as D10042; nothing for a number below zero."""
    return f"CASE WHEN {column} >= 0 THEN {quoted(prefix)} || ({column} + {first}) END"


def _moment(day: str, minute: str, layout: str) -> str:
    stamp = f"TIMESTAMP '1970-01-01' + to_days({day}::INTEGER) + to_minutes({minute}::BIGINT)"
    return f"strftime({stamp}, {quoted(layout)})"


def date(column: str) -> str:
    """Return SQL for a day as dd.mm.yyyy."""
    return f"CASE WHEN {column} >= 0 THEN {_moment(column, '0', '%d.%m.%Y')} END"


def moment(day: str, minute: str) -> str:
    """Return SQL for a day and time as dd.mm.yyyy hh:mm."""
    return _moment(day, minute, "%d.%m.%Y %H:%M")


def real_date(column: str) -> str:
    """Return SQL for a date that a workbook keeps as one."""
    return f"CASE WHEN {column} > 0 THEN DATE '1970-01-01' + {column}::INTEGER END"


def money(column: str, *, thousands: bool = False) -> str:
    """Return SQL for cents as 1234,56 or 1.234,56; nothing below zero."""
    whole = f"({column} // 100)::BIGINT"
    digits = f"replace(format('{{:,}}', {whole}), ',', '.')" if thousands else f"{whole}::VARCHAR"
    cents = f"lpad(({column} % 100)::BIGINT::VARCHAR, 2, '0')"
    return f"CASE WHEN {column} >= 0 THEN {digits} || ',' || {cents} END"


def decimal(column: str, parts: int) -> str:
    """Return SQL for a count of ``parts`` of one, such as quarters, with a decimal comma."""
    value = f"({column} / {parts}.0)::DECIMAL(12, 2)::VARCHAR"
    return f"CASE WHEN {column} >= 0 THEN replace({value}, '.', ',') END"
