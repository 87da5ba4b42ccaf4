"""The mix for the next budget: each euro goes where the next meeting is worth most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesplan._acquisition.arguments import positive, words
from salesplan._acquisition.saturation import saturation
from salesplan._acquisition.worth import worth_per_meeting
from salesplan.allocation import Power, Problem, Solution, continuous
from salesplan.crm import Crm
from salesplan.errors import InputError, MissingDataError, one_of
from salesplan.stats import Floats

COLUMNS = [
    "channel",
    "elasticity",
    "basis",
    "value_per_meeting",
    "cost_now",
    "cost_proposed",
    "meetings_now",
    "meetings_proposed",
    "value_now_amount",
    "value_amount",
    "average_cost_now",
    "average_cost_proposed",
    "marginal_cost_now",
    "marginal_cost_proposed",
    "value_of_next_euro",
    "held_by",
]


@dataclass(frozen=True)
class BudgetMix:
    """A budget over channels, with its certificate.

    Attributes
    ----------
    table
        One row per channel: cost and first meetings now (the average month of the history,
        times ``months``) and proposed, average cost and cost of the next meeting side by
        side, worth of the next euro, and the limit that holds it.
    budget, unspent
        What there is, and what is left because another euro would bring less than a euro.
    value, bound, gap
        Worth of the proposal less its cost; what no mix within the limits can exceed; share
        of it that may be missing.
    value_now
        The same for the mix now.
    """

    table: pd.DataFrame
    budget: float
    unspent: float
    value: float
    bound: float
    gap: float
    value_now: float


def budget_mix(
    crm: Crm,
    *,
    budget: float,
    months: float = 12,
    minimum: Mapping[str, float] | None = None,
    maximum: Mapping[str, float] | None = None,
    locked: Mapping[str, float] | None = None,
    reach: float = 2.0,
    value_per_meeting: float | Mapping[str, float] | None = None,
    attribution: str = "recorded",
    source: str | None = None,
    assumed: float = 0.7,
) -> BudgetMix:
    """Return how to spread the next budget over the channels.

    Formula: maximise the sum over channels of value per meeting x meetings(spend) - spend,
    where meetings = meetings now x (spend / spend now) ^ elasticity (see `saturation`).

    Parameters
    ----------
    crm
        A loaded Crm.
    budget, months
        Money to spend, and over how many months.
    minimum, maximum, locked
        Channel -> money: at least, at most, exactly.
    reach
        How far beyond its present spend a channel may grow: history says little further out.
    value_per_meeting
        What a first meeting earns, for all channels or by channel; by default P(win) x won
        amount x gross margin of each channel, drawn towards the average.
    attribution, source, assumed
        As in `saturation`.

    Returns
    -------
    BudgetMix
        The table and its proof. Channels without recorded cost are left out: nobody knows
        what more of them would cost.

    Raises
    ------
    InputError
        If the minimums and locks exceed the budget, or contradict each other.
    UnknownNameError
        For a channel without recorded cost.

    Examples
    --------
    >>> mix = budget_mix(paper(), budget=1200, value_per_meeting=600)
    >>> mix.table[["channel", "cost_now", "cost_proposed"]].round(0).values.tolist()
    [['cold call', 1560.0, 169.0], ['event', 6360.0, 6.0], ['web', 720.0, 1025.0]]
    """
    curves = saturation(crm, attribution=attribution, source=source, assumed=assumed)
    table = _now(crm, curves, positive(months, "months"), value_per_meeting, attribution)
    limits = _limits(table, minimum or {}, maximum or {}, locked or {}, reach)
    if limits[0].sum() > positive(budget, "budget") * (1 + 1e-9):
        raise InputError(
            f"Minimums and locks come to {limits[0].sum():,.2f}, more than budget={budget:,.2f}."
        )
    problem = _problem(table, limits, budget)
    found = continuous(problem)
    return _mix(crm, table, problem, found, set(locked or {}))


def _now(
    crm: Crm,
    curves: pd.DataFrame,
    months: float,
    value: float | Mapping[str, float] | None,
    attribution: str,
) -> pd.DataFrame:
    """Return each channel's spend, meetings and worth now, over as many months."""
    table = curves[curves["average_cost"].notna()].reset_index(drop=True)
    if table.empty:
        raise MissingDataError(
            "No channel has both a recorded cost and a first meeting: add costs by channel."
        )
    cost = table["monthly_cost"] * months
    table = table.assign(cost_now=cost, meetings_now=cost / table["average_cost"])
    if value is None:
        worth = worth_per_meeting(crm, attribution=attribution).set_index("channel")
        found = table["channel"].map(worth["value_per_meeting"]).fillna(0.0)
    elif isinstance(value, Mapping):
        for channel in value:
            one_of(channel, list(table["channel"]), "value_per_meeting")
        found = table["channel"].map(dict(value)).fillna(0.0)
    else:
        found = pd.Series(float(value), table.index)
    return table.assign(value_per_meeting=found.astype(float))


