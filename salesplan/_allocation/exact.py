"""The exact best among the few levels that can still matter: two lists and one search.

At a price of an hour every segment has a best level. Another level is a move: so many hours
more or fewer, and so much loss against the best. A plan falls short of the bound by its losses
and by the price of the hours it leaves unused. The segments with moves are split into two
halves, every combination of each half is listed, and the two lists are joined by one search
(Horowitz and Sahni 1974). Once a list grows, combinations that lose more than allowed are
dropped, and those that another one beats in hours and in loss, so that nothing better can be
missed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from salesplan._allocation.curves import Index
from salesplan.stats import Floats

MOST_STATES = 20_000
"""Combinations of a half that are kept; beyond it the search is no longer complete."""
MOST_WORK = 4_000_000
"""Combinations tried in all (about a second) before only ``FEW_STATES`` are kept."""
FEW_STATES = 500
_CROWD = 128
"""Combinations that are not yet worth thinning out."""
_NO_MOVE = -1


@dataclass(frozen=True)
class Moves:
    """Levels other than the best at the price, least loss first: owner, level, hours, loss."""

    owner: Index
    level: Index
    hours: Floats
    loss: Floats


@dataclass(frozen=True)
class Choice:
    """Moves that are best together (positions), what they fall short, and whether all were seen."""

    moves: list[int]
    shortfall: float
    is_complete: bool


def best_moves(moves: Moves, *, spare: float, price: float, room: float) -> Choice:
    """Return the moves within ``spare`` hours that fall short of the bound by least.

    No combination that loses ``room`` or less is missed.
    """
    near = _by_owner(moves)
    left, right = (_Half(moves, near[i::2], price, room) for i in (0, 1))
    ours, theirs, shortfall = _joined(left, right, spare, price)
    complete = left.is_complete and right.is_complete
    if ours < 0:
        return Choice([], np.inf, complete)
    return Choice([*left.trace(ours), *right.trace(theirs)], shortfall, complete)


def _by_owner(moves: Moves) -> list[list[int]]:
    """Return the options of each segment, nearest first: no move (-1), then each of its moves."""
    groups: dict[int, list[int]] = {}
    for place, owner in enumerate(moves.owner.tolist()):
        groups.setdefault(owner, [_NO_MOVE]).append(place)
    return list(groups.values())


class _Half:
    """Every combination of moves of half of the segments: hours and loss.

    For each segment ``stages`` has its options and the places of the combinations that are
    left of those before times these options; None where all are.
    """

    def __init__(self, moves: Moves, groups: list[list[int]], price: float, room: float) -> None:
        # The last column is what _NO_MOVE takes and loses.
        options = np.zeros((2, len(moves.owner) + 1))
        options[0, :-1], options[1, :-1] = moves.hours, moves.loss
        self.stages: list[tuple[list[int], Index | None]] = []
        self.is_complete, tried, both = True, 0, np.zeros((2, 1))
        for group in groups:
            both = (both[:, :, None] + options[:, None, group]).reshape(2, -1)
            tried += both.shape[1]
            kept = None
            if both.shape[1] > _CROWD:
                kept = self._kept(
                    both, price, room, MOST_STATES if tried <= MOST_WORK else FEW_STATES
                )
                both = both[:, kept]
            self.stages.append((group, kept))
        self.hours, self.loss = both

    def _kept(self, both: Floats, price: float, room: float, most: int) -> Index:
        """Return the places of what does not lose too much and is not beaten by another."""
        kept: Index = (both[1] <= room).nonzero()[0]
        if len(kept) > _CROWD:
            hours, loss = both[:, kept]
            order = (loss - price * hours).argsort()
            least = np.minimum.accumulate(hours[order])
            first = np.concatenate([[True], least[1:] < least[:-1]])
            kept = kept[order[first]]
        if len(kept) > most:
            self.is_complete = False
            kept = kept[both[1, kept].argpartition(most)[:most]]
        return kept

    def trace(self, at: int) -> list[int]:
        """Return the moves of one combination."""
        found = []
        for group, kept in reversed(self.stages):
            at, option = divmod(at if kept is None else int(kept[at]), len(group))
            found.append(group[option])
        return [move for move in found if move != _NO_MOVE]


def _joined(left: _Half, right: _Half, spare: float, price: float) -> tuple[int, int, float]:
    """Return the best pair of combinations that fits, and what it falls short; -1 if none."""
    order = right.hours.argsort()
    hours = right.hours[order]
    worth = price * hours - right.loss[order]
    best = np.maximum.accumulate(worth)
    fits = hours.searchsorted(spare - left.hours, side="right") - 1
    both = price * left.hours - left.loss + np.where(fits >= 0, best[fits], -np.inf)
    ours = int(both.argmax())
    if fits[ours] < 0:
        return -1, -1, np.inf
    partner = int(worth[: fits[ours] + 1].argmax())
    return ours, int(order[partner]), price * spare - float(both[ours])
