"""The vectorised engine equals a slow Decimal engine to the cent on random schemes.

SALESPLAN_SCHEMES sets how many; the suite runs a few hundred.
"""

from __future__ import annotations

import os

import numpy as np
import pytest
from compensation_reference import paid
from compensation_schemes import PERIODS, example

import salesplan as sp

COUNT = int(os.environ.get("SALESPLAN_SCHEMES", "300"))
BATCH = 50


def difference(seed):
    """Return the first person and period on which the engines differ, or None."""
    values, people, attainment, data = example(seed)
    scheme = sp.documents.parse(values, sp.compensation.Scheme, where=f"seed {seed}")
    totals = sp.compensation.simulate(scheme, people, attainment).totals
    for p, person in enumerate(data["people"]):
        wanted = [int(amount * 100) for amount in paid(values, data, person)]
        if totals[p].tolist() != wanted:
            t = int(np.flatnonzero(totals[p] != wanted)[0])
            return f"seed {seed}, {person}, {PERIODS[t]}: {totals[p][t]} instead of {wanted[t]}"
    return None


@pytest.mark.parametrize("first", range(0, COUNT, BATCH))
def test_engine_equals_decimal_reference(first):
    found = [difference(seed) for seed in range(first, min(first + BATCH, COUNT))]
    assert [f for f in found if f] == []
