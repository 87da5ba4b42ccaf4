"""Which steps are taken and which one no longer fits, without putting all of them in order.

Only the steps near the price at which the hours run out need an order. A sample says roughly
where that is; the steps clearly above it are added up, those around it are sorted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from salesplan._allocation.curves import Index
from salesplan._allocation.grid import Steps, by_worth
from salesplan.stats import Floats

SAMPLED = 16
"""One step in so many is sampled."""
_SORTED_AT_ONCE = 4096
"""So few steps are simply sorted."""
_DEVIATIONS = 3.0
_BEYOND = 400
"""Steps wanted in order beyond the margin, to fill the last hours with."""


@dataclass(frozen=True)
class Margin:
    """Steps that are taken for sure, and the ones after them in order of value per hour."""

    sure: Index
    left: float  # hours after the sure ones
    order: Index

    def taken(self, count: int) -> Index:
        """Return the sure steps and so many of those in order."""
        first = self.order[:count]
        return np.concatenate([self.sure, first]) if len(self.sure) else first


def margin(found: Steps, spare: float) -> Margin:
    """Return the steps to take until the hours run out.

    Steps that are not worth their hours are left out.
    """
    count = len(found.owner)
    if count > _SORTED_AT_ONCE and np.isfinite(spare):
        fall = -found.net / found.hours
        above, below = _bracket(found.hours, fall, spare)
        sure = np.flatnonzero(fall < above)
        left = spare - float(np.sum(found.hours[sure]))
        near = np.flatnonzero((fall >= above) & (fall <= below))
        if 0 <= left < float(np.sum(found.hours[near])):
            return Margin(sure, left, near[np.argsort(fall[near])])
    return Margin(np.empty(0, np.int64), spare, by_worth(found)[0])


def _bracket(hours: Floats, fall: Floats, spare: float) -> tuple[float, float]:
    """Return two values per hour (negated) between which the hours most likely run out."""
    count = len(fall)
    # Multiples of the golden section reach all places evenly, whatever pattern they hold.
    size = count // SAMPLED
    sample = (np.arange(size) * int(0.6180339887 * count)) % count
    order = sample[np.argsort(fall[sample])]
    at = np.searchsorted(np.cumsum(hours[order]), spare / SAMPLED)
    spread = _DEVIATIONS * np.sqrt(size) / 2
    first, last = int(at - spread), int(at + spread) + _BEYOND // SAMPLED
    above = fall[order[first]] if first >= 0 else -np.inf
    below = fall[order[last]] if last < size else -np.finfo(float).tiny
    return float(above), float(min(below, -np.finfo(float).tiny))
