"""How long deals stay in a stage, those that are still there included."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import pandas as pd

from salesplan import errors, survival
from salesplan._funnel.arguments import Span, labelled, resolved, words
from salesplan._funnel.history import AfterClose
from salesplan._funnel.late_start import history_begins_on
from salesplan._funnel.stage_stays import CURVE, Stays, stays_by_stage
from salesplan._funnel.stagemap import stage_map
from salesplan.crm import Crm
from salesplan.periods import to_date

Visits = Literal["cumulative", "latest"]
Owner = Literal["now", "entry"]

QUARTILES = {"q25_days": 0.25, "median_days": 0.5, "q75_days": 0.75}


def stage_survival(
    crm: Crm,
    *,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    by: str | Sequence[str] | None = None,
    visits: Visits = "cumulative",
    owner: Owner = "now",
    observed_since: str | dt.date | None = None,
    only: Mapping[str, Any] | None = None,
    as_of: str | dt.date | None = None,
    after_close: AfterClose = "ignore",
) -> pd.DataFrame:
    """Return the share of deals still in a stage after each number of days.

    The Kaplan-Meier curve behind `time_in_stage`, with the same arguments, one row per day
    on which a deal left or was last seen there.

    Returns
    -------
    DataFrame
        The dimensions, ``pipeline``, ``position``, ``stage``, then ``day``, ``at_risk``,
        ``events`` (left), ``censored`` (still there), ``survival`` with its interval.

    Examples
    --------
    >>> curve = sp.funnel.stage_survival(paper())
    >>> curve[curve["stage"] == "Meeting"][["day", "at_risk", "events", "survival"]].round(2)
        day  at_risk  events  survival
    10   21        6       1      0.83
    11   25        5       1      0.67
    12   28        4       1      0.50
    13   31        3       1      0.33
    14   36        2       0      0.33
    15   41        1       1      0.00
    """
    crm = crm if as_of is None else crm.at(as_of)
    period = resolved(crm, since, until, month, quarter, year)
    ladder, found = _asked(crm, period, by, visits, owner, only, after_close, observed_since)[1:]
    parts = [labelled(stays.curve, ladder, key) for key, stays in found]
    whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=CURVE)
    return whole.reindex(columns=[*ladder, *CURVE])


def _asked(
    crm: Crm,
    period: Span,
    by: str | Sequence[str] | None,
    visits: str,
    owner: str,
    only: Mapping[str, Any] | None,
    after_close: AfterClose,
    observed_since: str | dt.date | None,
) -> tuple[dt.date | None, list[str], Iterator[tuple[Any, Stays]]]:
    """Return the day on which the history begins, if late, and the stays stage by stage."""
    stages = stage_map(crm, "time_in_stage")
    crm.require("stage_changes", need="time_in_stage")
    errors.one_of(visits, ("cumulative", "latest"), "visits")
    given = to_date(observed_since, "observed_since") if observed_since else None
    begin = given or history_begins_on(crm)
    return begin, *stays_by_stage(
        crm,
        stages,
        period,
        by,
        visits=visits,
        owner=owner,
        only=only,
        after_close=after_close,
        begin=begin,
    )


def time_in_stage(
    crm: Crm,
    *,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    by: str | Sequence[str] | None = None,
    visits: Visits = "cumulative",
    owner: Owner = "now",
    observed_since: str | dt.date | None = None,
    only: Mapping[str, Any] | None = None,
    as_of: str | dt.date | None = None,
    after_close: AfterClose = "ignore",
) -> pd.DataFrame:
    """Return how many days deals spend in each stage: median and quartiles, open deals included.

    The mean of the deals that have left makes a slow stage look quick, because the slowest are
    still in it. Here a deal that is still there counts as "at least this long" (Kaplan-Meier).

    Parameters
    ----------
    crm
        The exports, with a history of stages.
    since, until, month, quarter, year
        Period in which the stage was entered; all time if none is given.
    by
        Dimension or dimensions; ``month``, ``quarter``, ``year`` go by the entry into the stage.
    visits
        ``cumulative`` adds up a deal's visits to a stage, ``latest`` takes the last one.
    owner
        Seller to count for where ``by`` names one: the owner ``now`` or at ``entry``.
    observed_since
        Day from which stages are on record. A stay that began before it counts from that day
        on (left truncation), one that was over by then not at all. Not given, it is found: see
        Notes.
    only
        Dimension -> value or values to keep.
    as_of
        Date to look from; the load's if not given.
    after_close
        ``ignore`` rows after the closing row, or ``keep`` them.

    Returns
    -------
    DataFrame
        The dimensions, ``pipeline``, ``position``, ``stage``, ``visits``, ``n`` (deals that were
        there), ``left_count``, ``still_there_count``, then ``q25_days``, ``median_days``,
        ``q75_days``, each with ``_low`` and ``_high`` (95 %); ``observed_since`` (None where
        the history holds all), ``late_count`` (stays of ``n`` known from that day only),
        ``undated_count`` (stays left out: nobody knows when they began or ended) and ``reason``
        where a quantile is not reached yet or the history begins late.

    Raises
    ------
    MissingDataError
        Where there is no stage map or no history of stages.

    Notes
    -----
    A stage that was skipped has no time. The quantile is the first day by which at least that
    share has left; its interval follows Brookmeyer & Crowley (1982).

    An export often begins on some day: with the state of every deal, with the first change
    after it, or with the deals that were still open then. Its long stays outlived that day, the
    short ones did not, so that taken as they are they make every stage look slow. Where
    ``observed_since`` is not given, it is the first day of the history, or the first closing, if
    the deals created before could hardly all have waited for it (a chance below one in a
    thousand, judged by the later deals). What an older deal's history opens with on that day is
    where it was found: at the first stage since its creation, later nobody knows since when.

    Examples
    --------
    >>> columns = ["stage", "n", "still_there_count", "q25_days", "median_days", "q75_days"]
    >>> sp.funnel.time_in_stage(paper())[columns]
           stage   n  still_there_count  q25_days  median_days  q75_days
    0  Qualified  10                  1      19.0         28.0      39.0
    1    Meeting   6                  1      25.0         28.0      41.0
    2   Proposal   6                  1      50.0         56.0      70.0
    """
    crm = crm if as_of is None else crm.at(as_of)
    period = resolved(crm, since, until, month, quarter, year)
    begin, keys, found = _asked(crm, period, by, visits, owner, only, after_close, observed_since)
    rows = [
        dict(zip(keys, key, strict=True)) | {"visits": visits} | _summary(crm, stays, begin)
        for key, stays in found
    ]
    return pd.DataFrame(rows, columns=[*keys, "visits", *_SUMMARY])


_SUMMARY = [
    "n",
    "left_count",
    "still_there_count",
    *(f"{name}{end}" for name in QUARTILES for end in ("", "_low", "_high")),
    "observed_since",
    "late_count",
    "undated_count",
    "reason",
]


def _summary(crm: Crm, stays: Stays, begin: dt.date | None) -> dict[str, Any]:
    curve = stays.curve
    left, there = int(curve["events"].sum()), int(curve["censored"].sum())
    row: dict[str, Any] = {"n": left + there, "left_count": left, "still_there_count": there}
    for name, share in QUARTILES.items():
        found = survival.quantile(curve, share)
        row |= dict(zip((name, f"{name}_low", f"{name}_high"), found, strict=True))
    row |= {"late_count": stays.late_count, "undated_count": stays.undated_count}
    row |= {"observed_since": begin}
    return row | {"reason": "; ".join(_reasons(crm, row))}


def _reasons(crm: Crm, row: Mapping[str, Any]) -> list[str]:
    """Return which quantile is not reached, and what is known of late or not at all."""
    said = []
    missing = [share for name, share in QUARTILES.items() if pd.isna(row[name])]
    if missing:
        said.append(words(crm, "reason_quantile", share=f"{min(missing):.0%}"))
    if row["late_count"]:
        day, count = row["observed_since"], row["late_count"]
        said.append(words(crm, "reason_history_begins", day=day, count=count))
    if row["undated_count"]:
        said.append(words(crm, "reason_undated_stays", count=row["undated_count"]))
    return said
