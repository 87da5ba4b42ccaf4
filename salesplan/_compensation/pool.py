"""The pool: what the company or a team has to share out, and each person's part of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from salesplan import scales
from salesplan._compensation import money
from salesplan._compensation.around import Pool
from salesplan._compensation.figures import Figures, Reader
from salesplan._compensation.panel import Panel
from salesplan._compensation.presence import Presence
from salesplan._compensation.rules import Criterion
from salesplan._compensation.scheme import Scheme
from salesplan.scales import Floats, Units

Codes = npt.NDArray[np.int64]


def line(scheme: Scheme, panel: Panel, present: Presence, total: Units) -> Units:
    """Return what the pool adds to each person's total, or takes from it, to the cent."""
    rule = scheme.pool
    assert rule is not None
    filled, of_person = contents(scheme, panel, present)
    result = np.zeros_like(total)
    for group in np.unique(of_person):
        mine = np.flatnonzero(of_person == group)
        for t in range(total.shape[1]):
            there_is = int(filled[mine[0], t]) if group >= 0 else 0
            result[mine, t] = _shared(np.maximum(total[mine, t], 0), there_is, rule)
    return result


def contents(scheme: Scheme, panel: Panel, present: Presence) -> tuple[Units, Codes]:
    """Return the money in each person's pool in each period, and the number of that pool."""
    rule = scheme.pool
    assert rule is not None
    return _units(scheme, _filled(scheme, rule, panel, present)), _pools(rule, panel)


def _shared(claims: Units, there_is: int, rule: Pool) -> Units:
    """Return what claims lose (or gain) when they are met out of a pool."""
    asked = int(claims.sum())
    if asked == 0 or (asked <= there_is and rule.pays == "at_most"):
        return np.zeros_like(claims)
    return scales.shared_units(claims / asked * there_is, 0) - claims


def _units(scheme: Scheme, amount: Floats) -> Units:
    return scales.to_units(amount, scheme.rounding.places, scheme.rounding.mode)


def _pools(rule: Pool, panel: Panel) -> Codes:
    """Return the number of each person's pool; people without a team have none."""
    found = np.zeros(len(panel.persons), np.int64)
    if rule.scope == "team":
        code, _ = pd.factorize(panel.people["team"])
        found[panel.spell_person] = code
    return found


def _filled(scheme: Scheme, rule: Pool, panel: Panel, present: Presence) -> Floats:
    """Return the money in each person's pool in each period."""
    to_date = scheme.accrual == "year_to_date"
    count = present.number + 1 if to_date else np.ones_like(present.number)
    fixed = np.broadcast_to((rule.amount or 0.0) * count, panel.shape)
    if rule.measure is None:
        return np.asarray(fixed, np.float64)
    reading = Criterion(name="pool", measure=rule.measure, scope=rule.scope)
    read = Reader(panel, present, scheme.accrual).figures(reading, rule.measure, to_date=to_date)
    amount = _of_measure(rule, read, fixed[panel.spell_person])
    result = np.zeros(panel.shape)
    result[panel.spell_person] = np.nan_to_num(amount)
    return result


def _of_measure(rule: Pool, read: Figures, fixed: Floats) -> Floats:
    if rule.curve is None:
        rest: Floats = np.maximum(read.actual - rule.above, 0.0) * rule.share
        return rest
    criterion = Criterion(name="pool", curve=rule.curve)
    value = money.curve_value(criterion, read)
    return money.of_curve(criterion, read, value, fixed) * rule.share
