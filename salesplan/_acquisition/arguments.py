"""What the metrics of acquisition do alike with their arguments and with their words."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from salesplan import periods, text
from salesplan.crm import Crm
from salesplan.errors import InputError

Span = tuple[dt.date | None, dt.date | None]
Day = str | dt.date | None


def resolved(
    crm: Crm, since: Day, until: Day, month: str | None, quarter: str | None, year: str | int | None
) -> Span:
    """Return the period a caller named, in the fiscal year of the company."""
    starts = crm.settings.fiscal_year_starts
    return periods.resolve(
        since=since, until=until, month=month, quarter=quarter, year=year, fiscal_start=starts
    )


def inside(date: str) -> str:
    """Return SQL that keeps a date within ``$since`` and ``$until``; without them, every row."""
    return (
        f"(CAST($since AS DATE) IS NULL OR {date} >= CAST($since AS DATE)) "
        f"AND (CAST($until AS DATE) IS NULL OR {date} < CAST($until AS DATE))"
    )


def words(crm: Crm, key: str, **values: Any) -> str:
    """Return a sentence of this area in the language of the settings."""
    return text.label(f"acquisition.{key}", crm.settings.language, **values)


def share(value: float, name: str) -> float:
    """Return a share between 0 and 1, or raise saying which argument is none.

    Examples
    --------
    >>> share(20, "no_show_rate")
    Traceback (most recent call last):
    ...
    salesplan.errors.InputError: no_show_rate=20 is no share. Write 20 % as 0.20.
    """
    if 0 <= value <= 1:
        return float(value)
    percent = f" Write {value:g} % as {value / 100:.2f}." if 1 < value <= 100 else ""
    raise InputError(f"{name}={value:g} is no share." + (percent or " Use 0 to 1."))


def positive(value: float, name: str) -> float:
    """Return a number above 0, or raise saying which argument is none."""
    if value > 0:
        return float(value)
    raise InputError(f"{name}={value:g} must be above 0.")


def loaded_rate(crm: Crm, role: object) -> float:
    """Return the loaded cost of an hour of a role; raise where the settings name none."""
    rates = crm.settings.hourly_cost
    name = "" if role is None or pd.isna(role) else str(role)  # type: ignore[call-overload]
    if name not in rates and "default" not in rates:
        raise InputError(
            f"No cost of an hour is set for the role {name or '(none)'!r}. Add it to "
            "salesplan.toml: [hourly_cost] default = 65"
        )
    return rates.get(name, rates.get("default", 0.0))
