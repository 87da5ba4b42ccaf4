"""The sales chain step by step: hours, cost, what came out, and cost of one of those."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from salesplan import dimensions
from salesplan._acquisition.arguments import Span, inside, loaded_rate, resolved, words
from salesplan._acquisition.parties import MEETING_KINDS
from salesplan._acquisition.steps import SELLING, STEPS, step_sql
from salesplan.crm import Crm
from salesplan.dimensions import NONE

COLUMNS = [
    "step",
    "is_selling",
    "hours",
    "hours_share",
    "no_show_hours",
    "cost",
    "result",
    "result_count",
    "cost_per_result",
    "reason",
]
RESULTS = {
    "prospecting": "first_meetings",
    "qualification": "deals_created",
    "proposal": "deals_proposed",
    "closing": "deals_won",
}


def process_cost(
    crm: Crm,
    *,
    by: str | Sequence[str] | None = None,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    steps: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Return what each step of the sales chain takes, costs and yields.

    Formula: hours = minutes of held activities / 60; cost = hours x loaded hourly cost of the
    person's role; cost per result = cost / results of the step in the same period.

    Parameters
    ----------
    crm
        A loaded Crm.
    by
        owner, segment, team, role, ...; None for the whole company.
    since, until, month, quarter, year
        When it was done (``until`` excluded); all up to ``as_of`` by default.
    steps
        Kind of activity, or ``kind:lead``, ``kind:deal``, ``kind:account`` -> step, over the
        defaults: a meeting about a deal is closing, about a lead qualification, ...

    Returns
    -------
    DataFrame
        The dimensions, step, is_selling, hours, hours_share (of all hours of the group),
        no_show_hours (blocked by missed meetings, beside ``hours``), cost, result (what the
        step yields: first_meetings, deals_created, deals_proposed, deals_won),
        result_count, cost_per_result (NaN where there is none), reason. Work of no known
        kind is the step ``other``.

    Raises
    ------
    MissingDataError
        Without activities.
    UnknownNameError
        For a step or dimension that does not exist.

    Notes
    -----
    A first meeting counts for the owner of its lead, a deal for its owner. Activities without
    minutes take no time here; planned and cancelled ones were not done.

    Examples
    --------
    >>> process_cost(paper())[["step", "hours", "cost", "result_count", "cost_per_result"]]
                 step  hours    cost  result_count  cost_per_result
    0     prospecting   0.50   32.50           6.0         5.416667
    1   qualification   5.75  373.75          10.0        37.375000
    2         closing   1.00   65.00           5.0        13.000000
    3  administration   2.00  130.00           NaN              NaN
    """
    crm.require("activities", need="Cost of the sales process")
    span = resolved(crm, since, until, month, quarter, year)
    group = dimensions.grouping(by, "activities", date="CAST(t.starts_at AS DATE)")
    worked = _worked(crm, group, span, steps)
    keys = [*group.names, "step"]
    sums = ["hours", "no_show_hours", "cost"]
    table = worked.groupby(keys, as_index=False, dropna=False)[sums].sum()
    results = [_proposed(crm, group, span, steps), _first_meetings(crm, by, span)]
    results += [_deals(crm, by, span, "created_on"), _deals(crm, by, span, "closed_on")]
    table = table.merge(pd.concat(results), on=keys, how="outer")
    return _finished(crm, table, group.names)


def _span(crm: Crm, span: Span) -> dict[str, Any]:
    return {"as_of": crm.as_of, "since": span[0], "until": span[1]}


def _worked(
    crm: Crm, group: dimensions.Grouping, span: Span, steps: Mapping[str, str] | None
) -> pd.DataFrame:
    step, params = step_sql(steps)
    found = crm.query(
        f"""
        SELECT {group.select} {step} AS step, r.role,
               CAST(COALESCE(sum(t.minutes) FILTER (WHERE t.status = 'held'), 0) / 60 AS DOUBLE)
                 AS hours,
               CAST(COALESCE(sum(t.minutes) FILTER (WHERE t.status = 'no_show'), 0) / 60 AS DOUBLE)
                 AS no_show_hours
        FROM activities AS t LEFT JOIN people AS r ON r.person_id = t.owner_id {group.joins}
        WHERE t.status IN ('held', 'no_show') AND CAST(t.starts_at AS DATE) <= $as_of
          AND {inside("CAST(t.starts_at AS DATE)")}
        GROUP BY {group.keys} {step}, r.role
        """,
        **_span(crm, span),
        **params,
    )
    rates = {role: loaded_rate(crm, role) for role in found["role"].drop_duplicates()}
    rate = found["role"].map(rates).astype(float)
    return found.assign(cost=(found["hours"] * rate).round(2))


