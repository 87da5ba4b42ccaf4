"""Pages that leads looked at: keen ones read prices and ask for a demo before they buy."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesplan._demo.chance import Bools, Chance, Ints
from salesplan._demo.days import LAST
from salesplan._demo.prospecting import Prospecting

PAGES = ("/blog", "/product", "/references", "/pricing", "/demo", "/help", "/careers")
EVENTS = ("view", "view", "download", "view", "form", "view", "view")
_SHARES = (
    (0.55, 0.20, 0.06, 0.05, 0.02, 0.03, 0.09),
    (0.34, 0.28, 0.10, 0.14, 0.06, 0.04, 0.04),
    (0.16, 0.25, 0.14, 0.26, 0.15, 0.03, 0.01),
)
_MEAN = (0.9, 1.9, 3.0)
_AFTER_SALE = (0.1, 0.1, 0.1, 0.05, 0.05, 0.6, 0.0)


def visits(seed: int, found: Prospecting) -> pd.DataFrame:
    """Return page visits in time; those after the meeting come too late to foresee it."""
    chance = Chance(seed, "visits")
    leads = found.leads
    keen = leads["keen"].to_numpy()
    number = np.floor(chance.unit(len(leads)) * (2 * np.array(_MEAN)[keen] + 1)).astype(np.int64)
    before = _spread(chance, leads, number, np.ones(len(leads), np.bool_), late=False)
    met = (leads["held"] >= 0).to_numpy()
    after = _spread(chance, leads, chance.below(3, len(leads)), met, late=True)
    rows = pd.concat([before, after], ignore_index=True)
    rows = rows[rows["day"] <= LAST]
    rows = rows.sort_values(["day", "minute", "lead"], kind="stable", ignore_index=True)
    rows["visit"] = np.arange(len(rows))
    return rows


def _spread(
    chance: Chance, leads: pd.DataFrame, number: Ints, who: Bools, *, late: bool
) -> pd.DataFrame:
    row = np.repeat(np.arange(len(leads)), np.where(who, number, 0))
    count = len(row)
    keen = leads["keen"].to_numpy()[row]
    anchor = leads["held" if late else "created"].to_numpy()[row]
    day = anchor + chance.between(2, 60, count) if late else anchor - chance.below(21, count)
    page = np.zeros(count, np.int64)
    for level, shares in enumerate(_SHARES):
        chosen = np.flatnonzero(keen == level)
        page[chosen] = chance.pick(_AFTER_SALE if late else shares, len(chosen))
    frame = pd.DataFrame({"lead": row, "day": day, "page": page})
    frame["minute"] = chance.between(7 * 60, 22 * 60, count)
    frame["seconds"] = 5 * chance.between(1, 12 + 20 * keen, count)
    return frame
