"""What a lead costs, and what it costs by the time it is qualified, accepted and a customer."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from salesplan._acquisition.arguments import inside, resolved, words
from salesplan._acquisition.attribution import RULES, attribution_sql
from salesplan._acquisition.carry import by_kind
from salesplan._acquisition.parties import parties_sql
from salesplan._acquisition.ratios import per_unit, total_cost
from salesplan._acquisition.spend import spend
from salesplan.crm import Crm
from salesplan.dimensions import NONE
from salesplan.errors import one_of

BY = ("channel", "campaign", "month")
COUNTS = ["lead_count", "qualified_count", "accepted_count", "converted_count", "won_count"]
PER = {
    "cost_per_lead": "lead_count",
    "cost_per_qualified": "qualified_count",
    "cost_per_accepted": "accepted_count",
    "cost_per_converted": "converted_count",
    "cost_per_won": "won_count",
}
COLUMNS = [*COUNTS, "early_count", "total_cost", "not_started_cost", *PER, "reason"]

_GROUPS = {
    "all": f"'{NONE}'",
    "channel": "t.channel",
    "campaign": "t.campaign",
    "month": "CAST(date_trunc('month', p.created_on) AS DATE)",
}


def cost_per_lead(
    crm: Crm,
    *,
    by: str | None = "channel",
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    attribution: str = "recorded",
    source: str | None = None,
    started_only: bool = True,
) -> pd.DataFrame:
    """Return what a lead costs, and what one costs that is qualified, accepted, a customer.

    Formula: (external + people + tools) / leads captured in the period. Unlike
    `cost_per_first_meeting` it needs no calendar, and follows the leads of a period to today.

    Parameters
    ----------
    crm
        A loaded Crm.
    by
        channel, campaign or month; None for one row in all.
    since, until, month, quarter, year
        When the leads were captured and the money spent; all of the data by default.
    attribution
        recorded, campaign, first, last or even (see `cost_per_first_meeting`).
    source
        costs or budgets; costs by default, budgets where there are no costs.
    started_only
        False counts spend that has not started too, as if it had brought these leads.

    Returns
    -------
    DataFrame
        lead_count, qualified_count (by marketing), accepted_count (by sales),
        converted_count (has an account or a deal), won_count, early_count (leads older than
        their own campaign, which it cannot have brought), total_cost, not_started_cost,
        cost_per_lead, cost_per_qualified, cost_per_accepted, cost_per_converted,
        cost_per_won, reason. A cost of 0 is "no cost recorded", not free.

    Raises
    ------
    MissingDataError
        Without leads.

    Examples
    --------
    >>> cost_per_lead(paper())[["channel", "lead_count", "won_count", "cost_per_lead"]]
         channel  lead_count  won_count  cost_per_lead
    0  cold call         1.0        0.0          130.0
    1      event         2.0        2.0          530.0
    2    partner         1.0        0.0            NaN
    3        web         4.0        2.0           30.0
    """
    if by is not None:
        one_of(by, BY, "by")
    one_of(attribution, RULES, "attribution")
    crm.require("leads", need="Cost per lead")
    since_on, until_on = resolved(crm, since, until, month, quarter, year)
    counts = _counts(crm, by or "all", since_on, until_on, attribution)
    costs = spend(crm, since=since_on, until=until_on, source=source).assign(all=NONE)
    if not started_only:
        costs = costs.assign(started=True)
    table = counts.merge(by_kind(costs, by or "all"), on="grp", how="outer")
    table[[*COUNTS, "early_count"]] = table[[*COUNTS, "early_count"]].fillna(0.0)
    table = per_unit(table.assign(total_cost=total_cost(table)), PER)
    later = table["not_started_cost"].fillna(0) > 0
    unpaid = np.where(later, words(crm, "reason_not_started"), words(crm, "reason_no_cost"))
    table["reason"] = np.where(table["total_cost"].isna(), unpaid, "")
    names = [] if by is None else [by]
    table = table.rename(columns={"grp": by}) if by else table
    return table.sort_values(names or "lead_count", ignore_index=True)[[*names, *COLUMNS]]


def _counts(
    crm: Crm, by: str, since: dt.date | None, until: dt.date | None, attribution: str
) -> pd.DataFrame:
    group = _GROUPS[by]
    sums = {
        "lead_count": "TRUE",
        "qualified_count": "l.qualified_on <= $as_of",
        "accepted_count": "l.accepted_on <= $as_of",
        "converted_count": "l.account_id IS NOT NULL OR d.party_id IS NOT NULL",
        "won_count": "w.party_id IS NOT NULL",
        "early_count": "p.created_on < c.starts_on",
    }
    counted = ", ".join(
        f"CAST(COALESCE(sum(t.share) FILTER (WHERE {rule}), 0) AS DOUBLE) AS {name}"
        for name, rule in sums.items()
    )
    return crm.query(
        f"""
        WITH {parties_sql("lead")}, {attribution_sql(attribution)}
        SELECT {group} AS grp, {counted}
        FROM parties AS p
        JOIN attributed AS t ON t.party_id = p.party_id
        JOIN leads AS l ON l.lead_id = p.party_id
        LEFT JOIN (SELECT DISTINCT party_id FROM party_deals) AS d ON d.party_id = p.party_id
        LEFT JOIN wins AS w ON w.party_id = p.party_id
        LEFT JOIN campaigns AS c ON c.campaign_id = t.campaign
        WHERE (p.created_on IS NULL OR p.created_on <= $as_of) AND {inside("p.created_on")}
        GROUP BY {group}
        ORDER BY 1
        """,
        as_of=crm.as_of,
        since=since,
        until=until,
    )
