"""Pay in another currency than the plan's: target pay brought in, payouts brought out.

The scheme is computed in the plan's currency, in which goals and results are measured. A target
pay in a person's own currency comes in at the rate of a named day and goes out at the same rate,
so that 90 % of 10,000 francs is 9,000.00 francs whatever the rate.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from salesplan import scales
from salesplan._compensation.panel import Panel
from salesplan._compensation.scheme import Scheme
from salesplan.errors import InputError, all_faults
from salesplan.periods import Period
from salesplan.scales import Floats, Units

if TYPE_CHECKING:
    from salesplan._compensation.simulation import Simulation

COLUMNS = [
    "person_id",
    "period",
    "payout_amount",
    "currency",
    "rate_on",
    "rate",
    "payment_amount",
    "reason",
]


def of_target(scheme: Scheme, panel: Panel) -> Floats:
    """Return what one unit of each spell's target pay is in the plan's currency, by period."""
    if not scheme.pay_currency.column or scheme.pay_currency.target_pay == "plan":
        return np.ones((len(panel.people), len(panel.periods)))
    return own(scheme, panel)


def own(scheme: Scheme, panel: Panel) -> Floats:
    """Return what one unit of each spell's own currency is in the plan's, by period."""
    key = ("rates", scheme.pay_currency, scheme.currency)
    return panel.remembered(key, lambda: _own(scheme, panel))


def currencies(scheme: Scheme, panel: Panel) -> npt.NDArray[np.object_]:
    """Return the currency that each spell is paid in: the plan's where none is stated."""
    column = scheme.pay_currency.column
    if column not in panel.people.columns:
        has = ", ".join(map(str, panel.people.columns))
        raise InputError(f"people has no column {column!r}, which pay_currency needs. It has {has}")
    stated = panel.people[column].astype(object)
    return np.asarray(stated.where(stated.notna(), scheme.currency).to_numpy(object))


def _own(scheme: Scheme, panel: Panel) -> Floats:
    names = currencies(scheme, panel)
    days = [rate_day(scheme, p) for p in panel.periods]
    faults: dict[str, None] = {}
    table = {
        name: [_rate(scheme, panel.rates, str(name), day, faults) for day in days]
        for name in dict.fromkeys(names)
    }
    if faults:
        raise InputError(all_faults("rates are missing:", list(faults)))
    return np.array([table[name] for name in names], np.float64).reshape(len(names), len(days))


def rate_day(scheme: Scheme, period: Period) -> dt.date:
    """Return the day whose rate converts the pay of a period."""
    rule = scheme.pay_currency.rate_on
    if isinstance(rule, dt.date):
        return rule
    return period.since if rule == "first_day" else period.last_day


def _rate(
    scheme: Scheme, rates: pd.DataFrame | None, name: str, day: dt.date, faults: dict[str, None]
) -> float:
    """Return the plan's units for one of a currency: the last rate known on a day."""
    if name == scheme.currency:
        return 1.0
    found = _last(rates, name, day)
    if found is None or not found > 0:
        faults[f"no rate of {name} on {day} or before. Give simulate(..., rates=fx_rates)."] = None
        return np.nan
    # Rates are in the reporting currency; a plan in another one has a rate of its own.
    return found / (_last(rates, scheme.currency, day) or 1.0)


def _last(rates: pd.DataFrame | None, name: str, day: dt.date) -> float | None:
    if rates is None:
        return None
    missing = {"currency", "rate_on", "rate"} - set(rates.columns)
    if missing:
        raise InputError(f"rates has no column {', '.join(sorted(missing))}.")
    dated = rates.assign(_day=pd.to_datetime(rates["rate_on"]))
    mine = dated[(dated["currency"] == name) & (dated["_day"] <= pd.Timestamp(day))]
    last = mine.sort_values("_day", kind="stable")["rate"].tail(1).tolist()
    return float(last[0]) if last else None


def payments(simulation: Simulation) -> pd.DataFrame:
    """Return each payout in the currency that the person is paid in.

    Formula: payment_amount = payout_amount / rate, to the cent; where target pay is stated in
    the person's own currency, what is a share of it is that share and not converted twice.

    Returns
    -------
    DataFrame
        person_id, period, payout_amount (the plan's currency), currency, rate_on (day of the
        rate), rate (the plan's units for one of the currency), payment_amount (in currency),
        reason (what is missing where the payout is not known).

    Raises
    ------
    InputError
        Without a column of people or without a rate.

    Examples
    --------
    >>> scheme = sp.compensation.Scheme(
    ...     name="A", pays_each="year", criteria=[{"name": "calls", "weight": 1}],
    ...     pay_currency={"column": "currency", "rate_on": "2026-01-31"})
    >>> people = pd.DataFrame({"person_id": ["ada"], "target_variable": [10_000.0],
    ...                        "currency": ["CHF"]})
    >>> done = pd.DataFrame({"person_id": ["ada"], "period": ["2026"], "measure": ["calls"],
    ...                      "actual": [9], "target": [10]})
    >>> rates = pd.DataFrame({"currency": ["CHF"], "rate_on": ["2026-01-01"], "rate": [1.07]})
    >>> paid = payments(sp.compensation.simulate(scheme, people, done, rates=rates))
    >>> paid[["payout_amount", "currency", "payment_amount"]].values.tolist()
    [[9630.0, 'CHF', 9000.0]]
    """
    scheme, panel = simulation.scheme, simulation.panel
    frame = simulation.payouts[["person_id", "period", "payout_amount", "reason"]]
    p = panel.persons.get_indexer(pd.Index(frame["person_id"]))
    t = pd.Index(simulation.period_labels).get_indexer(pd.Index(frame["period"]))
    rate, name = np.ones(panel.shape), np.full(len(panel.persons), scheme.currency, object)
    if scheme.pay_currency.column:
        rate[panel.spell_person] = own(scheme, panel)
        name[panel.spell_person] = currencies(scheme, panel)
    paid = _paid(simulation, rate)[p, t] / simulation.scale
    days = np.array([rate_day(scheme, q) for q in panel.periods], object)
    frame = frame.assign(
        currency=name[p],
        rate_on=days[t],
        rate=rate[p, t],
        payment_amount=paid,
    )
    return frame[COLUMNS]


def _paid(simulation: Simulation, rate: Floats) -> Units:
    """Return what persons x periods are paid, in units of their own currency."""
    scheme, panel = simulation.scheme, simulation.panel
    rule = scheme.rounding
    if scheme.pay_currency.target_pay == "plan" or not scheme.pay_currency.column:
        return scales.to_units(simulation.totals / simulation.scale / rate, rule.places, rule.mode)
    offset = len(simulation.units) - len(simulation.found)
    parts = [panel.by_person(simulation.units[n]) / simulation.scale for n in range(offset)]
    for position, line in enumerate(simulation.found):
        exact = line.amount
        if scheme.accrual == "year_to_date":
            exact = simulation.presence.since_last(exact)
        if line.criterion.curve.is_money:  # money of the plan: converted as it was earned
            exact = simulation.units[position + offset] / simulation.scale
        parts.append(panel.by_person(exact))
    parts += [units / simulation.scale for units in simulation.adjustments.values()]
    if rule.each == "payout":
        return scales.to_units(np.sum(parts, axis=0) / rate, rule.places, rule.mode)
    rounded = [scales.to_units(part / rate, rule.places, rule.mode) for part in parts]
    return np.asarray(np.sum(rounded, axis=0), np.int64)
