"""Curves given as a table of points, and several families side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from salesplan._allocation.curves import Curves, Index
from salesplan.errors import InputError
from salesplan.stats import Floats


@dataclass(frozen=True)
class Points(Curves):
    """Straight lines between judged or measured points, level beyond the last one.

    ``x`` and ``y`` have one row per curve; a shorter row ends in NaN.

    Examples
    --------
    >>> import numpy as np
    >>> Points.of([[(0, 0), (4, 40), (8, 50)]]).value(np.array([6.0])).tolist()
    [45.0]
    """

    x: Floats
    y: Floats

    @classmethod
    def of(cls, tables: Sequence[Sequence[tuple[float, float]]]) -> Points:
        """Return the curves of one list of (effort, value) per segment."""
        width = max((len(t) for t in tables), default=0)
        x = np.full((len(tables), width), np.nan)
        y = np.full((len(tables), width), np.nan)
        for row, table in enumerate(tables):
            pairs = np.asarray(sorted(table), float).reshape(-1, 2)
            if len(pairs) < 2 or np.any(np.diff(pairs[:, 0]) <= 0) or np.isnan(pairs).any():
                raise InputError(
                    f"points of row {row}: a curve needs two points or more at different efforts."
                )
            x[row, : len(pairs)], y[row, : len(pairs)] = pairs.T
        return cls(x, y)

    def __len__(self) -> int:
        return len(self.x)

    def _piece(self, effort: Floats) -> tuple[Index, Index]:
        counts = np.sum(~np.isnan(self.x), axis=1)
        at = np.sum(self.x <= np.asarray(effort)[:, None], axis=1) - 1
        return np.arange(len(self.x)), np.clip(at, 0, counts - 2)

    def value(self, effort: Floats) -> Floats:
        """Return the value at an effort."""
        rows, at = self._piece(effort)
        x0, x1 = self.x[rows, at], self.x[rows, at + 1]
        share = np.clip((effort - x0) / (x1 - x0), 0, 1)
        return np.asarray(self.y[rows, at] * (1 - share) + self.y[rows, at + 1] * share)

    def slope(self, effort: Floats) -> Floats:
        """Return the slope of the line that starts at an effort."""
        rows, at = self._piece(effort)
        rise = self.y[rows, at + 1] - self.y[rows, at]
        run = self.x[rows, at + 1] - self.x[rows, at]
        inside = (effort < np.nanmax(self.x, axis=1)) & (effort >= self.x[:, 0])
        return np.asarray(np.where(inside, rise / run, 0.0))

    def reach(self, log_price: Floats) -> Floats:
        """Not used: the solvers take the straight lines of ``hulls`` instead."""
        raise NotImplementedError("a table of points has no smooth part")

    def stretch(self, effort: Floats) -> Floats:
        """Return 0: along a straight line the slope does not change."""
        return np.zeros(np.shape(effort))

    def take(self, index: Index) -> Points:
        """Return the curves at these positions."""
        return Points(self.x[index], self.y[index])

    def times(self, factor: npt.ArrayLike) -> Points:
        """Return the curves with their values multiplied."""
        return replace(self, y=self.y * np.asarray(factor, float).reshape(-1, 1))

    def knots(self, row: int) -> tuple[Floats, Floats]:
        """Return the points of one curve."""
        kept = ~np.isnan(self.x[row])
        return self.x[row, kept], self.y[row, kept]


@dataclass(frozen=True)
class Mix(Curves):
    """Curves of several families; ``parts`` holds positions and the family there."""

    parts: tuple[tuple[Index, Curves], ...]

    def __len__(self) -> int:
        return sum(len(index) for index, _ in self.parts)

    def value(self, effort: Floats) -> Floats:
        """Return the value at an effort."""
        return self._join("value", effort)

    def slope(self, effort: Floats) -> Floats:
        """Return the slope at an effort."""
        return self._join("slope", effort)

    def reach(self, log_price: Floats) -> Floats:
        """Return the effort at which the slope equals a price."""
        return self._join("reach", log_price)

    def stretch(self, effort: Floats) -> Floats:
        """Return -d(reach)/d(log price)."""
        return self._join("stretch", effort)

    def _join(self, name: str, argument: Floats) -> Floats:
        found = np.empty(len(self))
        for index, family in self.parts:
            found[index] = getattr(family, name)(np.asarray(argument, float)[index])
        return found

    @property
    def inflection(self) -> Floats:
        """Effort from which each curve is concave."""
        found = np.empty(len(self))
        for index, family in self.parts:
            found[index] = family.inflection
        return found

    def take(self, index: Index) -> Curves:
        """Return the curves at these positions."""
        owner, place = np.empty(len(self), np.int64), np.empty(len(self), np.int64)
        for part, (held, _) in enumerate(self.parts):
            owner[held], place[held] = part, np.arange(len(held))
        wanted = owner[index]
        parts = [
            (np.flatnonzero(wanted == part), family.take(place[index[wanted == part]]))
            for part, (_, family) in enumerate(self.parts)
        ]
        return mix([(at, family) for at, family in parts if len(at)])

    def times(self, factor: npt.ArrayLike) -> Mix:
        """Return the curves with their values multiplied."""
        factors = np.broadcast_to(np.asarray(factor, float), len(self))
        return Mix(tuple((at, family.times(factors[at])) for at, family in self.parts))


def mix(parts: Sequence[tuple[Index, Curves]]) -> Curves:
    """Return one object for curves of several families; a single family stays itself.

    Examples
    --------
    >>> import numpy as np
    >>> from salesplan._allocation.curves import Power
    >>> type(mix([(np.array([0]), Power(1, 0.5))])).__name__
    'Power'
    """
    if len(parts) == 1 and np.array_equal(parts[0][0], np.arange(len(parts[0][0]))):
        return parts[0][1]
    return Mix(tuple(parts))


def parts_of(curves: Curves) -> tuple[tuple[Index, Curves], ...]:
    """Return positions and families of curves, whether of one family or several."""
    if isinstance(curves, Mix):
        return curves.parts
    return ((np.arange(len(curves)), curves),)
