"""ADBUDG (Little 1970): from a floor to a ceiling, concave or S-shaped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from salesplan._allocation.curves import Family, Numbers, room_above
from salesplan.stats import Floats

_PASSES = 60
_CLOSE = 1e-9
"""After a step of this size the next one, its square, is lost in rounding."""


@dataclass(frozen=True)
class Adbudg(Family):
    """``low + (high - low) * r**shape / (constant + r**shape)`` with ``r = x / unit``.

    ``shape`` up to 1 is concave, above 1 S-shaped: little happens before a threshold.

    Examples
    --------
    >>> import numpy as np
    >>> north = Adbudg(low=0.2, high=1.5, shape=2.611898, constant=0.625, unit=4)
    >>> north.value(np.array([4.0])).round(6).tolist()
    [1.0]
    """

    low: Numbers
    high: Numbers
    shape: Numbers
    constant: Numbers
    unit: Numbers = 1.0

    def _faults(self) -> str:
        low, high = np.asarray(self.low), np.asarray(self.high)
        if not np.all(high >= low):
            return "the value at saturation must not lie below the value without effort"
        named = {"shape": self.shape, "constant": self.constant, "unit": self.unit}
        bad = [n for n, v in named.items() if not np.all(np.asarray(v) > 0)]
        return f"{', '.join(bad)} must be above 0" if bad else ""

    @cached_property
    def _range(self) -> Floats:
        return np.asarray(np.asarray(self.high) - np.asarray(self.low))

    @cached_property
    def _log_top(self) -> Floats:
        """Logarithm of range * shape * constant / unit: the slope's constant factor."""
        with np.errstate(divide="ignore"):
            top = self._range * np.asarray(self.shape) * np.asarray(self.constant)
            return np.asarray(np.log(top) - np.log(self.unit))

    def _share(self, effort: Floats) -> Floats:
        level = (effort / self.unit) ** self.shape
        # As 1 / (1 + d / level), so that a huge level is 1 and not infinity over infinity.
        with np.errstate(divide="ignore"):
            return np.asarray(1 / (1 + self.constant / level))

    def value(self, effort: Floats) -> Floats:
        """Return the value at an effort."""
        return np.asarray(self.low + self._range * self._share(effort))

    def slope(self, effort: Floats) -> Floats:
        """Return the slope at an effort (at 0: infinite, finite or 0 by shape)."""
        ratio = np.asarray(effort / self.unit, float)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            denominator = (self.constant + ratio**self.shape) ** 2
            factor = self._range * np.asarray(self.shape) * np.asarray(self.constant)
            found = factor * ratio ** (np.asarray(self.shape) - 1) / denominator / self.unit
        return np.where(np.isfinite(denominator), found, 0.0)

    @property
    def inflection(self) -> Floats:
        """Effort at which an S-shaped curve is steepest; 0 for a concave one."""
        c = np.asarray(self.shape)
        bend = np.maximum(c - 1, 0) / (c + 1) * np.asarray(self.constant)
        return np.asarray(bend ** (1 / c) * np.asarray(self.unit))

    @property
    def tangent_from_zero(self) -> Floats:
        """Effort with the best value per unit, counted from no effort at all."""
        c = np.asarray(self.shape)
        best = np.maximum(c - 1, 0) * np.asarray(self.constant)
        return np.asarray(best ** (1 / c) * np.asarray(self.unit))

    def reach(self, log_price: Floats) -> Floats:
        """Return the effort beyond the bend at which the slope equals a price.

        Shape 1 has a closed form. Otherwise Newton on the logarithm of the odds u of the share
        won, u = ln(r**shape / constant), where the slope's logarithm is concave and falls. It
        starts from a point that is never below the answer, so that every step stays on the
        right side and none can overshoot.
        """
        c = np.asarray(self.shape)
        room = np.minimum(room_above(self._log_top, log_price), 700.0)
        if np.all(c == 1):
            d = np.asarray(self.constant)
            with np.errstate(over="ignore"):
                return np.asarray((np.exp(room / 2) - d) * self.unit)
        log_constant = self._log_constant
        odds = self._newton(np.maximum(room, -700.0) - (1 + 1 / c) * log_constant)
        with np.errstate(over="ignore"):
            found = np.exp((odds + log_constant) / c) * self.unit
        return np.asarray(np.where(room == -np.inf, 0.0, found))

    @cached_property
    def _log_constant(self) -> Floats:
        return np.asarray(np.log(np.asarray(self.constant, float)))

    @cached_property
    def _steepest(self) -> Floats:
        """Logarithm of the odds at which an S-shaped curve is steepest."""
        c = np.asarray(self.shape)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(np.maximum(c - 1, 0) / (c + 1)))

    def _newton(self, room: Floats) -> Floats:
        """Return the u beyond the bend with room + (1 - 1/c) u = 2 ln(1 + e**u)."""
        rise = 1 - 1 / np.asarray(self.shape)
        u = np.maximum(_from_above(room, rise), self._steepest)
        for _ in range(_PASSES):
            small = np.exp(-np.abs(u))
            bend = np.maximum(u, 0) + np.log1p(small)
            share = np.where(u > 0, 1.0, small) / (1 + small)
            fall = 2 * share - rise
            with np.errstate(divide="ignore", invalid="ignore"):
                step = np.where(fall > 0, (room + rise * u - 2 * bend) / fall, 0.0)
            ahead = np.maximum(u + step, self._steepest)
            moved = np.max(np.abs(ahead - u) / (1 + np.abs(u)), initial=0.0)
            u = ahead
            if moved <= _CLOSE:
                break
        return np.asarray(u)

    def stretch(self, effort: Floats) -> Floats:
        """Return -d(reach)/d(log price)."""
        c, share = np.asarray(self.shape), self._share(effort)
        fall = 2 * c * share - (c - 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = effort / fall
            # Shape 1 has a finite slope at 0: there reach = sqrt(...) - constant.
            whole = (effort + np.asarray(self.constant) * np.asarray(self.unit)) / 2
        return np.where(c == 1, whole, np.where(fall > 0, found, 0.0))

    def times(self, factor: npt.ArrayLike) -> Adbudg:
        """Return the curves with their values multiplied."""
        return replace(self, low=np.asarray(self.low) * factor, high=np.asarray(self.high) * factor)


def _from_above(room: Floats, rise: Floats) -> Floats:
    """Return a point not below the root: the nearest of those of three tangents.

    ln(1 + e**u) is convex, hence above its tangents 0 (far left), ln 2 + u/2 and u (far right).
    """
    right, middle = room / (2 - rise), (room - 2 * np.log(2)) / (1 - rise)
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(rise < 0, room / -rise, np.inf)
    return np.asarray(np.minimum(np.minimum(right, middle), left))
