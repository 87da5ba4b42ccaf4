"""Pipeline health: open deals, coverage, velocity, waterfall, forecast and its calibration."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd

from salesplan._pipeline import risks
from salesplan._pipeline.arithmetic import balance_of, coverage_of, velocity_of, weighted_of
from salesplan._pipeline.coverage import coverage_table
from salesplan._pipeline.flow import By, Day, Only, due_window, quarter_of, trailing
from salesplan._pipeline.frames import by_names
from salesplan._pipeline.health import judged
from salesplan._pipeline.open_deals import FACTS, facts
from salesplan._pipeline.slippage import slippage_table
from salesplan._pipeline.states import home_currency
from salesplan._pipeline.velocity import velocity_table
from salesplan._pipeline.vitals import vitals
from salesplan._pipeline.waterfall import deals_table, waterfall_table
from salesplan._pipeline.weighted import weighted_table
from salesplan.crm import Crm

__all__ = [
    "balance_of",
    "coverage",
    "coverage_of",
    "health",
    "open_deals",
    "slippage",
    "velocity",
    "velocity_of",
    "waterfall",
    "waterfall_deals",
    "weighted",
    "weighted_of",
]


def open_deals(
    crm: Crm,
    *,
    as_of: str | dt.date | None = None,
    only: Mapping[str, Any] | None = None,
    lang: str | None = None,
) -> pd.DataFrame:
    """Return the open deals, each with its age, its pace, its risks and what it lacks."""
    found = risks.with_flags(facts(crm, as_of=as_of, only=only), crm.settings.thresholds)
    worded = risks.with_words(found, lang or crm.settings.language)
    return worded[[*FACTS, *risks.FLAGS, "risk_count", "risks"]]


def health(
    crm: Crm,
    *,
    by: By = None,
    as_of: Day = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    since: Day = None,
    until: Day = None,
    only: Only = None,
    pool: str = "due",
    measure: str = "bookings",
    correlation: float = 0.0,
    lang: str | None = None,
) -> pd.DataFrame:
    """Return the health of the pipeline: each number with its limits, light and explanation."""
    window = quarter_of(
        crm, as_of, month=month, quarter=quarter, year=year, since=since, until=until
    )
    names, words = by_names(by), lang or crm.settings.language
    found = vitals(
        crm,
        window,
        names,
        only=only,
        correlation=correlation,
        pool=pool,
        measure=measure,
        lang=words,
    )
    return judged(found, names, crm.settings.thresholds, home_currency(crm), words)


def coverage(
    crm: Crm,
    *,
    by: By = None,
    as_of: Day = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    since: Day = None,
    until: Day = None,
    only: Only = None,
    pool: str = "due",
    measure: str = "bookings",
    lang: str | None = None,
) -> pd.DataFrame:
    """Return how far open pipeline covers what is left of the target."""
    window = quarter_of(
        crm, as_of, month=month, quarter=quarter, year=year, since=since, until=until
    )
    return coverage_table(
        crm,
        window,
        by=by,
        only=only,
        pool=pool,
        measure=measure,
        lang=lang or crm.settings.language,
    )


def velocity(
    crm: Crm,
    *,
    by: By = None,
    as_of: Day = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    since: Day = None,
    until: Day = None,
    only: Only = None,
    definition: str = "open",
    cycle: str = "mean",
    lang: str | None = None,
) -> pd.DataFrame:
    """Return sales velocity with its four inputs."""
    window = trailing(crm, as_of, month=month, quarter=quarter, year=year, since=since, until=until)
    return velocity_table(
        crm,
        window,
        by=by,
        only=only,
        definition=definition,
        cycle=cycle,
        lang=lang or crm.settings.language,
    )


def weighted(
    crm: Crm,
    *,
    by: By = None,
    as_of: Day = None,
    only: Only = None,
    correlation: float = 0.0,
    level: float = 0.80,
    lang: str | None = None,
) -> pd.DataFrame:
    """Return the open amount weighted by probability, with an interval."""
    return weighted_table(
        facts(crm, as_of=as_of, by=by, only=only),
        by_names(by),
        correlation=correlation,
        level=level,
        lang=lang or crm.settings.language,
    )


def waterfall(
    crm: Crm,
    *,
    by: By = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    since: Day = None,
    until: Day = None,
    due: str | None = None,
    only: Only = None,
    earlier: Crm | None = None,
    lang: str | None = None,
) -> pd.DataFrame:
    """Return how the pipeline went from its start to its end, every movement accounted for."""
    window = quarter_of(
        crm, None, month=month, quarter=quarter, year=year, since=since, until=until
    )
    return waterfall_table(
        crm,
        window.since,
        window.until,
        due=due_window(crm, due),
        by=by,
        only=only,
        earlier=earlier,
        lang=lang or crm.settings.language,
    )


def waterfall_deals(
    crm: Crm,
    *,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    since: Day = None,
    until: Day = None,
    due: str | None = None,
    only: Only = None,
    earlier: Crm | None = None,
    lang: str | None = None,
) -> pd.DataFrame:
    """Return the deals behind each bar of the waterfall."""
    window = quarter_of(
        crm, None, month=month, quarter=quarter, year=year, since=since, until=until
    )
    return deals_table(
        crm,
        window.since,
        window.until,
        due=due_window(crm, due),
        only=only,
        earlier=earlier,
        lang=lang or crm.settings.language,
    )


def slippage(
    crm: Crm,
    *,
    by: By = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    since: Day = None,
    until: Day = None,
    only: Only = None,
    earlier: Crm | None = None,
    lang: str | None = None,
) -> pd.DataFrame:
    """Return the share of due deals that slipped, under each definition in use."""
    window = quarter_of(
        crm, None, month=month, quarter=quarter, year=year, since=since, until=until
    )
    return slippage_table(
        crm,
        window.since,
        window.until,
        by=by,
        only=only,
        earlier=earlier,
        lang=lang or crm.settings.language,
    )
