"""Reading one headline measure for one period; what cannot be read says why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import pandas as pd

from salesplan import acquisition, funnel, pipeline, revenue
from salesplan._kpi.attainment import actuals, attainment
from salesplan._kpi.catalogue import measure
from salesplan._kpi.selling import COUNTED_ONCE
from salesplan.crm import Crm
from salesplan.errors import MissingDataError
from salesplan.measures import Measure
from salesplan.periods import Period

NAN = float("nan")


class Reading(NamedTuple):
    """A measure's value in a period, with what it rests on, or the reason there is none."""

    value: float = NAN
    k: float = NAN
    n: float = NAN
    low: float = NAN
    high: float = NAN
    reason: str = ""


def read(crm: Crm, name: str, period: Period) -> Reading:
    """Return the reading of a headline measure."""
    try:
        return READERS[name](crm, period) if name in READERS else _summed(crm, name, period)
    except MissingDataError as error:
        return Reading(reason=str(error))


def _summed(crm: Crm, name: str, period: Period) -> Reading:
    declared = measure(name)
    crm.require(*declared.tables, need=declared.title)
    found = actuals(crm, declared, [period], once(declared))
    return Reading(float(found["actual"].sum()))


def once(declared: Measure) -> dict[str, tuple[str, ...]] | None:
    """Return the filter under which a measure counts each deal once, whoever is paid for it."""
    return {"credit": COUNTED_ONCE} if "credit" in declared.filters else None


def _win_rate(crm: Crm, period: Period) -> Reading:
    row = funnel.win_rate(crm, since=period.since, until=period.until).iloc[0]
    return Reading(
        row["rate"], row["k"], row["n"], row["rate_low"], row["rate_high"], _text(row["reason"])
    )


def _open_pipeline(crm: Crm, period: Period) -> Reading:
    deals = pipeline.open_deals(_then(crm, period))
    amounts = deals["amount"].dropna()
    reason = "" if len(amounts) or deals.empty else "no open deal carries an amount"
    return Reading(
        NAN if reason else float(amounts.sum()),
        float(len(amounts)),
        float(len(deals)),
        reason=reason,
    )


def _health(name: str) -> Callable[[Crm, Period], Reading]:
    def reader(crm: Crm, period: Period) -> Reading:
        found = pipeline.health(_then(crm, period), since=period.since, until=period.until)
        row = found[found["measure"] == name].iloc[0]
        return Reading(
            row["value"], row["k"], row["n"], row["low"], row["high"], _text(row["reason"])
        )

    return reader


def _cost_per_first_meeting(crm: Crm, period: Period) -> Reading:
    found = acquisition.cost_per_first_meeting(
        _then(crm, period), since=period.since, until=period.until, seed=1
    )
    priced = found[found["cost_per_first_meeting"].notna()]
    spent, held = priced["total_cost"].sum(), priced["held_count"].sum()
    if not held:
        return Reading(reason="no channel has both cost and a first meeting")
    return Reading(float(spent / held), float(spent), float(held))


def _mrr(crm: Crm, period: Period) -> Reading:
    months = revenue.mrr_movements(_then(crm, period), since=period.since, until=period.until)
    if months.empty:
        return Reading(reason="no contract was in force")
    return Reading(float(months["closing_amount"].iloc[-1]))


def _logo_churn(crm: Crm, period: Period) -> Reading:
    """Read churn a month over the period, beside the customers it rests on."""
    found = revenue.churn(
        _then(crm, period), since=period.since, until=period.until, unit=_unit(period)
    )
    if found.empty:
        return Reading(reason="no contract was in force")
    row = found.iloc[-1]
    return Reading(
        row["monthly_churn_rate"],
        row["churned_count"],
        row["base_count"],
        reason=_text(row["reason"]),
    )


def _no_show_rate(crm: Crm, period: Period) -> Reading:
    found = acquisition.no_show_cost(
        _then(crm, period), by=None, since=period.since, until=period.until
    )
    if found.empty:
        return Reading(reason="no meeting was due")
    row = found.iloc[0]
    return Reading(
        row["no_show_rate"],
        row["no_show_count"],
        row["due_count"],
        row["no_show_rate_low"],
        row["no_show_rate_high"],
    )


def _goal_share(crm: Crm, period: Period) -> Reading:
    """Share of people with a bookings goal who reached it."""
    crm.require("targets", need="Share of people at their goal")
    found = attainment(
        crm, since=period.since, until=period.until, period=period.unit, measures=["bookings"]
    )
    asked = found[found["target"] > 0]
    if asked.empty:
        return Reading(reason="no goals are set for this period")
    reached = float((asked["actual"] >= asked["target"]).sum())
    return Reading(reached / len(asked), reached, float(len(asked)))


def _then(crm: Crm, period: Period) -> Crm:
    """Return the book as one looks at it on the last day of the period."""
    return crm.at(min(period.last_day, crm.as_of))


def _unit(period: Period) -> Literal["month", "quarter", "year"]:
    return "month" if period.unit == "month" else "year" if period.unit == "year" else "quarter"


def _text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)


READERS: dict[str, Callable[[Crm, Period], Reading]] = {
    "win_rate": _win_rate,
    "open_pipeline": _open_pipeline,
    "coverage": _health("coverage"),
    "stalled_share": _health("stalled"),
    "mrr": _mrr,
    "logo_churn": _logo_churn,
    "no_show_rate": _no_show_rate,
    "cost_per_first_meeting": _cost_per_first_meeting,
    "goal_share": _goal_share,
}
