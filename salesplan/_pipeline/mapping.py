"""Who is known at the customer of an open deal, in which role, and since when."""

from __future__ import annotations

import pandas as pd

from salesplan import dimensions
from salesplan._pipeline.contacts import DONE
from salesplan._pipeline.flow import Only
from salesplan._pipeline.frames import words
from salesplan._pipeline.states import day_of, states
from salesplan.crm import Crm
from salesplan.text import label

ROLES = ("decides", "influences", "promotes", "opposes")
COLUMNS = [
    "opportunity_id",
    "account",
    "stage",
    "amount",
    "is_tender",
    *(f"{role}_count" for role in ROLES),
    *(f"{role}_touched_on" for role in ROLES),
    "mapped_share",
    "published_on",
    "first_contact_on",
    "first_contact",
    "gaps",
]
_NEEDED = ROLES[:3]


def mapping_table(crm: Crm, *, as_of: object, only: Only, lang: str) -> pd.DataFrame:
    """Return one row per open deal: contacts by role, last touch of each, first contact."""
    crm.require("contact_roles", need="Account mapping")
    day = day_of(crm, as_of)  # type: ignore[arg-type]
    known = states(crm, deals=day)
    chosen = {"segment": list(crm.settings.key_account_segments)} if only is None else only
    kept, joins, values = dimensions.where(chosen, "opportunities", alias="d")
    found = crm.query(
        f"""WITH {known.ctes},
{_contacted()}
SELECT d.opportunity_id, COALESCE(x.name, d.account_id) AS account, d.stage,
  CAST(d.reporting_amount AS DOUBLE) AS amount, COALESCE(d.is_tender, FALSE) AS is_tender,
  {_columns()}, d.published_on, f.first_contact_on
FROM deals AS d LEFT JOIN accounts AS x ON x.account_id = d.account_id
LEFT JOIN roles AS r ON r.opportunity_id = d.opportunity_id
LEFT JOIN first_contact AS f ON f.opportunity_id = d.opportunity_id {joins}
WHERE d.status = 'open' AND {kept} ORDER BY d.opportunity_id""",
        **known.params,
        **values,
    )
    return _judged(found, lang)


def _contacted() -> str:
    counts = ",\n    ".join(
        f"count(DISTINCT CASE WHEN r.role = '{role}' THEN r.contact_id END) AS {role}_count, "
        f"max(CASE WHEN r.role = '{role}' THEN t.last_on END) AS {role}_touched_on"
        for role in ROLES
    )
    done = f"{DONE} AND CAST(a.starts_at AS DATE) <= CAST($deals_day AS DATE)"
    return f"""last_touch AS (
  SELECT a.contact_id, max(CAST(a.starts_at AS DATE)) AS last_on
  FROM activities AS a WHERE a.contact_id IS NOT NULL AND {done} GROUP BY a.contact_id
),
roles AS (
  SELECT r.opportunity_id, {counts}
  FROM contact_roles AS r LEFT JOIN last_touch AS t ON t.contact_id = r.contact_id
  GROUP BY r.opportunity_id
),
first_contact AS (
  SELECT a.opportunity_id, min(CAST(a.starts_at AS DATE)) AS first_contact_on
  FROM activities AS a WHERE a.opportunity_id IS NOT NULL AND {done} GROUP BY a.opportunity_id
)"""


def _columns() -> str:
    counts = ", ".join(f"CAST(COALESCE(r.{x}_count, 0) AS BIGINT) AS {x}_count" for x in ROLES)
    return counts + ", " + ", ".join(f"r.{x}_touched_on" for x in ROLES)


def _judged(found: pd.DataFrame, lang: str) -> pd.DataFrame:
    has = pd.DataFrame({role: found[f"{role}_count"] > 0 for role in _NEEDED})
    published, first = found["published_on"], found["first_contact_on"]
    when = pd.Series(None, index=found.index, dtype="str")
    when = when.mask(published.notna() & (first < published), "before_publication")
    when = when.mask(published.notna() & (first >= published), "after_publication")
    gaps = [
        "; ".join(label(f"pipeline.no_{role}", lang) for role in _NEEDED if not row[role]) or None
        for row in has.to_dict("records")
    ]
    share = has.mean(axis=1).astype(float)
    return found.assign(mapped_share=share, first_contact=when, gaps=words(gaps))[COLUMNS]
