"""What every solver returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from salesplan.stats import Floats


@dataclass(frozen=True)
class Solution:
    """Effort per segment with a certificate of how good it is.

    ``value`` is what the effort brings, less the cost of its hours where hours have a price;
    no plan within the limits can bring more than ``bound``. ``prices`` is the value of the
    next hour of each capacity.
    """

    effort: Floats
    value: float
    bound: float
    prices: Floats
    method: str

    @property
    def gap(self) -> float:
        """Share of the bound that the plan may be short of; 0 means proven best.

        Examples
        --------
        >>> import numpy as np
        >>> Solution(np.array([1.0]), 99.0, 100.0, np.array([2.0]), "greedy").gap
        0.01
        """
        size = max(abs(self.bound), abs(self.value))
        return max(self.bound - self.value, 0.0) / size if size > 0 else 0.0


def clean(effort: npt.ArrayLike, low: Floats, high: Floats) -> Floats:
    """Return effort with the last digit's rounding taken out of its limits."""
    return np.asarray(np.clip(np.asarray(effort, float), low, high))
