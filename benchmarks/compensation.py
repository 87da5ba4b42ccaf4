"""Variable pay: 1,000 people x 4 criteria x 12 periods, side by side in one run.

Ratios, not times: the vectorised engine against a plain Decimal engine that pays the same
cents (measured on a part of the people and scaled up), and against the bare numpy evaluation
of the curves with arrays already in hand.

    python benchmarks/compensation.py
"""

from __future__ import annotations

import sys
import time
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

import salesplan as sp

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
import compensation_reference as reference

PEOPLE, PERIODS = 1_000, 12
PART = 20  # people that the slow engine really computes

VALUES = {
    "name": "benchmark",
    "pays_each": "month",
    "cap": {"share": 2.0},
    "criteria": [
        {"name": "c0", "weight": 0.4, "curve": {"threshold": 0.8, "start": "zero"}},
        {
            "name": "c1",
            "weight": 0.3,
            "cap_attainment": 1.5,
            "curve": {"accelerators": [{"from": 1.0, "times": 1.5}, {"from": 1.2, "times": 2.0}]},
        },
        {
            "name": "c2",
            "weight": 0.2,
            "curve": {"kind": "points", "points": [[0.9, 0.7], [1.0, 1.0], [1.2, 2.0]]},
        },
        {
            "name": "c3",
            "weight": 0.1,
            "curve": {
                "kind": "tiers",
                "tiers": [{"from": 0, "rate": 1.0}, {"from": 1.0, "rate": 1.4}],
            },
        },
    ],
}


def frames() -> tuple[pd.DataFrame, pd.DataFrame]:
    generator = np.random.default_rng(7)
    people = [f"P{i:04}" for i in range(PEOPLE)]
    months = [f"2026-{m:02}" for m in range(1, PERIODS + 1)]
    index = pd.MultiIndex.from_product(
        [people, months, ["c0", "c1", "c2", "c3"]], names=["person_id", "period", "measure"]
    )
    attainment = index.to_frame(index=False)
    attainment["actual"] = generator.normal(100, 20, len(attainment)).round(2)
    attainment["target"] = 100.0
    staff = pd.DataFrame({"person_id": people, "target_variable": 12_000.0})
    return staff, attainment


def best(run, times: int = 25) -> float:
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def plain(attainment: pd.DataFrame, values: dict) -> list[list[Decimal]]:
    """Pay the first people with the slow engine."""
    people = [f"P{i:04}" for i in range(PART)]
    labels = sorted(attainment["period"].unique())
    rows = attainment[attainment["person_id"].isin(people)]
    figures = {
        (r.person_id, labels.index(r.period), r.measure): (
            Decimal(str(r.actual)),
            Decimal(str(r.target)),
        )
        for r in rows.itertuples()
    }
    data = {"people": people, "team": {}, "periods": PERIODS, "figures": figures}
    data["shares"] = 12
    data["pay"] = dict.fromkeys(people, Decimal(12_000))
    return [reference.paid(values, data, person) for person in people]


def bare(actual: np.ndarray, target: np.ndarray, pay: np.ndarray) -> np.ndarray:
    """Evaluate the four curves with numpy alone: arrays in, cents out."""
    x = actual / target
    shares = [
        np.where(x[0] < 0.8, 0.0, np.interp(x[0], [0.8, 1.0, 9.0], [0.0, 1.0, 9.0])),
        np.interp(np.minimum(x[1], 1.5), [0, 1.0, 1.2, 1.5], [0, 1.0, 1.3, 1.9]),
        np.where(x[2] < 0.9, 0.0, np.interp(x[2], [0.9, 1.0, 1.2], [0.7, 1.0, 2.0])),
        np.interp(x[3], [0, 1.0, 9.0], [0, 1.0, 12.2]),
    ]
    weights = np.array([0.4, 0.3, 0.2, 0.1])[:, None, None]
    # Rounding to six digits first is what it takes to pay 0.005 as a whole cent.
    cents = np.floor(np.round(np.stack(shares) * weights * pay * 100, 6) + 0.5)
    return np.minimum(cents.sum(axis=0), np.floor(2.0 * pay * 100 + 0.5)).astype(np.int64)


def main() -> None:
    people, attainment = frames()
    scheme = sp.documents.parse(VALUES, sp.compensation.Scheme, where="benchmark")
    panel = sp.compensation.align(scheme, people, attainment)
    shape = (PEOPLE, PERIODS, 4)
    actual = attainment["actual"].to_numpy().reshape(shape).transpose(2, 0, 1).copy()
    target = attainment["target"].to_numpy().reshape(shape).transpose(2, 0, 1).copy()
    pay = np.full((PEOPLE, PERIODS), 1_000.0)

    start = time.perf_counter()
    slow = plain(attainment, VALUES)
    slow_seconds = (time.perf_counter() - start) * PEOPLE / PART
    whole = best(lambda: sp.compensation.simulate(scheme, people, attainment).totals)
    aligned = best(lambda: sp.compensation.run(scheme, panel).totals)
    numpy_seconds = best(lambda: bare(actual, target, pay))

    totals = sp.compensation.run(scheme, panel).totals
    exact = [[int(amount * 100) for amount in person] for person in slow]
    print(f"{PEOPLE:,} people x 4 criteria x {PERIODS} periods = {len(attainment):,} lines")
    print(f"same cents as the plain Decimal engine: {totals[:PART].tolist() == exact}")
    print(f"same cents as bare numpy: {np.array_equal(totals, bare(actual, target, pay))}")
    print(f"plain Decimal engine / simulate from frames: {slow_seconds / whole:,.0f} x")
    print(f"plain Decimal engine / run on aligned panel: {slow_seconds / aligned:,.0f} x")
    print(f"simulate from frames / bare numpy:           {whole / numpy_seconds:.1f} x")
    print(f"run on aligned panel / bare numpy:           {aligned / numpy_seconds:.1f} x")


if __name__ == "__main__":
    main()
