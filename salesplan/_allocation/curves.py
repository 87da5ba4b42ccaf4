"""What effort brings: families of response curves, many curves at once.

Each family holds arrays, one entry per segment. ``reach`` is the inverse of the slope: how
much effort to give while a unit of it still brings more than a price. Prices come as
logarithms, so that euros and billions of euros are the same problem.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from salesplan.errors import InputError
from salesplan.stats import Floats

Index = npt.NDArray[np.int64]
Numbers = Any
"""A number or numbers as the caller gives them; an array of floats once the curves are built."""


class Curves(ABC):
    """A number of response curves of one family, or of several (``Mix``)."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def value(self, effort: Floats) -> Floats:
        """Return the value of each curve at its effort."""

    @abstractmethod
    def slope(self, effort: Floats) -> Floats:
        """Return what one more unit of effort is worth at this effort."""

    @abstractmethod
    def reach(self, log_price: Floats) -> Floats:
        """Return the effort at which the slope has fallen to a price (concave part)."""

    @abstractmethod
    def stretch(self, effort: Floats) -> Floats:
        """Return how fast ``reach`` grows as the logarithm of the price falls."""

    @abstractmethod
    def take(self, index: Index) -> Curves:
        """Return the curves at these positions, repeated where a position is repeated."""

    def repeated(self, count: Index) -> Curves:
        """Return each curve so many times, one after another."""
        return self.take(np.repeat(np.arange(len(self)), count))

    @abstractmethod
    def times(self, factor: npt.ArrayLike) -> Curves:
        """Return the curves with their values multiplied."""

    @property
    def inflection(self) -> Floats:
        """Effort from which each curve is concave; 0 where it is concave throughout."""
        return np.zeros(len(self))


@dataclass(frozen=True)
class Family(Curves):
    """Curves of one family: every field is an array of one length."""

    def __post_init__(self) -> None:
        arrays = np.broadcast_arrays(
            *(np.atleast_1d(np.asarray(getattr(self, f.name), float)) for f in fields(self))
        )
        for field, array in zip(fields(self), arrays, strict=True):
            object.__setattr__(self, field.name, array)
        faults = self._faults()
        if faults:
            raise InputError(f"{type(self).__name__}: {faults}.")

    def _faults(self) -> str:
        return ""

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))

    def take(self, index: Index) -> Self:
        """Return the curves at these positions."""
        return self._like({f.name: getattr(self, f.name)[index] for f in fields(self)})

    def repeated(self, count: Index) -> Self:
        """Return each curve so many times, one after another."""
        return self._like({f.name: np.repeat(getattr(self, f.name), count) for f in fields(self)})

    def _like(self, arrays: dict[str, Floats]) -> Self:
        """Return curves of this family from arrays that are known to be right."""
        made = object.__new__(type(self))
        made.__dict__.update(arrays)
        return made


@dataclass(frozen=True)
class Power(Family):
    """``scale * (base + x) ** exponent``: every percent of effort adds the same percent.

    Examples
    --------
    >>> import numpy as np
    >>> curve = Power(scale=100, exponent=0.5)
    >>> curve.value(np.array([4.0])).tolist(), curve.reach(np.log([25.0])).round(9).tolist()
    ([200.0], [4.0])
    """

    scale: Numbers
    exponent: Numbers
    base: Numbers = 0.0

    def _faults(self) -> str:
        b = np.asarray(self.exponent)
        if not np.all((b > 0) & (b < 1)):
            return "the exponent lies between 0 and 1; give a steeper curve as points"
        return _not_negative(scale=self.scale, base=self.base)

    @cached_property
    def _log_top(self) -> Floats:
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(np.asarray(self.scale) * np.asarray(self.exponent)))

    @cached_property
    def _elasticity(self) -> Floats:
        return np.asarray(1 / (1 - np.asarray(self.exponent)))

    def value(self, effort: Floats) -> Floats:
        """Return the value at an effort."""
        return np.asarray(self.scale * (self.base + effort) ** self.exponent)

    def slope(self, effort: Floats) -> Floats:
        """Return the slope; infinite at the very first unit."""
        with np.errstate(divide="ignore"):
            level = (self.base + effort) ** (np.asarray(self.exponent) - 1)
        return np.asarray(self.scale * np.asarray(self.exponent) * level)

    def reach(self, log_price: Floats) -> Floats:
        """Return the effort at which the slope equals a price."""
        with np.errstate(over="ignore"):
            room = room_above(self._log_top, log_price)
            return np.asarray(np.exp(room * self._elasticity) - self.base)

    def stretch(self, effort: Floats) -> Floats:
        """Return -d(reach)/d(log price)."""
        return np.asarray((effort + self.base) * self._elasticity)

    def times(self, factor: npt.ArrayLike) -> Power:
        """Return the curves with their values multiplied."""
        return replace(self, scale=np.asarray(self.scale) * factor)


