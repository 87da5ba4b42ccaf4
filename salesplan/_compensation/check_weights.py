"""Weights: the criteria that hold for a person on a day must sum to the stated total."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from salesplan._compensation.rules import Criterion

if TYPE_CHECKING:
    from salesplan._compensation.scheme import Scheme

Fault = tuple[tuple[str | int, ...], str]

_OTHER = "(any other)"


def faults(scheme: Scheme) -> Iterator[Fault]:
    """Yield weights that are missing, superfluous, or do not sum to the total."""
    for i, criterion in enumerate(scheme.criteria):
        needs = criterion.effect == "adds" and not criterion.curve.is_money
        if needs and criterion.weight is None:
            yield ("criteria", i, "weight"), "is missing: its curve pays a share of the target pay"
        if criterion.effect == "multiplies" and criterion.weight is not None:
            yield ("criteria", i, "weight"), "has no meaning where effect = 'multiplies'"
    told: set[str] = set()
    for who, total in _totals(scheme):
        if abs(total - scheme.weights_total) > 1e-9 and f"{total:.9g}" not in told:
            told.add(f"{total:.9g}")
            yield (
                ("criteria",),
                f"weights{who} sum to {total:.9g}, not to {scheme.weights_total:g}",
            )


def _totals(scheme: Scheme) -> Iterator[tuple[str, float]]:
    weighted = [c for c in scheme.criteria if c.weight is not None and c.effect == "adds"]
    for person, day in itertools.product(_kinds_of_people(weighted), _days(weighted)):
        mine = [c for c in weighted if holds_for(c, person) and holds_on(c, day)]
        if mine:
            who = "".join(f" for {k} {v}" for k, v in person.items() if v != _OTHER)
            when = f" from {day}" if day > dt.date.min else ""
            yield who + when, sum(c.weight or 0.0 for c in mine)


def _kinds_of_people(criteria: list[Criterion]) -> list[dict[str, str]]:
    values: dict[str, list[str]] = {}
    for criterion in criteria:
        for column, wanted in criterion.applies_to.items():
            seen = values.setdefault(column, [_OTHER])
            seen += [v for v in as_tuple(wanted) if v not in seen]
    rows = itertools.islice(itertools.product(*values.values()), 1000)
    return [dict(zip(values, row, strict=True)) for row in rows]


def _days(criteria: list[Criterion]) -> list[dt.date]:
    edges = {d for c in criteria for d in (c.since, c.until) if d}
    return sorted({dt.date.min, *edges})


def as_tuple(values: str | tuple[str, ...]) -> tuple[str, ...]:
    """Return one value or several as a tuple."""
    return (values,) if isinstance(values, str) else tuple(values)


def holds_for(criterion: Criterion, person: dict[str, str]) -> bool:
    """Whether a criterion applies to a kind of person."""
    return all(
        person.get(column) in as_tuple(wanted) for column, wanted in criterion.applies_to.items()
    )


def holds_on(criterion: Criterion, day: dt.date) -> bool:
    """Whether a criterion holds on a day."""
    return (criterion.since or dt.date.min) <= day < (criterion.until or dt.date.max)
