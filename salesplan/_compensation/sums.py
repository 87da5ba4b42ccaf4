"""Totals that know how many values are behind them: nothing is told from 0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from salesplan import scales
from salesplan.scales import Floats


@dataclass(frozen=True)
class Sums:
    """Totals with the number of values behind each."""

    total: Floats
    count: Floats

    def value(self, totals: str = "sum") -> Floats:
        """Return the sum or mean; NaN where there is no value."""
        with np.errstate(invalid="ignore", divide="ignore"):
            result = self.total / self.count if totals == "mean" else self.total
        return np.where(self.count > 0, result, np.nan)

    def at(self, rows: npt.NDArray[np.int64]) -> Sums:
        """Return the sums of some rows."""
        return Sums(self.total[rows], self.count[rows])

    def without(self, other: Sums) -> Sums:
        """Return the sums less those of others."""
        # 0.3 - 0.1 - 0.2 is no goal, not one of 1e-17.
        return Sums(scales.snap(self.total - other.total), self.count - other.count)


def sums(cell: npt.NDArray[np.int64], values: Floats, shape: tuple[int, int]) -> Sums:
    """Return values summed into a table, missing ones left out."""
    size = shape[0] * shape[1]
    seen = ~np.isnan(values)
    total = np.bincount(cell[seen], values[seen], minlength=size).astype(np.float64)
    count = np.bincount(cell[seen], minlength=size).astype(np.float64)
    return Sums(total.reshape(shape), count.reshape(shape))
