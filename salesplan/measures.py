"""What a measure is: a number with a name, a definition and the facts behind it.

Each module of metrics declares its own measures; ``salesplan.kpi`` collects them into the
catalogue. A measure that a bonus scheme or an action plan can use carries ``facts``: SQL
that gives one row per event (person_id, on_date, value), so that it adds up over any period.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

Direction = Literal["up", "down", "band"]
Nature = Literal["result", "activity"]
Unit = Literal["money", "money a day", "rate", "ratio", "count", "days", "hours", "months"]
UNITS: tuple[str, ...] = get_args(Unit)
"""What a measure is counted in; money is the reporting currency, a rate lies in 0..1."""


@dataclass(frozen=True)
class Measure:
    """One entry of the catalogue.

    ``facts`` selects ``person_id``, ``on_date``, ``value`` and, for a ratio, ``base``: the
    measure over a period is then sum(value) / sum(base), and NULL where the base is 0.
    Dimension columns that a filter may use (product, segment, sale_type, ...) may follow.
    """

    name: str
    title: str
    definition: str
    formula: str
    unit: Unit
    good: Direction
    source: str
    tables: tuple[str, ...]
    function: str
    exclusions: str = "none"
    nature: Nature = "result"
    facts: str | None = None
    is_ratio: bool = False
    filters: tuple[str, ...] = field(default=())
