"""The exact best among the few levels that can still matter: two lists and one search.

At a price of an hour every segment has a best level. Another level is a move: so many hours
more or fewer, and so much loss against the best. A plan falls short of the bound by its losses
and by the price of the hours it leaves unused. The segments with moves are split into two
halves, every combination of each half is listed, and the two lists are joined by one search
(Horowitz and Sahni 1974). Combinations that lose more than allowed are dropped at once, and
those that another one beats in hours and in loss when the list grows, so that nothing better
can be missed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from salesplan._allocation.curves import Index
from salesplan.stats import Floats

MOST_STATES = 20_000
"""Combinations of a half that are kept; beyond it the search is no longer complete."""
MOST_WORK = 4_000_000
"""Combinations tried in all (about a second) before only ``FEW_STATES`` are kept."""
FEW_STATES = 500
_CROWD = 256
"""Combinations that are not yet worth sorting."""


@dataclass(frozen=True)
class Moves:
    """Levels other than the best at the price: owner, level, further hours, loss."""

    owner: Index
    level: Index
    hours: Floats
    loss: Floats


@dataclass(frozen=True)
class Choice:
    """Moves that are best together (positions), what they fall short, and whether all were seen."""

    moves: Index
    shortfall: float
    is_complete: bool


@dataclass(frozen=True)
class _List:
    """Combinations of moves: hours and loss; and how they came from the list before.

    The ``before`` first ones are those of the list before, then come those with the first
    move of a segment, the second one, ...; ``kept`` says which of all these are left.
    """

    hours: Floats
    loss: Floats
    before: int = 1
    moves: tuple[tuple[int, Index], ...] = ()
    kept: Index | None = None

    def origin(self, at: int) -> tuple[int, int]:
        """Return the place in the list before, and the move that was added (-1: none)."""
        at = at if self.kept is None else int(self.kept[at])
        if at < self.before:
            return at, -1
        at -= self.before
        for move, parents in self.moves:
            if at < len(parents):
                return int(parents[at]), move
            at -= len(parents)
        raise IndexError(at)

    def only(self, kept: Index) -> _List:
        """Return some of the combinations."""
        chosen = kept if self.kept is None else self.kept[kept]
        return replace(self, hours=self.hours[kept], loss=self.loss[kept], kept=chosen)


def best_moves(moves: Moves, *, spare: float, price: float, room: float) -> Choice:
    """Return the moves within ``spare`` hours that fall short of the bound by least.

    Only combinations that lose no more than ``room`` are looked at; owners stand together.
    """
    near = _nearest_first(moves)
    left, right = (_Half(moves, price, room, near[i::2]) for i in (0, 1))
    ours, theirs, shortfall = _joined(left.last, right.last, spare, price)
    complete = left.is_complete and right.is_complete
    if ours < 0:
        return Choice(np.empty(0, np.int64), np.inf, complete)
    chosen = [*left.trace(ours), *right.trace(theirs)]
    return Choice(np.asarray(chosen, np.int64), shortfall, complete)


def _nearest_first(moves: Moves) -> list[range]:
    """Return the moves of each segment, the segment with the smallest loss first."""
    if not len(moves.owner):
        return []
    first = np.concatenate([[0], np.flatnonzero(moves.owner[1:] != moves.owner[:-1]) + 1])
    order = np.argsort(np.minimum.reduceat(moves.loss, first), kind="stable")
    ends = [*first[1:].tolist(), len(moves.owner)]
    starts = first.tolist()
    return [range(starts[i], ends[i]) for i in order.tolist()]


class _Half:
    """Every combination of moves of half of the segments."""

    def __init__(self, moves: Moves, price: float, room: float, groups: list[range]) -> None:
        hours, loss = moves.hours.tolist(), moves.loss.tolist()
        self.stages = [_List(np.zeros(1), np.zeros(1))]
        self.is_complete, tried = True, 0
        for group in groups:
            tried += len(self.last.hours) * len(group)
            added = [(move, hours[move], loss[move]) for move in group]
            stage = _undominated(_extended(self.last, added, room), price)
            most = MOST_STATES if tried <= MOST_WORK else FEW_STATES
            if len(stage.hours) > most:
                stage = stage.only(np.sort(np.argpartition(stage.loss, most)[:most]))
                self.is_complete = False
            self.stages.append(stage)

    @property
    def last(self) -> _List:
        """All combinations of the half."""
        return self.stages[-1]

    def trace(self, at: int) -> list[int]:
        """Return the moves of one combination."""
        found = []
        for stage in reversed(self.stages[1:]):
            at, move = stage.origin(at)
            found += [move] if move >= 0 else []
        return found


def _extended(stage: _List, moves: list[tuple[int, float, float]], room: float) -> _List:
    hours, loss, added = [stage.hours], [stage.loss], []
    for move, further, lost in moves:
        more = stage.loss + lost
        parents = (more <= room).nonzero()[0]
        hours.append(stage.hours[parents] + further)
        loss.append(more[parents])
        added.append((move, parents))
    return _List(np.concatenate(hours), np.concatenate(loss), len(stage.hours), tuple(added))


def _undominated(stage: _List, price: float) -> _List:
    """Keep the combinations that none with as few hours equals; short lists stay as they are."""
    if len(stage.hours) <= _CROWD:
        return stage
    worth = price * stage.hours - stage.loss
    order = np.lexsort((-worth, stage.hours))
    best = np.maximum.accumulate(worth[order])
    return stage.only(order[np.concatenate([[True], worth[order][1:] > best[:-1]])])


def _joined(left: _List, right: _List, spare: float, price: float) -> tuple[int, int, float]:
    """Return the best pair of combinations that fits, and what it falls short; -1 if none."""
    order = np.argsort(right.hours)
    hours = right.hours[order]
    worth = price * hours - right.loss[order]
    best = np.maximum.accumulate(worth)
    fits = np.searchsorted(hours, spare - left.hours, side="right") - 1
    both = price * left.hours - left.loss + np.where(fits >= 0, best[fits], -np.inf)
    ours = int(np.argmax(both))
    if fits[ours] < 0:
        return -1, -1, np.inf
    partner = int(np.argmax(worth[: fits[ours] + 1]))
    return ours, int(order[partner]), price * spare - float(both[ours])
