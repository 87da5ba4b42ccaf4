"""What the recogniser says about a file."""

from __future__ import annotations

from dataclasses import dataclass, field

from salesplan.exports.profile import Unit

ROW_KEY = "{row}"
"""Constant for a key that the export lacks: the file's name and the row's line stand for it."""


@dataclass(frozen=True)
class Recognised:
    """What a file is: the table it feeds and how each column is to be read from it.

    ``exports.select_sql`` turns it into the SELECT that yields the canonical columns as text.
    """

    table: str
    profile: str
    columns: dict[str, str]
    values: dict[str, dict[str, str]]
    constants: dict[str, str]
    shape: str
    evidence: str
    score: float
    date_order: str | None
    decimal: str | None
    missing_tokens: tuple[str, ...]
    export: str = ""
    ids: str = "plain"
    first_of: dict[str, tuple[str, ...]] = field(default_factory=dict)
    joined: dict[str, tuple[str, ...]] = field(default_factory=dict)
    flags: dict[str, str] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    helpers: dict[str, str] = field(default_factory=dict)
    id_prefixes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    wide: tuple[tuple[str, str, str], ...] = ()
