"""Criteria that are read on each deal alone, such as a commission by deal size or discount."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from salesplan import scales
from salesplan._compensation import pay
from salesplan._compensation.check_weights import as_tuple
from salesplan._compensation.figures import Figures, attainment
from salesplan._compensation.panel import Panel
from salesplan._compensation.reading import Reading
from salesplan._compensation.rules import Criterion
from salesplan._compensation.scheme import Scheme
from salesplan._compensation.sums import sums
from salesplan.errors import InputError, did_you_mean
from salesplan.scales import Floats

Codes = npt.NDArray[np.int64]


def figures(scheme: Scheme, criterion: Criterion, panel: Panel) -> Figures:
    """Return the sum of what each deal pays, with the amount sold beside it."""
    deals, person, period = counted(panel, criterion, criterion.name)
    amount = deals["amount"].to_numpy(np.float64, na_value=0.0)
    goal = np.full(len(deals), criterion.target.value or np.nan)
    reached = attainment(criterion, amount, goal)
    money = _money(scheme, criterion, panel, deals, person, amount, reached)
    if scheme.rounding.each == "deal":
        money = scales.rounded(money, scheme.rounding.places, scheme.rounding.mode)
    cell = person * len(panel.periods) + period
    paid = sums(cell, money, panel.shape).value()[panel.spell_person]
    sold = sums(cell, amount, panel.shape).value()[panel.spell_person]
    nothing = np.full_like(sold, np.nan)
    return Figures(sold, nothing, nothing, paid=paid)


def _money(
    scheme: Scheme,
    criterion: Criterion,
    panel: Panel,
    deals: pd.DataFrame,
    person: Codes,
    amount: Floats,
    reached: Floats,
) -> Floats:
    curve = criterion.curve
    x = {"attainment": reached, "actual": amount}.get(curve.looks_at, amount)
    if curve.reads_column is not None:
        x = _column(deals, curve.reads_column)
    x = curve.counted(x)
    value = np.nan_to_num(curve.scale(x))
    if curve.outcome == "share":
        value = value * pay.of_person(scheme, panel)[person] * (criterion.weight or 0.0)
    elif curve.outcome == "commission":
        value = _commission(criterion, deals, amount, x, value)
    value = np.clip(value, criterion.floor_deal, criterion.cap_deal)
    credit = _column(deals, "credit") if "credit" in deals.columns else 1.0
    result: Floats = value * credit
    return result


def _commission(
    criterion: Criterion, deals: pd.DataFrame, amount: Floats, read: Floats, value: Floats
) -> Floats:
    """Return the commission of each deal: a rate on its amount, or on the column paid on."""
    is_rate = criterion.curve.kind not in ("rate", "per_unit", "tiers")
    if not criterion.paid_on:
        # A rate, or rates by tier, of what is read are money already.
        return value * amount if is_rate else value
    if not is_rate:
        with np.errstate(invalid="ignore", divide="ignore"):
            value = np.where(read == 0, 0.0, value / read)
    return value * np.nan_to_num(_column(deals, criterion.paid_on))


def _column(deals: pd.DataFrame, name: str) -> Floats:
    if name not in deals.columns:
        hint = did_you_mean(name, [str(c) for c in deals.columns])
        raise InputError(f"deals has no column {name!r}. {hint}")
    return deals[name].to_numpy(np.float64, na_value=np.nan)


def counted(panel: Panel, rule: Reading, name: str) -> tuple[pd.DataFrame, Codes, Codes]:
    """Return the deals that a rule counts, with the number of their person and period.

    Raises
    ------
    InputError
        Where no deals were given, or a column is missing.
    """
    if panel.deals is None:
        raise InputError(f"{name!r} is paid on deals: give simulate(..., deals=frame).")
    deals = panel.deals
    for column in ("person_id", "on_date", "amount", *rule.only):
        if column not in deals.columns:
            hint = did_you_mean(column, [str(c) for c in deals.columns])
            raise InputError(f"deals has no column {column!r}. {hint}")
    keep = pd.Series(True, deals.index)
    for column, wanted in rule.only.items():
        keep &= deals[column].isin(as_tuple(wanted))
    if rule.measure and "measure" in deals.columns:
        keep &= deals["measure"] == rule.measure
    chosen = deals[keep]
    person = panel.persons.get_indexer(pd.Index(chosen["person_id"])).astype(np.int64)
    period = period_of(panel, chosen["on_date"])
    inside = (person >= 0) & (period >= 0)
    return chosen[inside], person[inside], period[inside]


def period_of(panel: Panel, dates: pd.Series) -> Codes:
    """Return the number of the payout period that holds each date; -1 outside all of them."""
    days = pd.to_datetime(dates).to_numpy("datetime64[D]")
    starts = np.array([np.datetime64(p.since, "D") for p in panel.periods])
    ends = np.array([np.datetime64(p.until, "D") for p in panel.periods])
    at = np.searchsorted(starts, days, side="right") - 1
    inside = (at >= 0) & (days < ends[np.maximum(at, 0)])
    return np.where(inside, at, -1).astype(np.int64)
