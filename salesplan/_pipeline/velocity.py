"""Sales velocity, under the definition that is named, with its four inputs beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from salesplan._pipeline.arithmetic import divide, velocity_of
from salesplan._pipeline.flow import Ask, Window
from salesplan._pipeline.frames import Columns, columns_of, words
from salesplan.errors import one_of
from salesplan.stats import wilson
from salesplan.text import label


@dataclass(frozen=True)
class Definition:
    """Which deals feed each of the four inputs, by name of a population."""

    deals: str
    value: str
    won: str
    tried: str
    cycle: str


DEFINITIONS = {
    "open": Definition("open", "won", "won", "closed", "won"),
    "engaged": Definition("engaged", "won", "won", "closed", "won"),
    "qualified": Definition("qualified", "won", "won", "closed", "won"),
    "closed": Definition("closed", "closed", "won", "closed", "closed"),
    "created": Definition("created", "created", "created_won", "created", "created"),
    "active": Definition("active", "won", "won", "closed", "won"),
}
"""Velocity goes by one name and many definitions; each of these is in use."""

AVERAGES = ("mean", "median")
COLUMNS = [
    "definition",
    "opportunity_count",
    "average_amount",
    "win_count",
    "tried_count",
    "win_rate",
    "win_rate_low",
    "win_rate_high",
    "cycle_days",
    "day_amount",
    "month_amount",
    "quarter_amount",
    "year_amount",
    "reason",
]


def ask(window: Window, definition: str, cycle: str) -> Ask:
    """Return the flow that velocity needs under a definition."""
    chosen = DEFINITIONS[one_of(definition, list(DEFINITIONS), "definition")]
    one_of(cycle, AVERAGES, "cycle")
    needed = (chosen.deals, chosen.value, chosen.won, chosen.tried, chosen.cycle)
    return Ask(
        window.since,
        window.until,
        tuple(dict.fromkeys(needed)),
        valued=(chosen.value,),
        timed=(chosen.cycle,),
        cycle=cycle,
    )


def velocity_table(
    flow: pd.DataFrame, asked: str, *, names: list[str], definition: str, lang: str
) -> pd.DataFrame:
    """Return velocity per group out of the flow that was ``asked`` under this name."""
    found = paced(columns_of(flow), asked, definition, lang)
    return flow[names].assign(definition=definition, **found)[[*names, *COLUMNS]]


def paced(flow: Columns, asked: str, definition: str, lang: str) -> dict[str, Any]:
    """Return velocity and its inputs, group by group."""
    inputs = _inputs(flow, asked, DEFINITIONS[definition])
    result = velocity_of(
        inputs["opportunity_count"],
        inputs["average_amount"],
        inputs["win_rate"],
        inputs["cycle_days"],
    )
    return inputs | {
        "day_amount": result.per_day,
        "month_amount": result.per_month,
        "quarter_amount": result.per_quarter,
        "year_amount": result.per_year,
        "reason": words(_reasons(inputs, lang)),
    }


def _inputs(flow: Columns, asked: str, chosen: Definition) -> dict[str, npt.NDArray[Any]]:
    won, tried = (flow[f"{asked}_{name}_count"] for name in (chosen.won, chosen.tried))
    low, high = wilson(won, tried)
    amount = flow[f"{asked}_{chosen.value}_amount"]
    return {
        "opportunity_count": flow[f"{asked}_{chosen.deals}_count"],
        "average_amount": divide(amount, flow[f"{asked}_{chosen.value}_priced_count"]),
        "win_count": won,
        "tried_count": tried,
        "win_rate": divide(won, tried),
        "win_rate_low": low,
        "win_rate_high": high,
        "cycle_days": flow[f"{asked}_{chosen.cycle}_days"].astype(float),
    }


def _reasons(inputs: dict[str, npt.NDArray[Any]], lang: str) -> list[str | None]:
    nothing, no_amounts, no_cycle = (
        label(f"pipeline.{key}", lang) for key in ("nothing_closed", "no_won_amounts", "no_cycle")
    )
    columns = (inputs[name] for name in ("tried_count", "average_amount", "cycle_days"))
    return [
        nothing if not tried > 0 else no_amounts if np.isnan(amount)
        else None if days > 0 else no_cycle
        for tried, amount, days in zip(*columns, strict=True)
    ]  # fmt: skip
