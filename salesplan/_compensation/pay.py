"""What a person earns at 100 % of every goal: of the year, and of each period."""

from __future__ import annotations

import numpy as np

from salesplan._compensation import currency
from salesplan._compensation.panel import Panel
from salesplan._compensation.presence import Presence
from salesplan._compensation.scheme import Scheme
from salesplan.scales import Floats


def given(scheme: Scheme, panel: Panel) -> Floats:
    """Return each spell's target pay as the scheme states it (for a year, or a period)."""
    rule = scheme.target_pay
    if rule.amount is not None:
        return np.full(len(panel.people), rule.amount * rule.share)
    if rule.column not in panel.people.columns:
        return np.zeros(len(panel.people))  # a pure commission plan needs no target pay
    return np.nan_to_num(stated(scheme, panel)) * rule.share


def stated(scheme: Scheme, panel: Panel) -> Floats:
    """Return the column of people with the target pay; NaN where nobody wrote one."""
    return panel.people[scheme.target_pay.column].to_numpy(np.float64, na_value=np.nan)


def target_pay(scheme: Scheme, panel: Panel, present: Presence) -> Floats:
    """Return what each spell earns in each period at 100 % of every goal."""
    yearly = present.period_share if scheme.target_pay.per == "year" else present.in_force
    return (
        given(scheme, panel)[:, None]
        * currency.of_target(scheme, panel)
        * (yearly * present.pay_share)
    )


def of_person(scheme: Scheme, panel: Panel) -> Floats:
    """Return each person's target pay as stated (of the last position, where it changed)."""
    pay = np.zeros(len(panel.persons))
    # A rate by period has no place in a figure of the year: the scheme's check sees to that.
    rate = currency.of_target(scheme, panel)[:, :1].ravel()
    pay[panel.spell_person] = given(scheme, panel) * (rate if rate.size else 1.0)
    return pay
