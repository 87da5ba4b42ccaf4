"""Several capacities at once: a price for each, found by Newton's method on the dual.

At given prices every segment decides alone; the prices are right when no capacity is
overdrawn and none with a price is left unused. The dual function is convex and its value at
any prices is a bound on every plan, so the certificate holds even where the search stops
early. Straight lines of an envelope are bent by a hair while prices are sought.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from salesplan._allocation.curves import Curves
from salesplan._allocation.envelope import Envelope, envelope
from salesplan.stats import Floats

_EXACT = 1e-13
_PASSES = 60
_STILL = 1e-12
_SMALL = 20_000


@dataclass(frozen=True)
class Shared:
    """Curves that draw on several capacities.

    ``uses`` is a sparse matrix: hours of each capacity (row) for one unit of a segment's
    effort (column).
    """

    curves: Curves
    uses: Any
    low: Floats
    high: Floats
    capacity: Floats

    @cached_property
    def hours_used(self) -> Any:
        """The matrix ``uses``, in full where it is small: that is much quicker then."""
        rows, columns = self.uses.shape
        return self.uses.toarray() if rows * columns <= _SMALL else self.uses.tocsr()

    def worth(self, effort: Floats) -> float:
        """Return the value of an effort."""
        return float(np.sum(self.curves.value(effort)))

    def within(self, low: Floats, high: Floats) -> Shared:
        """Return the same problem with other limits."""
        part = Shared(self.curves, self.uses, low, high, self.capacity)
        part.__dict__["hours_used"] = self.hours_used
        return part


@dataclass(frozen=True)
class Priced:
    """What every segment does at given prices."""

    prices: Floats
    effort: Floats
    bend: Floats  # how much effort a segment gives back as its price rises by one
    filled: Floats  # share of the straight lines that is taken
    bound: float


class Dual:
    """The dual function of a problem over the concave envelopes of its curves."""

    def __init__(self, problem: Shared, *, softness: float = 1e-4) -> None:
        self.problem, self.softness = problem, softness
        self.shape: Envelope = envelope(problem.curves, problem.low, problem.high)
        self.uses = problem.hours_used
        self.back = self.uses.T if isinstance(self.uses, np.ndarray) else self.uses.T.tocsr()
        self.base = float(np.sum(problem.curves.value(problem.low)))
        self.start_value = self.shape.family.value(self.shape.start)
        # What hours are many or few for a capacity; one without any hours has a measure too.
        measure = np.maximum(problem.capacity, 1e-6 * (self.uses @ problem.high))
        self.measure = np.where(measure > 0, measure, 1.0)

    def at(self, prices: Floats, *, soft: bool = True) -> Priced:
        """Return effort, its sensitivity and the dual value at prices."""
        shape, unit_price = self.shape, self.back @ prices
        effort, bend = self.problem.low.copy(), np.zeros(len(self.problem.low))
        total = self.base - float(unit_price @ self.problem.low)
        further, give, gain = self.smooth_at(unit_price[shape.smooth])
        effort[shape.smooth] += further
        bend[shape.smooth] += give
        total += float(np.sum(gain))
        filled, line_gain, line_bend = self._lines(unit_price[shape.line_owner], soft)
        effort += np.bincount(shape.line_owner, filled * shape.line_length, len(effort))
        bend += np.bincount(shape.line_owner, line_bend, len(effort))
        bound = total + line_gain + float(prices @ self.problem.capacity)
        return Priced(prices, effort, bend, filled, bound)

    def smooth_at(self, price: Floats) -> tuple[Floats, Floats, Floats]:
        """Return effort beyond the start, its sensitivity, and its value less its price."""
        shape = self.shape
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = shape.family.reach(np.log(price))
            smooth = np.minimum(np.maximum(reach, shape.start), shape.stop)
            free = (smooth > shape.start) & (smooth < shape.stop)
            give = np.where(free, shape.family.stretch(smooth) / price, 0.0)
        further = smooth - shape.start
        gain = shape.family.value(smooth) - self.start_value - price * further
        return further, give, np.asarray(gain)

    def _lines(self, price: Floats, soft: bool) -> tuple[Floats, float, Floats]:
        slope, length = self.shape.line_slope, self.shape.line_length
        if not soft:
            taken = (slope > price).astype(float)
            return taken, float(np.sum(taken * (slope - price) * length)), np.zeros(len(slope))
        width = self.softness * np.abs(slope)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.clip((slope + width - price) / (2 * width), 0, 1)
            bend = np.where((share > 0) & (share < 1), length / (2 * width), 0.0)
        share = np.where(width > 0, share, 0.0)
        gain = length * ((slope + width - price) * share - width * share**2)
        return share, float(np.sum(gain)), bend


@dataclass(frozen=True)
class _Hold:
    """How far a step is held back: where segments can move, and where none can."""

    moving: float = 1e-6
    still: float = 1.0

    def looser(self) -> _Hold:
        """Return the hold after a step that led down."""
        return _Hold(max(self.moving / 30, 1e-15), max(self.still / 4, 1e-9))

    def tighter(self) -> _Hold:
        """Return the hold after a step that led too far."""
        return _Hold(self.moving * 10, self.still * 10)


def prices(dual: Dual, start: Floats) -> Priced:
    """Return the prices at which the capacities are used up and none is overdrawn.

    Newton's method, held back (Levenberg and Marquardt) where two capacities are drawn on by
    the same segments only, so that their prices cannot be told apart.
    """
    problem, now, hold = dual.problem, dual.at(start), _Hold()
    still = 0
    for _ in range(_PASSES):
        spare = problem.capacity - dual.uses @ now.effort
        free = (now.prices > 0) | (spare < 0)
        if np.max(np.abs(spare[free]) / dual.measure[free], initial=0.0) <= _EXACT:
            break
        trial = np.maximum(now.prices + _step(dual, now, spare, free, hold), 0.0)
        if np.array_equal(trial, now.prices):
            break
        ahead = dual.at(trial)
        expected = 1e-4 * float(spare @ (trial - now.prices))
        if ahead.bound <= now.bound + expected + 1e-15 * abs(now.bound):
            still = still + 1 if now.bound - ahead.bound <= _STILL * abs(now.bound) else 0
            now, hold = ahead, hold.looser()
            if still > 6:
                break
        else:
            hold = hold.tighter()
    return now


def _step(
    dual: Dual, now: Priced, spare: Floats, free: np.ndarray[Any, Any], hold: _Hold
) -> Floats:
    steep = steepness(dual.uses, now.bend, free)
    # Damping in the capacity's own measure: its hours for a doubling of its price.
    level = np.where(now.prices[free] > 0, now.prices[free], np.max(now.prices, initial=1e-300))
    own = dual.measure[free] / np.maximum(level, 1e-300)
    diagonal = steep.diagonal()
    # A capacity none of whose segments can move still needs a price that follows its excess.
    is_still = diagonal <= 1e-9 * own
    extra = np.where(is_still, hold.still * own, hold.moving * np.maximum(own, diagonal))
    step = np.zeros(len(spare))
    step[free] = _solved(steep, extra, -spare[free])
    return step


def _solved(steep: Any, extra: Floats, excess: Floats) -> Floats:
    """Return the prices' step; capacities share few segments, so a large matrix is sparse."""
    if isinstance(steep, np.ndarray):
        return np.asarray(np.linalg.solve(steep + np.diag(extra), excess))
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import spsolve

    return np.asarray(spsolve((steep + diags_array(extra)).tocsc(), excess))


def steepness(uses: Any, bend: Floats, rows: np.ndarray[Any, Any]) -> Any:
    """Return how fast the hours of some capacities fall as the prices of others rise."""
    part = uses[rows]
    if isinstance(part, np.ndarray):
        return part * bend @ part.T
    moving = np.flatnonzero(bend)
    part = part.tocsc()[:, moving]
    return part.multiply(bend[moving]) @ part.T


def over_the_curve(dual: Dual, found: Priced) -> Floats:
    """Return how far the envelope lies above each segment's curve at its effort."""
    shape, low = dual.shape, dual.problem.low
    height = shape.curves.value(low)
    rise = found.filled * shape.line_length * shape.line_slope
    height = height + np.bincount(shape.line_owner, rise, len(low))
    on_line = np.bincount(shape.line_owner, found.filled * shape.line_length, len(low))
    beyond = (found.effort - low - on_line)[shape.smooth]
    gain = shape.family.value(shape.start + np.maximum(beyond, 0.0)) - dual.start_value
    height[shape.smooth] += gain
    over = height - shape.curves.value(found.effort)
    return np.asarray(np.where(over > 1e-12 * np.abs(height), over, 0.0))
