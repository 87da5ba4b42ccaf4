"""Who wins and who loses: a simulation against last year's pay or another scheme."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from salesplan import periods
from salesplan._compensation import missing
from salesplan._compensation.panel import Panel
from salesplan._compensation.simulate import run
from salesplan._compensation.simulation import Simulation
from salesplan.errors import InputError

COMPARED = [
    "person_id",
    "name",
    "role",
    "team",
    "target_amount",
    "old_amount",
    "new_amount",
    "delta_amount",
    "delta_rate",
    "outcome",
    "reason",
]
OUTCOMES = ("winner", "unchanged", "loser", "no comparison")


def compare(
    simulation: Simulation, baseline: Simulation | pd.DataFrame, *, tolerance: float = 0.01
) -> pd.DataFrame:
    """Return what each person would have earned beside what was paid, losers first.

    Parameters
    ----------
    simulation
        The scheme in question.
    baseline
        Last year's payroll (``person_id``, ``period``, ``paid_variable``), or the simulation of
        another scheme on the same people.
    tolerance
        A difference up to this amount is no change.

    Returns
    -------
    DataFrame
        person_id, name, role, team, target_amount, old_amount, new_amount, delta_amount,
        delta_rate (NaN where nothing was paid), outcome (winner, unchanged, loser, or no
        comparison), reason. Amounts in the scheme's currency, over the simulated periods. Who
        lacks a goal, so that pay of a period is not known, neither wins nor loses by it.

    Examples
    --------
    >>> scheme = sp.compensation.Scheme(name="A", pays_each="year",
    ...                                 criteria=[{"name": "calls", "weight": 1}])
    >>> people = pd.DataFrame({"person_id": ["ada"], "target_variable": [1000.0]})
    >>> done = pd.DataFrame({"person_id": ["ada"], "period": ["2026"], "measure": ["calls"],
    ...                      "actual": [9], "target": [10]})
    >>> paid = pd.DataFrame({"person_id": ["ada"], "period": ["2026"], "paid_variable": [950.0]})
    >>> compare(sp.compensation.simulate(scheme, people, done), paid)["delta_amount"].tolist()
    [-50.0]
    """
    new = _by_person(simulation).rename(columns={"payout_amount": "new_amount"})
    frame = new.merge(_old(simulation, baseline), on="person_id", how="outer")
    frame = frame.merge(simulation.people, on="person_id", how="left")
    old, amount = frame["old_amount"], frame["new_amount"]
    frame["delta_amount"] = (amount - old).round(6) + 0.0
    unknown = _unknown(frame, simulation)
    if isinstance(baseline, Simulation):
        unknown = unknown.where(unknown != "", _unknown(frame, baseline))
    changes = frame["delta_amount"].abs() > tolerance
    frame["delta_amount"] = frame["delta_amount"].mask(changes & (unknown != ""))
    frame["delta_rate"] = frame["delta_amount"] / old.where(old > 0)
    frame["outcome"] = np.select(
        [
            frame["delta_amount"].isna(),
            frame["delta_amount"] > tolerance,
            frame["delta_amount"] < -tolerance,
        ],
        ["no comparison", "winner", "loser"],
        "unchanged",
    )
    frame["reason"] = np.select(
        [old.isna(), amount.isna()], ["no pay in the baseline", "not in the simulation"], unknown
    )
    return frame.sort_values(["delta_amount", "person_id"], ignore_index=True)[COMPARED]


def _unknown(frame: pd.DataFrame, simulation: Simulation) -> pd.Series:
    """Return what each person lacks in the periods whose pay is not known; else ""."""
    lacks = missing.of_payouts(simulation)
    told: dict[str, str] = {}
    for p, t in zip(*np.nonzero(lacks.is_unknown), strict=True):
        person, period = simulation.persons[p], simulation.period_labels[t]
        more = f"pay of {period} not known, {lacks.reason[p, t]}"
        told[person] = f"{told[person]}; {more}" if person in told else more
    said = [told.get(person, "") for person in frame["person_id"]]
    return pd.Series(said, frame.index, dtype=object)


def _by_person(simulation: Simulation) -> pd.DataFrame:
    totals = np.bincount(
        np.arange(len(simulation.persons)), simulation.totals.sum(axis=1) / simulation.scale
    )
    target = simulation.panel.by_person(simulation.target_pay)
    return pd.DataFrame(
        {
            "person_id": simulation.persons,
            "target_amount": target.sum(axis=1).round(6),
            "payout_amount": totals,
        }
    )


def _old(simulation: Simulation, baseline: Simulation | pd.DataFrame) -> pd.DataFrame:
    if isinstance(baseline, Simulation):
        old = _by_person(baseline)[["person_id", "payout_amount"]]
        return old.rename(columns={"payout_amount": "old_amount"})
    column = "paid_variable" if "paid_variable" in baseline.columns else "payout_amount"
    missing = {"person_id", "period", column} - set(baseline.columns)
    if missing:
        has = ", ".join(map(str, baseline.columns))
        raise InputError(f"baseline has no column {', '.join(sorted(missing))}. It has: {has}.")
    inside = baseline[_is_inside(simulation, baseline)]
    if inside.empty:
        seen = ", ".join(sorted({str(p) for p in baseline["period"]})[:6])
        simulated = ", ".join(simulation.period_labels)
        raise InputError(f"baseline ({seen}) pays none of the simulated periods ({simulated}).")
    paid = inside.groupby("person_id", sort=True)[column].sum(min_count=1)
    return pd.DataFrame({"person_id": paid.index, "old_amount": paid.to_numpy(np.float64)})


def _is_inside(simulation: Simulation, baseline: pd.DataFrame) -> Any:
    """Whether each payroll row falls within the simulated periods."""
    start = simulation.scheme.fiscal_year_starts
    first = min(p.since for p in simulation.panel.periods)
    last = max(p.until for p in simulation.panel.periods)
    given = [periods.parse(str(p), fiscal_start=start) for p in baseline["period"]]
    return [p.since >= first and p.until <= last for p in given]


def winners_and_losers(compared: pd.DataFrame) -> pd.DataFrame:
    """Return how many win, lose and stay the same, and what that costs.

    Returns
    -------
    DataFrame
        outcome, people_count, old_amount, new_amount, delta_amount; a total row last.
    """
    grouped = compared.groupby("outcome", sort=False, observed=True)
    columns = ["old_amount", "new_amount", "delta_amount"]
    frame = grouped[columns].sum().round(6)
    frame.insert(0, "people_count", grouped["person_id"].size())
    frame = frame.reindex([o for o in OUTCOMES if o in frame.index])
    total = pd.DataFrame([frame.sum()], index=pd.Index(["total"], name="outcome"))
    joined = pd.concat([frame, total]).rename_axis("outcome").reset_index()
    return joined.astype({"people_count": "int64"})


def break_even(
    simulation: Simulation, baseline: Simulation | pd.DataFrame, *, most: float = 4.0
) -> pd.DataFrame:
    """Return by how much each person's results must change to earn what was paid before.

    The whole of a person's actual figures is scaled by one factor; 1.10 asks for 10 % more.

    Returns
    -------
    DataFrame
        person_id, old_amount, new_amount, factor (NaN where no factor up to ``most`` is
        enough), reason.
    """
    compared = compare(simulation, baseline).set_index("person_id")
    wanted = compared["old_amount"].reindex(simulation.persons).to_numpy()
    low, high = np.zeros(len(wanted)), np.full(len(wanted), most)
    enough = paid_at(simulation, high) >= wanted
    for _ in range(40):
        middle = (low + high) / 2
        reached = paid_at(simulation, middle) >= wanted
        high, low = np.where(reached, middle, high), np.where(reached, low, middle)
    factor = np.where(enough & ~np.isnan(wanted), np.round(high, 6), np.nan)
    frame = pd.DataFrame({"person_id": simulation.persons, "old_amount": wanted})
    frame["new_amount"] = compared["new_amount"].reindex(simulation.persons).to_numpy()
    frame["factor"] = factor
    never = f"not reached with {most:g} times the results"
    frame["reason"] = np.select([np.isnan(wanted), ~enough], ["no pay in the baseline", never], "")
    return frame.sort_values("person_id", ignore_index=True)


def paid_at(simulation: Simulation, factor: np.ndarray) -> np.ndarray:
    """Return each person's pay with that person's actual figures multiplied by a factor."""
    again = run(simulation.scheme, scaled(simulation.panel, factor))
    paid: np.ndarray = again.totals.sum(axis=1) / again.scale
    return paid


def scaled(panel: Panel, factor: np.ndarray) -> Panel:
    """Return the panel with each person's actual figures multiplied by a factor."""
    of_row = np.where(panel.person >= 0, factor[np.maximum(panel.person, 0)], 1.0)
    actual = panel.attainment["actual"].to_numpy(np.float64, na_value=np.nan) * of_row
    return panel.with_attainment(panel.attainment.assign(actual=actual))
