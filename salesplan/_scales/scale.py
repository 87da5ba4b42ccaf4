"""One curve for all of variable pay: straight pieces, each with a start, a value and a slope.

A ramp, steps, marginal tiers, tiers on the whole amount and accelerators differ only in their
pieces. So they are evaluated, checked (cliffs, dead zones) and explained by the same code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from salesplan._scales.rounding import Floats, snap
from salesplan.errors import InputError

DUST = 5e-13
"""What floating point leaves of a quotient that is exactly on a bound."""

Side = Literal["upper", "lower"]
"""Which piece a bound belongs to: the one that starts there (upper) or ends there (lower)."""


@dataclass(frozen=True)
class Part:
    """What one piece contributed to a value: from ``since`` to ``until`` at ``slope``."""

    since: float
    until: float
    slope: float
    value: float


@dataclass(frozen=True)
class Scale:
    """Straight pieces: ``bases[i] + slopes[i] * (x - starts[i])`` from ``starts[i]`` on.

    Below the first start the value is ``below``, falling by ``below_slope`` where given.

    Examples
    --------
    >>> ramp = Scale((0.8, 1.0), (0.0, 1.0), (5.0, 1.5))
    >>> ramp([0.7, 0.9, 1.12]).round(4).tolist()
    [0.0, 0.5, 1.18]
    """

    starts: tuple[float, ...]
    bases: tuple[float, ...]
    slopes: tuple[float, ...]
    below: float = 0.0
    at_bound: Side = "upper"
    below_slope: float = 0.0

    def __post_init__(self) -> None:
        if not self.starts or list(self.starts) != sorted(self.starts):
            raise InputError(f"A scale needs rising bounds; it has {list(self.starts)}.")

    def __call__(self, values: npt.ArrayLike) -> Floats:
        """Return the value of the scale at each x; missing stays missing."""
        x = np.asarray(values, np.float64)
        piece = self.piece(x)
        starts, bases, slopes = (np.asarray(a) for a in (self.starts, self.bases, self.slopes))
        inside = np.maximum(piece, 0)
        value = slopes[inside] * (x - starts[inside]) + bases[inside]
        is_under = piece < 0
        if is_under.any():
            under = self.below + self.below_slope * (x - starts[0])
            value = np.where(is_under, under, value)
        return np.asarray(value, np.float64)

    def piece(self, values: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the number of the piece that holds each x; -1 below the first."""
        x = np.asarray(values, np.float64)
        found = np.full(x.shape, -1, np.int64)
        for start in self.starts:
            # A bound is met by what floating point cannot tell from it.
            dust = DUST * max(1.0, abs(start))
            found += x >= start - dust if self.at_bound == "upper" else x > start + dust
        return found

    def before(self, position: int) -> float:
        """Return the value just before a piece starts."""
        if position == 0:
            return self.below
        width = self.starts[position] - self.starts[position - 1]
        return self.bases[position - 1] + self.slopes[position - 1] * width

    def jumps(self) -> list[tuple[float, float]]:
        """Return where the scale jumps, and by how much."""
        sizes = [b - self.before(i) for i, b in enumerate(self.bases)]
        return [
            (s, float(snap(j))) for s, j in zip(self.starts, sizes, strict=True) if abs(j) > 1e-9
        ]

    def flats(self) -> list[tuple[float, float]]:
        """Return the stretches ``(since, until)`` on which the scale stands still."""
        ends = [*self.starts[1:], float("inf")]
        rows = zip(self.starts, ends, self.slopes, strict=True)
        return [(a, b) for a, b, slope in rows if slope == 0 and b > a]

    @property
    def is_monotone(self) -> bool:
        """Whether more never gives less."""
        return all(s >= 0 for s in (self.below_slope, *self.slopes)) and all(
            j > 0 for _, j in self.jumps()
        )

    @property
    def is_bounded(self) -> bool:
        """Whether the scale has a highest value."""
        return self.slopes[-1] <= 0

    def split(self, x: float) -> list[Part]:
        """Return what each piece up to ``x`` contributed; a jump is a part of no width."""
        reached = int(self.piece(x))
        parts: list[Part] = []
        for i in range(reached + 1):
            jump = self.bases[i] - self.before(i)
            end = self.starts[i + 1] if i < reached else float(x)
            if abs(jump) > 1e-12:
                parts.append(Part(self.starts[i], self.starts[i], 0.0, float(snap(jump))))
            if end > self.starts[i]:
                gain = self.slopes[i] * (end - self.starts[i])
                parts.append(Part(self.starts[i], end, self.slopes[i], float(snap(gain))))
        return parts


def points(
    nodes: Sequence[Sequence[float]],
    *,
    below: Literal["zero", "first", "line"] = "zero",
    above: Literal["flat", "line"] = "flat",
    at_bound: Side = "upper",
) -> Scale:
    """Return straight lines through points; two points at one x make a jump.

    Examples
    --------
    >>> curve = points([(0.9, 0.7), (1.0, 1.0), (1.1, 1.3), (1.2, 2.0)])
    >>> curve([0.75, 0.98, 1.1]).round(9).tolist()
    [0.0, 0.94, 1.3]
    """
    xs, ys = [float(n[0]) for n in nodes], [float(n[1]) for n in nodes]
    rises = [_slope(xs, ys, i) for i in range(len(xs) - 1)]
    known = [r for r, a, b in zip(rises, xs, xs[1:], strict=False) if b > a] or [0.0]
    slopes = [*rises, known[-1] if above == "line" else 0.0]
    fall = known[0] if below == "line" else 0.0
    start = 0.0 if below == "zero" else ys[0]
    return Scale(tuple(xs), tuple(ys), tuple(slopes), start, at_bound, fall)


def _slope(xs: list[float], ys: list[float], i: int) -> float:
    width = xs[i + 1] - xs[i]
    return (ys[i + 1] - ys[i]) / width if width > 0 else 0.0


def steps(
    levels: Sequence[Sequence[float]], *, below: float = 0.0, at_bound: Side = "upper"
) -> Scale:
    """Return a staircase: each value holds from its bound on.

    Examples
    --------
    >>> steps([(0.9, 75), (1.0, 175)])([0.89, 0.9, 1.0]).tolist()
    [0.0, 75.0, 175.0]
    """
    starts, values = tuple(float(s[0]) for s in levels), tuple(float(s[1]) for s in levels)
    return Scale(starts, values, (0.0,) * len(starts), below, at_bound)
