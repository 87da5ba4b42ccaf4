"""How each column of a file is written, decided by proof; what stays open is a question.

Order of authority: what the settings say, what the column proves, what the other columns of
the file prove, what the CRM's profile is known for. Nothing beyond that: no guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from salesplan.loading import dates, numbers
from salesplan.loading.dates import Dates
from salesplan.loading.evidence import MOMENTS, NUMBERS, Evidence
from salesplan.schema import Column

_STRAY = 20
"""One proof against this many counts as a slip of that row, not as a second way of writing."""


@dataclass(frozen=True)
class Numbers:
    """How the numbers of a column are written."""

    decimal: str | None = None
    in_percent: bool = False


Style = Dates | Numbers


@dataclass(frozen=True)
class Authority:
    """What is known about a file apart from its values."""

    settings: str | None
    profile: str | None


@dataclass(frozen=True)
class Decision:
    """The style of each column, the columns still open, and what proved the rest."""

    styles: Mapping[str, Style]
    open: tuple[str, ...]
    proofs: tuple[str, ...]
    decimal: str | None
    order: str | None


def decide(
    columns: Mapping[str, Column],
    found: Mapping[str, Evidence],
    decimal: Authority,
    order: Authority,
) -> Decision:
    """Return how each column is written, as far as the evidence goes."""
    signs = _Question("decimal sign", {",": "comma", ".": "point"}, decimal)
    orders = _Question("date order", {"dmy": "dmy", "mdy": "mdy"}, order)
    for name, column in columns.items():
        if name in found and column.kind in NUMBERS:
            signs.hear(name, found[name])
        elif name in found and column.kind in MOMENTS:
            orders.hear(name, found[name])
    styles: dict[str, Style] = {}
    for name, column in columns.items():
        if name in found and column.kind in NUMBERS:
            styles[name] = _numbers(column, found[name], signs.answer(name))
        elif name in found and column.kind in MOMENTS:
            styles[name] = _dates(found[name], orders.answer(name))
    still_open = (*_open(signs, columns), *orders.open)
    return Decision(styles, still_open, (*signs.proofs, *orders.proofs), signs.usual, orders.usual)


def _open(signs: _Question, columns: Mapping[str, Column]) -> tuple[str, ...]:
    """Return the open columns, whole numbers apart: without decimals 1.234 leaves no doubt."""
    return tuple(name for name in signs.open if columns[name].kind != "integer")


def _numbers(column: Column, found: Evidence, sign: str | None) -> Numbers:
    in_percent = column.kind == "rate" and found.count("percent") > 0
    return Numbers(sign, in_percent)


def _dates(found: Evidence, order: str | None) -> Dates:
    present = tuple(name for name in dates.CLASSES if found.count(name))
    example = found.examples.get("numeric", "")
    return Dates(present, order, dates.likely_format(example, order) if example else None)


class _Question:
    """One thing to be proved for a file, such as its decimal sign."""

    def __init__(self, what: str, readings: dict[str, str], authority: Authority) -> None:
        self.what = what
        self.readings = readings
        self.authority = authority
        self.own: dict[str, str | None] = {}
        self.contradicted: set[str] = set()
        self.doubtful: dict[str, bool] = {}
        self.proofs: list[str] = []

    def hear(self, name: str, found: Evidence) -> None:
        """Take the evidence of one column."""
        counts = {reading: found.count(proof) for reading, proof in self.readings.items()}
        first, second = sorted(counts, key=lambda r: -counts[r])
        proved = counts[first] > 0 and counts[first] >= _STRAY * counts[second]
        self.own[name] = first if proved else None
        self.doubtful[name] = bool(found.count("either"))
        if counts[second] and not proved:
            self.contradicted.add(name)
        if proved:
            example = found.examples[self.readings[first]]
            self.proofs.append(f"{self.what} {first} ({name} {_short(example)})")

    @property
    def usual(self) -> str | None:
        """What the file uses: as the settings say, or as its columns agree."""
        said = {answer for answer in self.own.values() if answer}
        agreed = said.pop() if len(said) == 1 else None
        return self.authority.settings or agreed or self.authority.profile

    def answer(self, name: str) -> str | None:
        """Return the answer for a column: its own, else the file's."""
        return self.authority.settings or self.own.get(name) or self.usual

    @property
    def open(self) -> tuple[str, ...]:
        """Columns whose values allow both readings, or ask for both, while nothing decides."""
        left = [n for n, doubt in self.doubtful.items() if doubt and not self.answer(n)]
        torn = [] if self.authority.settings else sorted(self.contradicted)
        return tuple(dict.fromkeys([*left, *torn]))


def _short(example: str) -> str:
    return example if len(example) <= 40 else f"{example[:37]}..."


def question(file: str, header: str, column: Column, found: Evidence) -> str:
    """Return the question that stops a load: both readings, and the line that answers it."""
    moment = column.kind in MOMENTS
    key, choices = ("date_order", '"dmy" or "mdy"') if moment else ("decimal", '"," or "."')
    say = f'Say so in salesplan.toml: [files."{file}"] {key} = {choices}.'
    where = f"{file}, column {header!r}:"
    proofs = [found.examples.get(p) for p in (("dmy", "mdy") if moment else ("comma", "point"))]
    if all(proofs):
        first, second = (_short(str(p)) for p in proofs)
        if moment:
            return f"{where} {first} has the day first, {second} the month. {say}"
        return f"{where} {first} needs a decimal comma, {second} a decimal point. {say}"
    example = found.examples.get("either", "")
    one, other = (dates if moment else numbers).readings(example)
    return f"{where} {_short(example)} is {one} or {other}, and no value proves which. {say}"
