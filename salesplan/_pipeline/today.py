"""Questions about the pipeline as it stands: what is open, is it enough, is it healthy."""

from __future__ import annotations

import pandas as pd

from salesplan._pipeline import coverage as covering
from salesplan._pipeline import risks
from salesplan._pipeline import velocity as pace
from salesplan._pipeline.flow import By, Day, Only, flows, quarter_of, trailing
from salesplan._pipeline.frames import by_names
from salesplan._pipeline.health import judged
from salesplan._pipeline.open_deals import FACTS, facts
from salesplan._pipeline.records import home_currency
from salesplan._pipeline.states import day_of
from salesplan._pipeline.sums import open_sums
from salesplan._pipeline.vitals import vitals
from salesplan._pipeline.weighted import weighted_table
from salesplan.crm import Crm


def open_deals(
    crm: Crm, *, as_of: Day = None, only: Only = None, lang: str | None = None
) -> pd.DataFrame:
    """Return every open deal with its age, its pace, and its risks in words.

    Pace is measured against deals that were won: ``typical_`` is their median and ``slow_``
    the percentile of the settings (90th), for whole deals and for the visit to the stage.

    Parameters
    ----------
    crm
        The CRM.
    as_of
        Day to look at, at its end; the book's where not given. On an earlier day stage,
        amount, owner and close date are those of then, from ``stage_changes``;
        ``known_by`` says ``history``, or ``dates`` where only open or closed is known.
    only
        Groups to keep, such as ``{"team": "North"}``.
    lang
        Language of ``risks``: en, de or fr.

    Returns
    -------
    DataFrame
        One row per deal: names; ``amount`` in the reporting currency (NaN: none, or no rate);
        ``probability`` of the deal, else of its stage; ``age_days``, ``stage_days`` (this
        visit), ``inactive_days`` (since an activity that took place), ``push_count`` (close
        date moved to a later month), ``past_due_days``; one flag per risk; ``risk_count``
        and ``risks``. A thing the CRM does not record raises no flag.

    Raises
    ------
    UnknownNameError
        For a group in ``only`` that deals do not have.

    Examples
    --------
    >>> deals = open_deals(paper())
    >>> deals[["opportunity_id", "stage_days", "slow_stage_days", "risk_count"]]
      opportunity_id  stage_days  slow_stage_days  risk_count
    0            O10        29.0             52.2           2
    1             O8        77.0             65.6           4
    2             O9        36.0             39.0           2
    >>> print(deals["risks"].iloc[2])
    no activity for 41 days; no next step
    """
    found = risks.with_flags(facts(crm, as_of=as_of, only=only), crm.settings.thresholds)
    worded = risks.with_words(found, lang or crm.settings.language)
    return worded[[*FACTS, *risks.FLAGS, "risk_count", "risks"]]


def weighted(
    crm: Crm,
    *,
    by: By = None,
    as_of: Day = None,
    only: Only = None,
    correlation: float = 0.0,
    level: float = 0.80,
    lang: str | None = None,
) -> pd.DataFrame:
    """Return what open deals are worth once each is weighted by its probability.

    The sum of amount x probability; the variance is the sum of amount^2 p (1 - p), more with
    a ``correlation`` between deals. Deals without amount or probability are left out and
    counted; where none has one the weighted amount is NaN with a reason, never 0.

    Returns
    -------
    DataFrame
        Columns of ``by``; ``open_count``, ``open_amount``, ``unpriced_count``,
        ``unrated_count``, ``weighted_amount`` with its ``level`` interval and
        ``deviation_amount``, ``reason``.

    Examples
    --------
    >>> weighted(paper())[["open_amount", "unpriced_count", "weighted_amount"]]
       open_amount  unpriced_count  weighted_amount
    0      12000.0               1           6300.0
    """
    return weighted_table(
        open_sums(crm, day_of(crm, as_of), by=by, only=only),
        by_names(by),
        correlation=correlation,
        level=level,
        lang=lang or crm.settings.language,
    )


