"""Cost per first meeting: the counts of a channel, its spend, and the interval of the ratio."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from salesplan import periods
from salesplan._acquisition.attribution import attribution_sql
from salesplan._acquisition.parties import FIRSTS, parties_sql
from salesplan._acquisition.ratios import COSTS, COUNTS, MEETINGS, ratios
from salesplan._acquisition.spend import KINDS, spend
from salesplan.crm import Crm
from salesplan.dimensions import NONE
from salesplan.errors import one_of

_OF_COST = ("channel", "campaign", "month")
_BY = (*_OF_COST, "owner", "segment")
_EVER = dt.date(1900, 1, 1)
_WHEN = "COALESCE(f.held_on, f.booked_on, p.created_on)"


def cost_per_first_meeting(
    crm: Crm,
    *,
    by: str = "channel",
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    unit: str = "lead",
    attribution: str = "recorded",
    lag_months: int = 0,
    draws: int = 2000,
    seed: int,
) -> pd.DataFrame:
    """Return what a first held meeting costs, channel by channel.

    Formula: (external + people + tools) / first meetings held. A meeting counts in the month
    it was held; spend counts ``lag_months`` earlier.

    Parameters
    ----------
    crm
        A loaded Crm.
    by
        channel, campaign, month, owner or segment. Costs are recorded by channel, so for
        owner and segment each first meeting carries the average cost of its channel.
    since, until, month, quarter, year
        When the meetings were held (``until`` excluded); all of the data by default.
    unit
        lead, opportunity or account: who is met for the first time.
    attribution
        recorded, first, last or even (see ``attribution_sql``).
    lag_months
        Months between spending and meeting.
    draws, seed
        Bootstrap of the interval: first meetings are drawn again with Poisson weights.

    Returns
    -------
    DataFrame
        One row per group: lead_count, booked_count, held_count, qualified_count, won_count
        (parties), no_show_count, cancelled_count (meetings), external_cost, people_cost,
        tools_cost, total_cost, not_started_cost (months after ``as_of``, in no ratio),
        cost_per_lead, cost_per_booked, cost_per_first_meeting with its 95 % interval
        cost_low..cost_high, cost_per_qualified, cost_per_won, ratio_to_cheapest, reason.
        A group with meetings but without recorded cost has no cost per meeting and is never
        the cheapest; one with spend but no meeting has none either; ``reason`` says which.
        The columns total_cost and not_started_cost sum to the costs of the period.

    Raises
    ------
    MissingDataError
        Without activities, or without leads where the unit is a lead.

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
    one_of(by, _BY, "by")
    crm.require("activities", *(["leads"] if unit == "lead" else []), need="Cost per first meeting")
    first, last = periods.resolve(
        since=since,
        until=until,
        month=month,
        quarter=quarter,
        year=year,
        fiscal_start=crm.settings.fiscal_year_starts,
    )
    counted = _counts(crm, by, first, last, unit, attribution)
    spent = _spent(crm, by, counted, first, last, lag_months)
    return ratios(_merged(counted, spent, by), by, draws, seed)


