"""What a first meeting costs per channel, and where the selling process leaks.

* ``cost_per_first_meeting``, ``cost_per_lead``, ``advertising_cost``, ``spend``: what was
  paid, and what for.
* ``no_show_cost``: meetings that nobody came to.
* ``unit_cost``, ``cost_after``, ``value_per_meeting``, ``break_even_count``,
  ``break_even_rate``, ``payback_months``, ``return_on_spend``, ``no_show_steps``: the same
  arithmetic on plain numbers.
"""

from __future__ import annotations

from salesplan._acquisition.advertising import advertising_cost
from salesplan._acquisition.arithmetic import (
    break_even_count,
    break_even_rate,
    cost_after,
    payback_months,
    return_on_spend,
    unit_cost,
    value_per_meeting,
)
from salesplan._acquisition.cost import cost_per_first_meeting
from salesplan._acquisition.leads import cost_per_lead
from salesplan._acquisition.measures import MEASURES
from salesplan._acquisition.no_show import no_show_cost
from salesplan._acquisition.no_show_steps import no_show_steps
from salesplan._acquisition.spend import spend

__all__ = [
    "MEASURES",
    "advertising_cost",
    "break_even_count",
    "break_even_rate",
    "cost_after",
    "cost_per_first_meeting",
    "cost_per_lead",
    "no_show_cost",
    "no_show_steps",
    "payback_months",
    "return_on_spend",
    "spend",
    "unit_cost",
    "value_per_meeting",
]
