"""Dynamic programming over the few levels that can still matter.

A state is a number of hours and the value lost against the price of an hour. States that
another one beats in hours and in value are dropped, and so are states that have lost more
than the best known plan allows; neither can lead to a better plan, so the search is exact
unless it grows beyond ``MOST_STATES``; it then keeps the most promising ones and says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from salesplan._allocation.curves import Index
from salesplan.stats import Floats

MOST_STATES = 20_000
"""States kept after a segment."""
MOST_WORK = 4_000_000
"""States tried in all (about a second) before only ``FEW_STATES`` are kept."""
FEW_STATES = 500


@dataclass(frozen=True)
class Choice:
    """One level per segment, or none where the search found nothing better."""

    owners: Index
    levels: Index | None
    is_exact: bool


@dataclass(frozen=True)
class _Stage:
    """States after one more segment: where each came from, and the level it chose."""

    hours: Floats
    loss: Floats
    parent: Index
    level: Index


def best_choice(
    owner: Index,
    level: Index,
    hours: Floats,
    loss: Floats,
    *,
    spare: float,
    price: float,
    room: float,
) -> Choice:
    """Return the best choice of one level per segment within ``spare`` hours.

    ``loss`` is what a level brings less than the segment's best level at ``price``; ``room``
    is the loss of the best plan known, hours left over counted at the price.
    """
    owners, first, count = np.unique(owner, return_index=True, return_counts=True)
    levels, settled = level[first].copy(), count == 1
    spare -= float(hours[first[settled]].sum())
    groups = [np.arange(f, f + n) for f, n in zip(first[~settled], count[~settled], strict=True)]
    order = sorted(range(len(groups)), key=lambda g: (len(groups[g]), -loss[groups[g]].max()))
    least = np.array([hours[g].min() for g in groups] or [0.0])[order or [0]]
    reserve = np.concatenate([np.cumsum(least[::-1])[::-1][1:], [0.0]])
    start = np.array([float(loss[first[settled]].sum())])
    stages = [_Stage(np.zeros(1), start, np.zeros(1, np.int64), np.zeros(1, np.int64))]
    is_exact, tried = True, 0
    for position, group in enumerate(order):
        rows = groups[group]
        limit = spare - float(reserve[position])
        tried += len(stages[-1].hours) * len(rows)
        most = MOST_STATES if tried <= MOST_WORK else FEW_STATES
        stage = _extend(stages[-1], level[rows], hours[rows], loss[rows], limit, room)
        stage, whole = _fewer(_undominated(stage, price), most)
        is_exact = is_exact and whole
        if not len(stage.hours):
            return Choice(owners, None, is_exact)
        stages.append(stage)
    levels[~settled] = _traced(stages, order, price)
    return Choice(owners, levels if spare >= 0 else None, is_exact)


def _extend(
    stage: _Stage, level: Index, hours: Floats, loss: Floats, limit: float, room: float
) -> _Stage:
    all_hours = np.add.outer(stage.hours, hours)
    all_loss = np.add.outer(stage.loss, loss)
    parent, chosen = np.nonzero((all_hours <= limit) & (all_loss <= room * (1 + 1e-9)))
    return _Stage(all_hours[parent, chosen], all_loss[parent, chosen], parent, level[chosen])


def _undominated(stage: _Stage, price: float) -> _Stage:
    """Keep the states that no cheaper state equals in value."""
    value = price * stage.hours - stage.loss
    order = np.lexsort((-value, stage.hours))
    best = np.maximum.accumulate(value[order])
    kept = order[np.concatenate([[True], value[order][1:] > best[:-1]])] if len(order) else order
    return _taken(stage, kept)


def _fewer(stage: _Stage, most: int) -> tuple[_Stage, bool]:
    if len(stage.hours) <= most:
        return stage, True
    return _taken(stage, np.sort(np.argsort(stage.loss)[:most])), False


def _taken(stage: _Stage, kept: Index) -> _Stage:
    return _Stage(stage.hours[kept], stage.loss[kept], stage.parent[kept], stage.level[kept])


def _traced(stages: list[_Stage], order: list[int], price: float) -> Index:
    """Return the levels of the best final state, in the order of the segments."""
    last = stages[-1]
    at = int(np.argmax(price * last.hours - last.loss))
    levels = np.zeros(len(order), np.int64)
    for group, stage in zip(reversed(order), reversed(stages[1:]), strict=True):
        levels[group] = stage.level[at]
        at = int(stage.parent[at])
    return levels
