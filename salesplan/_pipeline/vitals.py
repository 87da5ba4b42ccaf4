"""The numbers behind pipeline health, one row per group, before any light is put on."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from salesplan._pipeline import coverage, velocity
from salesplan._pipeline.flow import Ask, Only, Window, flows, trailing
from salesplan._pipeline.frames import Columns, columns_of, joined
from salesplan._pipeline.outcomes import are_dated
from salesplan._pipeline.sums import open_sums
from salesplan._pipeline.weighted import weighed
from salesplan.crm import Crm
from salesplan.periods import add_months

RECENT_MONTHS = 3
"""Months whose creation of deals is set against the pace of the twelve before them."""

_FIELDS = ("amount", "close_date", "next_step", "account", "activity", "promoter")
"""What hygiene asks of every open deal, where the CRM records it."""


def vitals(
    crm: Crm, window: Window, names: list[str], *, only: Only, correlation: float, pool: str,
    measure: str, lang: str,
) -> tuple[pd.DataFrame, Columns]:  # fmt: skip
    """Return the groups, and every number that health judges of each."""
    sums = open_sums(crm, window.day, by=names, only=only, until=window.until)
    flow = _flows(crm, window, names, only)
    table = joined([flow, sums, coverage.target(crm, window, names, measure)], names)
    parts = columns_of(table)
    worth = weighed(parts, correlation=correlation, level=0.8, lang=lang)
    return table[names], {
        **coverage.covered(parts, pool, lang),
        "weighted_low_amount": worth["weighted_low_amount"],
        "weighted_high_amount": worth["weighted_high_amount"],
        "weighted_amount": worth["weighted_amount"],
        "weighted_reason": worth["reason"],
        "all_amount": worth["open_amount"],
        **_velocity(parts, lang),
        "created_count": parts["recent_created_count"],
        "created_before_count": parts["before_created_count"],
        **_shares(crm, parts),
    }


def _flows(crm: Crm, window: Window, names: list[str], only: Only) -> pd.DataFrame:
    """Return all flows as of the day itself, and those of the year before as of its end.

    Where dates tell the outcomes of any day, deals are gone through once.
    """
    asks, year = _asks(crm, window), trailing(crm, add_months(window.day, -12))
    before = velocity.ask(year, "open", "mean")
    if are_dated(crm, [*names, *(only or {})]):
        asks["earlier"] = replace(before, earlier=year.day)
        return flows(crm, window.day, asks, by=names, only=only)
    now = flows(crm, window.day, asks, by=names, only=only)
    past = flows(crm, year.day, {"earlier": before}, by=names, only=only)
    # A group that is no more has no pace.
    return now.merge(past, how="left", on=names) if names else joined([now, past], names)


def _asks(crm: Crm, window: Window) -> dict[str, Ask]:
    """Return all flows that are looked at from the day itself."""
    end = window.day + dt.timedelta(days=1)
    recent = add_months(end, -RECENT_MONTHS)
    return coverage.asks(crm, window) | {
        # Velocity's year is that of coverage, with more known of it.
        "year": velocity.ask(trailing(crm, window.day), "open", "mean"),
        "recent": Ask(recent, end, ("created",)),
        "before": Ask(add_months(recent, -12), recent, ("created",)),
    }


def _velocity(flow: Columns, lang: str) -> dict[str, Any]:
    now, past = (velocity.paced(flow, asked, "open", lang) for asked in ("year", "earlier"))
    return {
        "day_amount": now["day_amount"],
        "day_amount_before": past["day_amount"],
        "velocity_reason": now["reason"],
    }


def _shares(crm: Crm, sums: Columns) -> dict[str, Any]:
    asked = [f"{key}_filled_count" for key in _FIELDS if _is_asked(crm, key)]
    worked = int(crm.has("activities"))
    kept = ("aged_count", "age_known_count", "past_due_count", "dated_count", "largest_amount")
    return {name: sums[name] for name in kept} | {
        "idle_count": sums["idle_count"] * worked,
        "watched_count": sums["open_count"] * worked,
        "filled_count": sum((sums[name] for name in asked), np.zeros(len(sums["open_count"]))),
        "asked_count": sums["open_count"] * len(asked),
    }


def _is_asked(crm: Crm, key: str) -> bool:
    """Whether the CRM records a thing at all; a field that no deal ever had is no neglect."""
    if key == "next_step":
        planned = "SELECT count(*) AS n FROM activities WHERE status = 'planned'"
        return not crm.missing("opportunities", "next_step") or crm.query(planned)["n"].iloc[0] > 0
    if key in ("activity", "promoter"):
        return crm.has("activities" if key == "activity" else "contact_roles")
    column = {"amount": "amount", "close_date": "expected_close_on", "account": "account_id"}[key]
    return not crm.missing("opportunities", column)
