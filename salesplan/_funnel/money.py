"""What deals are added up as, where a company sells in several currencies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from salesplan.amounts import deal_amount, several_currencies
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
    if several_currencies(crm) and not crm.has("fx_rates"):
        named = "COALESCE(t.currency, $currency)"
        home = {"currency": crm.settings.currency}
        return Money(first=f"min({named})", last=f"max({named})", params=home)
    held = deal_amount(crm)
    return Money(held.amount, held.join, held.unrated)
