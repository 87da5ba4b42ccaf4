"""Pay curves and tier scales on whole arrays, and rounding that decides a cent.

A :class:`Scale` is straight pieces; :func:`points`, :func:`steps` and :func:`tiers` build one
from the words of a bonus plan. A :class:`Grid` reads a payout in a table of two measures.

>>> from salesplan import scales
>>> scales.tiers([scales.Tier(0, 0.10), scales.Tier(10_000, 0.20)])(15_000).tolist()
2000.0
"""

from __future__ import annotations

from salesplan._scales.grid import Between, Grid
from salesplan._scales.rounding import (
    Floats,
    Mode,
    Units,
    rounded,
    shared_units,
    snap,
    to_units,
)
from salesplan._scales.scale import Part, Scale, Side, points, steps
from salesplan._scales.tiers import Applies, Tier, tiers

__all__ = [
    "Applies",
    "Between",
    "Floats",
    "Grid",
    "Mode",
    "Part",
    "Scale",
    "Side",
    "Tier",
    "Units",
    "points",
    "rounded",
    "shared_units",
    "snap",
    "steps",
    "tiers",
    "to_units",
]
