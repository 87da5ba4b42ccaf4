"""Deals that do not exist yet: how many will be created, won, and for how much."""

from __future__ import annotations

import calendar
import datetime as dt
import itertools
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from salesplan._pipeline.odds import Ints, Lives, Odds, newborn
from salesplan._pipeline.past import ANY, BANDS, UNPRICED, in_bands
from salesplan._pipeline.states import States
from salesplan.crm import Crm
from salesplan.periods import Period, add_months, split
from salesplan.stats import Floats

YEARS = 2
"""Years of creation that the same month of next year is expected from."""
_APART = ((180, BANDS * 2 // 3), (6 * 180, BANDS * 8 // 9))
"""From so many closed deals on, deals from a band on are looked at apart."""


@dataclass(frozen=True)
class Stream:
    """Expected wins of some deals yet to be created, and the amounts of past ones to draw from.

    ``wins`` holds a row per month of creation and a column per month of winning;
    ``rate_error`` is the relative standard error of the pace it rests on.
    """

    wins: Floats
    priced: Floats
    dispersion: float
    rate_error: float


def streams(crm: Crm, known: States, day: dt.date, until: dt.date, odds: Odds) -> list[Stream]:
    """Return one stream per kind and size of deals that has enough past to learn from."""
    months = _months(day, until)
    created = _created(crm, known)
    amounts = _won_amounts(crm, known, add_months(day, -12 * YEARS))
    found = []
    for kind, born in created.groupby("kind", sort=True):
        lives = odds.get((str(kind), ANY))
        for bands in _sizes(lives) if lives else ():
            mine = born[born["band"].isin(bands)]
            if len(mine):
                won = amounts[(amounts["kind"] == kind) & amounts["band"].isin(bands)]
                found.append(_stream(lives, bands, mine, won["amount"], day, months))  # type: ignore[arg-type]
    return found


def _sizes(lives: Lives) -> list[Ints]:
    """Return the bands of deals that are looked at together.

    Large deals, the upper third, are set apart where there are many deals; with six times as
    many the upper third of the large ones again: few deals, but most of the money and the
    longest waits.
    """
    closed = lives.count[lives.ends > 0].sum()
    from_ = [UNPRICED, *(place for many, place in _APART if closed >= many), BANDS]
    return [np.arange(low, high) for low, high in itertools.pairwise(from_)]


def _stream(
    lives: Lives, bands: Ints, born: pd.DataFrame, amounts: pd.Series[float], day: dt.date,
    months: list[Period],
) -> Stream:  # fmt: skip
    place = _day_shares(born)
    expected, dispersion, error = _expected(born, day, months, place)
    share = _shares(newborn(lives, bands, (months[-1].until - day).days), months, place)
    priced = np.asarray(amounts.dropna(), float)
    return Stream(expected[:, None] * share, priced, dispersion, error)


def _created(crm: Crm, known: States) -> pd.DataFrame:
    return crm.query(
        f"""WITH {in_bands(known)}
SELECT b.kind, b.band, CAST(d.began_on AS DATE) AS began_on,
  CAST(count(*) AS DOUBLE) AS created_count
FROM deals AS d JOIN in_bands AS b ON b.opportunity_id = d.opportunity_id
WHERE d.began_on IS NOT NULL
GROUP BY b.kind, b.band, CAST(d.began_on AS DATE)
ORDER BY b.kind, began_on, b.band""",
        **known.params,
    )


def _day_shares(born: pd.DataFrame) -> Floats:
    """Return the part of a month's deals that begins on each of its days, the 1st to the 31st.

    Renewals and imports come on fixed days: taken as even over the month, what begins on the
    1st would be won weeks late. One deal spread evenly stands for all that was never seen.
    """
    count = np.bincount(born["began_on"].dt.day, born["created_count"], 32)[1:]
    return np.asarray((count + 1 / 31) / (count.sum() + 1), float)


def _won_amounts(crm: Crm, known: States, since: dt.date) -> pd.DataFrame:
    return crm.query(
        f"""WITH {in_bands(known)}
SELECT b.kind, b.band, CAST(d.reporting_amount AS DOUBLE) AS amount
FROM deals AS d JOIN in_bands AS b ON b.opportunity_id = d.opportunity_id
WHERE d.status = 'won' AND d.closed_on > $since
ORDER BY d.opportunity_id""",
        since=since,
        **known.params,
    )


def _expected(
    born: pd.DataFrame, day: dt.date, months: list[Period], place: Floats
) -> tuple[Floats, float, float]:
    """Return deals to be created in each month to come, their dispersion and their error.

    The same month of the last two years, scaled to the pace of the last twelve months: a
    quiet summer is expected to be quiet again. With less than a year behind, the average.
    """
    start = born["began_on"].dt.to_period("M").dt.to_timestamp()
    by_month = born.groupby(start)["created_count"].sum()
    full = _last_full_month(day)
    past = by_month.reindex(pd.date_range(by_month.index.min(), full, freq="MS"), fill_value=0.0)
    season = _season(past)
    pace = float(past.iloc[-12:].mean()) if len(past) else float(by_month.sum())
    part = np.array([_part(m, place) for m in months])
    expected = np.array([pace * season[m.since.month - 1] for m in months]) * part
    of_year = np.asarray(past.index[-12:].month)  # type: ignore[attr-defined]
    fitted = np.asarray(pace * season[of_year - 1], float)
    year = np.asarray(past.iloc[-12:], float)
    dispersion = _dispersion(year, fitted)
    return expected, dispersion, float(np.sqrt(dispersion / max(year.sum(), 1.0)))


def _last_full_month(day: dt.date) -> pd.Timestamp:
    first = day.replace(day=1)
    ended = (day + dt.timedelta(days=1)).day == 1
    return pd.Timestamp(first if ended else add_months(first, -1))


def _months(day: dt.date, until: dt.date) -> list[Period]:
    """Return the months to come, the first and the last cut to what lies in [day + 1, until)."""
    start = day + dt.timedelta(days=1)
    return [
        replace(m, since=max(m.since, start), until=min(m.until, until))
        for m in split(start, until, "month")
    ]


def _part(month: Period, place: Floats) -> float:
    """Return the share of a calendar month's deals that begins within a part of it."""
    whole = calendar.monthrange(month.since.year, month.since.month)[1]
    first = month.since.day - 1
    return float(place[first : first + month.days].sum() / place[:whole].sum())


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


def _shares(won_by_age: Floats, months: list[Period], place: Floats) -> Floats:
    """Return the share of a month's new deals that is won in each month to come."""
    table = np.zeros((len(months), len(months)))
    for i, month in enumerate(months):
        born = np.arange(month.days)
        weight = place[month.since.day - 1 + born]
        for j in range(i, len(months)):
            left = (months[j].until - month.since).days - 1 - born
            table[i, j] = np.average(won_by_age[left], weights=weight)
    return np.diff(table, axis=1, prepend=0.0)
