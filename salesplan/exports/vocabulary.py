"""The headers that a profile's export knows, ready to be looked up.

A header is looked for as it stands, then folded, then squeezed, then without the "(2)" that a
report adds to a repeated field or the unit behind it; each step down is weaker evidence.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache

from salesplan import schema
from salesplan.exports.names import fold, squeeze, unnumbered, without_unit
from salesplan.exports.profile import Export, profiles

EXACT, ALIKE, FOLDED, SQUEEZED, NUMBERED, UNPREFIXED = 1.0, 0.95, 0.7, 0.6, 0.5, 0.5
"""Quality of a match: as it stands, but for case and accents, but for signs and blanks, without
them, without a number or unit behind it, without the prefix that the CRM puts before it."""

PLAIN = 0.9
"""Quality of any match with plain words, which have no spelling of their own."""

KNOWN = ""
"""Role of a header that speaks for an export but feeds no column."""


@dataclass(frozen=True)
class Role:
    """What a header is to an export: the column it feeds, and how good a source it is."""

    column: str
    rank: int
    verbatim: str
    quality: float = 1.0


@dataclass(frozen=True)
class Vocabulary:
    """Roles by folded and by squeezed header."""

    folded: dict[str, tuple[Role, ...]]
    squeezed: dict[str, tuple[Role, ...]]
    plain: bool = False

    def roles(self, header: str) -> tuple[Role, ...]:
        """Return what a header is to this export, with the quality of the match."""
        for text, best in ((header, EXACT), (bare(header), NUMBERED)):
            if found := self.folded.get(fold(text)):
                return tuple(self._scored(r, text, min(best, _likeness(r, text))) for r in found)
            if found := self.squeezed.get(squeeze(text)):
                return tuple(self._scored(r, text, min(best, SQUEEZED)) for r in found)
        return ()

    def _scored(self, role: Role, header: str, quality: float) -> Role:
        if self.plain and quality != NUMBERED:
            quality = EXACT if header == role.column else PLAIN
        return Role(role.column, role.rank, role.verbatim, role.quality * quality)


@lru_cache(maxsize=65536)
def bare(header: str) -> str:
    """Return a header without what a report adds to it: a number, a currency, a time zone."""
    return without_unit(unnumbered(header))


def _likeness(role: Role, header: str) -> float:
    """Return how much of a header's spelling is the CRM's own."""
    stands = header.strip().lstrip("\ufeff")
    if stands == role.verbatim:
        return EXACT
    return ALIKE if _kept_apart(stands) == _kept_apart(role.verbatim) else FOLDED


@lru_cache(maxsize=65536)
def _kept_apart(text: str) -> str:
    """Return a text without case, accents and kinds of apostrophes and blanks, signs kept."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


@cache
def vocabulary(profile: str, export: str) -> Vocabulary:
    """Return the headers that an export of a profile knows.

    A header that it names outright is no other column with a prefix: a ``Lead Source`` is no
    ``Lead`` - ``Source``.
    """
    known = profiles()[profile].exports[export]
    outright: dict[str, set[str]] = {}
    for column, _, alias in _aliases(known):
        outright.setdefault(squeeze(alias), set()).add(column)
    folded: dict[str, list[Role]] = {}
    for column, rank, alias in _aliases(known):
        for text, quality in _spellings(alias, known):
            if column in outright.get(squeeze(text), {column}):
                folded.setdefault(fold(text), []).append(Role(column, rank, text, quality))
    squeezed: dict[str, list[Role]] = {}
    for name, roles in folded.items():
        squeezed.setdefault(name.replace(" ", ""), []).extend(roles)
    return Vocabulary(
        {name: tuple(roles) for name, roles in folded.items()},
        {name: tuple(roles) for name, roles in squeezed.items()},
        profiles()[profile].weight < 1,
    )


def _aliases(export: Export) -> list[tuple[str, int, str]]:
    """Return (column, rank, header) for every header that an export names."""
    found = [(c, i, a) for c, names in export.columns.items() for i, a in enumerate(names)]
    found += [
        (f"{flag}?", i, a) for flag, names in export.flags.items() for i, a in enumerate(names)
    ]
    found += [
        (f"{name}!", i, a) for name, names in export.helpers.items() for i, a in enumerate(names)
    ]
    found += [
        (KNOWN, 0, alias)
        for groups in export.joined.values()
        for names in groups
        for alias in names
    ]
    return found + [(KNOWN, 0, alias) for alias in export.known]


def _spellings(alias: str, export: Export) -> list[tuple[str, float]]:
    if not export.prefixes:
        return [(alias, 1.0)]
    bare = 1.0 if "" in export.prefixes else UNPREFIXED
    return [(alias, bare), *((f"{p} - {alias}", 1.0) for p in export.prefixes if p)]


@cache
def _spread() -> Counter[str]:
    """Return in how many CRM exports each squeezed header occurs."""
    return Counter(
        name
        for crm in profiles().values()
        if crm.weight == 1
        for export in crm.exports
        for name in vocabulary(crm.name, export).squeezed
    )


@cache
def _canonical() -> frozenset[str]:
    """Return the names of salesplan's own columns, which prove no CRM."""
    return frozenset(name for table in schema.TABLES for name in table.names)


def is_used(header: str) -> bool:
    """Whether an export of any CRM has a header."""
    return squeeze(bare(header)) in _spread()


def weight(header: str) -> float:
    """Return how much a header proves: 1 where one CRM export uses it, less where many do."""
    exports = _spread()[squeeze(bare(header))]
    if not exports or header.strip() in _canonical():
        return 0.5
    return 0.25 + 0.75 / exports


@cache
def _tables() -> Counter[str]:
    """Return by how many tables' exports each squeezed header is used."""
    pairs = {
        (name, export.table)
        for crm in profiles().values()
        for key, export in crm.exports.items()
        for name in vocabulary(crm.name, key).squeezed
        if not export.beside
    }
    return Counter(name for name, _ in pairs)


def telling(header: str) -> float:
    """Return how much a known header says of what a file is about, 0..1: less, the more have it.

    Examples
    --------
    >>> telling("Loss Reason"), telling("Id") < 0.1
    (1.0, True)
    """
    return 1 / max(_tables()[squeeze(bare(header))], 1)
