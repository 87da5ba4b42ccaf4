"""From counted states to the rows of a funnel: who got where, who went on, who is still open."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
    for pipeline, steps in ladder.groupby("pipeline", sort=True):
        own = states[states["pipeline"] == pipeline]
        last = int(steps["position"].max())
        for position, stage in zip(steps["position"], steps["stage"], strict=True):
            counts = _count_step(own, int(position), last, READINGS[mode])
            part = counts.groupby([*keys, "pipeline"], as_index=False).sum()
            parts.append(part.assign(position=position, stage=stage))
    return pd.concat(parts, ignore_index=True)


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
    return states.drop(columns=[*STATE, "deals"]).assign(**counted)


def with_rates(steps: pd.DataFrame, mode: str) -> pd.DataFrame:
    """Add the rate of each step and of the whole way to it, with intervals.

    Where lost deals have no known stage, they may have got anywhere: the interval then runs
    from the case that none of them went on to the case that all of them did.
    """
    last = steps.groupby("pipeline")["position"].transform("max")
    unknown = steps["unplaced_count"].to_numpy(float)
    certain = ((steps["position"] == 1) & (mode == "reached")).to_numpy()
    # A lost deal did not win: only the steps before the win are in doubt.
    may_go_on = np.where(steps["position"] >= last - 1, 0.0, unknown)
    may_be_here = np.where(certain | (steps["position"] == last), 0.0, unknown)
    n, k, cohort = (steps[name].to_numpy(float) for name in ("n", "k", "overall_n"))
    low, _ = stats.wilson(k, n + may_be_here)
    _, high = stats.wilson(k + may_go_on, n + np.where(certain, 0.0, may_go_on))
    steps = stats.with_rate(steps).assign(rate_low=low, rate_high=high)
    low, _ = stats.wilson(n, cohort)
    _, high = stats.wilson(n + may_be_here, cohort)
    steps = stats.with_rate(
        steps.assign(overall_k=steps["n"]), "overall_k", "overall_n", "overall_rate"
    )
    steps = steps.assign(overall_rate_low=low, overall_rate_high=high)
    return _without_step_after_the_win(steps, (steps["position"] == last).to_numpy())


def _without_step_after_the_win(steps: pd.DataFrame, is_win: Flags) -> pd.DataFrame:
    blank = {name: steps[name].mask(is_win) for name in ("rate", "rate_low", "rate_high")}
    return steps.assign(k=steps["k"].astype("Int64").mask(is_win), **blank)
