"""What each seller does, week by week and day by day, and who is left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

import pandas as pd

from salesplan._actionplan.asked import built as built_plans
from salesplan._actionplan.asked import period as named
from salesplan._actionplan.asked import ratios as measured_ratios
from salesplan._actionplan.plans import fairness_of, forward_rates, spread_of, weekly
from salesplan.crm import Crm


def individual_plans(
    crm: Crm,
    *,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    holidays: str | Iterable[str | dt.date] = (),
    every_months: Mapping[str, float] | None = None,
    ratios: Mapping[str, float] | None = None,
    measured_since: str | dt.date | None = None,
) -> pd.DataFrame:
    """Return each seller's weeks: accounts, calls, meetings, proposals, expected revenue.

    Each account gets the cadence of its segment, those with most potential per hour first,
    while the seller's selling hours last; no week holds more hours than it has. Who starts or
    leaves within the period has contacts, hours and the cadence of that part only.

    Parameters
    ----------
    crm
        The loaded exports.
    since, until, quarter, year
        The period; without one the year after ``as_of``.
    holidays
        Country code (AT, BE, CH, DE, ES, FR, IT, NL) or the days themselves.
    every_months
        Segment -> months between meetings, as in ``{"gold": 4}``.
    ratios, measured_since
        As in ``required_activity``: what meetings lead to.

    Returns
    -------
    DataFrame
        ``person_id``, ``owner``, ``month``, ``week_on`` (Monday), ``segment``,
        ``account_count``, ``call_count``, ``meeting_count``, ``proposals`` and
        ``expected_revenue_amount`` (reals), ``hours`` (travel included), ``capacity_hours``
        (the seller's selling hours of that week).

    Notes
    -----
    Excluded: accounts without an owner, without a cadence, without hours left, or whose seller
    is not there in the period (``unserved_accounts`` names them).

    Examples
    --------
    >>> found = individual_plans(paper(), quarter="2027-Q1")
    >>> found.groupby("owner", as_index=False)[["call_count", "hours"]].sum().head(2)
          owner  call_count  hours
    0  Ada Roth           2   1.50
    1  Ben Kahn           1   0.25
    """
    built = built_plans(crm, holidays, every_months, named(since, until, quarter, year))
    return weekly(built, forward_rates(measured_ratios(crm, measured_since, ratios, None, None)))


def contacts(
    crm: Crm,
    *,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    holidays: str | Iterable[str | dt.date] = (),
    every_months: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Return every planned call and meeting on its working day, at even gaps.

    Parameters
    ----------
    crm, since, until, quarter, year, holidays, every_months
        As in ``individual_plans``.

    Returns
    -------
    DataFrame
        ``planned_on``, ``owner``, ``account_id``, ``account``, ``segment``, ``kind`` (call or
        meeting), ``number`` ``of`` the account's contacts of that kind, ``minutes``,
        ``travel_minutes``. ``write_calendar`` writes it as CSV, XLSX or ICS.

    Examples
    --------
    >>> found = contacts(paper(), year=2027, holidays="DE", every_months={"gold": 4})
    >>> gold = found[(found["account_id"] == "A1") & (found["kind"] == "meeting")]
    >>> gold["planned_on"].dt.strftime("%Y-%m-%d").tolist()
    ['2027-03-02', '2027-07-02', '2027-11-01']
    """
    return built_plans(crm, holidays, every_months, named(since, until, quarter, year)).contacts


def unserved_accounts(
    crm: Crm,
    *,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
) -> pd.DataFrame:
    """Return the accounts that the plans leave out, by name, and why.

    Parameters
    ----------
    crm, since, until, quarter, year
        As in ``individual_plans``.

    Returns
    -------
    DataFrame
        ``person_id``, ``owner``, ``account_id``, ``account``, ``segment``, ``cadence_hours``,
        ``potential_amount``, ``reason``.

    Examples
    --------
    >>> unserved_accounts(paper(), year=2027)[["account", "reason"]]
      account                      reason
    0  Fox Ltd  no cadence for its segment
    """
    return built_plans(crm, (), None, named(since, until, quarter, year)).unserved


def workload(
    crm: Crm,
    *,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
) -> pd.DataFrame:
    """Return each seller's workload by cadence beside the hours there are and the potential.

    Parameters
    ----------
    crm, since, until, quarter, year
        As in ``individual_plans``.

    Returns
    -------
    DataFrame
        ``person_id``, ``owner``, ``account_count``, ``workload_hours`` (cadence of all
        accounts while the seller is there; all of it for one who never is),
        ``planned_hours`` (what fits), ``capacity_hours``, ``load_rate``, ``potential_amount``.

    Examples
    --------
    >>> workload(paper(), year=2027)[["owner", "workload_hours", "capacity_hours"]].head(2)
          owner  workload_hours  capacity_hours
    0  Ada Roth             5.0           960.0
    1  Ben Kahn             2.0           960.0
    """
    return fairness_of(built_plans(crm, (), None, named(since, until, quarter, year)))


def fairness(loads: pd.DataFrame) -> pd.DataFrame:
    """Return how evenly workload and potential lie over sellers.

    Parameters
    ----------
    loads
        What ``workload`` returns.

    Returns
    -------
    DataFrame
        ``measure`` (workload_hours, load_rate, potential_amount), ``mean``, ``cv`` (standard
        deviation over mean; 0 is even), ``largest_to_smallest`` (NaN where the smallest is 0).

    Examples
    --------
    >>> fairness(workload(paper(), year=2027)).round(2)
                measure      mean    cv  largest_to_smallest
    0    workload_hours      3.62  0.70                 14.0
    1         load_rate      0.00  0.64                  7.0
    2  potential_amount  65000.00  0.64                 11.0
    """
    measures = ("workload_hours", "load_rate", "potential_amount")
    return pd.DataFrame([{"measure": name} | spread_of(loads[name]) for name in measures])
