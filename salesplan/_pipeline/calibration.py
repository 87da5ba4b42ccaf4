"""Calibration: what the forecast would have said on past days, against what happened.

Each origin is a past day. The forecast is made with what was known at its end, history of
later days masked, and set against what was won in the months that followed. Two baselines
make the same forecast: the probabilities in the CRM, and last year's same months.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from salesplan import dimensions
from salesplan._pipeline.arithmetic import check_counts
from salesplan._pipeline.flow import Only
from salesplan._pipeline.forecast import Outlook, forecast_table, outlook, worth
from salesplan._pipeline.states import states
from salesplan.crm import Crm
from salesplan.errors import InputError
from salesplan.periods import add_months
from salesplan.stats import Floats, wilson, with_rate

COLUMNS = [
    "origin_on",
    "until_on",
    "open_count",
    "expected_{u}",
    "low_{u}",
    "high_{u}",
    "actual_{u}",
    "is_inside",
    "crm_{u}",
    "last_year_{u}",
    "brier",
    "crm_brier",
    "last_year_brier",
]


@dataclass(frozen=True)
class Trial:
    """One origin: the chances given to its open deals, and which of them were then won."""

    origin: dt.date
    until: dt.date
    view: Outlook
    chance: Floats
    stated: Floats
    won: npt.NDArray[np.bool_]


def origins(crm: Crm, since: dt.date | None, months: int, every: int) -> list[dt.date]:
    """Return the last days of past months whose following ``months`` are over.

    The first needs a year of closed deals behind it, so that there is a last year at all.
    """
    check_counts(months=months, every=every)
    won = crm.query(
        "SELECT CAST(min(closed_on) AS DATE) AS first_on, count(*) AS n FROM opportunities "
        "WHERE status = 'won'"
    )
    first = won["first_on"].iloc[0]
    if pd.isna(first):
        why = "No won deal says when it was" if won["n"].iloc[0] else "No deal was"
        raise InputError(f"{why} won, so there is nothing to calibrate on.")
    earliest = since or add_months(pd.Timestamp(first).date(), 12)
    last = crm.as_of + dt.timedelta(days=1)
    found, start = [], add_months(last.replace(day=1), -months)
    while start - dt.timedelta(days=1) >= earliest:
        found.append(start - dt.timedelta(days=1))
        start = add_months(start, -every)
    return found[::-1]


def trial(crm: Crm, origin: dt.date, months: int, only: Only) -> Trial:
    """Return the chances of an origin's open deals, and what became of them."""
    since = origin + dt.timedelta(days=1)
    until = add_months(since, months)
    view = outlook(crm, since, until, origin, only)
    chance = view.placed.chance("won")[:, -1]
    won = _won_in(crm, view.open_deals["opportunity_id"], since, until)
    return Trial(origin, until, view, chance, view.open_deals["probability"].to_numpy(float), won)


def _won_in(
    crm: Crm, deals: pd.Series[str], since: dt.date, until: dt.date
) -> npt.NDArray[np.bool_]:
    found = crm.query(
        "SELECT opportunity_id FROM opportunities WHERE status = 'won' "
        "AND closed_on >= $since AND closed_on < $until",
        since=since,
        until=until,
    )
    return deals.isin(found["opportunity_id"]).to_numpy()


def calibration_table(
    crm: Crm, days: list[dt.date], *, months: int, measure: str, draws: int, seed: int,
    level: float, correlation: float, only: Only,
) -> pd.DataFrame:  # fmt: skip
    """Return one row per origin: predicted, realised and the baselines."""
    rows = []
    for day in days:
        one = trial(crm, day, months, only)
        table = forecast_table(
            one.view, measure=measure, draws=draws, seed=seed, level=level,
            correlation=correlation, lang="en",
        )  # fmt: skip
        rows.append(_row(crm, one, table.iloc[-1], measure, months, only))
    names = [c.format(u=measure) for c in COLUMNS]
    return pd.DataFrame(rows, columns=names)


def _row(
    crm: Crm, one: Trial, forecast: pd.Series[Any], measure: str, months: int, only: Only
) -> list[Any]:
    since = one.origin + dt.timedelta(days=1)
    actual = won_between(crm, since, one.until, measure, only)
    low, high = forecast[f"low_{measure}"], forecast[f"high_{measure}"]
    before = won_between(crm, add_months(since, -12), add_months(one.until, -12), measure, only)
    stated = worth(one.view.open_deals, measure) * one.stated
    share = _last_year_share(crm, add_months(one.origin, -12), months, only)
    return [
        pd.Timestamp(one.origin),
        pd.Timestamp(one.until - dt.timedelta(days=1)),
        len(one.won),
        forecast[f"expected_{measure}"],
        low,
        high,
        actual,
        bool(low <= actual <= high),
        float(np.nansum(stated)) if not np.isnan(stated).all() else float("nan"),
        before,
        brier(one.chance, one.won),
        brier(one.stated, one.won),
        brier(np.full(len(one.won), share), one.won),
    ]


