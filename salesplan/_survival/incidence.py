"""Bare incidence curves for those who fit many of them: heights alone, no interval, no frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from salesplan._survival.estimate import product_limit
from salesplan._survival.risk import Risk, Sample, risk_sets, share, tally
from salesplan.stats import Floats


class Steps(NamedTuple):
    """A curve that is 0 at first and takes each height from its day on."""

    day: Floats
    height: Floats

    def at(self, days: npt.ArrayLike) -> Floats:
        """Return the height at given ages."""
        place = np.searchsorted(self.day, np.asarray(days, float), side="right")
        return np.asarray(np.concatenate([[0.0], self.height])[place], float)


def incidence_steps(risk: Risk, own: Floats, events: Floats) -> Floats:
    """Return the Aalen-Johansen incidence: open until then x own events / at risk, summed."""
    survival, _ = product_limit(events, risk.at_risk)
    before = np.concatenate([[1.0], survival[:-1]])
    return np.asarray(np.cumsum(share(before * own, risk.at_risk)), float)


def competing(
    days: Floats, counts: Floats, ended: Mapping[str, npt.NDArray[np.bool_]]
) -> dict[str, Steps]:
    """Return the incidence of each outcome; ``ended`` says by outcome which rows had it.

    Examples
    --------
    >>> curves = competing(
    ...     np.array([10.0, 20, 20, 30]), np.ones(4),
    ...     {"won": np.array([True, False, False, True])},
    ... )
    >>> curves["won"].at([9, 10, 30]).tolist()
    [0.0, 0.25, 1.0]
    """
    risk = risk_sets(Sample(days, np.zeros_like(days), counts))
    own = {name: tally(risk, counts * rows) for name, rows in ended.items()}
    events = np.asarray(sum(own.values(), np.zeros_like(risk.day)), float)
    return {
        name: Steps(risk.day, incidence_steps(risk, part, events)) for name, part in own.items()
    }
