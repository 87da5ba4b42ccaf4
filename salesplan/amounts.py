"""What deals are worth added together, where a company sells in several currencies."""

from __future__ import annotations

from dataclasses import dataclass

from salesplan.crm import Crm

__all__ = ["DealAmount", "deal_amount", "several_currencies"]


@dataclass(frozen=True)
class DealAmount:
    """SQL of a deal's amount, the join it needs, and whether its exchange rate is missing."""

    amount: str
    join: str = ""
    unrated: str = "FALSE"


def deal_amount(crm: Crm, alias: str = "t") -> DealAmount:
    """Return the amount of deals ``alias``: as it is in one currency, else converted.

    A deal in a currency without a rate has no amount; it is never added in its own currency.

    Examples
    --------
    >>> deal_amount(paper(), "d").amount
    'd.amount'
    """
    if not several_currencies(crm):
        return DealAmount(f"{alias}.amount")
    return DealAmount(
        "m.home_amount",
        f"LEFT JOIN deal_money AS m ON m.opportunity_id = {alias}.opportunity_id",
        f"{alias}.amount <> 0 AND m.home_amount IS NULL",
    )


def several_currencies(crm: Crm) -> bool:
    """Whether deals are in more than one currency; one that names none is in that of reports."""
    return crm.once(_are_several)


def _are_several(crm: Crm) -> bool:
    found = crm.query(
        "SELECT min(currency) AS first, max(currency) AS last, "
        "count(*) - count(currency) AS unnamed FROM opportunities"
    )
    first, last, unnamed = found.iloc[0]
    named = {first, last} if isinstance(first, str) else set()
    return len(named | ({crm.settings.currency} if unnamed else set())) > 1
