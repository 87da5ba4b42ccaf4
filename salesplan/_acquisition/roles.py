"""Who sources and who closes, and what each role costs."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from salesplan import stats
from salesplan._acquisition.arguments import Span, inside, loaded_rate, resolved
from salesplan.crm import Crm
from salesplan.dimensions import NONE


def sourcing_and_closing(
    crm: Crm,
    *,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
) -> pd.DataFrame:
    """Return how deals fare by the role that found them and the role that owns them.

    Formula: win rate = won / (won + lost), over deals closed in the period.

    Returns
    -------
    DataFrame
        sourced_by_role (``(none)`` where nobody is named), closed_by_role, won_count (k),
        closed_count (n), win_rate with its 95 % interval (Wilson), won_amount (reporting
        currency).

    Raises
    ------
    MissingDataError
        Without deals.

    Examples
    --------
    >>> found = sourcing_and_closing(paper())
    >>> found[["sourced_by_role", "closed_by_role", "won_count", "closed_count"]].values.tolist()
    [['(none)', 'field', 5, 6], ['(none)', 'inside', 0, 1]]
    """
    crm.require("opportunities", need="Who sources and who closes")
    span = resolved(crm, since, until, month, quarter, year)
    found = _ask(
        crm,
        span,
        f"""
        SELECT COALESCE(s.role, '{NONE}') AS sourced_by_role,
               COALESCE(c.role, '{NONE}') AS closed_by_role,
               CAST(count(*) FILTER (WHERE o.status = 'won') AS BIGINT) AS won_count,
               CAST(count(*) AS BIGINT) AS closed_count,
               CAST(COALESCE(sum(m.home_amount) FILTER (WHERE o.status = 'won'), 0) AS DOUBLE)
                 AS won_amount
        FROM opportunities AS o
        JOIN deal_money AS m ON m.opportunity_id = o.opportunity_id
        LEFT JOIN people AS s ON s.person_id = o.sourced_by_id
        LEFT JOIN people AS c ON c.person_id = o.owner_id
        WHERE o.status IN ('won', 'lost') AND o.closed_on <= $as_of AND {inside("o.closed_on")}
        GROUP BY COALESCE(s.role, '{NONE}'), COALESCE(c.role, '{NONE}')
        ORDER BY 1, 2
        """,
    )
    return stats.with_rate(found, "won_count", "closed_count", "win_rate")[
        [
            "sourced_by_role",
            "closed_by_role",
            "won_count",
            "closed_count",
            "win_rate",
            "win_rate_low",
            "win_rate_high",
            "won_amount",
        ]
    ]


def cost_by_role(
    crm: Crm,
    *,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
) -> pd.DataFrame:
    """Return the hours and cost of each role, beside what it sourced and closed.

    Formula: cost = hours of held activities, and hours booked in ``costs``, x loaded rate.

    Returns
    -------
    DataFrame
        role, activity_hours, booked_hours, cost, sourced_count (deals won that the role
        found), closed_count (deals won that it owns), closed_amount, cost_per_closed.

    Notes
    -----
    Hours that are in the calendar and in ``costs`` too are counted in both columns: leave one
    of the two exports out where a company records its hours twice.

    Examples
    --------
    >>> cost_by_role(paper())[["role", "activity_hours", "booked_hours", "cost"]].values.tolist()
    [['field', 8.25, 4.0, 796.25], ['inside', 1.0, 2.0, 195.0]]
    """
    crm.require("people", need="Cost by role")
    span = resolved(crm, since, until, month, quarter, year)
    table = _ask(crm, span, _ROLES)
    rates = pd.Series({r: loaded_rate(crm, r) for r in table["role"]}, dtype=float)
    hours = table["activity_hours"] + table["booked_hours"]
    table["cost"] = (hours * table["role"].map(rates)).round(2)
    table["cost_per_closed"] = (table["cost"] / table["closed_count"]).where(
        table["closed_count"] > 0
    )
    return table[
        [
            "role",
            "activity_hours",
            "booked_hours",
            "cost",
            "sourced_count",
            "closed_count",
            "closed_amount",
            "cost_per_closed",
        ]
    ]


_ROLES = f"""
WITH parts AS (
  SELECT p.role, v.minutes / 60.0 AS activity_hours, 0.0 AS booked_hours, 0 AS sourced,
         0 AS closed, 0.0 AS amount
  FROM activities AS v LEFT JOIN people AS p ON p.person_id = v.owner_id
  WHERE v.status = 'held' AND v.minutes IS NOT NULL AND CAST(v.starts_at AS DATE) <= $as_of
    AND {inside("CAST(v.starts_at AS DATE)")}
  UNION ALL
  SELECT c.role, 0.0, c.hours, 0, 0, 0.0
  FROM costs AS c WHERE c.hours IS NOT NULL AND c.month <= $as_of AND {inside("c.month")}
  UNION ALL
  SELECT s.role, 0.0, 0.0, 1, 0, 0.0
  FROM opportunities AS o JOIN people AS s ON s.person_id = o.sourced_by_id
  WHERE o.status = 'won' AND o.closed_on <= $as_of AND {inside("o.closed_on")}
  UNION ALL
  SELECT p.role, 0.0, 0.0, 0, 1, CAST(COALESCE(m.home_amount, 0) AS DOUBLE)
  FROM opportunities AS o
  JOIN deal_money AS m ON m.opportunity_id = o.opportunity_id
  LEFT JOIN people AS p ON p.person_id = o.owner_id
  WHERE o.status = 'won' AND o.closed_on <= $as_of AND {inside("o.closed_on")}
)
SELECT COALESCE(role, '{NONE}') AS role,
       CAST(sum(activity_hours) AS DOUBLE) AS activity_hours,
       CAST(sum(booked_hours) AS DOUBLE) AS booked_hours,
       CAST(sum(sourced) AS BIGINT) AS sourced_count, CAST(sum(closed) AS BIGINT) AS closed_count,
       CAST(sum(amount) AS DOUBLE) AS closed_amount
FROM parts GROUP BY COALESCE(role, '{NONE}') ORDER BY 1
"""


def _ask(crm: Crm, span: Span, sql: str) -> pd.DataFrame:
    return crm.query(sql, as_of=crm.as_of, since=span[0], until=span[1])
