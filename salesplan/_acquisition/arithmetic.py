"""Acquisition on plain numbers: what one costs, what one is worth, when it pays."""

from __future__ import annotations

import math
from collections.abc import Mapping

from salesplan._acquisition.arguments import positive, share


def unit_cost(spend: float | Mapping[str, float], count: float) -> float:
    """Return what one of a number costs: a lead, a meeting, a customer.

    Formula: spend / count. Named after what is counted: with leads it is cost per lead, and
    only with customers it is customer acquisition cost (CAC).

    Parameters
    ----------
    spend
        Money, or several kinds of it by name (agencies, salaries, tools), which are added up.
    count
        What it brought; NaN is returned for 0, since nothing has no price.

    Examples
    --------
    >>> unit_cost(10_000, 100), unit_cost({"agency": 12_000, "people": 8_000}, 10)
    (100.0, 2000.0)
    >>> unit_cost(500, 0)
    nan
    """
    total = sum(spend.values()) if isinstance(spend, Mapping) else spend
    return total / count if count else math.nan


def cost_after(cost: float, *rates: float) -> float:
    """Return what one costs further down the funnel, where only a share gets through.

    Formula: cost / (rate x rate x ...). With 40 % of meetings unqualified, a qualified one
    costs 1.67 times a booked one.

    Examples
    --------
    >>> round(cost_after(120, 0.8, 0.6), 2)
    250.0
    """
    passing = math.prod(share(rate, "rate") for rate in rates)
    return cost / passing if passing else math.nan


def value_per_meeting(
    deal_value: float, close_rate: float, opportunity_rate: float = 1.0, margin: float = 1.0
) -> float:
    """Return what a meeting is worth, which is the most that it may cost.

    Formula: deal value x margin x P(meeting becomes an opportunity) x P(opportunity is won).
    Source: Kronologic, "The economics of meeting math".

    Examples
    --------
    >>> value_per_meeting(50_000, close_rate=0.25, opportunity_rate=0.5)
    6250.0
    """
    rates = share(close_rate, "close_rate") * share(opportunity_rate, "opportunity_rate")
    return deal_value * share(margin, "margin") * rates


def break_even_count(cost: float, value: float) -> float:
    """Return how many a cost must bring to pay for itself; infinite if one is worth nothing.

    Examples
    --------
    >>> break_even_count(12_000, 6_250)
    1.92
    """
    return cost / value if value > 0 else math.inf


def break_even_rate(cost: float, value_at_full_rate: float) -> float:
    """Return the rate at which a tool pays for itself; above 1 it never does.

    Examples
    --------
    >>> break_even_rate(cost=6_000, value_at_full_rate=60_000)
    0.1
    """
    return break_even_count(cost, value_at_full_rate)


def payback_months(cost: float, monthly_amount: float, margin: float = 1.0) -> float:
    """Return the months until a customer has earned what winning it cost.

    Formula: cost / (monthly amount x margin); infinite where a customer earns nothing.

    Examples
    --------
    >>> payback_months(2_000, 250, margin=0.8)
    10.0
    """
    return break_even_count(cost, monthly_amount * share(margin, "margin"))


def return_on_spend(gain: float, spend: float) -> float:
    """Return what came back for each unit of money spent (1 is break-even).

    Examples
    --------
    >>> return_on_spend(gain=15_000, spend=5_000)
    3.0
    """
    return gain / positive(spend, "spend")