def _limits(
    table: pd.DataFrame,
    minimum: Mapping[str, float],
    maximum: Mapping[str, float],
    locked: Mapping[str, float],
    reach: float,
) -> tuple[Floats, Floats]:
    names = list(table["channel"])
    for what, given in (("minimum", minimum), ("maximum", maximum), ("locked", locked)):
        for channel, amount in given.items():
            one_of(channel, names, what)
            if amount < 0:
                raise InputError(f"{what}[{channel!r}]={amount:g} must not be negative.")
    far = dict(zip(names, table["cost_now"] * positive(reach, "reach"), strict=True))
    low = np.array([locked.get(n, minimum.get(n, 0.0)) for n in names], float)
    high = np.array([locked.get(n, maximum.get(n, max(far[n], minimum.get(n, 0)))) for n in names])
    wrong = [n for n, a, b in zip(names, low, high, strict=True) if a > b]
    if wrong:
        raise InputError(f"minimum is above maximum for {', '.join(wrong)}.")
    return low, high


def _problem(table: pd.DataFrame, limits: tuple[Floats, Floats], budget: float) -> Problem:
    exponent = table["elasticity"].to_numpy(float)
    worth = table["value_per_meeting"] * table["meetings_now"]
    curves = Power(scale=worth.to_numpy(float) * table["cost_now"] ** -exponent, exponent=exponent)
    return Problem(curves, np.ones(len(table)), *limits, capacity=budget, floor_price=1.0)


def _mix(
    crm: Crm, table: pd.DataFrame, problem: Problem, found: Solution, locked: set[str]
) -> BudgetMix:
    now, spent = table["cost_now"].to_numpy(float), found.effort
    grown = (spent / now) ** table["elasticity"].to_numpy(float)
    meetings = table["meetings_now"] * grown
    average = (spent / meetings).where(meetings > 0)
    table = table.assign(
        cost_proposed=spent,
        meetings_proposed=meetings,
        value_now_amount=table["value_per_meeting"] * table["meetings_now"],
        value_amount=table["value_per_meeting"] * meetings,
        average_cost_now=table["average_cost"],
        average_cost_proposed=average,
        marginal_cost_now=table["average_cost"] / table["elasticity"],
        marginal_cost_proposed=average / table["elasticity"],
        held_by=[
            _held(crm, channel in locked, *row)
            for channel, *row in zip(
                table["channel"], spent, problem.low, problem.high, strict=True
            )
        ],
    )
    table["value_of_next_euro"] = table["value_per_meeting"] / table["marginal_cost_proposed"]
    return BudgetMix(
        table=table[COLUMNS],
        budget=problem.capacity,
        unspent=problem.capacity - float(spent.sum()),
        value=found.value,
        bound=found.bound,
        gap=found.gap,
        value_now=problem.worth(now),
    )


def _held(crm: Crm, is_locked: bool, spent: float, low: float, high: float) -> str:
    slack = 1e-9 * max(high, 1.0)
    if is_locked:
        return words(crm, "held_locked")
    if spent >= high - slack:
        return words(crm, "held_maximum")
    return words(crm, "held_minimum") if low > 0 and spent <= low + slack else ""
