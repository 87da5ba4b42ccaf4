"""What advertising brought by the platform's own count: shown, clicked, asked, bought."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from salesplan import stats
from salesplan._acquisition.arguments import inside, resolved
from salesplan.crm import Crm
from salesplan.dimensions import NONE
from salesplan.errors import one_of

BY = ("channel", "campaign", "month")
COUNTS = ["impression_count", "click_count", "enquiry_count", "purchase_count"]
COLUMNS = [
    "total_cost",
    *COUNTS,
    "cost_per_click",
    "cost_per_enquiry",
    "cost_per_purchase",
    "purchase_rate",
    "purchase_rate_low",
    "purchase_rate_high",
]


def advertising_cost(
    crm: Crm,
    *,
    by: str | None = "campaign",
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
) -> pd.DataFrame:
    """Return what a click, an enquiry and a purchase cost by the advertising platform's count.

    Formula: cost / count over the rows of ``costs`` that carry such counts. The platform
    counts what it claims for itself; `cost_per_lead` counts what arrived in the CRM.

    Parameters
    ----------
    crm
        A loaded Crm.
    by
        campaign, channel or month; None for one row in all.
    since, until, month, quarter, year
        Months of the cost; all of the data by default.

    Returns
    -------
    DataFrame
        total_cost, impression_count, click_count, enquiry_count, purchase_count,
        cost_per_click, cost_per_enquiry, cost_per_purchase (NaN where the count is 0),
        purchase_rate = purchases / enquiries with its 95 % interval (Wilson).

    Raises
    ------
    MissingDataError
        Without costs.

    Examples
    --------
    >>> costs = pd.DataFrame({"cost_id": ["C1"], "month": ["2026-01-01"], "campaign": ["spring"],
    ...     "amount": [120.0], "clicks": [60], "enquiries": [6], "purchases": [2]})
    >>> crm = sp.from_frames({"costs": costs}, as_of="2026-09-30")
    >>> advertising_cost(crm)[["campaign", "cost_per_click", "cost_per_purchase"]]
      campaign  cost_per_click  cost_per_purchase
    0   spring             2.0               60.0
    """
    if by is not None:
        one_of(by, BY, "by")
    crm.require("costs", need="Cost of advertising")
    first, last = resolved(crm, since, until, month, quarter, year)
    group = {"month": "month", None: f"'{NONE}'"}.get(by, f"COALESCE({by}, '{NONE}')")
    found = crm.query(
        f"""
        SELECT {group} AS grp, CAST(sum(amount) AS DOUBLE) AS total_cost,
               CAST(COALESCE(sum(impressions), 0) AS DOUBLE) AS impression_count,
               CAST(COALESCE(sum(clicks), 0) AS DOUBLE) AS click_count,
               CAST(COALESCE(sum(enquiries), 0) AS DOUBLE) AS enquiry_count,
               CAST(COALESCE(sum(purchases), 0) AS DOUBLE) AS purchase_count
        FROM costs
        WHERE COALESCE(impressions, clicks, enquiries, purchases) IS NOT NULL
          AND month <= $as_of AND {inside("month")}
        GROUP BY {group}
        ORDER BY 1
        """,
        as_of=crm.as_of,
        since=first,
        until=last,
    )
    for thing in ("click", "enquiry", "purchase"):
        count = found[f"{thing}_count"]
        found[f"cost_per_{thing}"] = (found["total_cost"] / count).where(count > 0)
    found = stats.with_rate(found, "purchase_count", "enquiry_count", "purchase_rate")
    return found.rename(columns={"grp": by or "all"})[[*([by] if by else []), *COLUMNS]]