@dataclass(frozen=True)
class Exponential(Family):
    """``floor + scale * (1 - exp(-rate * x))``: modified exponential, saturating.

    Examples
    --------
    >>> import numpy as np
    >>> Exponential(scale=100, rate=0.05).value(np.array([20.0])).round(4).tolist()
    [63.2121]
    """

    scale: Numbers
    rate: Numbers
    floor: Numbers = 0.0

    def _faults(self) -> str:
        return _not_negative(scale=self.scale) or _positive(rate=self.rate)

    @cached_property
    def _log_top(self) -> Floats:
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(np.asarray(self.scale) * np.asarray(self.rate)))

    @cached_property
    def _reciprocal(self) -> Floats:
        return np.asarray(1 / np.asarray(self.rate))

    def value(self, effort: Floats) -> Floats:
        """Return the value at an effort."""
        return np.asarray(self.floor - self.scale * np.expm1(-self.rate * effort))

    def slope(self, effort: Floats) -> Floats:
        """Return the slope at an effort."""
        return np.asarray(self.scale * np.asarray(self.rate) * np.exp(-self.rate * effort))

    def reach(self, log_price: Floats) -> Floats:
        """Return the effort at which the slope equals a price (negative: not even the first)."""
        return np.asarray(room_above(self._log_top, log_price) * self._reciprocal)

    def stretch(self, effort: Floats) -> Floats:
        """Return -d(reach)/d(log price)."""
        return np.broadcast_to(self._reciprocal, np.shape(effort))

    def times(self, factor: npt.ArrayLike) -> Exponential:
        """Return the curves with their values multiplied."""
        return replace(
            self, scale=np.asarray(self.scale) * factor, floor=np.asarray(self.floor) * factor
        )


@dataclass(frozen=True)
class Logarithm(Family):
    """``scale * ln(1 + rate * x)``: growth without a ceiling, ever slower.

    Examples
    --------
    >>> import numpy as np
    >>> Logarithm(scale=10, rate=1).reach(np.log([2.0])).round(9).tolist()
    [4.0]
    """

    scale: Numbers
    rate: Numbers

    def _faults(self) -> str:
        return _not_negative(scale=self.scale) or _positive(rate=self.rate)

    def value(self, effort: Floats) -> Floats:
        """Return the value at an effort."""
        return np.asarray(self.scale * np.log1p(self.rate * effort))

    def slope(self, effort: Floats) -> Floats:
        """Return the slope at an effort."""
        return np.asarray(self.scale * np.asarray(self.rate) / (1 + self.rate * effort))

    def reach(self, log_price: Floats) -> Floats:
        """Return the effort at which the slope equals a price."""
        with np.errstate(over="ignore", divide="ignore"):
            room = room_above(np.log(np.asarray(self.scale)), log_price)
            return np.asarray(np.exp(room) - 1 / np.asarray(self.rate))

    def stretch(self, effort: Floats) -> Floats:
        """Return -d(reach)/d(log price)."""
        return np.asarray(effort + 1 / np.asarray(self.rate))

    def times(self, factor: npt.ArrayLike) -> Logarithm:
        """Return the curves with their values multiplied."""
        return replace(self, scale=np.asarray(self.scale) * factor)


def room_above(log_top: Floats, log_price: Floats) -> Floats:
    """Return how far the steepest slope lies above a price, in logarithms.

    A curve without any slope is below every price, a price of nothing included.
    """
    flat = np.isneginf(log_top)
    if flat.any():
        return np.asarray(np.where(flat, -np.inf, np.where(flat, 0.0, log_top) - log_price))
    return np.asarray(log_top - log_price)


def _not_negative(**named: npt.ArrayLike) -> str:
    bad = [n for n, v in named.items() if not np.all(np.asarray(v, float) >= 0)]
    return f"{', '.join(bad)} must not be negative or missing" if bad else ""


def _positive(**named: npt.ArrayLike) -> str:
    bad = [n for n, v in named.items() if not np.all(np.asarray(v, float) > 0)]
    return f"{', '.join(bad)} must be above 0" if bad else ""
