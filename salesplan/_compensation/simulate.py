"""What a scheme pays: from frames to lines that sum to payouts, to the cent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from salesplan import scales
from salesplan._compensation import evaluate, extras, ledger, limits, pay
from salesplan._compensation.check_weights import as_tuple
from salesplan._compensation.panel import Panel, align
from salesplan._compensation.presence import Presence, presence, starts
from salesplan._compensation.scheme import Scheme
from salesplan._compensation.simulation import Simulation
from salesplan.scales import Floats, Units


def simulate(
    scheme: Scheme,
    people: pd.DataFrame,
    attainment: pd.DataFrame,
    *,
    deals: pd.DataFrame | None = None,
    leave: pd.DataFrame | None = None,
    rates: pd.DataFrame | None = None,
) -> Simulation:
    """Return what a scheme pays to each person in each period, line by line.

    Amount of a line = curve(attainment) x weight x target pay of the period x presence, then
    cap, gates and factors, rounded; the payout is the sum of its lines, to the cent.

    Parameters
    ----------
    scheme
        The rules.
    people
        One row per person (``person_id``, and where the scheme asks for them ``name``,
        ``role``, ``team``, ``seniority``, ``territory``, ``hired_on``, ``left_on``, ``fte``,
        ``target_variable``). A person who changes position has a row for each, with
        ``from_on`` and ``until_on`` (excluded).
    attainment
        One row per person, period and measure: ``person_id``, ``period``, ``measure``,
        ``actual``, ``target``; further columns (product, segment, ...) for filters. Rows
        without a person and with a ``team``, or with neither, give figures of a team or of
        the company. Shorter periods than the payout period are added up; a goal alone (no
        ``actual``) of a longer period is spread by ``[goals]`` of the scheme.
    deals
        For spiffs, clawbacks and criteria paid per deal: ``person_id``, ``on_date``,
        ``amount``, and where used ``credit``, ``cancelled_on``, ``paid_amount``.
    leave
        Absences: ``person_id``, ``starts_on``, ``ends_on`` (last day).
    rates
        The book's ``fx_rates``, for people paid in another currency (``[pay_currency]``):
        ``currency``, ``rate_on`` (first day it holds), ``rate``.

    Returns
    -------
    Simulation
        ``lines``, ``tiers``, ``payouts``, ``cost``, ``issues`` as DataFrames.

    Raises
    ------
    InputError
        With every fault of the frames at once.

    Examples
    --------
    >>> scheme = sp.compensation.Scheme.from_toml('''
    ... name = "Field"
    ... pays_each = "year"
    ... [[criteria]]
    ... name = "bookings"
    ... weight = 1.0
    ... curve = { threshold = 0.8, start = "zero", accelerators = [{ from = 1.0, times = 1.5 }] }
    ... ''')
    >>> people = pd.DataFrame({"person_id": ["ada"], "target_variable": [10_000]})
    >>> done = pd.DataFrame({"person_id": ["ada"], "period": ["2026"], "measure": ["bookings"],
    ...                      "actual": [112], "target": [100]})
    >>> simulate(scheme, people, done).payouts[["person_id", "payout_amount"]]
      person_id  payout_amount
    0       ada        11800.0
    """
    return run(scheme, align(scheme, people, attainment, deals=deals, leave=leave, rates=rates))


def run(scheme: Scheme, panel: Panel) -> Simulation:
    """Return the simulation of an aligned panel: what-if tools align once and run often."""
    present = presence(scheme, panel)
    due = pay.target_pay(scheme, panel, present)
    found, base = evaluate.lines(scheme, panel, present, due)
    money = np.stack([line.amount for line in found])
    if not any(line.criterion.effect == "adds" for line in found):
        money = np.concatenate([base[None], money])
    units = _rounded(scheme, money)
    total = panel.by_person(units.sum(axis=0))
    person_base = panel.by_person(base)
    adjustments = limits.limits(scheme, panel, present, total, person_base)
    if scheme.accrual == "year_to_date":
        units = present.since_last(units)
        adjustments = {k: present.since_last(v) for k, v in adjustments.items()}
    if scheme.true_up != "none":
        earned = panel.by_person(units.sum(axis=0)) + _sum(adjustments, panel)
        adjustments["true_up"] = _true_up(scheme, panel, present, earned)
    adjustments.update(_extra(scheme, panel))
    earned = panel.by_person(units.sum(axis=0)) + _sum(adjustments, panel)
    adjustments.update(_settled(scheme, panel, present, earned, panel.by_person(due)))
    return Simulation(scheme, panel, present, tuple(found), units, adjustments, due)


def _true_up(scheme: Scheme, panel: Panel, present: Presence, earned: Units) -> Units:
    """Return with each year's last period what the year as a whole pays more, or less.

    A year whose last period is not there yet is not trued up.
    """
    as_one = scheme.model_copy(
        update={"accrual": "year_to_date", "accrual_over": "year", "true_up": "none"}
    )
    plain = {"spiffs": (), "clawback": None, "payment_cap": None, "instalments": (), "draw": None}
    whole = run(as_one.model_copy(update={**plain, "overpaid": "deducted"}), panel).totals
    line = np.zeros_like(earned)
    for year in dict.fromkeys(present.year):
        mine = np.flatnonzero([y == year for y in present.year])
        last = mine[-1]
        if present.is_last_of_year[last]:
            more = (whole - earned)[:, mine].sum(axis=1)
            line[:, last] = np.maximum(more, 0) if scheme.true_up == "year_end_if_more" else more
    return line


def _rounded(scheme: Scheme, money: Floats) -> Units:
    rule = scheme.rounding
    if rule.each == "payout":
        return scales.shared_units(money, rule.places, rule.mode)
    return scales.to_units(money, rule.places, rule.mode)


def _sum(adjustments: limits.Adjustments, panel: Panel) -> Units:
    total = np.zeros(panel.shape, np.int64)
    for line in adjustments.values():
        total = total + line
    return total


def _extra(scheme: Scheme, panel: Panel) -> limits.Adjustments:
    rule = scheme.rounding
    lines = {
        spiff.name: scales.to_units(extras.spiff(scheme, spiff, panel), rule.places, rule.mode)
        for spiff in scheme.spiffs
    }
    if scheme.clawback is not None and panel.deals is not None:
        taken = extras.clawback(scheme.clawback, panel)
        lines["clawback"] = scales.to_units(taken, rule.places, rule.mode)
    return lines


def _settled(
    scheme: Scheme, panel: Panel, present: Presence, earned: Units, due: Floats
) -> limits.Adjustments:
    """Return the lines between what is earned and what is paid."""
    lines: limits.Adjustments = {}
    paid = earned
    if scheme.overpaid == "offset" or scheme.payment_cap is not None:
        keeps = scheme.payment_cap is None or scheme.payment_cap.carry_over
        ceiling = _ceiling(scheme, due, present)
        is_running = scheme.payment_cap is not None and scheme.payment_cap.cumulative
        windows = starts(present.window) if is_running else None
        paid = ledger.carried(earned, ceiling, keeps=keeps, running_from=windows)
        lines["carried"] = paid - earned
    if scheme.instalments:
        before, paid = paid, ledger.in_parts(paid, scheme.instalments)
        lines["instalments"] = paid - before
    if scheme.draw is not None:
        drawn = ledger.drawn(paid, scheme.draw, _draws(scheme, panel, present))
        lines["draw"] = drawn.advance
        lines["draw_repaid"] = -drawn.repaid
    return lines


def _ceiling(scheme: Scheme, due: Floats, present: Presence) -> Units | None:
    cap = scheme.payment_cap
    if cap is None:
        return None
    limits_ = []
    if cap.share is not None:
        limits_.append(cap.share * due)
    if cap.amount is not None:
        limits_.append(np.full_like(due, cap.amount))
    ceiling = scales.to_units(np.minimum.reduce(limits_), scheme.rounding.places)
    if cap.released == "year_end":
        ceiling[:, present.is_last_of_window] = ledger.NO_CEILING
    return ceiling


def _draws(scheme: Scheme, panel: Panel, present: Presence) -> Units:
    """Return the draw of each person and period: while there, and for so many periods."""
    rule = scheme.draw
    assert rule is not None
    keep = np.ones(len(panel.people), bool)
    for column, wanted in rule.applies_to.items():
        keep &= panel.people[column].isin(as_tuple(wanted)).to_numpy(bool)
    mine = np.zeros(panel.shape, bool)
    np.logical_or.at(mine, panel.spell_person, keep[:, None] & (present.share > 0))
    amounts = [rule.of(number) for number in range(panel.shape[1])]
    units = scales.to_units(amounts, scheme.rounding.places)
    number = np.maximum(np.cumsum(mine, axis=1) - 1, 0)
    return np.where(mine, units[number], 0)


def together(simulations: Sequence[Simulation]) -> pd.DataFrame:
    """Return the payouts of several schemes (one after the other, or side by side) as one."""
    frames = [s.payouts.assign(scheme=s.scheme.name) for s in simulations]
    return pd.concat(frames, ignore_index=True)
