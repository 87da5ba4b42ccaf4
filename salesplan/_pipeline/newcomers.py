"""Deals that do not exist yet: how many will be created, won, and for how much."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesplan._pipeline.odds import Odds
from salesplan._pipeline.past import ANY, KINDS
from salesplan._pipeline.states import States
from salesplan.crm import Crm
from salesplan.periods import Period, add_months, split
from salesplan.stats import Floats

YEARS = 2
"""Years of creation that the same month of next year is expected from."""


@dataclass(frozen=True)
class Stream:
    """Expected wins of one kind of deals yet to be created, and the amounts to draw from.

    ``wins`` holds a row per month of creation and a column per month of winning;
    ``rate_error`` is the relative standard error of the pace it rests on.
    """

    kind: str
    wins: Floats
    amounts: Floats
    dispersion: float
    rate_error: float


def streams(crm: Crm, known: States, day: dt.date, until: dt.date, odds: Odds) -> list[Stream]:
    """Return one stream per kind of deals that has enough past to learn from."""
    months = split(day + dt.timedelta(days=1), until, "month")
    created = _created(crm, known)
    amounts = _won_amounts(crm, known, add_months(day, -12 * YEARS))
    found = []
    for kind, counts in created.groupby("kind", sort=True):
        ladder = odds.get((str(kind), ANY))
        if ladder:
            expected, dispersion, error = _expected(counts, day, months)
            share = _shares(ladder[0].chance, day, until, months)
            mine = amounts.loc[amounts["kind"] == kind, "amount"].to_numpy(float)
            wins = expected[:, None] * share
            found.append(Stream(str(kind), wins, mine, dispersion, error))
    return found


def _created(crm: Crm, known: States) -> pd.DataFrame:
    return crm.query(
        f"""WITH {known.ctes},
{KINDS}
SELECT k.kind, CAST(date_trunc('month', d.began_on) AS DATE) AS month,
  CAST(count(*) AS BIGINT) AS created_count
FROM deals AS d JOIN kinds AS k ON k.opportunity_id = d.opportunity_id
WHERE d.began_on IS NOT NULL
GROUP BY k.kind, CAST(date_trunc('month', d.began_on) AS DATE)
ORDER BY k.kind, month""",
        **known.params,
    )


def _won_amounts(crm: Crm, known: States, since: dt.date) -> pd.DataFrame:
    return crm.query(
        f"""WITH {known.ctes},
{KINDS}
SELECT k.kind, CAST(d.reporting_amount AS DOUBLE) AS amount
FROM deals AS d JOIN kinds AS k ON k.opportunity_id = d.opportunity_id
WHERE d.status = 'won' AND d.closed_on > $since
ORDER BY d.opportunity_id""",
        since=since,
        **known.params,
    )


def _expected(
    counts: pd.DataFrame, day: dt.date, months: list[Period]
) -> tuple[Floats, float, float]:
    """Return deals to be created in each month to come, their dispersion and their error.

    The same month of the last two years, scaled to the pace of the last twelve months: a
    quiet summer is expected to be quiet again. With less than a year behind, the average.
    """
    by_month = counts.set_index("month")["created_count"].astype(float)
    full = _last_full_month(day)
    past = by_month.reindex(pd.date_range(by_month.index.min(), full, freq="MS"), fill_value=0.0)
    season = _season(past)
    pace = float(past.iloc[-12:].mean()) if len(past) else float(by_month.sum())
    part = np.array([_part(m, day) for m in months])
    expected = np.array([pace * season[m.since.month - 1] for m in months]) * part
    calendar = np.asarray(past.index[-12:].month)  # type: ignore[attr-defined]
    fitted = np.asarray(pace * season[calendar - 1], float)
    year = np.asarray(past.iloc[-12:], float)
    dispersion = _dispersion(year, fitted)
    return expected, dispersion, float(np.sqrt(dispersion / max(year.sum(), 1.0)))


def _last_full_month(day: dt.date) -> pd.Timestamp:
    first = day.replace(day=1)
    ended = (day + dt.timedelta(days=1)).day == 1
    return pd.Timestamp(first if ended else add_months(first, -1))


def _part(month: Period, day: dt.date) -> float:
    return (month.until - max(month.since, day + dt.timedelta(days=1))).days / month.days


def _season(past: pd.Series[float]) -> Floats:
    """Return each calendar month's part of an average month; 1 with under two full years.

    Months differ by chance alone too. Only the part of their spread that is more than chance
    is believed (credibility as in Buehlmann 1967).
    """
    if len(past) < 12 * YEARS:
        return np.ones(12)
    window = past.iloc[-12 * YEARS :]
    average = window.groupby(window.index.month).mean()  # type: ignore[attr-defined]
    level = max(float(window.mean()), 1e-9)
    chance, spread = level / YEARS, max(float(average.var()), 1e-9)
    belief = max(0.0, 1 - chance / spread)
    return np.asarray(1 + belief * (average.to_numpy() / level - 1), float)


def _dispersion(counts: Floats, fitted: Floats) -> float:
    """Return variance over mean around the expected counts, at least 1 (pure chance)."""
    if len(counts) < 6:
        return 1.0
    expected = np.maximum(fitted, 1e-9)
    return max(1.0, float(np.mean((counts - expected) ** 2 / expected)))


def _shares(chance: object, day: dt.date, until: dt.date, months: list[Period]) -> Floats:
    """Return the share of a month's new deals that is won in each month to come."""
    ends = [min(m.until, until) for m in months]
    table = np.zeros((len(months), len(months)))
    for i, month in enumerate(months):
        first = max(month.since, day + dt.timedelta(days=1))
        born = np.arange((min(month.until, until) - first).days)
        for j in range(i, len(months)):
            left = (ends[j] - first).days - 1 - born
            won = chance("won", np.maximum(left, -1))  # type: ignore[operator]
            table[i, j] = float(np.where(left >= 0, won, 0.0).mean()) if len(born) else 0.0
    return np.diff(table, axis=1, prepend=0.0)
