"""Deductible, caps, windfall, pool and guarantee: limits on what the criteria pay together.

From here on money is whole units (cents) of a person, so that a cap is met to the cent.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from salesplan import scales
from salesplan._compensation import pool
from salesplan._compensation.around import Cap
from salesplan._compensation.panel import Panel
from salesplan._compensation.presence import Presence, ramp_average, starts
from salesplan._compensation.scheme import Scheme
from salesplan.scales import Floats, Units

Adjustments = dict[str, Units]


def limits(
    scheme: Scheme, panel: Panel, present: Presence, total: Units, base: Floats
) -> Adjustments:
    """Return the lines that caps, windfall, pool and guarantee add to a person's total."""
    lines: Adjustments = {}
    if scheme.deductible is not None:
        lines["deductible"] = _deductible(scheme, panel, present, total)
    if scheme.cap != Cap():
        lines["cap"] = _cap(scheme, present, total + _sum(lines), base)
    if scheme.windfall is not None:
        lines["windfall"] = _windfall(scheme, panel, present, total + _sum(lines), base)
    if scheme.pool is not None:
        lines["pool"] = pool.line(scheme, panel, present, total + _sum(lines))
    total = total + _sum(lines)
    guaranteed = _guarantee(scheme, panel, present, total, base)
    if guaranteed is not None:
        lines["guarantee"], total = guaranteed, total + guaranteed
    if scheme.rounding.multiple is not None:
        lines["rounding"] = _to_multiples(scheme, total)
    return lines


def _deductible(scheme: Scheme, panel: Panel, present: Presence, total: Units) -> Units:
    """Return what the criteria earn towards the deductible: nothing of it is paid."""
    rule = scheme.deductible
    assert rule is not None
    stated = np.full(len(panel.people), rule.amount or 0.0)
    if rule.column:
        stated = panel.people[rule.column].to_numpy(np.float64, na_value=0.0) * rule.share
    yearly = present.period_share if rule.per == "year" else present.in_force
    due = panel.by_person(stated[:, None] * yearly * present.pay_share)
    due = present.to_date(due) if scheme.accrual == "year_to_date" else due
    line: Units = -np.minimum(np.maximum(total, 0), _units(scheme, due))
    return line


def _sum(lines: Adjustments) -> Units | int:
    return sum(lines.values())


def _units(scheme: Scheme, money: npt.ArrayLike) -> Units:
    return scales.to_units(money, scheme.rounding.places, scheme.rounding.mode)


def _to_multiples(scheme: Scheme, total: Units) -> Units:
    size = int(_units(scheme, scheme.rounding.multiple or 0.0))
    line: Units = scales.to_units(total / size, 0, scheme.rounding.mode) * size - total
    return line


def _periods_so_far(scheme: Scheme, present: Presence) -> npt.NDArray[np.int64]:
    """Return how many periods an entitlement covers: 1, or the year so far."""
    is_to_date = scheme.accrual == "year_to_date"
    return present.number + 1 if is_to_date else np.ones_like(present.number)


def _cap(scheme: Scheme, present: Presence, total: Units, base: Floats) -> Units:
    cap = scheme.cap
    ceilings = []
    if cap.share is not None:
        ceilings.append(_units(scheme, cap.share * base))
    if cap.amount is not None:
        count = _periods_so_far(scheme, present)
        ceilings.append(np.broadcast_to(_units(scheme, cap.amount * count), total.shape))
    kept = np.minimum.reduce([total, *ceilings])
    if cap.amount_per_year is not None:
        kept = _capped_by_year(scheme, present, kept, int(_units(scheme, cap.amount_per_year)))
    result: Units = kept - total
    return result


def _capped_by_year(scheme: Scheme, present: Presence, total: Units, ceiling: int) -> Units:
    """Return totals that keep to a ceiling for the year; running totals stay running ones."""
    is_to_date = scheme.accrual == "year_to_date"
    kept = total.copy()
    new_year, new_window = set(starts(present.year)), set(starts(present.window))
    before = np.zeros(len(total), np.int64)
    for t in range(total.shape[1]):
        if t in new_year:
            before = np.zeros(len(total), np.int64)
        elif not is_to_date or t in new_window:
            before = before + kept[:, t - 1]
        kept[:, t] = np.minimum(total[:, t], np.maximum(ceiling - before, 0))
    return kept


def _windfall(scheme: Scheme, panel: Panel, present: Presence, total: Units, base: Floats) -> Units:
    rule = scheme.windfall
    assert rule is not None
    if rule.of == "target_pay":
        usual = base
    else:
        average = np.zeros(len(panel.persons))
        column = panel.people[rule.of].to_numpy(np.float64, na_value=np.inf)
        average[panel.spell_person] = column
        usual = average[:, None] * _periods_so_far(scheme, present)
    ceiling = np.where(np.isfinite(usual), rule.times * usual, np.float64(2**40))
    above = np.maximum(total - _units(scheme, ceiling), 0)
    kept = scales.to_units(above * rule.pays, 0, scheme.rounding.mode)
    line: Units = kept - above
    return line


def _guarantee(
    scheme: Scheme, panel: Panel, present: Presence, total: Units, base: Floats
) -> Units | None:
    shares = scheme.ramp.guaranteed_shares
    if not shares:
        return None
    by_spell = ramp_average(shares, present.months_of_service, panel.periods, after=0.0)
    share = np.zeros(panel.shape)
    share[panel.spell_person] = by_spell
    line: Units = np.maximum(_units(scheme, share * base) - total, 0)
    return line
