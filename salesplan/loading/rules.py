"""Every rule that a loaded book is checked by."""

from __future__ import annotations

from salesplan.loading.deal_rules import DEALS, HISTORY
from salesplan.loading.rule import LONGEST_CELL, Rule
from salesplan.loading.work_rules import ACTIVITIES, CONTRACTS, OTHERS

__all__ = ["LONGEST_CELL", "RULES", "Rule"]

RULES = (*DEALS, *HISTORY, *ACTIVITIES, *CONTRACTS, *OTHERS)
