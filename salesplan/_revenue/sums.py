"""Sums as the engine adds them fastest: in narrow types, and none of what a book cannot have.

A bridge adds up the same few columns four times, from prices to plans, products and
customers. Where no line is foreign, late or paused, those columns are the constant 0.
"""

from __future__ import annotations

from salesplan._revenue.pausing import has_pauses
from salesplan._revenue.pricing import decimal
from salesplan._revenue.question import Question

_COUNTS = ("member", "late_member", "paused")


def absent(q: Question) -> set[str]:
    """Return the columns that are 0 in every row of this question."""
    names = {"late", "late_member"} if q.known == "now" else set()
    names |= set() if "currencies" in q.traits else {"fx"}
    return names if has_pauses(q) else names | {"paused"}


def money(q: Question) -> str:
    """Return the type of a sum of amounts in reporting currency, exact to its last decimal."""
    return "DECIMAL(38, 12)" if "currencies" in q.traits else decimal(q)


def total(q: Question, name: str, value: str = "") -> str:
    """Return SQL that adds up a value under a name."""
    if name in absent(q):
        return f"0 AS {name}"
    kind = "BIGINT" if name in _COUNTS else money(q)
    return f"CAST(sum({value or name}) AS {kind}) AS {name}"


def totals(q: Question, *names: str) -> str:
    """Return SQL that adds up several columns, each under its own name."""
    return ", ".join(total(q, name) for name in names)
