"""When: seasonality that sums to the whole, cycle time that moves work ahead of revenue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from salesplan import dimensions, periods, stats
from salesplan._actionplan.measured import STEPS
from salesplan.amounts import deal_amount
from salesplan.crm import Crm
from salesplan.errors import InputError
from salesplan.stats import Floats

Seasonality = str | Mapping[int, float] | Sequence[float]
COLUMNS = ["month", "step", "required", "planned_count", "amount", "is_before_start"]


def month_shares(
    crm: Crm, since: dt.date, until: dt.date, seasonality: Seasonality
) -> tuple[list[dt.date], Floats]:
    """Return the months of a period and the share of the target that falls in each.

    Indices are divided by their sum, so that the shares are 100 % whatever was typed in.
    """
    months = [p.since for p in periods.split(since, until, "month")]
    if isinstance(seasonality, str):
        weights = _named(crm, months, seasonality)
    elif isinstance(seasonality, Mapping):
        weights = np.array([float(seasonality.get(m.month, 0.0)) for m in months])
    else:
        weights = np.asarray(list(seasonality), float)
    if len(weights) != len(months) or not np.all(weights >= 0) or not weights.sum() > 0:
        raise InputError(
            f"seasonality needs one number of 0 or more for each of the {len(months)} months."
        )
    return months, weights / weights.sum()


def _named(crm: Crm, months: list[dt.date], seasonality: str) -> Floats:
    if seasonality == "even":
        return np.ones(len(months))
    if seasonality != "measured":
        raise InputError(f"seasonality={seasonality!r}: use 'measured', 'even' or numbers.")
    money = deal_amount(crm)
    found = crm.query(
        f"""SELECT CAST(EXTRACT(month FROM t.closed_on) AS BIGINT) AS month_number,
  CAST(sum({money.amount}) AS DOUBLE) AS amount
FROM opportunities AS t {money.join}
WHERE t.status = 'won' AND t.closed_on <= $as_of AND t.closed_on >= $since
GROUP BY EXTRACT(month FROM t.closed_on)""",
        as_of=crm.as_of,
        since=periods.add_months(crm.as_of, -36),
    )
    index = dict(zip(found["month_number"], found["amount"].fillna(0), strict=True))
    return np.array([float(index.get(m.month, 0.0)) for m in months])


def lead_times(
    crm: Crm, since: dt.date, until: dt.date, only: Mapping[str, Any] | None
) -> dict[str, float]:
    """Return the median days by which each step comes before the win it leads to."""
    kept, joins, values = dimensions.where(only, "opportunities")
    found = crm.query(
        f"""WITH sold AS (
  SELECT t.opportunity_id, t.closed_on, t.created_on FROM opportunities AS t {joins}
  WHERE t.status = 'won' AND t.closed_on >= $since AND t.closed_on < $until
    AND t.closed_on <= $as_of AND {kept}
), touched AS (
  SELECT s.opportunity_id, s.closed_on, a.kind, min(CAST(a.starts_at AS DATE)) AS first_on
  FROM sold AS s JOIN activities AS a ON a.opportunity_id = s.opportunity_id
  WHERE COALESCE(a.status, 'held') = 'held' GROUP BY s.opportunity_id, s.closed_on, a.kind
), gaps AS (
  SELECT 'opportunities' AS step, closed_on - created_on AS days FROM sold
  UNION ALL
  SELECT 'leads', s.closed_on - l.created_on FROM sold AS s
  JOIN leads AS l ON l.opportunity_id = s.opportunity_id
  UNION ALL
  SELECT 'calls', closed_on - first_on FROM touched WHERE kind = 'call'
  UNION ALL
  SELECT 'meetings', closed_on - first_on FROM touched WHERE kind IN ('meeting', 'demo')
  UNION ALL
  SELECT 'proposals', closed_on - first_on FROM touched WHERE kind = 'proposal'
)
SELECT step, CAST(median(days) AS DOUBLE) AS days FROM gaps WHERE days >= 0 GROUP BY step""",
        since=since,
        until=until,
        as_of=crm.as_of,
        **values,
    )
    known = {str(s): float(d) for s, d in found[["step", "days"]].to_numpy()}
    # A step without dates of its own is taken to happen when the deal is opened.
    fallback = known.get("opportunities", 0.0)
    return {"deals": 0.0} | {s: known.get(s, fallback) for s in STEPS if s != "deals"}


def calendar(
    required: pd.DataFrame,
    months: list[dt.date],
    shares: Floats,
    days: Mapping[str, float],
    target: float,
) -> pd.DataFrame:
    """Return what each month asks for at every step; whole numbers sum to the whole need."""
    rows = []
    for step, need in zip(required["step"], required["required"], strict=True):
        if np.isnan(need):
            continue
        spread = _shifted(months, shares, float(days.get(step, 0.0)))
        total = int(np.ceil(need - 1e-9 * need))
        counts = stats.largest_remainder(list(spread.values()), total)
        for (month, share), count in zip(spread.items(), counts, strict=True):
            rows.append((month, step, need * share, int(count), np.nan, month < months[0]))
    cents = stats.largest_remainder(shares, round(target * 100))
    rows += [
        (m, "revenue", target * s, 0, int(c) / 100, False)
        for m, s, c in zip(months, shares, cents, strict=True)
    ]
    found = pd.DataFrame(rows, columns=COLUMNS)
    found["month"] = pd.to_datetime(found["month"])
    order = {name: i for i, name in enumerate(("revenue", *STEPS))}
    found["rank"] = found["step"].map(order)
    return found.sort_values(["month", "rank"], ignore_index=True)[COLUMNS]


def _shifted(months: list[dt.date], shares: Floats, days: float) -> dict[dt.date, float]:
    """Move each month's share earlier by a number of days; part-months split by days."""
    moved: dict[dt.date, float] = {}
    for month, share in zip(months, shares, strict=True):
        until = periods.add_months(month, 1)
        start, end = month - dt.timedelta(days=round(days)), until - dt.timedelta(days=round(days))
        for part in periods.split(start, end, "month"):
            inside = (min(end, part.until) - max(start, part.since)).days
            moved[part.since] = moved.get(part.since, 0.0) + share * inside / (end - start).days
    return dict(sorted(moved.items()))
