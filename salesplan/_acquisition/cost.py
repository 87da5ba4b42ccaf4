"""Cost per first meeting: the counts of a channel, its spend, and the interval of the ratio."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd

from salesplan import periods
from salesplan._acquisition import counts
from salesplan._acquisition.arguments import Span, resolved, words
from salesplan._acquisition.attribution import RULES
from salesplan._acquisition.carry import CARRIER, COSTS, MONEY, by_kind, carried
from salesplan._acquisition.counts import COUNTS, MEETINGS, Question
from salesplan._acquisition.parties import UNITS
from salesplan._acquisition.ratios import COLUMNS, total_cost, with_ratios
from salesplan._acquisition.resample import interval
from salesplan._acquisition.spend import spend
from salesplan.crm import Crm
from salesplan.dimensions import NONE
from salesplan.errors import InputError, one_of

BY = ("channel", "campaign", "month", "owner", "segment")


def cost_per_first_meeting(
    crm: Crm,
    *,
    by: str | None = "channel",
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    unit: str = "lead",
    attribution: str = "recorded",
    source: str | None = None,
    lag_months: int = 0,
    draws: int = 2000,
    seed: int,
) -> pd.DataFrame:
    """Return what a first held meeting costs, channel by channel.

    Formula: (external + people + tools) / first meetings held. A meeting counts on the day it
    was held, a lead on the day it came; spend counts ``lag_months`` earlier.

    Parameters
    ----------
    crm
        A loaded Crm.
    by
        channel, campaign, month, owner (of the lead) or segment; None for one row in all.
        Costs are recorded by channel: an owner carries a channel's cost by leads, a segment
        by first meetings (a lead has a segment only once it is an account).
    since, until, month, quarter, year
        When things happened (``until`` excluded); all of the data by default.
    unit
        lead, opportunity or account: who is met for the first time.
    attribution
        recorded (channel of the lead or deal), campaign (channel of its campaign), first,
        last or even (touches up to the first held meeting).
    source
        costs or budgets (of campaigns); costs by default, budgets where there are no costs.
    lag_months
        Months between spending and meeting; ``days_to_meeting`` shows what is usual.
    draws, seed
        Interval: leads are drawn again within their channel (Bayesian bootstrap). It covers
        chance in who of the leads is met, not in how many leads come.

    Returns
    -------
    DataFrame
        One row per group: lead_count, booked_count (first meeting was due), held_count,
        qualified_count and won_count (of those held; parties), no_show_count,
        cancelled_count (meetings), days_to_meeting (median, from lead to first held),
        external_cost, people_cost, tools_cost, total_cost, not_started_cost (after
        ``as_of``, in no ratio), cost_per_lead, cost_per_booked, cost_per_first_meeting with
        its 95 % interval cost_low..cost_high, cost_per_qualified, cost_per_won,
        ratio_to_cheapest, won_amount (reporting currency), payback_months (12 x cost /
        (won_amount x gross margin): a deal's amount taken as one year's), reason.
        A group with meetings but without recorded cost has no cost per meeting and is never
        the cheapest; one with spend but no meeting has none either; ``reason`` says which.
        total_cost and not_started_cost sum to the costs of the period, to the cent.

    Raises
    ------
    MissingDataError
        Without activities, or without leads where the unit is a lead.
    InputError
        For an argument that cannot be served.

    Notes
    -----
    Qualified: accepted by sales, else qualified by marketing, else became a deal. Kinds
    ``meeting`` and ``demo`` are meetings. Budgets stand in the month a campaign starts.

    Examples
    --------
    >>> found = cost_per_first_meeting(paper(), seed=1)
    >>> found[["channel", "held_count", "total_cost", "cost_per_first_meeting"]]
         channel  held_count  total_cost  cost_per_first_meeting
    0  cold call         1.0       130.0                   130.0
    1      event         2.0      1060.0                   530.0
    2    partner         0.0         NaN                     NaN
    3        web         2.0       120.0                    60.0
    """
    _check(crm, by, unit, attribution, lag_months, draws)
    span = resolved(crm, since, until, month, quarter, year)
    question = Question(by or "all", span, unit, attribution)
    costs = _costs(crm, span, lag_months, source)
    cells = counts.counted(crm, question)
    money = _money(costs, cells, question.by)
    table = _merged(cells, money).merge(counts.lags(crm, question), on="grp", how="left")
    people = counts.population(crm, question)
    basis = by_kind(costs, "channel") if by in CARRIER else money
    basis = basis.assign(total_cost=total_cost(basis))
    drawn = interval(people, basis, question.by, draws=draws, seed=seed)
    table = with_ratios(crm, table.merge(drawn, on="grp", how="left"))
    _reconciled(table, costs)
    return _presented(crm, table, by, question, costs)


def _check(
    crm: Crm, by: str | None, unit: str, attribution: str, lag_months: int, draws: int
) -> None:
    if by is not None:
        one_of(by, BY, "by")
    one_of(unit, UNITS, "unit")
    one_of(attribution, RULES, "attribution")
    if lag_months < 0 or draws < 100:
        raise InputError("lag_months is 0 or more, draws 100 or more.")
    table = {"lead": "leads", "opportunity": "opportunities", "account": "accounts"}[unit]
    crm.require("activities", table, need="Cost per first meeting")


def _costs(crm: Crm, span: Span, lag_months: int, source: str | None) -> pd.DataFrame:
    """Return the spend behind the meetings of a period, dated in the month of the meetings."""
    since, until = (None if day is None else periods.add_months(day, -lag_months) for day in span)
    costs = spend(crm, since=since, until=until, source=source)
    return costs.assign(month=costs["month"] + pd.DateOffset(months=lag_months), all=NONE)


def _money(costs: pd.DataFrame, cells: pd.DataFrame, by: str) -> pd.DataFrame:
    return carried(costs, cells, by) if by in CARRIER else by_kind(costs, by)


def _merged(cells: pd.DataFrame, money: pd.DataFrame) -> pd.DataFrame:
    numbers = [*COUNTS, *MEETINGS, "won_amount"]
    groups = cells.groupby("grp", as_index=False, dropna=False)[numbers].sum()
    table = groups.merge(money, on="grp", how="outer")
    table[numbers] = table[numbers].fillna(0.0)
    return table.assign(**{name: table.get(name, np.nan) for name in MONEY})


def _reconciled(table: pd.DataFrame, costs: pd.DataFrame) -> None:
    """Hold the identity that no cost is lost and none counted twice."""
    shown = table[[*COSTS, "not_started_cost"]].fillna(0.0).to_numpy().sum()
    booked = float(costs["cost"].sum())
    assert abs(shown - booked) < 0.005 + 1e-9 * abs(booked), f"{shown} is not {booked}"


def _presented(
    crm: Crm, table: pd.DataFrame, by: str | None, question: Question, costs: pd.DataFrame
) -> pd.DataFrame:
    if by is not None:
        table = table.rename(columns={"grp": by}).sort_values(by, ignore_index=True)
        return table[[by, *COLUMNS]]
    unpriced = _held_without_cost(crm, question, costs)
    if unpriced > 0 and len(table):
        said = words(
            crm, "reason_some_unpriced", k=f"{unpriced:g}", n=f"{table['held_count'][0]:g}"
        )
        table = table.assign(reason=table["reason"].where(table["reason"] != "", said))
    return table[COLUMNS]


def _held_without_cost(crm: Crm, question: Question, costs: pd.DataFrame) -> float:
    """Return the first meetings held from channels that carry no cost at all."""
    cells = counts.counted(crm, replace(question, by="channel"))
    priced = costs.loc[costs["started"].astype(bool) & (costs["cost"] > 0), "channel"]
    return float(cells.loc[~cells["grp"].isin(set(priced)), "held_count"].sum())
