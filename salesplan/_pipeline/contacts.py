"""What was last done on a deal, and what is planned next."""

from __future__ import annotations

from salesplan.crm import Crm

# Work that took place. A cancelled meeting took no time, but it was a contact all the same.
DONE = "COALESCE(a.status, 'held') NOT IN ('planned', 'cancelled')"


def activity_key(crm: Crm) -> str:
    """Return what ties activities to deals: the deal, or its account where no activity names one.

    A call noted on the account alone still shows that somebody talks to the customer; but
    where some activities do name a deal, one that does not is not evidence for any of them.
    """
    return "account_id" if crm.missing("activities", "opportunity_id") else "opportunity_id"


def touches(key: str) -> str:
    """Return the CTE of the last activity done and the next one planned, by deal or account."""
    return f"""touches AS (
  SELECT a.{key} AS touch_key,
    max(CASE WHEN COALESCE(a.status, 'held') <> 'planned'
        AND CAST(a.starts_at AS DATE) <= CAST($deals_day AS DATE)
      THEN CAST(a.starts_at AS DATE) END) AS last_activity_on,
    min(CASE WHEN a.status = 'planned' AND CAST(a.starts_at AS DATE) >= CAST($deals_day AS DATE)
      THEN CAST(a.starts_at AS DATE) END) AS next_activity_on
  FROM activities AS a
  WHERE a.{key} IN (SELECT {key} FROM deals WHERE status = 'open')
  GROUP BY a.{key}
)"""


# Who promotes the deal inside the customer's house; asked only where the CRM records roles.
PROMOTERS = """promoters AS (
  SELECT DISTINCT opportunity_id FROM contact_roles WHERE role = 'promotes'
)"""
