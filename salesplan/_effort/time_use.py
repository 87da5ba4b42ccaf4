"""A seller's working time: what administration and travel leave for selling."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from salesplan import periods
from salesplan._effort.sql import ADMINISTRATION, TRAVEL, in_list, logged, parameters
from salesplan.crm import Crm
from salesplan.stats import Floats

COLUMNS = [
    "person_id",
    "owner",
    "team",
    "capacity_hours",
    "administration_hours",
    "administration_logged_hours",
    "travel_hours",
    "travel_logged_hours",
    "selling_capacity_hours",
    "selling_hours",
    "selling_share",
    "unlogged_hours",
]


def time_by_person(crm: Crm, since: dt.date, until: dt.date) -> pd.DataFrame:
    """Return capacity, administration, travel and selling hours of everybody with work."""
    found = _logged(crm, since, until)
    time = crm.settings.working_time
    present = _present_years(found, since, until)
    found["capacity_hours"] = time.hours_per_year * found["fte"] * present
    found["administration_hours"] = found["capacity_hours"] * time.administration_share
    found["travel_hours"] = found["capacity_hours"] * time.travel_share
    other = found["administration_hours"] + found["travel_hours"]
    found["selling_capacity_hours"] = (found["capacity_hours"] - other).clip(lower=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share_of = found["selling_hours"].to_numpy() / found["capacity_hours"].to_numpy()
    found["selling_share"] = np.where(found["capacity_hours"] > 0, share_of, np.nan)
    found["unlogged_hours"] = found["selling_capacity_hours"] - found["selling_hours"]
    return found[COLUMNS]


def _logged(crm: Crm, since: dt.date, until: dt.date) -> pd.DataFrame:
    desk, road = in_list(ADMINISTRATION), in_list(TRAVEL)
    sql = f"""WITH {logged()}, work AS (
  SELECT owner_id,
    sum(CASE WHEN kind IN {desk} THEN minutes ELSE 0 END) / 60.0 AS administration_logged_hours,
    sum(CASE WHEN kind IN {road} THEN minutes ELSE 0 END) / 60.0 AS travel_logged_hours,
    sum(CASE WHEN kind IN {desk} OR kind IN {road} THEN 0 ELSE minutes END) / 60.0
      AS selling_hours
  FROM logged GROUP BY owner_id
)
SELECT w.owner_id AS person_id, COALESCE(l.label, w.owner_id, '(none)') AS owner,
  COALESCE(p.team, '(none)') AS team, COALESCE(p.fte, 1.0) AS fte, p.hired_on, p.left_on,
  CAST(w.administration_logged_hours AS DOUBLE) AS administration_logged_hours,
  CAST(w.travel_logged_hours AS DOUBLE) AS travel_logged_hours,
  CAST(w.selling_hours AS DOUBLE) AS selling_hours
FROM work AS w
LEFT JOIN people AS p ON p.person_id = w.owner_id
LEFT JOIN person_labels AS l ON l.person_id = w.owner_id
ORDER BY owner, person_id"""
    return crm.query(sql, **parameters(crm, since, until))


def _present_years(people: pd.DataFrame, since: dt.date, until: dt.date) -> Floats:
    """Return the part of a year that each person was employed within the period."""
    start = pd.to_datetime(people["hired_on"]).fillna(pd.Timestamp(since)).to_numpy("M8[D]")
    leaves = pd.to_datetime(people["left_on"]) + pd.Timedelta(days=1)
    end = leaves.fillna(pd.Timestamp(until)).to_numpy("M8[D]")
    first, last = np.datetime64(since), np.datetime64(until)
    days = (np.minimum(end, last) - np.maximum(start, first)).astype(float)
    return np.asarray(
        np.maximum(days, 0) / (until - since).days * periods.years_between(since, until)
    )
