"""What a scheme costs when the year goes better or worse, and what would make it fit a budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from salesplan._compensation.panel import Panel, align
from salesplan._compensation.scheme import Scheme
from salesplan._compensation.simulate import run
from salesplan.errors import InputError, one_of

SHIFTS = (-0.20, -0.15, -0.10, -0.05, 0.0, 0.05, 0.10, 0.15, 0.20)


def stress(
    scheme: Scheme,
    people: pd.DataFrame,
    attainment: pd.DataFrame,
    *,
    shifts: Sequence[float] = SHIFTS,
    draws: int = 0,
    seed: int | None = None,
    deals: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the cost of a scheme with everyone's attainment slid up and down.

    Slid actual = actual + shift x target (actual x (1 + shift) without a goal). With
    ``draws``, attainment is also drawn again among people (with replacement, all measures of
    one person together), so that cost has a spread.

    Parameters
    ----------
    scheme, people, attainment, deals
        As in ``simulate``.
    shifts
        0.10 slides everyone up by ten points of attainment.
    draws
        Number of Monte-Carlo draws; 0 for none.
    seed
        Required with ``draws``.

    Returns
    -------
    DataFrame
        shift_rate, target_amount, cost_amount, cost_rate (cost / target), delta_amount
        (against the unshifted cost), at_goal_rate (share of attainments at 100 % or more) and,
        with draws, cost_p05_amount, cost_p50_amount, cost_p95_amount.
    """
    if draws and seed is None:
        raise InputError("draws need a seed: stress(..., draws=1000, seed=7).")
    panel = align(scheme, people, attainment, deals=deals)
    unshifted = run(scheme, panel).total_amount
    rows = []
    for shift in shifts:
        simulation = run(scheme, slid(panel, shift))
        target = float(simulation.target_pay.sum())
        cost = simulation.total_amount
        rate = cost / target if target > 0 else np.nan
        goal = _at_goal(slid(panel, shift))
        rows.append((shift, round(target, 6), cost, rate, round(cost - unshifted, 6), goal))
    columns = ["shift_rate", "target_amount", "cost_amount", "cost_rate", "delta_amount"]
    frame = pd.DataFrame(rows, columns=[*columns, "at_goal_rate"])
    if not draws:
        return frame
    generator = np.random.default_rng(seed)
    costs = np.array([_drawn_costs(scheme, panel, shifts, generator) for _ in range(draws)])
    for name, q in (("p05", 0.05), ("p50", 0.50), ("p95", 0.95)):
        frame[f"cost_{name}_amount"] = np.quantile(costs, q, axis=0).round(2)
    return frame


def slid(panel: Panel, shift: float) -> Panel:
    """Return the panel with every attainment moved by points of its goal."""
    actual, target = _columns(panel)
    moved = np.where(np.isnan(target), actual * (1 + shift), actual + shift * target)
    return panel.with_attainment(panel.attainment.assign(actual=moved))


