"""The same plan under other hours: a seller leaves, administration shrinks."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from salesplan._effort.plan import Plan, make
from salesplan._effort.request import ShortageError
from salesplan.errors import InputError

COLUMNS = ["scenario", "hours", "value_amount", "change_amount", "gap", "reason"]


_FREED = "The limit on change does not fit these hours: compared without it."


def scenarios(plan: Plan, hours: Mapping[str, object]) -> pd.DataFrame:
    """Return the value of the plan under other hours, each spread anew at its best.

    Like is compared with like: the limits of the plan hold in each scenario too. Only where
    other hours leave no room within the limit on change is it dropped, on both sides.
    """
    total = float(plan.capacities["hours"].sum())
    rows = [("as planned", total, plan.value, 0.0, plan.gap, "")]
    rows += [(name, *_under(plan, there)) for name, there in hours.items()]
    return pd.DataFrame(rows, columns=COLUMNS)


def _under(plan: Plan, hours: object) -> tuple[float, float, float, float, str]:
    """Return hours, value, change of value, gap and the reason of one scenario."""
    before, reason = plan.value, ""
    try:
        try:
            other = make(plan.request.but(hours=hours))
        except ShortageError:
            if plan.request.change_at_most is None:
                raise
            other = make(plan.request.but(hours=hours, change_at_most=None))
            before, reason = make(plan.request.but(change_at_most=None)).value, _FREED
    except ShortageError as error:
        missing = float(error.shortage["shortage_hours"].sum())
        nothing = float("nan")
        return nothing, nothing, nothing, nothing, f"{missing:,.1f} hours short of the minimums"
    total = float(other.capacities["hours"].sum())
    return total, other.value, other.value - before, other.gap, reason


def without_seller(plan: Plan, sellers: int | str) -> object:
    """Return the hours left when one of a number of sellers, or one by name, leaves."""
    hours = plan.request.hours
    if isinstance(hours, Mapping):
        if sellers not in hours:
            raise InputError(f"{sellers!r} has no hours in this plan; {', '.join(hours)} have.")
        return {name: 0.0 if name == sellers else value for name, value in hours.items()}
    if hours is None or not isinstance(sellers, int) or sellers < 1:
        raise InputError("Say how many sellers share the hours: sellers=14.")
    return hours * (sellers - 1) / sellers


def less_administration(plan: Plan, share: float, points: float) -> object:
    """Return the hours there are when the share of administration falls by some points."""
    if not 0 <= share < 1 or not 0 <= points <= share:
        raise InputError(f"administration_share={share} and points={points} must fit 0..1.")
    factor, hours = (1 - share + points) / (1 - share), plan.request.hours
    if hours is None:
        raise InputError("The plan has no limit of hours that less administration could widen.")
    if isinstance(hours, Mapping):
        return {name: value * factor for name, value in hours.items()}
    return hours * factor
