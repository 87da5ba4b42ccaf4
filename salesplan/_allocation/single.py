"""One capacity: the exact optimum over concave envelopes, by the price of an hour.

Every hour goes where it brings most, so at the optimum one price separates what is done from
what is left. Hours used fall as the price rises: the price is found by Newton's method inside
a bracket, on its logarithm, which makes the plan independent of the unit of money.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from salesplan._allocation.curves import Curves, Index
from salesplan._allocation.envelope import Envelope
from salesplan.stats import Floats

_PASSES = 200
_EXACT = 1e-14


def total(hours: Floats, effort: Floats) -> float:
    """Return the sum of products; unlike a threaded dot product, the same on every machine."""
    return float(np.sum(hours * effort))


@dataclass(frozen=True)
class Relaxed:
    """The optimum over the envelopes: effort, price of an hour, what the envelopes add.

    ``split`` is the segment that stands part-way on a straight line, or -1; there the envelope
    is worth ``over`` more than the curve. Everywhere else the two meet, so that no plan can be
    worth more than this effort on the true curves and ``over``.
    """

    effort: Floats
    price: float
    split: int = -1
    over: float = 0.0


@dataclass(frozen=True)
class _Smooth:
    """The smooth parts of an envelope, in hours."""

    curves: Curves
    start: Floats
    stop: Floats
    cost: Floats
    log_cost: Floats

    def effort(self, log_price: float) -> Floats:
        """Return the effort beyond which no hour is worth the price."""
        if not len(self.start):
            return self.start
        reach = self.curves.reach(self.log_cost + log_price)
        return np.minimum(np.maximum(reach, self.start), self.stop)

    def hours(self, effort: Floats) -> float:
        """Return the hours of an effort above the start."""
        return total(self.cost, effort - self.start)

    def give(self, effort: Floats) -> float:
        """Return the hours released when the price rises by one log unit."""
        free = (effort > self.start) & (effort < self.stop)
        return total(self.cost * free, self.curves.stretch(effort))


@dataclass(frozen=True)
class Task:
    """Envelopes to fill: hours of one unit of effort, hours there are, cost of an hour."""

    envelope: Envelope
    cost: Floats
    capacity: float
    floor_price: float = 0.0

    @property
    def spare(self) -> float:
        """Hours above the lowest efforts."""
        return self.capacity - total(self.cost, self.envelope.low)


@dataclass(frozen=True)
class _Lines:
    """The straight lines worth taking, steepest value of an hour first."""

    place: Index
    log_density: Floats
    filled: Floats  # hours of the first k lines


def solve(task: Task) -> Relaxed:
    """Return the best effort over envelopes under one capacity, and the price of an hour.

    Hours that bring less than ``task.floor_price`` are left unused.
    """
    smooth, lines = _smooth(task), _lines(task)
    floor = -np.inf if task.floor_price <= 0 else float(np.log(task.floor_price))
    everything = smooth.effort(floor)
    if smooth.hours(everything) + lines.filled[-1] <= task.spare:
        return _placed(task, everything, lines.place, task.floor_price)
    count = _whole_lines(smooth, lines, task.spare)
    return _at_margin(task, smooth, lines, count)


def _smooth(task: Task) -> _Smooth:
    envelope = task.envelope
    hours = task.cost[envelope.smooth]
    return _Smooth(envelope.family, envelope.start, envelope.stop, hours, np.log(hours))


def _lines(task: Task) -> _Lines:
    envelope = task.envelope
    cost = task.cost[envelope.line_owner]
    density = envelope.line_slope / cost
    order = np.argsort(-density, kind="stable")
    place = order[density[order] > task.floor_price]
    hours = (envelope.line_length * cost)[place]
    return _Lines(place, np.log(density[place]), np.concatenate([[0.0], np.cumsum(hours)]))


def _whole_lines(smooth: _Smooth, lines: _Lines, spare: float) -> int:
    """Return how many of the steepest lines the capacity holds in full."""
    first, last = 0, len(lines.log_density)
    while first < last:
        middle = (first + last) // 2
        effort = smooth.effort(float(lines.log_density[middle]))
        used = smooth.hours(effort) + lines.filled[middle + 1]
        first, last = (middle + 1, last) if used <= spare else (first, middle)
    return first


def _at_margin(task: Task, smooth: _Smooth, lines: _Lines, count: int) -> Relaxed:
    if count < len(lines.log_density):
        level = float(lines.log_density[count])
        effort = smooth.effort(level)
        left = task.spare - smooth.hours(effort) - float(lines.filled[count])
        if left >= 0:  # the next line starts here and is taken in part
            taken = lines.place[: count + 1]
            return _placed(task, effort, taken, float(np.exp(level)), left)
    effort, price = _root(smooth, task.spare - float(lines.filled[count]))
    return _placed(task, effort, lines.place[:count], price)


def _root(smooth: _Smooth, hours: float) -> tuple[Floats, float]:
    """Return effort and price at which the smooth parts use exactly these hours."""
    level = _first_guess(smooth, hours)
    below, above = -np.inf, np.inf  # log prices with too many hours, and with too few
    step = 1.0
    for _ in range(_PASSES):
        effort = smooth.effort(level)
        excess = smooth.hours(effort) - hours
        if abs(excess) <= _EXACT * hours:
            break
        below, above = (level, above) if excess > 0 else (below, level)
        give = smooth.give(effort)
        ahead = level + excess / give if give > 0 else np.nan
        if not below < ahead < above or abs(ahead - level) > 50:
            ahead, step = _bracketed(below, above, level, step * np.sign(excess))
        if ahead == level or above - below <= 4e-16 * max(1.0, abs(level)):
            break
        level = ahead
    return _settled(smooth, effort, hours), float(np.exp(level))


def _bracketed(below: float, above: float, level: float, step: float) -> tuple[float, float]:
    if np.isfinite(below) and np.isfinite(above):
        return (below + above) / 2, abs(step)
    return level + step, abs(step) * 2


def _first_guess(smooth: _Smooth, hours: float) -> float:
    """Return the log price of an hour if every segment got the same share of its maximum."""
    full = smooth.hours(smooth.stop)
    room = smooth.stop - smooth.start
    slope = smooth.curves.slope(smooth.start + hours / full * room) / smooth.cost
    known = slope[(slope > 0) & np.isfinite(slope)]
    return float(np.mean(np.log(known))) if len(known) else 0.0


def _settled(smooth: _Smooth, effort: Floats, hours: float) -> Floats:
    """Hand the last rounding error of the hours to the segments that can move."""
    free = (effort > smooth.start) & (effort < smooth.stop)
    give = np.where(free, smooth.curves.stretch(effort), 0.0)
    movable = total(smooth.cost, give)
    left = hours - smooth.hours(effort)
    if movable <= 0 or abs(left) > 1e-6 * hours:
        return effort
    return np.clip(effort + give * (left / movable), smooth.start, smooth.stop)


def _placed(
    task: Task, smooth_effort: Floats, lines: Index, price: float, split_hours: float | None = None
) -> Relaxed:
    """Put lines and smooth parts together; the last line is taken for so many hours only."""
    envelope = task.envelope
    effort = envelope.low.copy()
    effort[envelope.smooth] += smooth_effort - envelope.start
    if not len(lines):
        return Relaxed(effort, price)
    length, owner = envelope.line_length[lines].copy(), envelope.line_owner[lines]
    split = int(owner[-1])
    if split_hours is not None:
        length[-1] = min(split_hours / task.cost[split], length[-1])
    effort += np.bincount(owner, length, minlength=len(effort))
    if split_hours is None:
        return Relaxed(effort, price)
    rise = float(envelope.line_slope[lines[-1]] * length[-1])
    over = _over(task, effort, split, float(length[-1]), rise)
    # Rounding may leave a moment unsold at this price; a bound must count it.
    unsold = max(task.capacity - total(task.cost, effort), 0.0)
    return Relaxed(effort, price, split, over + unsold * (price - task.floor_price))


def _over(task: Task, effort: Floats, split: int, length: float, rise: float) -> float:
    """Return how far a line that rises so much hangs above the curve where it is left."""
    curve, end = task.envelope.curves.take(np.array([split])), effort[[split]]
    return max(rise - float((curve.value(end) - curve.value(end - length))[0]), 0.0)
