"""SQL that every question about hours starts from: work done, deals won, accounts served."""

from __future__ import annotations

import datetime as dt
from typing import Any

from salesplan import periods, schema
from salesplan.crm import Crm
from salesplan.errors import InputError

CALLS = ("call",)
MEETINGS = ("meeting", "demo")
ADMINISTRATION = ("administration",)
TRAVEL = ("travel",)


def window(crm: Crm, **period: Any) -> tuple[dt.date, dt.date]:
    """Return the period that was named; the twelve months to ``as_of`` where none was.

    A period that is still running ends at ``as_of``: hours to date are compared with the
    cadence to date.
    """
    since, until = periods.resolve(fiscal_start=crm.settings.fiscal_year_starts, **period)
    tomorrow = crm.as_of + dt.timedelta(days=1)
    until = min(until or tomorrow, tomorrow)
    since = since or periods.add_months(until, -12)
    if since >= until:
        raise InputError(f"The period starts on {since}, after the data end on {crm.as_of}.")
    return since, until


def in_list(words: tuple[str, ...]) -> str:
    """Return constants of this package as an SQL list."""
    return "(" + ", ".join(f"'{word}'" for word in words) + ")"


def logged() -> str:
    """Return the CTE of work done: held activities, each with its minutes and its account.

    Minutes nobody noted are taken from the company's own average for the kind, then from the
    cadence; an activity without an account belongs to its deal's account.
    """
    columns = ", ".join(
        f"a.{c}"
        for c in schema.table("activities").names
        if c not in ("account_id", "minutes", "subject", "outcome")
    )
    return f"""logged AS (
  SELECT {columns},
    COALESCE(a.account_id, o.account_id) AS account_id,
    a.minutes IS NULL AS is_estimated,
    COALESCE(a.minutes, avg(a.minutes) OVER (PARTITION BY a.kind),
      CASE WHEN a.kind IN {in_list(CALLS)} THEN $call_minutes
           WHEN a.kind IN {in_list(MEETINGS)} THEN $meeting_minutes ELSE 0 END) AS minutes
  FROM activities AS a LEFT JOIN opportunities AS o ON o.opportunity_id = a.opportunity_id
  WHERE COALESCE(a.status, 'held') = 'held'
    AND CAST(a.starts_at AS DATE) >= $since AND CAST(a.starts_at AS DATE) < $until
    AND CAST(a.starts_at AS DATE) <= $as_of
)"""


def won() -> str:
    """Return the CTE of deals won in the period, in the reporting currency.

    A deal in a currency without a rate keeps its row with an empty amount.
    """
    return """won AS (
  SELECT o.opportunity_id, o.account_id, o.owner_id, o.closed_on,
    CASE WHEN COALESCE(o.currency, $currency) = $currency THEN o.amount
         ELSE m.home_amount END AS amount
  FROM opportunities AS o LEFT JOIN deal_money AS m ON m.opportunity_id = o.opportunity_id
  WHERE o.status = 'won' AND o.closed_on >= $since AND o.closed_on < $until
    AND o.closed_on <= $as_of
)"""


def parameters(crm: Crm, since: dt.date, until: dt.date) -> dict[str, Any]:
    """Return the parameters of ``logged``."""
    cadence = next(iter(crm.settings.cadence.values()), None)
    return {
        "since": since,
        "until": until,
        "as_of": crm.as_of,
        "call_minutes": cadence.minutes_per_call if cadence else 15.0,
        "meeting_minutes": cadence.minutes_per_meeting if cadence else 60.0,
    }


def money_parameters(crm: Crm, since: dt.date, until: dt.date) -> dict[str, Any]:
    """Return the parameters of ``won``."""
    found = crm.query("SELECT DISTINCT currency FROM opportunities WHERE currency IS NOT NULL")
    only = str(found["currency"].iloc[0]) if len(found) == 1 else None
    home = only if only and not crm.has("fx_rates") else crm.settings.currency
    return {"since": since, "until": until, "as_of": crm.as_of, "currency": home}
