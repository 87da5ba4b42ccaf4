"""What it takes to decide a deal, by its size, won and lost together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise

import pandas as pd

from salesplan._acquisition.arguments import inside, loaded_rate, resolved
from salesplan.crm import Crm
from salesplan.dimensions import NONE
from salesplan.errors import InputError


def presale_cost(
    crm: Crm,
    *,
    bands: Sequence[float] = (5_000, 20_000, 50_000, 100_000),
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
) -> pd.DataFrame:
    """Return what it takes to decide a deal, by its size, won and lost together.

    Formula: cost = hours of held activities about the deal up to its close x loaded rate;
    cost per won deal = cost of all closed deals of the size / deals won, since the lost ones
    had to be worked too.

    Parameters
    ----------
    crm
        A loaded Crm.
    bands
        Amounts at which a new size begins (reporting currency), rising.
    since, until, month, quarter, year
        When the deals closed; all of the data by default.

    Returns
    -------
    DataFrame
        size (text), from_amount (NaN for deals whose amount is not known), won_count (k),
        closed_count (n), hours, cost, hours_per_deal, cost_per_deal, cost_per_won,
        won_amount, cost_share (cost / won amount; NaN without a win).

    Raises
    ------
    InputError
        If the bands do not rise.

    Examples
    --------
    >>> presale_cost(paper(), bands=[5000])[["size", "closed_count", "hours", "cost"]]
            size  closed_count  hours    cost
    0    < 5,000             2   1.50   97.50
    1  5,000 and more             5   3.25  211.25
    """
    crm.require("opportunities", "activities", need="Cost of the pre-sale")
    edges = [float(b) for b in bands]
    if not edges or any(b <= a for a, b in pairwise([0.0, *edges])):
        raise InputError(f"bands={bands!r} must be amounts above 0 that rise.")
    span = resolved(crm, since, until, month, quarter, year)
    found = crm.query(_PRESALE, as_of=crm.as_of, since=span[0], until=span[1])
    rates = {role: loaded_rate(crm, role) for role in found["role"].drop_duplicates()}
    found["cost"] = (found["hours"] * found["role"].map(rates).astype(float)).fillna(0.0).round(2)
    place = pd.cut(
        found["amount"], [-float("inf"), *edges, float("inf")], right=False, labels=False
    )
    deals = found.assign(place=place.fillna(-1).astype(int)).groupby("opportunity_id")
    each = deals.agg(
        place=("place", "first"),
        is_won=("is_won", "first"),
        amount=("amount", "first"),
        hours=("hours", "sum"),
        cost=("cost", "sum"),
    )
    return _by_size(each, edges)


_PRESALE = f"""
SELECT o.opportunity_id, o.status = 'won' AS is_won, CAST(m.home_amount AS DOUBLE) AS amount,
       p.role, CAST(COALESCE(sum(v.minutes), 0) / 60 AS DOUBLE) AS hours
FROM opportunities AS o
JOIN deal_money AS m ON m.opportunity_id = o.opportunity_id
LEFT JOIN activities AS v ON v.opportunity_id = o.opportunity_id AND v.status = 'held'
     AND CAST(v.starts_at AS DATE) <= o.closed_on
LEFT JOIN people AS p ON p.person_id = v.owner_id
WHERE o.status IN ('won', 'lost') AND o.closed_on <= $as_of AND {inside("o.closed_on")}
GROUP BY o.opportunity_id, o.status, m.home_amount, p.role
ORDER BY o.opportunity_id, p.role
"""


def _by_size(each: pd.DataFrame, edges: Sequence[float]) -> pd.DataFrame:
    each = each.assign(won_amount=each["amount"].where(each["is_won"], 0.0))
    grouped = each.groupby("place")
    table = grouped[["hours", "cost", "won_amount"]].sum()
    table = table.assign(won_count=grouped["is_won"].sum(), closed_count=grouped.size())
    table = table.reset_index()
    names = [
        f"< {edges[0]:,.0f}",
        *(f"{a:,.0f} to {b:,.0f}" for a, b in pairwise(edges)),
    ]
    names += [f"{edges[-1]:,.0f} and more", NONE]
    starts = [0.0, *edges, float("nan")]
    won = table["won_count"]
    table = table.assign(
        size=[names[p] for p in table["place"]],
        from_amount=[starts[p] for p in table["place"]],
        hours_per_deal=table["hours"] / table["closed_count"],
        cost_per_deal=table["cost"] / table["closed_count"],
        cost_per_won=(table["cost"] / won).where(won > 0),
        cost_share=(table["cost"] / table["won_amount"]).where(table["won_amount"] > 0),
    )
    return table.sort_values("from_amount", ignore_index=True)[_SIZES]


_SIZES = [
    "size",
    "from_amount",
    "won_count",
    "closed_count",
    "hours",
    "cost",
    "hours_per_deal",
    "cost_per_deal",
    "cost_per_won",
    "won_amount",
    "cost_share",
]
