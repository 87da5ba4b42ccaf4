"""Open deals as they stood at the end of a day: age, pace, activity and what is missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from salesplan import dimensions
from salesplan._pipeline import contacts, stays
from salesplan._pipeline.frames import by_names
from salesplan._pipeline.records import lacks_accounts
from salesplan._pipeline.states import States, day_of, states
from salesplan.crm import Crm
from salesplan.dimensions import Grouping

FACTS = [
    "opportunity_id",
    "name",
    "account_id",
    "account",
    "owner_id",
    "owner",
    "product",
    "pipeline",
    "stage",
    "amount",
    "probability",
    "created_on",
    "expected_close_on",
    "age_days",
    "typical_age_days",
    "slow_age_days",
    "stage_days",
    "typical_stage_days",
    "slow_stage_days",
    "last_activity_on",
    "inactive_days",
    "next_activity_on",
    "push_count",
    "past_due_days",
    "known_by",
]
"""Columns of one open deal before any judgement."""

_HAS = ["has_account", "has_next_step", "has_promoter"]


def facts(
    crm: Crm,
    *,
    as_of: str | dt.date | None = None,
    by: str | Sequence[str] | None = None,
    only: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Return one row per open deal: the groups of ``by``, its facts and what it has."""
    day = day_of(crm, as_of)
    # Won deals are the yardstick of open ones; of all others nothing is needed.
    known = states(crm, among="o.status IN ('open', 'won')", history=True, deals=day)
    pace = [stays.WON_CYCLE, stays.VISITS, stays.LATEST_VISIT, stays.WON_STAYS]
    pace.append(stays.pushes(stays.MAYBE_OPEN))
    found = found_deals(crm, known, by, only, pace)
    columns = [*(f"by_{name}" for name in by_names(by)), *FACTS, *_HAS]
    table = crm.query(
        found.select(f"SELECT {', '.join(columns)} FROM found ORDER BY opportunity_id"),
        slow=crm.settings.thresholds.age_percentile,
        **found.params,
    )
    return table.assign(has_activities=crm.has("activities"), has_roles=crm.has("contact_roles"))


def found_deals(
    crm: Crm, known: States, by: str | Sequence[str] | None, only: Mapping[str, Any] | None,
    pace: Sequence[str] = (),
) -> States:  # fmt: skip
    """Return ``known`` with the relation ``found``: one row per open deal, its groups and facts.

    ``pace`` are the CTEs that compare it with won deals, where that and names are asked for.
    """
    groups = dimensions.grouping(by, "opportunities", alias="d", date="d.began_on")
    kept, kept_joins, kept_values = dimensions.where(only, "opportunities", alias="d")
    joins = " ".join(dict.fromkeys((groups.joins, kept_joins)))
    key = contacts.activity_key(crm)
    facts_of = _select(groups, joins, key, _has_account(crm), bool(pace))
    found = f"{facts_of} WHERE d.status = 'open' AND {kept}"
    ctes = [known.ctes, contacts.touches(key), contacts.PROMOTERS, *pace, f"found AS ({found})"]
    return States(",\n".join(ctes), known.params | kept_values)


def _has_account(crm: Crm) -> str:
    """Return the SQL of whether a deal names an account that the book holds."""
    if not lacks_accounts(crm):
        return "d.account_id IS NOT NULL"
    return "d.account_id IS NOT NULL AND d.account_id IN (SELECT account_id FROM accounts)"


_PACE_COLUMNS = """a.name AS account, COALESCE(p.label, d.owner_id) AS owner,
  CAST(w.typical_days AS DOUBLE) AS typical_age_days,
  CAST(w.slow_days AS DOUBLE) AS slow_age_days,
  CAST(date_diff('day', v.entered_on, CAST($deals_day AS DATE)) AS DOUBLE) AS stage_days,
  CAST(s.typical_days AS DOUBLE) AS typical_stage_days,
  CAST(s.slow_days AS DOUBLE) AS slow_stage_days,
  CAST(COALESCE(d.push_count, u.push_count) AS DOUBLE) AS push_count,
"""
_PACE_JOINS = """LEFT JOIN accounts AS a ON a.account_id = d.account_id
LEFT JOIN person_labels AS p ON p.person_id = d.owner_id
LEFT JOIN won_cycle AS w ON w.pipeline = COALESCE(d.pipeline, '')
LEFT JOIN latest_visit AS v ON v.opportunity_id = d.opportunity_id AND v.stage = d.stage
LEFT JOIN won_stays AS s ON s.pipeline = COALESCE(d.pipeline, '') AND s.stage = d.stage
LEFT JOIN pushes AS u ON u.opportunity_id = d.opportunity_id
"""


def _select(groups: Grouping, joins: str, key: str, has_account: str, pace: bool) -> str:
    # A joined dimension may be named like a fact (owner, stage); the prefix keeps both.
    by = "".join(f'{d.sql} AS "by_{d.name}", ' for d in groups.dimensions)
    return f"""SELECT {by}d.opportunity_id, d.name, d.account_id, d.owner_id, d.product, d.pipeline,
  d.stage,
  d.reporting_amount, CAST(d.reporting_amount AS DOUBLE) AS amount,
  COALESCE(d.probability, own.probability, common.probability) AS probability,
  d.began_on AS created_on, d.expected_close_on,
  CAST(date_diff('day', d.began_on, CAST($deals_day AS DATE)) AS DOUBLE) AS age_days,
  {_PACE_COLUMNS if pace else ""}
  t.last_activity_on,
  CAST(date_diff('day', t.last_activity_on, CAST($deals_day AS DATE)) AS DOUBLE) AS inactive_days,
  t.next_activity_on,
  CAST(CASE WHEN d.expected_close_on < CAST($deals_day AS DATE)
    THEN date_diff('day', d.expected_close_on, CAST($deals_day AS DATE))
    WHEN d.expected_close_on IS NOT NULL THEN 0 END AS DOUBLE)
    AS past_due_days,
  d.known_by, {has_account} AS has_account,
  (d.next_step IS NOT NULL AND trim(d.next_step) <> '') OR t.next_activity_on IS NOT NULL
    AS has_next_step,
  c.opportunity_id IS NOT NULL AS has_promoter
FROM deals AS d
LEFT JOIN stage_map AS own ON own.pipeline = d.pipeline AND own.stage = d.stage
LEFT JOIN stage_map AS common ON common.pipeline = '' AND common.stage = d.stage
LEFT JOIN touches AS t ON t.touch_key = d.{key}
LEFT JOIN promoters AS c ON c.opportunity_id = d.opportunity_id
{_PACE_JOINS if pace else ""}
{joins}"""
