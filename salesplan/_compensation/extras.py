"""Spiffs and clawbacks: money that hangs on single deals, beside the criteria."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesplan import scales
from salesplan._compensation import pay, per_deal
from salesplan._compensation.around import Clawback
from salesplan._compensation.panel import Panel
from salesplan._compensation.rules import Spiff
from salesplan._compensation.scheme import Scheme
from salesplan._compensation.sums import sums
from salesplan.errors import InputError
from salesplan.scales import Floats


def spiff(scheme: Scheme, rule: Spiff, panel: Panel) -> Floats:
    """Return what a spiff pays each person in each period."""
    deals, person, period = per_deal.counted(panel, rule, rule.name)
    amount = deals["amount"].to_numpy(np.float64, na_value=0.0)
    money = np.where(_counts(rule, deals, amount), _money(scheme, rule, panel, person, amount), 0.0)
    if "credit" in deals.columns:
        money = money * deals["credit"].to_numpy(np.float64, na_value=0.0)
    cell = person * len(panel.periods) + period
    paid = sums(cell, money, panel.shape).total
    return paid if rule.max_amount is None else _limited(paid, rule.max_amount)


def _counts(rule: Spiff, deals: pd.DataFrame, amount: Floats) -> np.ndarray:
    won = pd.to_datetime(deals["on_date"])
    counts = amount >= (rule.min_deal if rule.min_deal is not None else -np.inf)
    if rule.since is not None:
        counts &= (won >= pd.Timestamp(rule.since)).to_numpy(bool)
    if rule.until is not None:
        counts &= (won < pd.Timestamp(rule.until)).to_numpy(bool)
    return counts


def _money(scheme: Scheme, rule: Spiff, panel: Panel, person: np.ndarray, amount: Floats) -> Floats:
    if rule.amount is not None:
        return np.full(len(amount), rule.amount)
    rate = rule.rate or 0.0
    if rule.of == "deal":
        return amount * rate
    weight = 1.0
    if rule.criterion is not None:
        weight = scheme.criterion(rule.criterion).weight or 1.0
    target_pay = pay.of_person(scheme, panel)[person] * weight
    money: Floats = target_pay * amount / _quota(scheme, rule, panel)[person] * rate
    return money


def _quota(scheme: Scheme, rule: Spiff, panel: Panel) -> Floats:
    """Return each person's goal of the year that a deal is measured against."""
    people = len(panel.persons)
    if rule.quota is not None:
        return np.full(people, rule.quota)
    criterion = scheme.criterion(str(rule.criterion))
    if criterion.target.value is not None:
        return np.full(people, criterion.target.value)
    rows = panel.measure == panel.measures.index(criterion.source)
    rows &= panel.person >= 0
    goal = panel.attainment["target"].to_numpy(np.float64, na_value=0.0)
    total = np.bincount(panel.person[rows], goal[rows], minlength=people)
    return np.where(total > 0, total, np.inf)


def _limited(paid: Floats, limit: float) -> Floats:
    earlier = np.cumsum(paid, axis=1) - paid
    return np.clip(paid, 0.0, np.maximum(limit - earlier, 0.0))


def clawback(rule: Clawback, panel: Panel) -> Floats:
    """Return what is taken back in the period of each cancellation (negative)."""
    deals = panel.deals
    if deals is None or "cancelled_on" not in deals.columns:
        return np.zeros(panel.shape)
    gone = deals[deals["cancelled_on"].notna()]
    taken = clawed_back(gone, rule)
    person = panel.persons.get_indexer(pd.Index(gone["person_id"]))
    period = per_deal.period_of(panel, gone["cancelled_on"])
    inside = (person >= 0) & (period >= 0)
    cell = person[inside] * len(panel.periods) + period[inside]
    return sums(cell, -taken[inside], panel.shape).total


def clawed_back(cancelled: pd.DataFrame, rule: Clawback) -> Floats:
    """Return the money taken back for each cancelled deal."""
    for column in ("on_date", "cancelled_on", "paid_amount"):
        if column not in cancelled.columns:
            raise InputError(f"deals has no column {column!r}, which a clawback needs.")
    paid = cancelled["paid_amount"].to_numpy(np.float64, na_value=0.0)
    return scales.rounded(paid * _share_taken(cancelled, rule), 2)


def _share_taken(cancelled: pd.DataFrame, rule: Clawback) -> Floats:
    """Return the share of each deal's pay that is taken back, by how long the deal lived."""
    won, gone = (pd.to_datetime(cancelled[c]) for c in ("on_date", "cancelled_on"))
    share: Floats = np.full(len(cancelled), rule.share)
    if rule.within_days is not None:
        days = np.asarray((gone - won).dt.days, np.float64)
        share = _declined(share, days, rule.within_days, declining=rule.declining)
    if rule.within_months is not None:
        lived = _months(won, gone)
        counted = np.asarray(np.floor(lived), np.float64) if rule.declining else lived
        share = _declined(share, counted, rule.within_months, declining=rule.declining)
    if rule.steps:
        until = np.array([months for months, _ in rule.steps], np.float64)
        shares = np.array([*(part for _, part in rule.steps), 0.0])
        share = share * shares[np.searchsorted(until, _months(won, gone), side="left")]
    return share


def _declined(share: Floats, lived: Floats, within: int, *, declining: bool) -> Floats:
    result = np.where(lived <= within, share, 0.0)
    return result * np.clip(1 - lived / within, 0.0, 1.0) if declining else result


def _months(won: pd.Series, gone: pd.Series) -> Floats:
    """Return the months a deal lived: whole ones, and half a month for any day beyond them."""
    months = (gone.dt.year - won.dt.year) * 12 + gone.dt.month - won.dt.month
    # 31 January and a month is the last day of February.
    day = np.minimum(won.dt.day, gone.dt.days_in_month)
    whole = (months - (gone.dt.day < day)).to_numpy(np.float64)
    result: Floats = whole + np.where((gone.dt.day == day).to_numpy(bool), 0.0, 0.5)
    return result