def won_between(crm: Crm, since: dt.date, until: dt.date, measure: str, only: Only) -> float:
    """Return what was won in [since, until), as the book knows it today."""
    known = states(crm, deals=crm.as_of)
    kept, joins, values = dimensions.where(only, "opportunities", alias="d")
    what = "count(*)"
    if measure == "amount":  # wins without any amount are not worth nothing
        what = "CASE WHEN count(*) = 0 THEN 0 ELSE sum(d.reporting_amount) END"
    found = crm.query(
        known.select(
            f"SELECT CAST({what} AS DOUBLE) AS total FROM deals AS d {joins} "
            f"WHERE d.status = 'won' AND d.closed_on >= $since AND d.closed_on < $until AND {kept}"
        ),
        since=since,
        until=until,
        **known.params,
        **values,
    )
    return float(found["total"].iloc[0])


def _last_year_share(crm: Crm, origin: dt.date, months: int, only: Only) -> float:
    """Return the share of deals open a year before the origin that were won in time."""
    since = origin + dt.timedelta(days=1)
    known = states(crm, deals=origin)
    kept, joins, values = dimensions.where(only, "opportunities", alias="d")
    found = crm.query(
        known.select(f"SELECT d.opportunity_id FROM deals AS d {joins} "
                     f"WHERE d.status = 'open' AND {kept}"),
        **known.params,
        **values,
    )  # fmt: skip
    won = _won_in(crm, found["opportunity_id"], since, add_months(since, months))
    return float(won.mean()) if len(won) else float("nan")


def brier(chance: Floats, happened: npt.NDArray[np.bool_]) -> float:
    """Return the mean squared distance of chances from what happened; 0 is perfect."""
    known = ~np.isnan(chance)
    if not known.any():
        return float("nan")
    return float(np.mean((chance[known] - happened[known]) ** 2))


def scores(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row per method: how far off, how biased, and how often its interval held."""
    measure = "amount" if "actual_amount" in table.columns else "count"
    actual = table[f"actual_{measure}"].to_numpy(float)
    columns = {
        "forecast": (f"expected_{measure}", "brier"),
        "crm": (f"crm_{measure}", "crm_brier"),
        "last_year": (f"last_year_{measure}", "last_year_brier"),
    }
    rows = []
    for method, (predicted, score) in columns.items():
        gap = table[predicted].to_numpy(float) - actual
        rows.append((method, len(table), _mean(np.abs(gap)), _mean(gap), _mean(table[score])))
    names = ["method", "origin_count", f"error_{measure}", f"bias_{measure}", "brier"]
    found = pd.DataFrame(rows, columns=names)
    # An origin without an interval, or of which nobody knows the outcome, neither held nor failed.
    known = table[[f"low_{measure}", f"actual_{measure}"]].notna().all(axis=1)
    inside, n = int(table["is_inside"].sum()), int(known.sum())
    low, high = wilson(inside, n)
    held = np.array([inside / n if n else np.nan, np.nan, np.nan])
    nothing = np.array([np.nan, np.nan])
    return found.assign(
        coverage_rate=held,
        coverage_rate_low=np.append(low, nothing),
        coverage_rate_high=np.append(high, nothing),
    )


def _mean(values: Any) -> float:
    array = np.asarray(values, float)
    return float(np.nanmean(array)) if not np.isnan(array).all() else float("nan")


def reliability_table(trials: list[Trial], bins: int) -> pd.DataFrame:
    """Return, per band of predicted chance, the mean prediction and the share that was won."""
    check_counts(bins=bins)
    parts = []
    for method in ("forecast", "crm"):
        chances = (t.chance if method == "forecast" else t.stated for t in trials)
        p = np.concatenate([np.empty(0), *chances])  # no trial where the past is too short
        won = np.concatenate([np.empty(0, bool), *(t.won for t in trials)])
        known = ~np.isnan(p)
        band = np.minimum((p[known] * bins).astype(int), bins - 1)
        frame = pd.DataFrame({"band": band, "p": p[known], "won": won[known]})
        found = frame.groupby("band").agg(
            predicted_rate=("p", "mean"), k=("won", "sum"), n=("won", "size")
        )
        parts.append(found.reset_index().assign(method=method))
    table = with_rate(pd.concat(parts, ignore_index=True), rate="won_rate")
    table = table.assign(band_low=table["band"] / bins, band_high=(table["band"] + 1) / bins)
    return table[
        ["method", "band_low", "band_high", "predicted_rate", "k", "n",
         "won_rate", "won_rate_low", "won_rate_high"]
    ]  # fmt: skip
