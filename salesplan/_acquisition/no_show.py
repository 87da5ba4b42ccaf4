"""Meetings that nobody came to: how often, when, and what they cost a year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandas as pd

from salesplan import dimensions, periods, stats
from salesplan._acquisition.arguments import Span, inside, loaded_rate, positive, resolved, share
from salesplan._acquisition.parties import MEETING_KINDS
from salesplan.crm import Crm
from salesplan.dimensions import NONE, Dimension, Grouping

LEAD_TIMES = ("same day", "1-2 days", "3-6 days", "7-13 days", "14 days and more")
"""How long ahead a meeting was booked, in order."""

COLUMNS = [
    "no_show_count",
    "due_count",
    "no_show_rate",
    "no_show_rate_low",
    "no_show_rate_high",
    "lost_hours",
    "lost_cost",
    "lost_hours_per_year",
    "lost_cost_per_year",
    "saved_hours_per_year",
    "saved_cost_per_year",
]

_AHEAD = "date_diff('day', CAST(v.booked_at AS DATE), CAST(v.starts_at AS DATE))"

_DUE = f"""
due AS (
  SELECT v.activity_id, v.status, v.minutes, v.owner_id, v.kind, v.contact_id,
         COALESCE(v.account_id, o.account_id, l.account_id) AS account_id,
         CAST(v.starts_at AS DATE) AS due_on, COALESCE(l.channel, o.channel, '{NONE}') AS channel,
         CAST(EXTRACT(isodow FROM v.starts_at) AS BIGINT) AS weekday,
         CASE WHEN v.booked_at IS NULL OR {_AHEAD} < 0 THEN '{NONE}'
              WHEN {_AHEAD} = 0 THEN '{LEAD_TIMES[0]}' WHEN {_AHEAD} <= 2 THEN '{LEAD_TIMES[1]}'
              WHEN {_AHEAD} <= 6 THEN '{LEAD_TIMES[2]}' WHEN {_AHEAD} <= 13 THEN '{LEAD_TIMES[3]}'
              ELSE '{LEAD_TIMES[4]}' END AS lead_time
  FROM activities AS v
  LEFT JOIN leads AS l ON l.lead_id = v.lead_id
  LEFT JOIN opportunities AS o ON o.opportunity_id = v.opportunity_id
  WHERE v.kind IN {MEETING_KINDS} AND v.status IN ('held', 'no_show')
    AND CAST(v.starts_at AS DATE) <= $as_of
)
"""
_OWN = {name: Dimension(name, f"t.{name}") for name in ("channel", "weekday", "lead_time")}


def no_show_cost(
    crm: Crm,
    *,
    by: str | Sequence[str] | None = "channel",
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    recovered_rate: float = 0.5,
    minutes: float = 60.0,
) -> pd.DataFrame:
    """Return how often nobody comes to a meeting, and the hours and money it takes a year.

    Formula: no-show rate = no-shows / (held + no-shows); lost cost = minutes of the missed
    meetings / 60 x loaded hourly cost of the seller's role. An automatic rebooking that
    recovers a share r of them saves r x the lost hours.

    Parameters
    ----------
    crm
        A loaded Crm.
    by
        channel, weekday (1 Monday .. 7 Sunday), lead_time (days between booking and meeting),
        owner, team, segment, month, ...; several at once for a heat map; None for all.
    since, until, month, quarter, year
        When the meetings were due (``until`` excluded); all of the data by default.
    recovered_rate
        Share r of the missed meetings that are held after all once rebooked.
    minutes
        Length of a meeting where the calendar gives none.

    Returns
    -------
    DataFrame
        The dimensions, no_show_count and due_count (k and n), no_show_rate with its 95 %
        interval (Wilson), lost_hours, lost_cost, and the same scaled to a year;
        saved_hours_per_year, saved_cost_per_year at ``recovered_rate``.

    Raises
    ------
    MissingDataError
        Without activities.
    InputError
        For a rate that is no share.

    Notes
    -----
    Cancelled and planned meetings, and those without a status, are in neither count. Rates
    by channel take the channel of the lead, else of the deal.

    Examples
    --------
    >>> no_show_cost(paper())[["channel", "no_show_count", "due_count", "lost_cost"]]
         channel  no_show_count  due_count  lost_cost
    0  cold call              0          1        0.0
    1      event              0          2        0.0
    2   existing              0          1        0.0
    3        web              1          3       65.0
    """
    crm.require("activities", need="Cost of no-shows")
    rescued = share(recovered_rate, "recovered_rate")
    span = resolved(crm, since, until, month, quarter, year)
    group = _grouping(by)
    found = _asked(crm, group, span, positive(minutes, "minutes"))
    rates = found["role"].map({r: loaded_rate(crm, r) for r in found["role"].drop_duplicates()})
    found = found.assign(lost_cost=(found["lost_hours"] * rates.astype(float)).round(2))
    sums = ["no_show_count", "due_count", "lost_hours", "lost_cost"]
    keys = group.names or ["all"]
    table = found.assign(all=NONE).groupby(keys, as_index=False, dropna=False)[sums].sum()
    table = stats.with_rate(table, "no_show_count", "due_count", "no_show_rate")
    years = _years(crm, found, span)
    for name in ("lost_hours", "lost_cost"):
        table[f"{name}_per_year"] = table[name] / years
        table[f"{name.replace('lost', 'saved')}_per_year"] = rescued * table[name] / years
    return _in_order(table, group.names)[[*group.names, *COLUMNS]]


def _grouping(by: str | Sequence[str] | None) -> Grouping:
    """Return the dimensions, where those of a calendar entry come beside the usual ones."""
    names = [by] if isinstance(by, str) else list(by or [])
    usual = [name for name in names if name not in _OWN]
    known = dimensions.grouping(usual, "activities", date="t.due_on").dimensions
    found = {d.name: d for d in known} | _OWN
    return Grouping(tuple(found[name] for name in dict.fromkeys(names)))


def _asked(crm: Crm, group: Grouping, span: Span, minutes: float) -> pd.DataFrame:
    return crm.query(
        f"""
        WITH {_DUE}
        SELECT {group.select} r.role,
               CAST(count(*) FILTER (WHERE t.status = 'no_show') AS BIGINT) AS no_show_count,
               CAST(count(*) AS BIGINT) AS due_count,
               CAST(COALESCE(sum(CASE WHEN t.status = 'no_show'
                                      THEN COALESCE(t.minutes, $minutes) END), 0) / 60 AS DOUBLE)
                 AS lost_hours,
               min(t.due_on) AS first_on, max(t.due_on) AS last_on
        FROM due AS t LEFT JOIN people AS r ON r.person_id = t.owner_id {group.joins}
        WHERE {inside("t.due_on")}
        GROUP BY {group.keys} r.role
        ORDER BY {group.columns} r.role
        """,
        as_of=crm.as_of,
        since=span[0],
        until=span[1],
        minutes=minutes,
    )


def _years(crm: Crm, found: pd.DataFrame, span: Span) -> float:
    """Return the length of the period in years, up to the day the data are looked at."""
    if found.empty:
        return 1.0
    since = span[0] or found["first_on"].min().date()
    until = min(span[1] or crm.as_of, crm.as_of)
    if span[1] is None or span[1] > crm.as_of:
        until = until + dt.timedelta(days=1)
    return max(periods.years_between(since, until), 1 / 365)


def _in_order(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    if not names:
        return table.reset_index(drop=True)
    if "lead_time" not in names:
        return table.sort_values(names, ignore_index=True)
    place = {name: at for at, name in enumerate((*LEAD_TIMES, NONE))}
    order = table.assign(lead_time=table["lead_time"].map(place)).sort_values(names).index
    return table.loc[order].reset_index(drop=True)
