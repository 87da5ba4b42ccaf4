"""The numbers behind pipeline health, one row per group, before any light is put on."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from salesplan._pipeline import risks
from salesplan._pipeline.coverage import coverage_table
from salesplan._pipeline.flow import By, Only, Window, flows, trailing
from salesplan._pipeline.frames import joined
from salesplan._pipeline.open_deals import facts
from salesplan._pipeline.velocity import velocity_table
from salesplan._pipeline.weighted import weighted_table
from salesplan.crm import Crm
from salesplan.periods import add_months

RECENT_MONTHS = 3
"""Months whose creation of deals is set against the pace of the twelve before them."""

_FILLED = {
    "amount": "lacks_amount",
    "close_date": "lacks_close_date",
    "next_step": "lacks_next_step",
    "account": "lacks_account",
    "activity": "is_untouched",
    "promoter": "lacks_promoter",
}


def vitals(
    crm: Crm, window: Window, names: list[str], *, only: Only, correlation: float, pool: str,
    measure: str, lang: str,
) -> pd.DataFrame:  # fmt: skip
    """Return every number that health judges, one row per group."""
    by: By = names
    open_deals = facts(crm, as_of=window.day, by=by, only=only)
    weighted = weighted_table(open_deals, names, correlation=correlation, level=0.8, lang=lang)
    parts = [
        coverage_table(crm, window, open_deals, by=by, only=only, pool=pool, measure=measure,
                       lang=lang),
        weighted.rename(columns={"open_count": "all_count", "open_amount": "all_amount",
                                 "unpriced_count": "all_unpriced_count",
                                 "reason": "weighted_reason"}),
        _velocity(crm, window, by, only, lang),
        _creation(crm, window, by, only),
        _shares(crm, open_deals, names),
    ]  # fmt: skip
    return joined(parts, names)


def _velocity(crm: Crm, window: Window, by: By, only: Only, lang: str) -> pd.DataFrame:
    before = add_months(window.day, -12)
    now = velocity_table(
        crm, trailing(crm, window.day), by=by, only=only, definition="open", cycle="mean", lang=lang
    )
    past = velocity_table(
        crm, trailing(crm, before), by=by, only=only, definition="open", cycle="mean", lang=lang
    )
    names = list(by or [])
    kept = ["opportunity_count", "average_amount", "cycle_days", "day_amount", "reason"]
    now = now[[*names, *kept]].rename(columns={"reason": "velocity_reason"})
    past = past[[*names, "day_amount"]].rename(columns={"day_amount": "day_amount_before"})
    return joined([now, past], names)


def _creation(crm: Crm, window: Window, by: By, only: Only) -> pd.DataFrame:
    end = window.day + dt.timedelta(days=1)
    recent_start = add_months(end, -RECENT_MONTHS)
    recent = Window(recent_start, end, window.day)
    year = Window(add_months(recent_start, -12), recent_start, window.day)
    names = list(by or [])
    columns = [*names, "created_count", "created_amount"]
    now = flows(crm, recent, by=by, only=only)[columns]
    past = flows(crm, year, by=by, only=only)[[*names, "created_count"]]
    past = past.rename(columns={"created_count": "created_before_count"})
    return joined([now, past], names)


def _shares(crm: Crm, open_deals: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    limits = crm.settings.thresholds
    flagged = risks.with_flags(open_deals, limits)
    asked = [flag for key, flag in _FILLED.items() if _is_asked(crm, key)]
    has_age = flagged["age_days"].notna() & flagged["slow_age_days"].notna()
    idle = flagged["is_stalled"] | flagged["is_untouched"]
    single = pd.DataFrame(
        {
            "aged_count": flagged["is_old"],
            "age_known_count": has_age,
            "idle_count": idle,
            "watched_count": flagged["has_activities"],
            "past_due_count": flagged["is_past_due"],
            "dated_count": flagged["expected_close_on"].notna(),
            "largest_amount": _largest(flagged, names, limits.largest_deals),
            "filled_count": len(asked) - flagged[asked].sum(axis=1),
            "asked_count": len(asked),
        },
        index=flagged.index,
    ).astype(float)
    if not names:
        return single.sum().to_frame().T
    keys = [flagged[f"by_{name}"] for name in names]
    return single.groupby(keys).sum().rename_axis(names).reset_index()


def _is_asked(crm: Crm, key: str) -> bool:
    """Whether the CRM records a thing at all; a field that no deal ever had is no neglect."""
    if key == "next_step":
        planned = "SELECT count(*) AS n FROM activities WHERE status = 'planned'"
        return not crm.missing("opportunities", "next_step") or crm.query(planned)["n"].iloc[0] > 0
    if key in ("activity", "promoter"):
        return crm.has("activities" if key == "activity" else "contact_roles")
    column = {"amount": "amount", "close_date": "expected_close_on", "account": "account_id"}[key]
    return not crm.missing("opportunities", column)


def _largest(flagged: pd.DataFrame, names: list[str], how_many: int) -> pd.Series[float]:
    """Return the amount of each group's largest deals, 0 on all others."""
    amount = flagged["amount"].fillna(0.0)
    if names:
        keys = [flagged[f"by_{name}"] for name in names]
        rank = amount.groupby(keys).rank(method="first", ascending=False)
    else:
        rank = amount.rank(method="first", ascending=False)
    return pd.Series(np.where(rank <= how_many, amount, 0.0), flagged.index)