def coverage(
    crm: Crm,
    *,
    by: By = None,
    as_of: Day = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    since: Day = None,
    until: Day = None,
    only: Only = None,
    pool: str = "due",
    measure: str = "bookings",
    lang: str | None = None,
) -> pd.DataFrame:
    """Return how many times open pipeline covers what is left of the target.

    ``coverage_ratio`` is open amount / (target - won), ``full_target_ratio`` open amount /
    target; ``required_ratio`` is 1 / win rate of the same deals over the last twelve months.

    Parameters
    ----------
    month, quarter, year, since, until
        Period of the target; the current (fiscal) quarter where not given.
    pool
        ``due``: deals expected to close before the period ends, overdue ones included;
        ``all``: every open deal.
    measure
        Measure of ``targets`` that pipeline is to pay for.

    Returns
    -------
    DataFrame
        Columns of ``by`` and: amounts of target, won, remaining, open; ``unpriced_count``;
        both ratios; win rate with ``win_count``, ``closed_count`` and interval; required and
        expected; ``reason`` where something cannot be computed.

    Examples
    --------
    >>> table = coverage(paper(), by="owner", quarter="2026-Q4", pool="all")
    >>> table[["owner", "target_amount", "open_amount", "coverage_ratio"]]
            owner  target_amount  open_amount  coverage_ratio
    0    Ada Roth         5000.0          0.0             0.0
    1    Ben Kahn         3500.0          NaN             NaN
    2  Cleo Marin         3750.0       9000.0             2.4
    3   Dan Weiss         1000.0       3000.0             3.0
    """
    window = quarter_of(
        crm, as_of, month=month, quarter=quarter, year=year, since=since, until=until
    )
    return covering.coverage_table(
        crm,
        window,
        open_sums(crm, window.day, by=by, only=only, until=window.until),
        flows(crm, window.day, covering.asks(crm, window), by=by, only=only),
        names=by_names(by),
        pool=pool,
        measure=measure,
        lang=lang or crm.settings.language,
    )


def velocity(
    crm: Crm,
    *,
    by: By = None,
    as_of: Day = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    since: Day = None,
    until: Day = None,
    only: Only = None,
    definition: str = "open",
    cycle: str = "mean",
    lang: str | None = None,
) -> pd.DataFrame:
    """Return sales velocity, the four inputs beside it.

    Deals x average amount x win rate / cycle in days. ``definition`` says which deals:

    - ``open``: open deals; won amounts, won / (won + lost) and cycle of wins in the period;
    - ``engaged``, ``qualified``: the same with open deals that have begun, or that have left
      the first stage;
    - ``closed``: deals closed in the period for all four inputs;
    - ``created``: deals created in the period for all four, open ones at their age so far;
    - ``active``: deals open, closed or created in the period; the rest as for ``open``.

    Parameters
    ----------
    month, quarter, year, since, until
        Period of the closed deals; the last twelve months where not given.
    cycle
        ``mean`` or ``median``.

    Returns
    -------
    DataFrame
        Columns of ``by``; inputs with counts and the interval of the win rate; amounts for a
        day, a month (30 days), a quarter (90) and a year (360); ``reason``.

    Examples
    --------
    >>> v = velocity(paper())
    >>> v[["opportunity_count", "average_amount", "cycle_days", "day_amount"]].round(2)
       opportunity_count  average_amount  cycle_days  day_amount
    0                  3          7000.0       105.0      142.86
    """
    window = trailing(crm, as_of, month=month, quarter=quarter, year=year, since=since, until=until)
    asked = {"velocity": pace.ask(window, definition, cycle)}
    return pace.velocity_table(
        flows(crm, window.day, asked, by=by, only=only),
        "velocity",
        names=by_names(by),
        definition=definition,
        lang=lang or crm.settings.language,
    )


def health(
    crm: Crm,
    *,
    by: By = None,
    as_of: Day = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    since: Day = None,
    until: Day = None,
    only: Only = None,
    pool: str = "due",
    measure: str = "bookings",
    correlation: float = 0.0,
    lang: str | None = None,
) -> pd.DataFrame:
    """Return the vital signs of the pipeline, each with its limits and a light that is explained.

    Coverage of the remaining and of the full target, weighted amount, velocity and its pace
    against a year before, deals created and their pace, and the shares of old, stalled,
    overdue and largest deals and of fields filled in. Limits come from the settings.

    Returns
    -------
    DataFrame
        One row per group and measure: ``value`` in ``unit`` (ratio, amount, rate, count),
        ``low`` and ``high`` where it has an interval, ``k`` and ``n`` behind a rate, the
        limits ``amber`` and ``red``, ``light`` (green, amber, red, none), ``why`` in words,
        and ``reason`` where the value is NaN because it cannot be computed.

    Examples
    --------
    >>> table = health(paper(), quarter="2026-Q4", pool="all")
    >>> print(table["why"].iloc[0])
    0.91: green from 3.00, red below 2.00
    >>> table.loc[table["light"] == "red", "measure"].tolist()
    ['coverage', 'weighted_amount', 'stalled', 'past_due', 'concentration', 'hygiene']
    """
    window = quarter_of(
        crm, as_of, month=month, quarter=quarter, year=year, since=since, until=until
    )
    names, words = by_names(by), lang or crm.settings.language
    groups, found = vitals(
        crm, window, names, only=only, correlation=correlation, pool=pool, measure=measure,
        lang=words,
    )  # fmt: skip
    return judged(groups, found, crm.settings.thresholds, home_currency(crm), words)
