"""Hours counted in whole units, where all of them are: then less than a unit buys nothing.

Calls last 15, 20 or 45 minutes, so that what can be spent is a multiple of a common unit. The
part of the capacity beyond that multiple can never be used; leaving it out of the bound is
what lets a plan be proven best.
"""

from __future__ import annotations

import numpy as np

from salesplan.stats import Floats

_FINEST = 3600.0
"""A second of an hour: the finest unit that is looked for."""
_EXACT = 1e-9
_MOST = 2.0**52


def common_unit(cost: Floats) -> float:
    """Return the largest unit of which all hours are multiples; 0 where there is none.

    Examples
    --------
    >>> import numpy as np
    >>> common_unit(np.array([0.75, 1.25, 2.0]))
    0.25
    >>> common_unit(np.array([1.0, np.sqrt(2)]))
    0.0
    """
    fine = cost * _FINEST
    whole = np.rint(fine)
    is_whole = np.all(np.abs(fine - whole) <= _EXACT * fine) and np.max(fine, initial=0.0) < _MOST
    if not (is_whole and np.all(whole > 0)):
        return 0.0
    return float(np.gcd.reduce(whole.astype(np.int64))) / _FINEST


def counted(cost: Floats, spare: float) -> tuple[Floats, float, float]:
    """Return hours per call and spare hours in whole units, and the hours of a unit.

    Where there is no common unit the hours stay as they are and the unit is one hour. A
    billionth of the capacity is granted to rounding either way.
    """
    spare += _EXACT * abs(spare) if np.isfinite(spare) else 0.0
    unit = common_unit(cost) if np.isfinite(spare) else 0.0
    if not unit:
        return cost, spare, 1.0
    return np.rint(cost / unit), float(np.floor(spare / unit)), unit
