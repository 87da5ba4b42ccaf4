"""What a first meeting costs per channel, and where the selling process leaks."""

from __future__ import annotations

from salesplan._acquisition.cost import cost_per_first_meeting
from salesplan._acquisition.spend import spend
from salesplan.measures import Measure

__all__ = ["MEASURES", "cost_per_first_meeting", "spend"]

MEASURES: tuple[Measure, ...] = (
    Measure(
        name="cost_per_first_meeting",
        title="Cost per first meeting",
        definition="What a first held meeting with a lead costs: external spend, tools, hours.",
        formula="(external + people + tools) / first meetings held",
        unit="money",
        good="down",
        exclusions="channels without recorded cost; spend that has not started",
        source="salesplan",
        tables=("leads", "activities", "costs"),
        function="sp.acquisition.cost_per_first_meeting",
    ),
)
