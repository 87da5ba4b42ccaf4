"""The numbers behind pipeline health, one row per group, before any light is put on."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from salesplan._pipeline import coverage, risks, velocity
from salesplan._pipeline.flow import Ask, Only, Window, flows, trailing
from salesplan._pipeline.frames import joined
from salesplan._pipeline.open_deals import summed_facts
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
    open_deals = summed_facts(crm, as_of=window.day, by=names, only=only)
    flow = flows(crm, window.day, _asks(crm, window), by=names, only=only)
    weighted = weighted_table(open_deals, names, correlation=correlation, level=0.8, lang=lang)
    parts = [
        coverage.coverage_table(crm, window, open_deals, flow, names=names, pool=pool,
                                measure=measure, lang=lang),
        weighted.rename(columns={"open_count": "all_count", "open_amount": "all_amount",
                                 "unpriced_count": "all_unpriced_count",
                                 "reason": "weighted_reason"}),
        _velocity(crm, window, flow, names, only, lang),
        _creation(flow, names),
        _shares(crm, open_deals, names),
    ]  # fmt: skip
    return joined(parts, names)


def _asks(crm: Crm, window: Window) -> dict[str, Ask]:
    """Return all flows that are looked at from the day itself."""
    end = window.day + dt.timedelta(days=1)
    recent = add_months(end, -RECENT_MONTHS)
    return coverage.asks(crm, window) | {
        "velocity": velocity.ask(trailing(crm, window.day), "open", "mean"),
        "recent": Ask(recent, end, ("created",)),
        "before": Ask(add_months(recent, -12), recent, ("created",)),
    }


def _velocity(
    crm: Crm, window: Window, flow: pd.DataFrame, names: list[str], only: Only, lang: str
) -> pd.DataFrame:
    year = trailing(crm, add_months(window.day, -12))
    asked = {"velocity": velocity.ask(year, "open", "mean")}
    earlier = flows(crm, year.day, asked, by=names, only=only)
    now, past = (
        velocity.velocity_table(one, "velocity", names=names, definition="open", lang=lang)
        for one in (flow, earlier)
    )
    kept = ["opportunity_count", "average_amount", "cycle_days", "day_amount", "reason"]
    now = now[[*names, *kept]].rename(columns={"reason": "velocity_reason"})
    past = past[[*names, "day_amount"]].rename(columns={"day_amount": "day_amount_before"})
    return joined([now, past], names)


def _creation(flow: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    columns = {
        "recent_created_count": "created_count",
        "before_created_count": "created_before_count",
    }
    return flow[[*names, *columns]].rename(columns=columns)


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
