"""What every question of an action plan starts from: its period, its history, its sellers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from salesplan import periods
from salesplan._actionplan import measured
from salesplan._actionplan.plans import Built, build
from salesplan.crm import Crm
from salesplan.errors import MissingDataError


def period(
    since: str | dt.date | None,
    until: str | dt.date | None,
    quarter: str | None,
    year: str | int | None,
) -> dict[str, Any]:
    """Return the arguments that name a period."""
    return {"since": since, "until": until, "quarter": quarter, "year": year}


def target_period(crm: Crm, **period: Any) -> tuple[dt.date, dt.date]:
    """Return the period of a plan: the year after ``as_of`` where none is named."""
    since, until = periods.resolve(fiscal_start=crm.settings.fiscal_year_starts, **period)
    since = since or crm.as_of + dt.timedelta(days=1)
    return since, until or periods.add_months(since, 12)


def history(crm: Crm, measured_since: str | dt.date | None) -> tuple[dt.date, dt.date]:
    """Return the period that ratios are measured on: twelve months to ``as_of``, or since a day."""
    until = crm.as_of + dt.timedelta(days=1)
    if measured_since is None:
        return periods.add_months(until, -12), until
    return periods.to_date(measured_since, "measured_since"), until


def ratios(
    crm: Crm,
    measured_since: str | dt.date | None,
    given: Mapping[str, float] | None,
    only: Mapping[str, Any] | None,
    stage: str | None,
) -> pd.DataFrame:
    """Return the measured ratios with the caller's own in place of some."""
    crm.require("opportunities", need="actionplan")
    start, end = history(crm, measured_since)
    return measured.ratios(crm, start, end, only=only, given=given, proposal_stage=stage)


def built(
    crm: Crm,
    holidays: str | Iterable[str | dt.date],
    every_months: Mapping[str, float] | None,
    period: Mapping[str, Any],
) -> Built:
    """Return contacts, unserved accounts and hours of each seller for a period."""
    crm.require("accounts", "people", need="actionplan.individual_plans")
    if crm.missing("accounts", "owner_id"):
        raise MissingDataError(
            "actionplan.individual_plans needs accounts.owner_id (whose account it is), and no "
            "account has one: export the owner with the accounts, or name its column in "
            "salesplan.toml under [columns.accounts]."
        )
    first, last = target_period(crm, **period)
    return build(crm, first, last, holidays=holidays, every_months=every_months or {})
