"""MRR, churn, retention, bookings: recurring revenue under rules that are printed.

Every function takes a ``Crm`` and a ``policy`` (a preset's name or a ``Policy``); the same
contracts give different figures under different rules, so every table names its own.
"""

from __future__ import annotations

from salesplan._revenue.arithmetic import annualised, rates_of
from salesplan._revenue.billing import monthly_price
from salesplan._revenue.churn import churn
from salesplan._revenue.movements import mrr_movements
from salesplan._revenue.mrr import mrr, mrr_of
from salesplan._revenue.policy import Policy
from salesplan._revenue.presets import policy_of, presets, sources

__all__ = [
    "Policy",
    "annualised",
    "churn",
    "monthly_price",
    "mrr",
    "mrr_movements",
    "mrr_of",
    "policy_of",
    "presets",
    "rates_of",
    "sources",
]
