"""What was spent, in money: external costs and tools as booked, people as hours x loaded rate."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from salesplan._acquisition.arguments import loaded_rate
from salesplan.crm import Crm
from salesplan.dimensions import NONE
from salesplan.errors import one_of

KINDS = ("external", "people", "tools")
SOURCES = ("costs", "budgets")
COLUMNS = ["cost_id", "month", "channel", "campaign", "kind", "hours", "cost", "started"]

# A budget says what a campaign may spend, not when: all of it stands on the first day.
_SQL = {
    "costs": f"""
SELECT cost_id, month, COALESCE(channel, '{NONE}') AS channel,
       COALESCE(campaign, '{NONE}') AS campaign, COALESCE(kind, 'external') AS kind,
       hours, role, CAST(amount AS DOUBLE) AS amount, month <= $as_of AS started
FROM costs
""",
    "budgets": f"""
SELECT campaign_id AS cost_id, CAST(date_trunc('month', starts_on) AS DATE) AS month,
       COALESCE(channel, '{NONE}') AS channel, campaign_id AS campaign, 'external' AS kind,
       CAST(NULL AS DOUBLE) AS hours, CAST(NULL AS VARCHAR) AS role,
       CAST(budget_amount AS DOUBLE) AS amount,
       COALESCE(starts_on <= $as_of, FALSE) AS started
FROM campaigns
WHERE budget_amount IS NOT NULL
""",
}


def source_of(crm: Crm, source: str | None) -> str:
    """Return where money comes from: costs if there are any, else the campaigns' budgets."""
    if source is not None:
        return one_of(source, SOURCES, "source")
    budgets = not crm.has("costs") and crm.has("campaigns")
    return "budgets" if budgets else "costs"


def spend(
    crm: Crm,
    *,
    since: dt.date | None = None,
    until: dt.date | None = None,
    source: str | None = None,
) -> pd.DataFrame:
    """Return every cost in money, with what has not started yet marked as such.

    Formula: amount where one is booked; else hours x the loaded hourly cost of the role
    (settings ``[hourly_cost]``).

    Parameters
    ----------
    crm
        A loaded Crm.
    since, until
        Months to look at (``until`` excluded); all by default.
    source
        ``costs``: the table of costs. ``budgets``: the budget of each campaign, in the month
        it starts. By default costs, or budgets where the exports hold no costs.

    Returns
    -------
    DataFrame
        cost_id, month, channel, campaign, kind, hours, cost (reporting currency), started
        (whether the month had begun by ``as_of``; for a budget, the campaign). Costs without
        a channel or campaign carry ``(none)``.

    Raises
    ------
    InputError
        Where hours of a role have no loaded rate in the settings.

    Examples
    --------
    >>> spend(paper())[["cost_id", "cost", "started"]].tail(3).values.tolist()
    [['C4', 260.0, True], ['C5', 130.0, True], ['C6', 500.0, False]]
    """
    found = crm.query(
        f"""
        SELECT cost_id, month, channel, campaign, kind, hours, role, amount, started
        FROM ({_SQL[source_of(crm, source)]}) AS money
        WHERE ($since IS NULL OR month >= $since) AND ($until IS NULL OR month < $until)
        ORDER BY cost_id
        """,
        as_of=crm.as_of,
        since=since,
        until=until,
    )
    in_hours = found["amount"].isna() & found["hours"].notna()
    rate = found["role"].where(in_hours)[in_hours].map(lambda role: loaded_rate(crm, role))
    # A cost in hours is money only once it meets a rate; rounded to the cent, like a booking.
    by_hours = (found["hours"][in_hours].astype(float) * rate.astype(float)).round(2)
    cost = found["amount"].astype(float).fillna(by_hours).fillna(0.0)
    return found.assign(cost=cost)[COLUMNS]
