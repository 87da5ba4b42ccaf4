"""Draws of the future: which open deals are won when, and what deals yet to come bring."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from salesplan._pipeline.newcomers import Stream
from salesplan.stats import Floats

_AT_ONCE = 4_000_000
"""Numbers held in memory at a time; larger pipelines are drawn in slices."""

Rng = np.random.Generator


def open_wins(
    chances: Floats, doubt: Floats, amounts: Floats, draws: int, correlation: float, rng: Rng
) -> Floats:
    """Return what open deals bring by the end of each month: draws x months.

    One normal number per deal decides whether and when it is won, so the months of a draw fit
    together. With a correlation the numbers share a part: a good quarter is good for all.
    The chances themselves are estimates: each draw takes them all a little higher or lower,
    and wider apart by as much as that draws them together, so that their means stay.
    """
    sure = ndtri(chances) * np.sqrt(1 + doubt**2)
    totals = np.zeros((draws, chances.shape[1]))
    shared = rng.standard_normal((draws, 1)) * np.sqrt(correlation)
    mistake = rng.standard_normal((draws, 1))
    height = max(1, _AT_ONCE // draws)
    for start in range(0, len(chances), height):
        part = slice(start, start + height)
        own = rng.standard_normal((draws, len(chances[part])))
        luck = shared + own * np.sqrt(1 - correlation)
        for month in range(chances.shape[1]):
            won = luck < sure[part, month] + mistake * doubt[part, month]
            totals[:, month] += won @ amounts[part]
    return totals


def new_wins(stream: Stream, draws: int, amounts: Floats, rng: Rng) -> Floats:
    """Return what deals yet to be created bring by the end of each month: draws x months."""
    created, months = stream.wins.shape
    totals = np.zeros((draws, months))
    pace = np.maximum(1 + rng.standard_normal(draws) * stream.rate_error, 0.0)
    for i in range(created):
        # Negative binomial: Poisson around a rate that itself varies from month to month.
        spread = _spread(stream, i, draws, rng) * pace
        for j in range(i, months):
            count = rng.poisson(max(stream.wins[i, j], 0.0) * spread)
            totals[:, j] += _sums(count, amounts, rng)
    return np.cumsum(totals, axis=1)


def _spread(stream: Stream, i: int, draws: int, rng: Rng) -> Floats:
    extra = stream.dispersion - 1
    expected = float(stream.wins[i].sum())
    if extra <= 0 or expected <= 0:
        return np.ones(draws)
    shape = expected / extra
    return np.asarray(rng.gamma(shape, 1 / shape, draws), float)


def _sums(count: npt.NDArray[np.int64], amounts: Floats, rng: Rng) -> Floats:
    """Return the sum of so many amounts drawn from past ones, for each draw."""
    total = int(count.sum())
    if not len(amounts) or not total:
        return np.zeros(len(count))
    if total > _AT_ONCE:
        # Sums of that many amounts are normal to well below a part in a thousand.
        noise = rng.standard_normal(len(count)) * amounts.std() * np.sqrt(count)
        return np.asarray(count * amounts.mean() + noise, float)
    drawn = rng.choice(amounts, total)
    place = np.repeat(np.arange(len(count)), count)
    return np.asarray(np.bincount(place, drawn, len(count)), float)
