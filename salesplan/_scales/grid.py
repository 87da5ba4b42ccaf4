"""A payout read in a table of two measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from salesplan._scales.rounding import Floats, snap

Between = Literal["below", "linear"]


@dataclass(frozen=True)
class Grid:
    """Values at the crossings of rising ``rows`` and ``columns``.

    Between the printed nodes ``below`` takes the nearest node that both measures reached,
    ``linear`` interpolates. Under the first row or column the value is ``outside``; beyond
    the last one it stays.

    Examples
    --------
    >>> grid = Grid((0.0, 1.0), (0.0, 1.0), ((0.0, 1.0), (1.0, 2.0)))
    >>> grid([0.5, 1.5, -1], [0.5, 2, 0]).tolist()
    [0.0, 2.0, 0.0]
    >>> Grid(grid.rows, grid.columns, grid.values, between="linear")(0.5, 0.5).tolist()
    1.0
    """

    rows: tuple[float, ...]
    columns: tuple[float, ...]
    values: tuple[tuple[float, ...], ...]
    between: Between = "below"
    outside: float = 0.0

    def __call__(self, row: npt.ArrayLike, column: npt.ArrayLike) -> Floats:
        """Return the value for each pair; missing stays missing."""
        r, c = snap(row), snap(column)
        table = np.asarray(self.values, np.float64)
        i, u = self._place(np.asarray(self.rows), r)
        j, v = self._place(np.asarray(self.columns), c)
        i1, j1 = np.minimum(i + 1, len(self.rows) - 1), np.minimum(j + 1, len(self.columns) - 1)
        low = table[i, j] * (1 - v) + table[i, j1] * v
        high = table[i1, j] * (1 - v) + table[i1, j1] * v
        value = low * (1 - u) + high * u
        under = (r < self.rows[0]) | (c < self.columns[0])
        return np.where(np.isnan(r) | np.isnan(c), np.nan, np.where(under, self.outside, value))

    def _place(self, nodes: Floats, x: Floats) -> tuple[npt.NDArray[np.int64], Floats]:
        found = np.searchsorted(nodes, x, side="right") - 1
        at = np.clip(found, 0, len(nodes) - 1).astype(np.int64)
        if self.between == "below":
            return at, np.zeros_like(x)
        after = np.minimum(at + 1, len(nodes) - 1)
        width = np.where(after > at, nodes[after] - nodes[at], 1.0)
        return at, np.clip((x - nodes[at]) / width, 0.0, 1.0)