def _columns(panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    frame = panel.attainment
    actual = frame["actual"].to_numpy(np.float64, na_value=np.nan)
    if "target" not in frame.columns:
        return actual, np.full(len(frame), np.nan)
    return actual, frame["target"].to_numpy(np.float64, na_value=np.nan)


def _at_goal(panel: Panel) -> float:
    actual, target = _columns(panel)
    known = (target > 0) & ~np.isnan(actual)
    return float((actual[known] >= target[known] - 1e-9).mean()) if known.any() else np.nan


def _drawn_costs(
    scheme: Scheme, panel: Panel, shifts: Sequence[float], generator: np.random.Generator
) -> list[float]:
    drawn = resampled(panel, generator)
    return [run(scheme, slid(drawn, shift)).total_amount for shift in shifts]


def resampled(panel: Panel, generator: np.random.Generator) -> Panel:
    """Return the panel with each person given the attainment of a person drawn at random."""
    people, _ = panel.shape
    donor = generator.integers(0, people, people)
    actual, target = _columns(panel)
    with np.errstate(divide="ignore", invalid="ignore"):
        reached = np.where(target > 0, actual / target, np.nan)
    keys = pd.DataFrame({"p": panel.person, "t": panel.period, "m": panel.measure, "x": reached})
    table = keys[keys["p"] >= 0].groupby(["p", "t", "m"], sort=False)["x"].mean()
    wanted = pd.MultiIndex.from_arrays(
        [np.where(panel.person >= 0, donor[np.maximum(panel.person, 0)], -1), keys["t"], keys["m"]]
    )
    given = table.reindex(wanted).to_numpy()
    drawn = np.where(np.isnan(given), actual, given * target)
    return panel.with_attainment(panel.attainment.assign(actual=drawn))


@dataclass(frozen=True)
class Calibration:
    """A scheme that fits a budget: the value found, its cost, and the scheme itself."""

    scheme: Scheme
    parameter: str
    value: float
    cost_amount: float
    budget_amount: float
    gap_amount: float


Lever = Literal["pay_scale", "threshold", "slope", "excellence"]


def calibrate(
    scheme: Scheme,
    people: pd.DataFrame,
    attainment: pd.DataFrame,
    *,
    budget: float,
    lever: Lever = "pay_scale",
    criterion: str | None = None,
    low: float | None = None,
    high: float | None = None,
    deals: pd.DataFrame | None = None,
) -> Calibration:
    """Return the scheme with one lever set so that it costs no more than a budget.

    Levers: ``pay_scale`` (all target pay times a factor), ``threshold``, ``slope`` (the first
    accelerator) or ``excellence`` (attainment at which the top pay is reached) of a linear
    criterion. Cost moves one way with each lever, so bisection finds the value.

    Parameters
    ----------
    budget
        Cost over the simulated periods.
    lever
        What is turned.
    criterion
        Whose threshold, slope or excellence; the first criterion where none is named.
    low, high
        Bounds of the search.

    Returns
    -------
    Calibration
        ``value`` (six decimals), ``cost_amount`` with it, ``gap_amount`` = budget - cost,
        and the ``scheme``.

    Raises
    ------
    InputError
        Where no value between the bounds meets the budget.
    """
    one_of(lever, list(_LEVERS), "lever")
    make, first, last, is_rising = _LEVERS[lever]
    name = criterion or scheme.criteria[0].name
    panel = align(scheme, people, attainment, deals=deals)

    def cost(value: float) -> float:
        return run(make(scheme, name, value), panel).total_amount

    cheap, dear = (low or first, high or last) if is_rising else (high or last, low or first)
    if cost(cheap) > budget:
        raise InputError(
            f"{lever} = {cheap:g} still costs {cost(cheap):,.2f}, more than the budget of "
            f"{budget:,.2f}."
        )
    value = _largest_within(cost, cheap, dear, budget)
    found = cost(value)
    fitted = make(scheme, name, value)
    return Calibration(fitted, lever, value, found, budget, round(budget - found, 6))


def _largest_within(
    cost: Callable[[float], float], cheap: float, dear: float, budget: float
) -> float:
    if cost(dear) <= budget:
        return dear
    for _ in range(40):
        middle = (cheap + dear) / 2
        if cost(middle) <= budget:
            cheap = middle
        else:
            dear = middle
    # Towards the cheap side, so that six decimals still keep to the budget.
    step = 1e-6 if dear > cheap else -1e-6
    near = round(cheap, 6)
    return near if cost(near) <= budget else round(near - step, 6)


def _pay_scale(scheme: Scheme, _: str, value: float) -> Scheme:
    rule = scheme.target_pay
    pay = rule.model_copy(update={"share": rule.share * value})
    return scheme.model_copy(update={"target_pay": pay})


def _with_curve(scheme: Scheme, name: str, **values: object) -> Scheme:
    curve = scheme.criterion(name).curve
    if curve.kind != "linear":
        raise InputError(f"{name} has a {curve.kind} curve; this lever needs a linear one.")
    given = curve.model_dump(by_alias=True, exclude_defaults=True)
    return scheme.with_criterion(name, curve={**given, **values})


def _threshold(scheme: Scheme, name: str, value: float) -> Scheme:
    return _with_curve(scheme, name, threshold=value)


def _slope(scheme: Scheme, name: str, value: float) -> Scheme:
    bends = scheme.criterion(name).curve.accelerators
    rest = [{"from": a.since, "times": a.times} for a in bends[1:]]
    first = bends[0].since if bends else 1.0
    return _with_curve(scheme, name, accelerators=[{"from": first, "times": value}, *rest])


def _excellence(scheme: Scheme, name: str, value: float) -> Scheme:
    top = scheme.criterion(name).curve.excellence
    pays = top.pays if top else 2.0
    return _with_curve(scheme, name, excellence={"at": value, "pays": pays})


_LEVERS: dict[str, tuple[Callable[[Scheme, str, float], Scheme], float, float, bool]] = {
    "pay_scale": (_pay_scale, 1e-6, 10.0, True),
    "threshold": (_threshold, 0.0, 0.99, False),
    "slope": (_slope, 1e-9, 10.0, True),
    "excellence": (_excellence, 1.000001, 5.0, False),
}
