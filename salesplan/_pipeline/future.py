"""Questions about what will be won, and about how far such answers could be trusted so far."""

from __future__ import annotations

import pandas as pd

from salesplan._pipeline.calibration import (
    calibration_table,
    origins,
    reliability_table,
    scores,
    trial,
)
from salesplan._pipeline.flow import Day, Only, quarter_of
from salesplan._pipeline.forecast import deals_table, forecast_table, outlook
from salesplan._pipeline.states import day_of
from salesplan.crm import Crm
from salesplan.periods import to_date

CORRELATION = 0.02
"""Deals share a market: correlation between any two.

On the demo company the 80 % interval of this value held in 79 to 89 % of rolling origins (amount
and count, a month and a quarter ahead); on companies of four other seeds in 68 to 86 % for
amounts and 81 to 96 % for counts, 80 % and 91 % over all five together. Origins a month apart
share most of a quarter, so that one unlucky stretch counts several times.
"""


def forecast(
    crm: Crm,
    *,
    until: Day,
    since: Day = None,
    as_of: Day = None,
    measure: str = "amount",
    draws: int = 2000,
    seed: int,
    level: float = 0.80,
    correlation: float = CORRELATION,
    only: Only = None,
    lang: str | None = None,
) -> pd.DataFrame:
    """Return what will be won by the end of each month to come, with intervals.

    Won so far, plus open deals by their chance to be won in time (learnt from past deals that
    had been as long in the same stage, those of about the same amount first; open deals censored,
    losses competing), plus deals not yet created (pace, season and days of creation, chance and
    time to win, amounts of past wins). Each draw also takes the learnt chances a little higher or
    lower, as far as they may err.

    Parameters
    ----------
    until
        End of the forecast, excluded.
    since
        Start of "won so far"; the current (fiscal) quarter's first day where not given.
    measure
        ``amount``, or ``count`` for the number of wins.
    draws, seed
        Number of simulated futures, and the seed that makes them repeatable.
    level
        Share of futures between ``low`` and ``high``.
    correlation
        Correlation of deals with one another; 0 lets each fall for itself.
    only
        Groups to keep; deals not yet created are then left out, for they have no group.

    Returns
    -------
    DataFrame
        Per month end, cumulative: ``won_``, ``open_``, ``new_`` and ``expected_amount``; the
        interval and quartiles; ``reason`` naming open deals left out (no amount, no past).

    Notes
    -----
    Landmark Aalen-Johansen estimates in windows of amounts (Beran 1981); one-factor Gaussian
    copula (Vasicek 1987).

    Examples
    --------
    >>> table = forecast(paper(), until="2027-01-01", seed=1)
    >>> print(table["reason"].iloc[-1])
    Too few deals were closed to learn chances from.
    """
    day, last = day_of(crm, as_of), to_date(until or "", "until")
    first = to_date(since, "since") if since else quarter_of(crm, day).since
    return forecast_table(
        outlook(crm, first, last, day, only), measure=measure, draws=draws, seed=seed, level=level,
        correlation=correlation, lang=lang or crm.settings.language,
    )  # fmt: skip


def forecast_deals(crm: Crm, *, until: Day, as_of: Day = None, only: Only = None) -> pd.DataFrame:
    """Return each open deal's chance to be won, and to be lost, before a day.

    Returns
    -------
    DataFrame
        ``won_probability`` and ``lost_probability`` by ``until`` (excluded), from
        ``sample_count`` closed deals that were still in the stage ``learnt_from`` (``age``:
        still open) after ``since_days``, those of about its amount counting most;
        ``crm_probability`` for comparison.

    Examples
    --------
    >>> forecast_deals(paper(), until="2027-01-01")["won_probability"].isna().all()
    np.True_
    """
    day = day_of(crm, as_of)
    return deals_table(outlook(crm, day, to_date(until or "", "until"), day, only))


def calibration(
    crm: Crm,
    *,
    months: int = 3,
    every: int = 3,
    since: Day = None,
    measure: str = "amount",
    draws: int = 1000,
    seed: int,
    level: float = 0.80,
    correlation: float = CORRELATION,
    only: Only = None,
) -> pd.DataFrame:
    """Return what the forecast would have said on past days, against what was then won.

    Parameters
    ----------
    months
        Months that each forecast looks ahead.
    every
        Months between origins, counted back from the book's day.
    since
        Earliest origin; a year after the first win where not given.

    Returns
    -------
    DataFrame
        One row per origin: forecast with its interval, ``actual_``, ``is_inside``; the two
        baselines ``crm_`` (amount x probability in the CRM) and ``last_year_`` (won in the
        same months a year before); Brier scores of each method on the deals then open.

    Notes
    -----
    Amounts and stages of an origin come from the history of changes. Where exports keep no
    history of amounts, today's amounts stand in: prefer ``measure="count"`` there.

    Examples
    --------
    >>> calibration(paper(), months=1, every=1, seed=1)["actual_amount"].tolist()
    []
    """
    first = to_date(since, "since") if since else None
    return calibration_table(
        crm, origins(crm, first, months, every), months=months, measure=measure, draws=draws,
        seed=seed, level=level, correlation=correlation, only=only,
    )  # fmt: skip


def calibration_scores(calibrated: pd.DataFrame) -> pd.DataFrame:
    """Return how the forecast did against both baselines over all origins of a calibration.

    Returns
    -------
    DataFrame
        Per ``method`` (forecast, crm, last_year): mean absolute error, bias, Brier score, and
        for the forecast the share of origins whose interval held, itself with an interval.
    """
    return scores(calibrated)


def reliability(
    crm: Crm,
    *,
    months: int = 3,
    every: int = 3,
    since: Day = None,
    bins: int = 10,
    only: Only = None,
) -> pd.DataFrame:
    """Return the calibration curve: how often deals were won that had been given such a chance.

    Returns
    -------
    DataFrame
        Per ``method`` (forecast, crm) and band of chances: mean ``predicted_rate``, ``k`` won
        of ``n``, ``won_rate`` with its Wilson interval. A good forecast lies on the diagonal.
    """
    first = to_date(since, "since") if since else None
    days = origins(crm, first, months, every)
    return reliability_table([trial(crm, day, months, only) for day in days], bins)
