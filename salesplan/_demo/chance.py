"""Chance that gives the same company on every machine.

Only ``Generator.random`` is drawn, and every other draw is built from it by arithmetic that
IEEE 754 rounds exactly, so neither a numpy release nor a processor can change a byte.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NONE = -1
"""Stands for an empty cell in every column of whole numbers."""


class Chance:
    """Draws of one part of the company; another part's draws never shift them."""

    def __init__(self, seed: int, part: str) -> None:
        words = [seed, zlib.crc32(part.encode())]
        self._generator = np.random.Generator(np.random.PCG64(words))

    def unit(self, count: int) -> Floats:
        """Return draws from 0 (included) to 1 (excluded)."""
        return self._generator.random(count)

    def happens(self, probability: ArrayLike, count: int) -> Bools:
        """Return whether each event happens."""
        return np.asarray(self.unit(count) < np.asarray(probability), np.bool_)

    def below(self, high: ArrayLike, count: int) -> Ints:
        """Return whole numbers from 0 to ``high`` excluded."""
        return np.asarray(np.floor(self.unit(count) * np.asarray(high)), np.int64)

    def between(self, low: ArrayLike, high: ArrayLike, count: int) -> Ints:
        """Return whole numbers from ``low`` to ``high``, both included."""
        first = np.asarray(low, np.int64)
        return first + self.below(np.asarray(high, np.int64) - first + 1, count)

    def pick(self, shares: Sequence[float], count: int) -> Ints:
        """Return places in ``shares``, each as often as its share says."""
        edges = np.cumsum(np.asarray(shares, np.float64))
        places = np.searchsorted(edges / edges[-1], self.unit(count), side="right")
        return np.minimum(places, len(edges) - 1).astype(np.int64)

    def spread(self, quantiles: Sequence[float], count: int) -> Floats:
        """Return draws of a law given by its quantiles at even steps."""
        values = np.asarray(quantiles, np.float64)
        place = self.unit(count) * (len(values) - 1)
        step = np.floor(place).astype(np.int64)
        return values[step] + (place - step) * (values[step + 1] - values[step])

    def order(self, count: int) -> Ints:
        """Return the numbers 0..count-1 in random order."""
        return np.argsort(self.unit(count), kind="stable").astype(np.int64)
