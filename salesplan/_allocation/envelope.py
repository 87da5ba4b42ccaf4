"""The smallest concave curve above each response curve, between two efforts.

Over it the best allocation is found exactly, and no plan on the true curves can be worth
more: that is the proven bound. It is made of straight lines (a jump that an S-shaped curve
should take whole or not at all, a stretch between two points) and smooth concave parts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from salesplan._allocation.adbudg import Adbudg
from salesplan._allocation.curves import Curves, Index
from salesplan._allocation.points import Points, parts_of
from salesplan.stats import Floats

_HALVINGS = 64


@dataclass(frozen=True)
class Envelope:
    """Concave envelopes of n curves on ``[low, high]``: smooth parts and lines."""

    curves: Curves
    low: Floats
    high: Floats
    smooth: Index  # segments with a smooth part
    family: Curves  # their curves
    start: Floats  # where it starts
    stop: Floats
    line_owner: Index
    line_length: Floats
    line_slope: Floats


def envelope(curves: Curves, low: Floats, high: Floats) -> Envelope:
    """Return the concave envelopes of curves between two efforts each."""
    smooth: list[tuple[Index, Floats]] = []
    lines: list[tuple[Index, Floats, Floats]] = []
    for index, family in parts_of(curves):
        if isinstance(family, Points):
            lines += _hulls(index, family, low, high)
            continue
        below, above = low[index], high[index]
        touch = _touch(family, below, above)
        jumping = np.flatnonzero(touch > below)
        if len(jumping):
            lines.append(_jumps(index, family, below, touch, jumping))
        curved = np.flatnonzero(touch < above)
        whole = len(curved) == len(index)
        smooth.append((index, touch) if whole else (index[curved], touch[curved]))
    at, start = smooth[0] if len(smooth) == 1 else _side_by_side(smooth)
    family = curves if len(at) == len(curves) and _in_order(at) else curves.take(at)
    return Envelope(curves, low, high, at, family, start, high[at], *_joined(lines))


def _jumps(
    index: Index, family: Curves, low: Floats, touch: Floats, which: Index
) -> tuple[Index, Floats, Floats]:
    """Return the lines from the low end to where they touch: owner, length, slope."""
    some, run = family.take(which), (touch - low)[which]
    rise = some.value(touch[which]) - some.value(low[which])
    return index[which], run, rise / run


def _side_by_side(smooth: list[tuple[Index, Floats]]) -> tuple[Index, Floats]:
    if not smooth:
        return np.empty(0, np.int64), np.empty(0)
    index, start = (np.concatenate(column) for column in zip(*smooth, strict=True))
    return index, start


def _in_order(index: Index) -> bool:
    return bool(np.array_equal(index, np.arange(len(index))))


def _joined(lines: list[tuple[Index, Floats, Floats]]) -> tuple[Index, Floats, Floats]:
    if not lines:
        return np.empty(0, np.int64), np.empty(0), np.empty(0)
    owner, length, slope = (np.concatenate(column) for column in zip(*lines, strict=True))
    return owner.astype(np.int64), length, slope


def _touch(family: Curves, low: Floats, high: Floats) -> Floats:
    """Return where the line from the low end touches the curve; the low end if concave."""
    bend = family.inflection
    if not np.any(bend > low):
        return low
    touch = np.where(bend > low, high, low)
    inside = np.flatnonzero((bend > low) & (bend < high))
    if len(inside):
        touch[inside] = _tangent(family.take(inside), low[inside], high[inside])
    return touch


def _tangent(family: Curves, low: Floats, high: Floats) -> Floats:
    if isinstance(family, Adbudg) and not np.any(low):
        return np.minimum(family.tangent_from_zero, high)
    left, right = np.maximum(family.inflection, low), high
    below = family.value(low)
    # Beyond the bend the chord from the low end is steeper than the curve once past the touch.
    for _ in range(_HALVINGS):
        middle = (left + right) / 2
        before = family.slope(middle) * (middle - low) > family.value(middle) - below
        left, right = np.where(before, middle, left), np.where(before, right, middle)
    # A touch at the high end: the chord ends there and no smooth part is left.
    return np.where(right >= high * (1 - 1e-15), high, right)


def _hulls(
    index: Index, family: Points, low: Floats, high: Floats
) -> list[tuple[Index, Floats, Floats]]:
    """Return the upper hull of each table of points, as lines from the low end."""
    found = []
    for row, segment in enumerate(index):
        x, y = _clipped(family, row, float(low[segment]), float(high[segment]))
        kept = upper_hull(x, y)
        run, rise = np.diff(x[kept]), np.diff(y[kept])
        found.append((np.full(len(run), segment), run, rise / run))
    return found


def _clipped(family: Points, row: int, low: float, high: float) -> tuple[Floats, Floats]:
    x, y = family.knots(row)
    inner = (x > low) & (x < high)
    ends = np.array([low, high]) if high > low else np.array([low])
    cut = np.concatenate([ends[:1], x[inner], ends[1:]])
    return cut, np.interp(cut, x, y)


def upper_hull(x: Floats, y: Floats) -> Index:
    """Return the positions of the points on the upper hull (Andrew's monotone chain).

    Examples
    --------
    >>> import numpy as np
    >>> upper_hull(np.array([0., 1, 2, 3]), np.array([0., 1, 4, 5])).tolist()
    [0, 2, 3]
    """
    hull: list[int] = []
    for i in range(len(x)):
        while len(hull) > 1 and _sags(x, y, hull[-2], hull[-1], i):
            hull.pop()
        hull.append(i)
    return np.asarray(hull, np.int64)


def _sags(x: Floats, y: Floats, a: int, b: int, c: int) -> bool:
    return bool((y[b] - y[a]) * (x[c] - x[a]) <= (y[c] - y[a]) * (x[b] - x[a]))
