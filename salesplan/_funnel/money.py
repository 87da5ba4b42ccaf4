"""What a deal's amount is taken as, where a company sells in several currencies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from salesplan.crm import Crm


@dataclass(frozen=True)
class Money:
    """SQL on deals ``t``: the amount, the join it needs, and what cannot be added up.

    ``unrated`` tells a deal whose amount has no exchange rate; ``first`` and ``last`` differ
    where amounts in several currencies were left as they are.
    """

    amount: str = "t.amount"
    join: str = ""
    unrated: str = "FALSE"
    first: str = "NULL"
    last: str = "NULL"
    params: Mapping[str, Any] = field(default_factory=dict)


def money(crm: Crm) -> Money:
    """Return how amounts are added up: as they are in one currency, else in the reporting one.

    Where the book has several currencies and no exchange rate at all, amounts stay in their
    own currency and a group that holds several is known by its ``currency``.
    """
    home = {"currency": crm.settings.currency}
    if not crm.once(_are_several):
        return Money()
    if not crm.has("fx_rates"):
        named = "COALESCE(t.currency, $currency)"
        return Money(first=f"min({named})", last=f"max({named})", params=home)
    return Money(
        amount="m.home_amount",
        join="LEFT JOIN deal_money AS m ON m.opportunity_id = t.opportunity_id",
        unrated="t.amount <> 0 AND m.home_amount IS NULL",
    )


def _are_several(crm: Crm) -> bool:
    found = crm.query(
        "SELECT min(currency) AS first, max(currency) AS last, "
        "count(*) - count(currency) AS unnamed FROM opportunities"
    )
    first, last, unnamed = found.iloc[0]
    # A deal that names no currency is in that of the reports.
    named = {first, last} if isinstance(first, str) else set()
    return len(named | ({crm.settings.currency} if unnamed else set())) > 1
