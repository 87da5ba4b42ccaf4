"""What is true of the book as a whole: facts that spare a question most of its work.

Most books hold nothing dated after the day they are looked at from, one currency and a day of
creation for every deal. The state of a deal is then its record, and no history need be read.
"""

from __future__ import annotations

import datetime as dt

import pandas as pd

from salesplan.crm import Crm
from salesplan.periods import to_date


def home_currency(crm: Crm) -> str:
    """Return the currency that the book is reported in."""
    return crm.fact("currency") or crm.settings.currency


def book_day(crm: Crm) -> dt.date:
    """Return the day that the records describe."""
    known = crm.fact("as_of")
    return crm.as_of if known is None else max(crm.as_of, to_date(known, "as_of"))


def blind(crm: Crm, day: dt.date) -> bool:
    """Whether the book cannot know stages on a day: it is past and nothing kept its history."""
    return day < book_day(crm) and not crm.has("stage_changes")


def changed_since(crm: Crm, day: dt.date) -> bool:
    """Whether anything is known to have happened to any deal after a day."""
    last = crm.once(_last_event)
    return last is not None and last > day


def _last_event(crm: Crm) -> dt.date | None:
    found = crm.query(
        "SELECT CAST(max(day) AS DATE) AS day FROM ("
        "SELECT max(changed_at) AS day FROM stage_changes UNION ALL "
        "SELECT max(closed_on) AS day FROM opportunities WHERE status <> 'open') AS days"
    )["day"].iloc[0]
    return None if pd.isna(found) else pd.Timestamp(found).date()


def has_foreign_amounts(crm: Crm) -> bool:
    """Whether any deal, or copy of one, is in another currency than that of the reports."""
    return crm.once(_has_foreign_amounts)


def _has_foreign_amounts(crm: Crm) -> bool:
    counts = (
        f"SELECT count(*) AS n FROM {table} WHERE currency <> $home"
        for table in ("opportunities", "opportunity_snapshots")
    )
    found = crm.query(" UNION ALL ".join(counts), home=home_currency(crm))
    return bool(found["n"].sum() > 0)


def lacks_beginnings(crm: Crm) -> bool:
    """Whether any deal carries no day of creation."""
    return crm.once(_lacks_beginnings)


def _lacks_beginnings(crm: Crm) -> bool:
    found = crm.query("SELECT count(*) - count(created_on) AS n FROM opportunities")
    return bool(found["n"].iloc[0] > 0)


def lacks_accounts(crm: Crm) -> bool:
    """Whether any deal names an account that the book does not hold."""
    return crm.once(_lacks_accounts)


def _lacks_accounts(crm: Crm) -> bool:
    found = crm.query(
        "SELECT count(*) AS n FROM opportunities AS o "
        "LEFT JOIN accounts AS a ON a.account_id = o.account_id "
        "WHERE o.account_id IS NOT NULL AND a.account_id IS NULL"
    )
    return bool(found["n"].iloc[0] > 0)
