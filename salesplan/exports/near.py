"""Near misses: two spellings that a person would call one, and a program must not.

Two texts are near when they are equal without blanks and signs (``GTXPro``, ``GTX Pro``), or
when one letter is missing, added, changed or swapped (``Technolgy``). Digits tell things apart
(``Q1``, ``Q2``), so they never count as a slip.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from salesplan.exports.names import squeeze

SHORTEST = 6
"""Letters below which one letter is a difference, not a slip."""


@dataclass(frozen=True)
class Near:
    """A text, and the known text that it nearly is."""

    said: str
    meant: str


class Known:
    """Texts that others are compared with; a new one costs its length, whatever their number."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._bare: dict[str, list[str]] = defaultdict(list)
        self._slips: dict[str, list[str]] = defaultdict(list)
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Add a text."""
        form = squeeze(name)
        self._bare[form].append(name)
        for shorter in _without_one(form):
            self._slips[shorter].append(name)

    def nearest(self, text: str) -> str | None:
        """Return the one text that ``text`` nearly is; None where none is, or several are."""
        form = squeeze(text)
        near = {name for name in self._bare.get(form, ()) if name != text} or {
            name
            for shorter in _without_one(form)
            for name in self._slips.get(shorter, ())
            if one_slip(form, squeeze(name))
        }
        return near.pop() if len(near) == 1 else None


def near_misses(said: Iterable[str], known: Iterable[str]) -> list[Near]:
    """Return, for each text, the one known text that it nearly is.

    Examples
    --------
    >>> near_misses(["GTXPro", "Q1 2026", "MG Speci"], ["GTX Pro", "Q2 2026", "MG Special"])
    [Near(said='GTXPro', meant='GTX Pro')]
    """
    index = Known(known)
    pairs = ((text, index.nearest(text)) for text in said)
    return [Near(text, meant) for text, meant in pairs if meant is not None]


def _without_one(form: str) -> Iterator[str]:
    """Yield a form and all forms with one letter taken out: near forms share one of them."""
    if len(form) >= SHORTEST:
        yield form
        yield from {form[:i] + form[i + 1 :] for i in range(len(form))}


def one_slip(a: str, b: str) -> bool:
    """Whether one letter added, left out, changed or swapped with its neighbour parts two texts.

    Examples
    --------
    >>> one_slip("technolgy", "technology"), one_slip("acmegermnay", "acmegermany")
    (True, True)
    >>> one_slip("region1", "region2"), one_slip("north", "south")
    (False, False)
    """
    if _digits(a) != _digits(b) or min(len(a), len(b)) < SHORTEST or a == b:
        return False
    start = next(
        (i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b))
    )
    rest_a, rest_b = a[start:], b[start:]
    return (
        rest_a[1:] == rest_b
        or rest_a == rest_b[1:]
        or rest_a[1:] == rest_b[1:]
        or (rest_a[:2] == rest_b[1::-1] and rest_a[2:] == rest_b[2:])
    )


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())