def _counts(
    crm: Crm, by: str, first: dt.date | None, last: dt.date | None, unit: str, attribution: str
) -> pd.DataFrame:
    group = _group_sql(by)
    return crm.query(
        f"""
        WITH {parties_sql(unit)}, {FIRSTS}, {attribution_sql(attribution)},
        states AS (
          SELECT m.party_id,
                 count(*) FILTER (WHERE m.status = 'no_show' AND {_inside("m.starts_at")})
                   AS no_shows,
                 count(*) FILTER (WHERE m.status = 'cancelled' AND {_inside("m.starts_at")})
                   AS cancelled
          FROM ordered AS m GROUP BY m.party_id
        ),
        facts AS (
          SELECT {group} AS grp, t.channel AS of_channel, t.share,
                 {_inside("p.created_on")} AS is_lead, {_inside("f.booked_on")} AS is_booked,
                 {_inside("f.held_on")} AS is_held,
                 p.qualified_on <= $as_of AS is_qualified,
                 o.status = 'won' AND o.closed_on <= $as_of AS is_won, s.no_shows, s.cancelled
          FROM parties AS p
          JOIN firsts AS f ON f.party_id = p.party_id
          JOIN attributed AS t ON t.party_id = p.party_id
          LEFT JOIN states AS s ON s.party_id = p.party_id
          LEFT JOIN opportunities AS o ON o.opportunity_id = p.opportunity_id
          LEFT JOIN accounts AS a ON a.account_id = p.account_id
          LEFT JOIN person_labels AS w ON w.person_id = COALESCE(f.met_by_id, p.owner_id)
        )
        SELECT grp AS "{by}", of_channel,
               CAST(sum(share * CAST(is_lead AS INTEGER)) AS DOUBLE) AS lead_count,
               CAST(sum(share * CAST(is_booked AS INTEGER)) AS DOUBLE) AS booked_count,
               CAST(sum(share * CAST(is_held AS INTEGER)) AS DOUBLE) AS held_count,
               CAST(sum(share * CAST(is_held AND is_qualified AS INTEGER)) AS DOUBLE)
                 AS qualified_count,
               CAST(sum(share * CAST(is_held AND is_won AS INTEGER)) AS DOUBLE) AS won_count,
               CAST(sum(share * no_shows) AS DOUBLE) AS no_show_count,
               CAST(sum(share * cancelled) AS DOUBLE) AS cancelled_count
        FROM facts
        WHERE grp IS NOT NULL
        GROUP BY grp, of_channel
        ORDER BY grp, of_channel
        """,
        as_of=crm.as_of,
        since=first or _EVER,
        until=last or crm.as_of + dt.timedelta(days=1),
    ).fillna(dict.fromkeys([*COUNTS, *MEETINGS], 0.0))


def _inside(moment: str) -> str:
    return f"COALESCE(CAST({moment} AS DATE) >= $since AND CAST({moment} AS DATE) < $until, FALSE)"


def _group_sql(by: str) -> str:
    return {
        "channel": "t.channel",
        "campaign": "t.campaign",
        "month": f"CAST(date_trunc('month', {_WHEN}) AS DATE)",
        "owner": f"COALESCE(w.label, '{NONE}')",
        "segment": f"COALESCE(a.segment, '{NONE}')",
    }[by]


def _spent(
    crm: Crm,
    by: str,
    counted: pd.DataFrame,
    first: dt.date | None,
    last: dt.date | None,
    lag_months: int,
) -> pd.DataFrame:
    """Return the cost of each group, by kind, with what has not started apart."""
    bounds = [None if d is None else periods.add_months(d, -lag_months) for d in (first, last)]
    costs = spend(crm, since=bounds[0], until=bounds[1])
    if by == "month" and lag_months:
        costs = costs.assign(month=costs["month"] + pd.DateOffset(months=lag_months))
    wide = costs[costs["started"]].pivot_table(
        index=by if by in _OF_COST else "channel", columns="kind", values="cost", aggfunc="sum"
    )
    wide = wide.reindex(columns=KINDS).rename(columns=lambda kind: f"{kind}_cost")
    wide.columns.name = None
    if by not in _OF_COST:
        return _carried(wide, counted, by)
    later = costs[~costs["started"]].groupby(by)["cost"].sum().rename("not_started_cost")
    return wide.join(later, how="outer").rename_axis(by).reset_index()


def _carried(wide: pd.DataFrame, counted: pd.DataFrame, by: str) -> pd.DataFrame:
    """Spread each channel's cost over its first meetings, so that a group carries its share.

    What a channel spent without any meeting stays visible under ``(none)``.
    """
    met = counted.assign(of_channel=counted["of_channel"].astype(object))
    held = met.groupby("of_channel")["held_count"].transform("sum")
    share = (met["held_count"] / held).where(held > 0)
    cells = wide.reindex(met["of_channel"]).reset_index(drop=True)
    carried = cells.mul(share.reset_index(drop=True), axis=0).assign(**{by: met[by].to_numpy()})
    useless = wide[~wide.index.isin(met.loc[held > 0, "of_channel"])].assign(**{by: NONE})
    both = pd.concat([carried, useless.reset_index(drop=True)])
    return both.groupby(by, as_index=False).sum(min_count=1)


def _merged(counted: pd.DataFrame, spent: pd.DataFrame, by: str) -> pd.DataFrame:
    groups = counted.groupby(by, as_index=False)[[*COUNTS, *MEETINGS]].sum()
    table = groups.merge(spent, on=by, how="outer")
    table[[*COUNTS, *MEETINGS]] = table[[*COUNTS, *MEETINGS]].fillna(0.0)
    for name in (*COSTS, "not_started_cost"):
        if name not in table:
            table[name] = float("nan")
    return table.sort_values(by, ignore_index=True)
