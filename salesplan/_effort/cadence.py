"""What the cadence asks for, account by account, and who gets less or more."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from salesplan import periods
from salesplan._effort.sql import (
    CALLS,
    MEETINGS,
    in_list,
    logged,
    money_parameters,
    parameters,
    won,
)
from salesplan.crm import Crm
from salesplan.errors import InputError
from salesplan.settings import Settings
from salesplan.stats import Floats

COLUMNS = [
    "account_id",
    "account",
    "segment",
    "owner",
    "service",
    "hours",
    "cadence_hours",
    "gap_hours",
    "coverage_rate",
    "call_count",
    "cadence_calls",
    "meeting_count",
    "cadence_meetings",
    "last_contact_on",
    "days_since_contact",
    "revenue_amount",
    "potential_amount",
]
UNDER, OVER, PLANNED, FREE = "under-served", "over-served", "as planned", "no cadence"


def cadence_hours(
    settings: Settings, segments: pd.Series[str], since: dt.date, until: dt.date
) -> Floats:
    """Return the hours that an account of each segment is due in a period; NaN without one."""
    years = periods.years_between(since, until)
    due = {name: c.account_hours * years for name, c in settings.cadence.items()}
    return np.array([due.get(str(name), np.nan) for name in segments])


def served_accounts(crm: Crm, since: dt.date, until: dt.date, *, tolerance: float) -> pd.DataFrame:
    """Return every account with its contacts against the cadence of its segment."""
    if not 0 <= tolerance < 1:
        raise InputError(f"tolerance={tolerance} must lie between 0 and 1 (0.25 is a quarter).")
    found = _contacts(crm, since, until)
    years = periods.years_between(since, until)
    cadence = crm.settings.cadence
    for kind in ("calls", "meetings"):
        due = {name: getattr(c, kind) * years for name, c in cadence.items()}
        found[f"cadence_{kind}"] = [due.get(str(s), np.nan) for s in found["segment"]]
    found["cadence_hours"] = cadence_hours(crm.settings, found["segment"], since, until)
    found["gap_hours"] = found["cadence_hours"] - found["hours"]
    due_hours = found["cadence_hours"].to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(due_hours > 0, found["hours"].to_numpy(float) / due_hours, np.nan)
    found["coverage_rate"] = rate
    found["service"] = _service(rate, due_hours, found["hours"].to_numpy(float), tolerance)
    found["days_since_contact"] = _days_since(found["last_contact_on"], crm.as_of)
    # Those who miss most come first: they are the reason for the list.
    found = found.sort_values(["gap_hours", "account_id"], ascending=[False, True])
    return found[COLUMNS].reset_index(drop=True)


def _service(rate: Floats, due: Floats, hours: Floats, tolerance: float) -> list[str]:
    words = []
    for share, wanted, given in zip(rate, due, hours, strict=True):
        if np.isnan(wanted) or wanted == 0:
            words.append(OVER if wanted == 0 and given > 0 else FREE)
        elif share < 1 - tolerance:
            words.append(UNDER)
        else:
            words.append(OVER if share > 1 + tolerance else PLANNED)
    return words


def _days_since(last: pd.Series[pd.Timestamp], as_of: dt.date) -> pd.Series[int]:
    return (pd.Timestamp(as_of) - pd.to_datetime(last)).dt.days.astype("Int64")


def _contacts(crm: Crm, since: dt.date, until: dt.date) -> pd.DataFrame:
    sql = f"""WITH {logged()}, {won()}, work AS (
  SELECT account_id, sum(minutes) / 60.0 AS hours,
    count(CASE WHEN kind IN {in_list(CALLS)} THEN 1 END) AS call_count,
    count(CASE WHEN kind IN {in_list(MEETINGS)} THEN 1 END) AS meeting_count,
    max(CAST(starts_at AS DATE)) AS last_contact_on
  FROM logged WHERE account_id IS NOT NULL GROUP BY account_id
), sold AS (SELECT account_id, sum(amount) AS amount FROM won GROUP BY account_id)
SELECT t.account_id, COALESCE(t.name, t.account_id) AS account,
  COALESCE(t.segment, '(none)') AS segment,
  COALESCE(l.label, t.owner_id, '(none)') AS owner,
  CAST(COALESCE(work.hours, 0) AS DOUBLE) AS hours,
  CAST(COALESCE(work.call_count, 0) AS BIGINT) AS call_count,
  CAST(COALESCE(work.meeting_count, 0) AS BIGINT) AS meeting_count,
  work.last_contact_on,
  CAST(sold.amount AS DOUBLE) AS revenue_amount,
  CAST(t.potential_amount AS DOUBLE) AS potential_amount
FROM accounts AS t
LEFT JOIN work ON work.account_id = t.account_id
LEFT JOIN sold ON sold.account_id = t.account_id
LEFT JOIN person_labels AS l ON l.person_id = t.owner_id
WHERE t.merged_into_id IS NULL"""
    both = parameters(crm, since, until) | money_parameters(crm, since, until)
    return crm.query(sql, **both)
