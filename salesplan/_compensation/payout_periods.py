"""The payout period that holds a period of the attainment."""

from __future__ import annotations

from collections.abc import Iterable

from salesplan import periods
from salesplan._compensation.scheme import Scheme
from salesplan.errors import InputError
from salesplan.periods import Period

MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}


def parsed(scheme: Scheme, label: str) -> Period:
    """Return the period that a label names, in the scheme's fiscal years."""
    return periods.parse(label, fiscal_start=scheme.fiscal_year_starts)


def known(scheme: Scheme, labels: Iterable[str]) -> dict[str, Period]:
    """Return the periods of those labels that name one; the others are told elsewhere."""
    found: dict[str, Period] = {}
    for label in labels:
        try:
            found[label] = parsed(scheme, label)
        except InputError:
            continue
    return found


def holding(scheme: Scheme, given: Period) -> Period:
    """Return the payout period in which a period starts."""
    return periods.containing(
        given.since,
        scheme.pays_each,
        fiscal=_is_fiscal(scheme, given),
        fiscal_start=scheme.fiscal_year_starts,
    )


def inside(scheme: Scheme, given: Period) -> list[Period]:
    """Return the payout periods that make up a longer one; none where they do not fit."""
    parts = periods.split(
        given.since,
        given.until,
        scheme.pays_each,
        fiscal=_is_fiscal(scheme, given),
        fiscal_start=scheme.fiscal_year_starts,
    )
    fits = parts[0].since == given.since and parts[-1].until == given.until
    return parts if fits else []


def is_longer(scheme: Scheme, given: Period) -> bool:
    """Whether a period is longer than the payout period in which it starts."""
    return given.until > holding(scheme, given).until


def _is_fiscal(scheme: Scheme, given: Period) -> bool:
    """Whether a payout period needs a fiscal name; a calendar quarter keeps the one it has."""
    start = scheme.fiscal_year_starts
    is_calendar = scheme.pays_each == "month" or (scheme.pays_each == "quarter" and start % 3 == 1)
    return start != 1 and (given.is_fiscal or not is_calendar)
