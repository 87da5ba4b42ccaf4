"""Lead scoring: points per page and event, and the threshold that hands a lead to sales."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesplan import periods, stats
from salesplan._acquisition.arguments import positive
from salesplan._acquisition.learners import Outcomes, auc, logistic
from salesplan._acquisition.point_card import Seen, card, scores, seen_by
from salesplan._acquisition.web_signals import leads_to_score, signals
from salesplan.crm import Crm
from salesplan.errors import InputError
from salesplan.stats import Floats

_TRAINED_SHARE = 0.7
_LEAST = 20  # leads with and without the outcome, on either side of the split
_TOP_SHARE = 0.2


@dataclass(frozen=True)
class Scoring:
    """A point card and how it did on later leads that it had not seen.

    Attributes
    ----------
    points
        page, event, lead_count, outcome_count, rate, points: learnt from earlier leads.
    thresholds
        One row per score from which a lead is handed over, judged on later leads:
        handed_count of lead_count; precision_k, precision_n, precision and interval;
        recall_k, recall_n, recall and interval; lift (precision / rate of all);
        expected_rate (what the card promised); logistic_precision and logistic_recall at as
        many leads; chance_precision; saved_hours; lost_deal_count (deals won from leads that
        would not have been handed over).
    calibration
        Fifths of the later leads by promised rate: n, expected_rate, k, rate and interval.
    comparison
        points, logistic and chance: auc and interval, brier score, precision and lift among
        the best fifth.
    scores
        lead_id, created_on, score, expected_rate, outcome of the later leads.
    outcome, split_on
        What counts as success, and the day from which leads are judged.
    """

    points: pd.DataFrame
    thresholds: pd.DataFrame
    calibration: pd.DataFrame
    comparison: pd.DataFrame
    scores: pd.DataFrame
    outcome: str
    split_on: dt.date


def lead_scoring(
    crm: Crm,
    *,
    outcome: str = "held",
    mature_days: int = 60,
    window_days: int = 0,
    split_on: str | dt.date | None = None,
    minutes_per_lead: float = 30.0,
) -> Scoring:
    """Return points per page and event, and what each threshold would have done.

    Formula: points = 10 x log2(rate with the signal / rate of all); a lead's score is the sum
    over the signals it showed. Learnt from leads whose outcome was known before ``split_on``,
    judged on leads captured from then on.

    Parameters
    ----------
    crm
        A loaded Crm.
    outcome
        held (first meeting), qualified (by sales, else marketing, else became a deal) or won,
        within ``mature_days`` of capture.
    mature_days
        Days that every lead is given; younger leads are left out.
    window_days
        Age in days at which a lead is scored; visits later than that, or after the hand-over
        to sales, are not looked at. 0 is the day of capture.
    split_on
        First day of the leads to judge; by default after 70 % of them.
    minutes_per_lead
        Time that sales spends on a lead handed over.

    Returns
    -------
    Scoring
        points, thresholds, calibration, comparison, scores (see there).

    Raises
    ------
    MissingDataError
        Without leads or web visits.
    InputError
        If either side of the split has fewer than 20 leads with, or without, the outcome.

    Examples
    --------
    >>> lead_scoring(paper())
    Traceback (most recent call last):
    ...
    salesplan.errors.InputError: Lead scoring needs 20 leads that reached 'held' and 20 that
    did not, before and after 2026-03-20. Before: 2 and 0; after: 2 and 1. Move split_on, ...
    """
    crm.require("leads", "web_visits", need="Lead scoring")
    span = {"mature_days": mature_days, "window_days": window_days}
    leads = leads_to_score(crm, outcome=outcome, **span)
    seen = seen_by(leads["lead_id"], signals(crm, outcome=outcome, **span))
    day = _split_day(leads, split_on)
    early = leads["created_on"] + pd.Timedelta(days=mature_days) <= pd.Timestamp(day)
    late = leads["created_on"] >= pd.Timestamp(day)
    _check(leads["outcome"], early, late, outcome, day)
    hours = positive(minutes_per_lead, "minutes_per_lead") / 60
    return judge(leads, seen, early.to_numpy(bool), late.to_numpy(bool), outcome, day, hours)


def judge(
    leads: pd.DataFrame,
    seen: Seen,
    early: Outcomes,
    late: Outcomes,
    outcome: str,
    day: dt.date,
    hours: float,
) -> Scoring:
    """Learn from the early leads, judge on the late ones."""
    known = leads["outcome"].to_numpy(bool)
    points = card(seen.rows(early), known[early])
    all_scores = scores(seen, points["points"])
    promise = logistic(all_scores[early, None], known[early], ridge=1e-6)
    expected = promise.chance(all_scores[late, None])
    rival = logistic(np.log1p(seen.counts[early]), known[early])
    rated = rival.chance(np.log1p(seen.counts[late]))
    later = leads[late].reset_index(drop=True)
    later = later.assign(
        score=all_scores[late].astype(np.int64), expected_rate=expected, rated=rated
    )
    return Scoring(
        points=points.sort_values("points", ascending=False, ignore_index=True),
        thresholds=_thresholds(later, hours),
        calibration=_calibration(later),
        comparison=_comparison(later),
        scores=later[["lead_id", "created_on", "score", "expected_rate", "outcome"]],
        outcome=outcome,
        split_on=day,
    )


def _split_day(leads: pd.DataFrame, split_on: str | dt.date | None) -> dt.date:
    if split_on is not None:
        return periods.to_date(split_on, "split_on")
    if leads.empty:
        raise InputError("No lead is old enough to be judged: give fewer mature_days.")
    return dt.date.fromisoformat(
        str(leads["created_on"].iloc[int(_TRAINED_SHARE * (len(leads) - 1))])[:10]
    )


def _check(
    known: pd.Series[bool], early: pd.Series[bool], late: pd.Series[bool], name: str, day: dt.date
) -> None:
    sides = [(int(known[side].sum()), int((~known[side]).sum())) for side in (early, late)]
    if min(min(side) for side in sides) < _LEAST:
        before, after = (f"{good} and {bad}" for good, bad in sides)
        raise InputError(
            f"Lead scoring needs {_LEAST} leads that reached {name!r} and {_LEAST} that did not, "
            f"before and after {day}. Before: {before}; after: {after}. Move split_on, give "
            "fewer mature_days, or wait for more leads."
        )


def _thresholds(later: pd.DataFrame, hours: float) -> pd.DataFrame:
    """Return what handing over every lead from each score on would have done."""
    known, won = later["outcome"].to_numpy(bool), later["is_won"].to_numpy(bool)
    score, by_rival = (
        later["score"].to_numpy(),
        np.argsort(-later["rated"].to_numpy(), kind="stable"),
    )
    rows = []
    for threshold in np.unique(score):
        handed = score >= threshold
        count = int(handed.sum())
        rows.append(
            {
                "threshold": int(threshold),
                "handed_count": count,
                "lead_count": len(later),
                "precision_k": int(known[handed].sum()),
                "expected_rate": float(later["expected_rate"][handed].mean()),
                "logistic_k": int(known[by_rival[:count]].sum()),
                "saved_hours": (len(later) - count) * hours,
                "lost_deal_count": int(won[~handed].sum()),
            }
        )
    table = pd.DataFrame(rows).assign(recall_n=int(known.sum()), chance_precision=known.mean())
    table = table.assign(precision_n=table["handed_count"], recall_k=table["precision_k"])
    table = stats.with_rate(table, "precision_k", "precision_n", "precision")
    table = stats.with_rate(table, "recall_k", "recall_n", "recall")
    table["lift"] = table["precision"] / table["chance_precision"]
    table["logistic_precision"] = table["logistic_k"] / table["handed_count"]
    table["logistic_recall"] = table["logistic_k"] / table["recall_n"]
    return table[_THRESHOLDS]


_THRESHOLDS = [
    "threshold",
    "handed_count",
    "lead_count",
    *(f"precision{end}" for end in ("_k", "_n", "", "_low", "_high")),
    *(f"recall{end}" for end in ("_k", "_n", "", "_low", "_high")),
    "lift",
    "expected_rate",
    "logistic_precision",
    "logistic_recall",
    "chance_precision",
    "saved_hours",
    "lost_deal_count",
]


def _calibration(later: pd.DataFrame) -> pd.DataFrame:
    """Return promised against observed rate; leads of one score stay together."""
    fifth = pd.qcut(later["expected_rate"], 5, labels=False, duplicates="drop")
    grouped = later.groupby(fifth)
    table = pd.DataFrame(
        {
            "n": grouped.size(),
            "expected_rate": grouped["expected_rate"].mean(),
            "k": grouped["outcome"].sum().astype(int),
        }
    )
    return stats.with_rate(table.reset_index(drop=True))


def _comparison(later: pd.DataFrame) -> pd.DataFrame:
    known = later["outcome"].to_numpy(bool)
    average = np.full(len(later), known.mean())
    methods = {
        "points": later["expected_rate"].to_numpy(float),
        "logistic": later["rated"].to_numpy(float),
        "chance": average,
    }
    return pd.DataFrame([_rated(name, chance, known) for name, chance in methods.items()])


def _rated(name: str, chance: Floats, known: Outcomes) -> dict[str, object]:
    area, low, high = auc(chance, known)
    if name == "chance":
        low = high = area
    precision = _best_fifth(chance, known)
    return {
        "method": name,
        "auc": area,
        "auc_low": low,
        "auc_high": high,
        "brier": float(np.mean((chance - known) ** 2)),
        "top_precision": precision,
        "top_lift": precision / float(known.mean()),
    }


def _best_fifth(chance: Floats, known: Outcomes) -> float:
    """Return the rate among the best fifth; leads of the same score at its edge count in part."""
    wanted = _TOP_SHARE * len(chance)
    edge = np.sort(chance)[::-1][max(int(np.ceil(wanted)) - 1, 0)]
    above, at = chance > edge, chance == edge
    hits = known[above].sum() + (wanted - above.sum()) * known[at].mean()
    return float(hits / wanted)
