"""Finds whether an export knows of no closing before some day (left truncation)."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd

from salesplan import survival

_UNLIKELY = math.log(0.001)


def records_begin_on(deals: pd.DataFrame) -> dt.date | None:
    """Return the day from which closings are on record, or None if they always were.

    ``deals`` has ``created_on``, ``days``, ``outcome`` (None while open) and ``deals``. The
    first closing is suspect if, at the pace of the deals created from then on, it is all but
    impossible that every older deal was still open on that day.
    """
    ended = deals[deals["outcome"].notna()]
    if ended.empty:
        return None
    first = (ended["created_on"] + pd.to_timedelta(ended["days"], unit="D")).min()
    older, later = deals[deals["created_on"] < first], deals[deals["created_on"] >= first]
    if older.empty or later["outcome"].notna().sum() == 0:
        return None
    pace = survival.kaplan_meier(later["days"], later["outcome"].notna(), counts=later["deals"])
    ages = (first - older["created_on"]).dt.days
    still_open = survival.at(pace, ages - 1).clip(min=1e-12)
    chance = float((np.log(still_open) * older["deals"].to_numpy(float)).sum())
    return first.date() if chance < _UNLIKELY else None