def _proposed(
    crm: Crm, group: dimensions.Grouping, span: Span, steps: Mapping[str, str] | None
) -> pd.DataFrame:
    """Return the deals that a proposal was worked on for."""
    step, params = step_sql(steps)
    by = f"GROUP BY {group.keys.removesuffix(', ')}" if group.keys else ""
    return crm.query(
        f"""
        SELECT {group.select} 'proposal' AS step,
               CAST(count(DISTINCT t.opportunity_id) AS DOUBLE) AS result_count
        FROM activities AS t {group.joins}
        WHERE t.status = 'held' AND {step} = 'proposal' AND CAST(t.starts_at AS DATE) <= $as_of
          AND {inside("CAST(t.starts_at AS DATE)")}
        {by}
        """,
        **_span(crm, span),
        **params,
    )


def _first_meetings(crm: Crm, by: str | Sequence[str] | None, span: Span) -> pd.DataFrame:
    """Return the first held meeting with each lead, else deal, else account."""
    owner = "COALESCE(t_lead.owner_id, t.owner_id)"
    group = dimensions.grouping(by, "activities", date="CAST(t.starts_at AS DATE)", owner=owner)
    keys = f"GROUP BY {group.keys.removesuffix(', ')}" if group.keys else ""
    return crm.query(
        f"""
        WITH met AS (
          SELECT v.activity_id, v.kind, v.owner_id, v.account_id, v.lead_id, v.starts_at,
                 v.status, v.contact_id, v.opportunity_id,
                 row_number() OVER (
                   PARTITION BY COALESCE(v.lead_id, v.opportunity_id, v.account_id, v.activity_id)
                   ORDER BY v.starts_at, v.activity_id) AS nth
          FROM activities AS v WHERE v.kind IN {MEETING_KINDS} AND v.status = 'held'
        )
        SELECT {group.select} 'prospecting' AS step, CAST(count(*) AS DOUBLE) AS result_count
        FROM met AS t LEFT JOIN leads AS t_lead ON t_lead.lead_id = t.lead_id {group.joins}
        WHERE t.nth = 1 AND CAST(t.starts_at AS DATE) <= $as_of
          AND {inside("CAST(t.starts_at AS DATE)")}
        {keys}
        """,
        **_span(crm, span),
    )


def _deals(crm: Crm, by: str | Sequence[str] | None, span: Span, date: str) -> pd.DataFrame:
    """Return deals created (result of qualification) or won (result of closing)."""
    names = [by] if isinstance(by, str) else list(by or [])
    known = [name for name in names if name != "kind"]
    group = dimensions.grouping(known, "opportunities", date=f"t.{date}")
    keys = f"GROUP BY {group.keys.removesuffix(', ')}" if group.keys else ""
    step, kept = {
        "created_on": ("qualification", "TRUE"),
        "closed_on": ("closing", "t.status = 'won'"),
    }[date]
    found = crm.query(
        f"""
        SELECT {group.select} '{step}' AS step, CAST(count(*) AS DOUBLE) AS result_count
        FROM opportunities AS t {group.joins}
        WHERE {kept} AND t.{date} <= $as_of AND {inside(f"t.{date}")}
        {keys}
        """,
        **_span(crm, span),
    )
    return found.assign(**{name: NONE for name in names if name not in known})


def _finished(crm: Crm, table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    sums = ["hours", "no_show_hours", "cost"]
    table[sums] = table[sums].astype(float).fillna(0.0)
    total = table.groupby(names or np.zeros(len(table)), dropna=False)["hours"].transform("sum")
    count = table["result_count"]
    has_result = table["step"].isin(list(RESULTS))
    table = table.assign(
        is_selling=table["step"].isin(SELLING),
        hours_share=(table["hours"] / total).where(total > 0),
        result=table["step"].map(RESULTS).fillna(""),
        result_count=count.fillna(0.0).where(has_result),
        cost_per_result=(table["cost"] / count).where((count > 0) & (table["cost"] > 0)),
        reason=_reasons(crm, table, has_result),
    )
    table = table[(table[["hours", "no_show_hours"]].sum(axis=1) > 0) | (table["result_count"] > 0)]
    place = {step: at for at, step in enumerate(STEPS)}
    order = table.assign(step=table["step"].map(place)).sort_values([*names, "step"]).index
    return table.loc[order, [*names, *COLUMNS]].reset_index(drop=True)


def _reasons(crm: Crm, table: pd.DataFrame, has_result: pd.Series[bool]) -> np.ndarray:
    none = ~(table["result_count"] > 0)
    conditions = [~has_result, none, table["cost"] == 0]
    keys = ["reason_no_product", "reason_no_result", "reason_no_hours"]
    return np.select(conditions, [words(crm, key) for key in keys], default="")
