"""How much of the time is selling, and what an hour moved from administration is worth."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from math import isnan

import pandas as pd

from salesplan._acquisition.arguments import Span, inside, positive, resolved
from salesplan._acquisition.parties import MEETING_KINDS
from salesplan._acquisition.process import process_cost
from salesplan._acquisition.worth import worth_per_meeting
from salesplan.crm import Crm
from salesplan.text import label


def selling_time(
    crm: Crm,
    *,
    by: str | Sequence[str] | None = "owner",
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
) -> pd.DataFrame:
    """Return the share of recorded hours that goes into selling.

    Formula: hours of prospecting, qualification, proposal and closing / all hours.

    Returns
    -------
    DataFrame
        The dimensions, hours, selling_hours, selling_share (NaN without hours).

    Examples
    --------
    >>> selling_time(paper())[["owner", "hours", "selling_share"]].round(2)
            owner  hours  selling_share
    0    Ada Roth   3.50           0.43
    1    Ben Kahn   1.25           1.00
    2  Cleo Marin   3.50           1.00
    3   Dan Weiss   1.00           1.00
    """
    span = resolved(crm, since, until, month, quarter, year)
    found = process_cost(crm, by=by, since=span[0], until=span[1])
    names = [by] if isinstance(by, str) else list(by or [])
    found = found.assign(selling_hours=found["hours"].where(found["is_selling"], 0.0), all="")
    sums = ["hours", "selling_hours"]
    table = found.groupby(names or ["all"], as_index=False, dropna=False)[sums].sum()
    table["selling_share"] = (table["selling_hours"] / table["hours"]).where(table["hours"] > 0)
    return table[[*names, *sums, "selling_share"]]


def hour_moved(
    crm: Crm,
    *,
    hours: float = 1.0,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    value_per_meeting: float | None = None,
) -> pd.DataFrame:
    """Return, step by step, what hours moved from administration to meetings are worth.

    Formula: hours / hours of a meeting (travel included) x share of meetings that are first
    ones x worth of a first meeting. It holds as long as there are leads left to meet; the
    last row, margin won per selling hour, counts the work around a meeting too.

    Parameters
    ----------
    crm
        A loaded Crm.
    hours
        Hours moved.
    since, until, month, quarter, year
        When the meetings were held; all of the data by default.
    value_per_meeting
        What a first meeting earns; by default P(win) x won amount x gross margin.

    Returns
    -------
    DataFrame
        step, formula (with the numbers), value, unit.

    Examples
    --------
    >>> hour_moved(paper(), value_per_meeting=600)[["formula", "value"]].round(2).values.tolist()
    [['6.5 / 6', 1.08], ['1 / 1.083', 0.92], ['0.9231 x 6 / 6', 0.92], ['600', 600.0],
     ['0.9231 x 600', 553.85], ['28000 / 7.25', 3862.07]]
    """
    span = resolved(crm, since, until, month, quarter, year)
    met = _meetings(crm, span)
    time = selling_time(crm, by=None, since=span[0], until=span[1])
    selling = float(time["selling_hours"].sum())
    each = _per(met["hours"], met["meetings"])
    number = _per(positive(hours, "hours"), each)
    firsts = number * _per(met["firsts"], met["meetings"])
    worth = _worth(crm) if value_per_meeting is None else value_per_meeting
    margin = met["won_amount"] * crm.settings.gross_margin
    n = _figure
    rows = [
        ("meeting_hours", f"{met['hours']:g} / {met['meetings']:g}", each, "hours"),
        ("meetings", f"{hours:g} / {n(each)}", number, "meetings"),
        ("first", f"{n(number)} x {met['firsts']:g} / {met['meetings']:g}", firsts, "meetings"),
        ("meeting_worth", f"{worth:.10g}", worth, "money"),
        ("hour_worth", f"{n(firsts)} x {worth:.10g}", firsts * worth, "money"),
        ("selling_worth", f"{margin:.10g} / {selling:g}", _per(margin, selling), "money"),
    ]
    lang = crm.settings.language
    named = [(label(f"acquisition.step_{key}", lang), *rest) for key, *rest in rows]
    return pd.DataFrame(named, columns=["step", "formula", "value", "unit"])


def _figure(value: float) -> str:
    return "–" if isnan(value) else f"{value:.4g}"


def _per(whole: float, parts: float) -> float:
    return whole / parts if parts else float("nan")


def _worth(crm: Crm) -> float:
    """Return the worth of a first meeting over all channels."""
    table = worth_per_meeting(crm)
    weight = table["decided_count"]
    return _per(float((table["value_per_meeting"] * weight).sum()), float(weight.sum()))


def _meetings(crm: Crm, span: Span) -> dict[str, float]:
    """Return held meetings, first ones among them, their hours with travel, and amount won."""
    found = crm.query(
        f"""
        WITH held AS (
          SELECT v.kind, CAST(v.starts_at AS DATE) AS on_date, v.minutes,
                 row_number() OVER (
                   PARTITION BY v.kind = 'travel',
                     COALESCE(v.lead_id, v.opportunity_id, v.account_id, v.activity_id)
                   ORDER BY v.starts_at, v.activity_id) AS nth
          FROM activities AS v
          WHERE v.status = 'held' AND (v.kind IN {MEETING_KINDS} OR v.kind = 'travel')
            AND CAST(v.starts_at AS DATE) <= $as_of
        )
        SELECT CAST(count(*) FILTER (WHERE kind <> 'travel') AS DOUBLE) AS meetings,
               CAST(count(*) FILTER (WHERE kind <> 'travel' AND nth = 1) AS DOUBLE) AS firsts,
               CAST(COALESCE(sum(minutes), 0) / 60 AS DOUBLE) AS hours,
               (SELECT CAST(COALESCE(sum(m.home_amount), 0) AS DOUBLE)
                FROM opportunities AS o JOIN deal_money AS m USING (opportunity_id)
                WHERE o.status = 'won' AND o.closed_on <= $as_of AND {inside("o.closed_on")})
                 AS won_amount
        FROM held WHERE {inside("on_date")}
        """,
        as_of=crm.as_of,
        since=span[0],
        until=span[1],
    )
    return {str(name): float(value) for name, value in found.iloc[0].items()}
