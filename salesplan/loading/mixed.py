"""Dates of one file in two orders, told apart by the sign between their numbers.

A list that several people or programs wrote into holds 31/12/2026 beside 12-31-2026. Each way
of writing has its own order, which its own values have to prove.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from salesplan.loading import sql
from salesplan.loading.dates import Dates
from salesplan.loading.evidence import Evidence
from salesplan.loading.styles import Decision

SIGNS = ("/", "-", ".")


def is_torn(found: Mapping[str, Evidence]) -> bool:
    """Whether a file proves both orders, in one column or in two."""
    return all(any(e.count(order) for e in found.values()) for order in ("dmy", "mdy"))


def written_with(sign: str, text: str) -> str:
    """Return the SQL of a text that is a date with this sign; NULL for any other."""
    return f"CASE WHEN regexp_matches({text}, {sql.text(f'^[0-9]{{1,2}}[{sign}]')}) THEN {text} END"


def orders(found: Mapping[str, Mapping[str, Evidence]]) -> dict[str, str] | None:
    """Return the order of each sign, as all columns prove it together; None where one is open.

    Examples
    --------
    >>> days = Evidence({"dmy": 2, "mdy": 0, "either": 5})
    >>> orders({"/": {"created_on": days}, "-": {"created_on": Evidence({"mdy": 1})}})
    {'/': 'dmy', '-': 'mdy'}
    >>> orders({"/": {"created_on": days, "closed_on": Evidence({"mdy": 1})}}) is None
    True
    """
    answers: dict[str, str] = {}
    for sign, columns in found.items():
        counts = {p: sum(e.count(p) for e in columns.values()) for p in ("dmy", "mdy", "either")}
        proved = [order for order in ("dmy", "mdy") if counts[order]]
        if len(proved) > 1 or (not proved and counts["either"]):
            return None
        if proved:
            answers[sign] = proved[0]
    return answers


def settled(decision: Decision, known: Mapping[str, str]) -> Decision:
    """Return a decision in which each date is read in the order of its sign."""
    pairs = tuple(known.items())
    styles = {
        name: replace(style, by_sign=pairs, likely=None)
        if isinstance(style, Dates) and "numeric" in style.classes
        else style
        for name, style in decision.styles.items()
    }
    left = tuple(name for name in decision.open if not isinstance(decision.styles[name], Dates))
    said = tuple(f"date order {order} with {sign}" for sign, order in pairs)
    proofs = tuple(p for p in decision.proofs if not p.startswith("date order")) + said
    return replace(decision, styles=styles, open=left, proofs=proofs, order=None)
