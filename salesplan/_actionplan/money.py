"""What a deal is worth in the reporting currency, as SQL."""

from __future__ import annotations

from dataclasses import dataclass

from salesplan.crm import Crm


@dataclass(frozen=True)
class Worth:
    """SQL of a deal's amount, the join it needs, and whether its rate is missing."""

    amount: str
    join: str
    is_unrated: str


def worth(crm: Crm, alias: str) -> Worth:
    """Return the amount of deals ``alias``: as it is in one currency, else converted.

    A deal in a currency without a rate has no amount; it is never added in its own currency.
    """
    if crm.once(_is_one_currency):
        return Worth(f"{alias}.amount", "", "FALSE")
    return Worth(
        "m.home_amount",
        f"LEFT JOIN deal_money AS m ON m.opportunity_id = {alias}.opportunity_id",
        f"{alias}.amount <> 0 AND m.home_amount IS NULL",
    )


def _is_one_currency(crm: Crm) -> bool:
    found = crm.query(
        """SELECT CAST(count(DISTINCT COALESCE(currency, $home)) AS BIGINT) AS currencies
FROM opportunities""",
        home=crm.settings.currency,
    )
    return int(found["currencies"].iloc[0]) <= 1
