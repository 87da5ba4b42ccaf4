"""From counted states to the rows of a funnel: who got where, who went on, who is still open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from salesplan import stats

Flags = npt.NDArray[np.bool_]
At = Callable[[pd.DataFrame, int], Flags]


def _visited(states: pd.DataFrame, position: int) -> Flags:
    return np.asarray((states["visited"].to_numpy(np.int64) >> position) & 1, bool)


def _reached(states: pd.DataFrame, position: int) -> Flags:
    # Every deal of the cohort has entered the pipeline: it stood at the first stage or passed it.
    return np.asarray(np.maximum(states["furthest"].to_numpy(np.int64), 1) >= position, bool)


def _strict(states: pd.DataFrame, position: int) -> Flags:
    return np.asarray(states["in_order"].to_numpy(np.int64) >= position, bool)


READINGS: dict[str, At] = {"visited": _visited, "reached": _reached, "strict": _strict}

STATE = ("visited", "furthest", "in_order", "has_ended", "is_mature")
"""What is known of a deal: the numbers that decide in which counts it is."""


def counted_steps(
    states: pd.DataFrame, ladder: pd.DataFrame, keys: Sequence[str], mode: str
) -> pd.DataFrame:
    """Return the counts of each stage of each group, one pipeline after the other."""
    parts = []
    for pipeline, position in zip(ladder["pipeline"], ladder["position"].astype(int), strict=True):
        own = states[states["pipeline"] == pipeline]
        # Counted stage by stage, a state belongs to one position; counted whole, to all.
        here = own[own["position"] == position] if "position" in own else own
        last = int(ladder.loc[ladder["pipeline"] == pipeline, "position"].max())
        parts.append(_count_step(here, position, last, READINGS[mode]))
    counts = pd.concat(parts, ignore_index=True)
    steps = counts.groupby([*keys, "pipeline", "position"], as_index=False, dropna=False).sum()
    return _complete(steps, states, ladder, keys)


def _complete(
    steps: pd.DataFrame, states: pd.DataFrame, ladder: pd.DataFrame, keys: Sequence[str]
) -> pd.DataFrame:
    """Give every group all stages of its pipelines: one that nobody stood at counts 0."""
    groups = states[[*keys, "pipeline"]] if keys or len(states) else ladder[["pipeline"]]
    every = groups.drop_duplicates().merge(ladder, on="pipeline")
    whole = every.merge(steps, on=[*keys, "pipeline", "position"], how="left")
    counts = [name for name in steps.columns if name not in every.columns]
    whole[counts] = whole[counts].fillna(0).astype(np.int64)
    return whole.sort_values([*keys, "pipeline", "position"], ignore_index=True)


def _count_step(states: pd.DataFrame, position: int, last: int, at: At) -> pd.DataFrame:
    """Return each state's part in the counts of one stage."""
    mature = states["is_mature"].to_numpy(bool)
    ended = states["has_ended"].to_numpy(bool)
    furthest = states["furthest"].to_numpy(np.int64)
    here = at(states, position) & mature
    goes_on = here & at(states, position + 1) if position < last else np.zeros_like(here)
    # A win ends every stage; at the last step nothing is left to go on to.
    stays = here & ~goes_on & (position < last)
    passed = stays & (furthest > position)
    flags = {
        "overall_n": mature,
        "n": here,
        "k": goes_on,
        "open_count": stays & ~passed & ~ended,
        "lost_count": stays & ~passed & ended,
        "skipped_count": passed,
        "unplaced_count": mature & ended & (furthest == 0),
        "immature_count": ~mature,
        **{
            f"{name}_count": reading(states, position) & mature
            for name, reading in READINGS.items()
        },
    }
    deals = states["deals"].to_numpy(np.int64)
    counted = {name: deals * flag for name, flag in flags.items()}
    kept = states.drop(columns=[*STATE, "deals", "position"], errors="ignore")
    counts = pd.DataFrame({"position": position, **counted}, index=states.index)
    return pd.concat([kept, counts], axis=1)


def with_rates(steps: pd.DataFrame, keys: Sequence[str], mode: str) -> pd.DataFrame:
    """Add the rate of each step and the share of the cohort that got to it, with intervals.

    Where lost deals have no known stage, they may have got anywhere: the interval then runs
    from the case that none of them went on to the case that all of them did.
    """
    here, onward = _in_doubt(steps, keys, mode)
    is_win = _is_win(steps)
    n, k, cohort = (steps[name].to_numpy(float) for name in ("n", "k", "overall_n"))
    certain = ((steps["position"] == 1) & (mode == "reached")).to_numpy()
    low, _ = stats.wilson(k, n + here)
    _, high = stats.wilson(k + onward, n + np.where(certain, 0.0, onward))
    steps = stats.with_rate(steps).assign(rate_low=low, rate_high=high)
    steps = stats.with_rate(steps.assign(overall_k=steps["n"]), "overall_k", "overall_n", _OVERALL)
    low, _ = stats.wilson(n, cohort)
    _, high = stats.wilson(n + here, cohort)
    steps = steps.assign(overall_rate_low=low, overall_rate_high=high)
    blank = {name: steps[name].mask(is_win) for name in ("rate", "rate_low", "rate_high")}
    return steps.assign(k=steps["k"].astype("Int64").mask(is_win), **blank)


_OVERALL = "overall_rate"


def _is_win(steps: pd.DataFrame) -> Flags:
    last = steps.groupby("pipeline")["position"].transform("max")
    return (steps["position"] == last).to_numpy(bool)


def _in_doubt(
    steps: pd.DataFrame, keys: Sequence[str], mode: str
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return how many lost deals may have been at each stage, and may have gone on from it."""
    groups = steps.groupby([*keys, "pipeline"], dropna=False)["unplaced_count"]
    unknown = groups.transform("max").to_numpy(float)
    last = steps.groupby("pipeline")["position"].transform("max")
    certain = (steps["position"] == 1) & (mode == "reached")
    # A lost deal did not win: the win is certain, and so is the step up to it.
    here = np.where(certain | (steps["position"] == last), 0.0, unknown)
    return here, np.where(steps["position"] >= last - 1, 0.0, unknown)


def with_chained_rates(steps: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Replace the overall rate by the product of the steps, where no one cohort is followed.

    The interval recovers each step's variance from its own Wilson limits, on the log scale
    (MOVER, Zou & Donner 2008), the steps taken as independent.
    """
    groups = [steps[name] for name in (*keys, "pipeline")]

    def before(values: Any, start: float) -> Any:
        return values.groupby(groups, dropna=False).shift(fill_value=start)

    with np.errstate(divide="ignore", invalid="ignore"):
        logs: Any = np.log(steps[["rate", "rate_low", "rate_high"]])
    product = np.exp(before(logs["rate"], 0.0).groupby(groups, dropna=False).cumsum())
    halves = {}
    for end in ("rate_low", "rate_high"):
        square = before((logs["rate"] - logs[end]) ** 2, 0.0)
        halves[end] = np.sqrt(square.groupby(groups, dropna=False).cumsum())
    nothing = pd.array([pd.NA] * len(steps), dtype="Int64")
    return steps.assign(
        overall_n=nothing,
        overall_k=nothing,
        overall_rate=product,
        overall_rate_low=product * np.exp(-halves["rate_low"]),
        overall_rate_high=(product * np.exp(halves["rate_high"])).clip(upper=1.0),
    )
