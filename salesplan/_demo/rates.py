"""Exchange rates: euros for one unit, one rate for each month."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesplan._demo.chance import Floats, Ints
from salesplan._demo.days import MONTHS, month_start

_TEN_THOUSANDTHS = {1: (11480, 11530, 11560, 11620, 11640, 11690), 2: (10320, 10450, 10540, 10290)}
_FIRST = -12


def _of(currency: int, month: Ints) -> Ints:
    known = np.array(_TEN_THOUSANDTHS[currency])
    return np.asarray(known[(month - _FIRST) // 3 % len(known)])


def rate_of_month(currency: Ints, month: int) -> Floats:
    """Return the rate of each currency in a month; 1 for euros."""
    rate = np.ones(len(currency))
    for number in _TEN_THOUSANDTHS:
        rate[currency == number] = _of(number, np.array(month)) / 10000
    return rate


def table() -> pd.DataFrame:
    """Return the rates, one row where they change."""
    months = np.arange(_FIRST, MONTHS + 3, 3)
    parts = [
        pd.DataFrame({"currency": c, "day": month_start(months), "rate": _of(c, months)})
        for c in _TEN_THOUSANDTHS
    ]
    return pd.concat(parts, ignore_index=True)
