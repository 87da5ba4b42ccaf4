"""Plan against done, input and output apart, and the place where the chain breaks first."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from salesplan._actionplan.measured import PROPOSAL_WORDS
from salesplan.amounts import deal_amount
from salesplan.crm import Crm
from salesplan.errors import InputError

INDICATORS = {
    "calls": ("call_count", "input"),
    "meetings": ("meeting_count", "input"),
    "proposals": ("proposals", "output"),
    "revenue": ("expected_revenue_amount", "output"),
}
COLUMNS = [
    "person_id",
    "owner",
    "indicator",
    "nature",
    "planned",
    "done",
    "done_rate",
    "gap",
    "breaks_here",
    "reason",
]


def track(crm: Crm, plan: pd.DataFrame, as_of: dt.date, tolerance: float) -> pd.DataFrame:
    """Return planned and done per seller and indicator up to a day."""
    lacking = [c for c in ("person_id", "owner", "week_on", "call_count") if c not in plan]
    if lacking:
        raise InputError(f"The plan lacks {', '.join(lacking)}: give that of individual_plans.")
    started = plan[plan["week_on"] <= pd.Timestamp(as_of)]
    if started.empty:
        raise InputError(f"The plan starts after {as_of}: there is nothing to track yet.")
    since = max(plan["week_on"].min().date(), plan["month"].min().date())
    planned = _planned(started, as_of)
    done = _done(crm, since, as_of)
    found = planned.merge(done, on=["person_id", "indicator"], how="left")
    found["done"] = found["done"].fillna(0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(found["planned"] > 0, found["done"] / found["planned"], np.nan)
    found["done_rate"] = rate
    found["gap"] = found["planned"] - found["done"]
    found["nature"] = [INDICATORS[i][1] for i in found["indicator"]]
    found["reason"] = _reasons(found)
    behind = found["done_rate"] < 1 - tolerance
    # Only the first link that is behind: those after it may merely suffer from it.
    found["breaks_here"] = behind & (behind.groupby(found["person_id"]).cumsum() == 1)
    return found[COLUMNS]


def _reasons(found: pd.DataFrame) -> list[str]:
    """Return why a rate is missing, or what is missing in what was done."""
    words = []
    for rate, unrated in zip(found["done_rate"], found["unrated_count"].fillna(0), strict=True):
        parts = ["nothing was planned"] if np.isnan(rate) else []
        if unrated:
            parts.append(f"not counted: {unrated:.0f} won in a currency without a rate")
        words.append("; ".join(parts))
    return words


def _planned(started: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Return the plan up to a day; of a week under way, the part of its working days gone."""
    gone = (pd.Timestamp(as_of) - started["week_on"]).dt.days.add(1).clip(0, 5) / 5
    rows = []
    for (person, owner), own in started.groupby(["person_id", "owner"], sort=True):
        for indicator, (column, _) in INDICATORS.items():
            planned = float((own[column].astype(float) * gone[own.index]).sum(min_count=1))
            rows.append((person, owner, indicator, planned))
    return pd.DataFrame(rows, columns=["person_id", "owner", "indicator", "planned"])


def _done(crm: Crm, since: dt.date, as_of: dt.date) -> pd.DataFrame:
    words = {f"word_{i}": word for i, word in enumerate(PROPOSAL_WORDS)}
    named = " OR ".join(f"lower(c.stage) LIKE ${name}" for name in words)
    money = deal_amount(crm)
    return crm.query(
        f"""WITH held AS (
  SELECT owner_id, kind, opportunity_id FROM activities
  WHERE COALESCE(status, 'held') = 'held' AND CAST(starts_at AS DATE) >= $since
    AND CAST(starts_at AS DATE) <= $as_of
), offered AS (
  SELECT opportunity_id, owner_id FROM held WHERE kind = 'proposal'
  UNION
  SELECT c.opportunity_id, o.owner_id FROM stage_changes AS c
  JOIN opportunities AS o ON o.opportunity_id = c.opportunity_id
  WHERE CAST(c.changed_at AS DATE) >= $since AND CAST(c.changed_at AS DATE) <= $as_of
    AND ({named})
)
SELECT owner_id AS person_id, 'calls' AS indicator, CAST(count(*) AS DOUBLE) AS done,
  CAST(0 AS BIGINT) AS unrated_count
FROM held WHERE kind = 'call' GROUP BY owner_id
UNION ALL
SELECT owner_id, 'meetings', CAST(count(*) AS DOUBLE), CAST(0 AS BIGINT)
FROM held WHERE kind IN ('meeting', 'demo') GROUP BY owner_id
UNION ALL
SELECT owner_id, 'proposals', CAST(count(DISTINCT opportunity_id) AS DOUBLE),
  CAST(0 AS BIGINT)
FROM offered GROUP BY owner_id
UNION ALL
SELECT t.owner_id, 'revenue', CAST(sum({money.amount}) AS DOUBLE),
  CAST(count(CASE WHEN {money.unrated} THEN 1 END) AS BIGINT)
FROM opportunities AS t {money.join}
WHERE t.status = 'won' AND t.closed_on >= $since AND t.closed_on <= $as_of
GROUP BY t.owner_id""",
        since=since,
        as_of=as_of,
        **words,
    )
