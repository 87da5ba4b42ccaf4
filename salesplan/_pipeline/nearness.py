"""How much a past deal counts for one of another size: the nearer in size, the more.

A window slides over deals in order of their amounts. It is as wide as it must be to rest on
enough closed deals, and weighs them less towards its ends. Deals without an amount belong to
every band alike.

Source: Beran (1981), the conditional product-limit estimate; the width that balances bias
against chance takes n^(4/5) of n deals.
"""

from __future__ import annotations

import numpy as np

from salesplan._pipeline.past import BANDS
from salesplan.stats import Floats

ENOUGH = 30
"""Closed deals without which nothing is learnt."""
_WIDTH = 0.8

_apart = np.abs(np.arange(BANDS)[:, None] - np.arange(BANDS))
_REACH = np.arange(1, BANDS + 1)
_WINDOWS = np.maximum(1 - _apart / _REACH[:, None, None], 0.0)
"""Weights by reach, band of the deal and band of those it learns from."""
_INSIDE = _WINDOWS.sum(axis=2) / _REACH[:, None]
"""The part of a window that lies within the bands: at either end it has one side alone."""


def windows(closed: Floats) -> Floats:
    """Return what each band counts for a deal of each band, the last of them for unpriced deals.

    ``closed`` are closed deals by band, the last those without an amount. The narrowest window
    that rests on enough answers; where none does, all deals count alike.
    """
    unpriced = closed[-1] / BANDS
    priced = closed[:-1] + unpriced
    total, squares = _WINDOWS @ priced, (_WINDOWS**2) @ priced
    rests_on = np.divide(total**2, squares, out=np.zeros_like(total), where=squares > 0)
    wanted = np.maximum(closed.sum() ** _WIDTH * _INSIDE, ENOUGH)
    enough = rests_on >= wanted
    chosen = _WINDOWS[enough.argmax(axis=0), np.arange(BANDS)]
    weights = np.where(enough.any(axis=0)[:, None], chosen, 1.0)
    weights = np.column_stack([weights, weights.mean(axis=1)])
    return np.vstack([weights, np.ones(BANDS + 1)])
