"""What was spent, in money: external costs and tools as booked, people as hours x loaded rate."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from salesplan.crm import Crm
from salesplan.dimensions import NONE

KINDS = ("external", "people", "tools")


def spend(crm: Crm, *, since: dt.date | None = None, until: dt.date | None = None) -> pd.DataFrame:
    """Return every cost in money, with what has not started yet marked as such.

    Formula: amount where one is booked; else hours x the loaded hourly cost of the role
    (settings ``[hourly_cost]``).

    Returns
    -------
    DataFrame
        cost_id, month, channel, campaign, kind, hours, cost, started (whether the month had
        begun by ``as_of``). Costs without a channel or campaign carry ``(none)``.

    Examples
    --------
    >>> spend(paper())[["cost_id", "cost", "started"]].tail(3).values.tolist()
    [['C4', 260.0, True], ['C5', 130.0, True], ['C6', 500.0, False]]
    """
    rates = crm.settings.hourly_cost
    found = crm.query(
        f"""
        SELECT cost_id, month, COALESCE(channel, '{NONE}') AS channel,
               COALESCE(campaign, '{NONE}') AS campaign, COALESCE(kind, 'external') AS kind,
               hours, role, CAST(amount AS DOUBLE) AS amount, month <= $as_of AS started
        FROM costs
        WHERE ($since IS NULL OR month >= $since) AND ($until IS NULL OR month < $until)
        ORDER BY cost_id
        """,
        as_of=crm.as_of,
        since=since,
        until=until,
    )
    rate = found["role"].map(rates).astype(float).fillna(rates.get("default", 0.0))
    # A cost in hours is money only once it meets a rate; rounded to the cent, like a booking.
    by_hours = (found["hours"].astype(float) * rate).round(2)
    cost = found["amount"].astype(float).fillna(by_hours).fillna(0.0)
    return found.assign(cost=cost).drop(columns=["amount", "role"])[
        ["cost_id", "month", "channel", "campaign", "kind", "hours", "cost", "started"]
    ]
