"""Columns that hold history sideways: ``Date entered "<Stage> (<Pipeline>)"``.

HubSpot writes one column per stage and pipeline, with double quotes on deals, single ones on
contacts, in the language of the user, or under internal names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from salesplan.exports.names import fold

_ENTERED = (
    "date entered",
    "entered",
    "eingabedatum",
    "datum des eintritts in",
    "datum eintritt in",
    "datum der eingabe",
    "eintrittsdatum",
    "eingegeben am",
    "date d'entrée",
    "date d'entrée dans",
    "date d'entrée en",
    "date de saisie",
    "date saisie",
    "entré dans",
    "fecha de ingreso",
    "fecha de ingreso en",
    "fecha de entrada",
    "fecha de entrada a",
    "fecha de entrada en",
    "ingresó a",
    "datum ingevoerd",
    "datum van invoer",
    "datum van binnenkomst in",
    "datum binnenkomst",
    "data di ingresso",
    "data di ingresso in",
    "data di inserimento",
    "data de entrada",
    "data de entrada em",
    "data de entrada na",
)
_QUOTES = "\"'“”„‟«»‹›‘’‚′″"
_LABEL = re.compile(
    rf"^\s*(?P<words>[^{_QUOTES}]*?d['’]entrée[^{_QUOTES}]*|[^{_QUOTES}]*)\s*"
    rf"[{_QUOTES}]\s*(?P<stage>.+?)(?:\s*\((?P<pipeline>[^()]*(?:\([^()]*\)[^()]*)*)\))?\s*"
    rf"[{_QUOTES}](?P<tail>[^{_QUOTES}]*)$"
)
_INTERNAL = re.compile(r"^hs_(?:v2_)?date_entered_(?P<stage>.+)$")


def history_column(header: str) -> tuple[str, str] | None:
    """Return the stage and pipeline that a wide header stands for, or None.

    Examples
    --------
    >>> history_column('Date entered "Contract Sent (Sales Pipeline)"')
    ('Contract Sent', 'Sales Pipeline')
    >>> history_column("hs_v2_date_entered_closedwon")
    ('closedwon', '')
    >>> history_column("Date d’entrée dans « Proposition (Ventes) »")
    ('Proposition', 'Ventes')
    >>> history_column('Date exited "Contract Sent (Sales Pipeline)"') is None
    True
    """
    if found := _INTERNAL.match(header.strip()):
        return found["stage"], ""
    found = _LABEL.match(header.replace("\xa0", " "))
    if not found or not _says_entered(found["words"], found["tail"]):
        return None
    return found["stage"].strip(), (found["pipeline"] or "").strip()


def _says_entered(words: str, tail: str) -> bool:
    said = fold(f"{words} {tail}")
    return said in {fold(word) for word in _ENTERED}


def is_history(header: str, of: str = "") -> bool:
    """Whether a header is a wide history column of deals or of a contact's life cycle.

    Examples
    --------
    >>> is_history("Date entered 'Lead (Lifecycle Stage Pipeline)'", "lifecycle")
    True
    """
    if history_column(header) is None and not _BESIDE.match(header.strip()):
        return False
    return not of or bool(_LIFECYCLE.search(fold(header))) == (of == "lifecycle")


_LIFECYCLE = re.compile(
    r"lifecycle|lebenszyklus|cycle de vie|ciclo de vida|levenscyclus|ciclo di vita"
)
_BESIDE = re.compile(
    r"^(date exited|cumulative time in|latest time in|hs_(v2_)?(date_exited|cumulative_time_in|"
    r"latest_time_in|time_in)_)",
    re.IGNORECASE,
)


def history_columns(headers: Sequence[str]) -> tuple[tuple[str, str, str], ...]:
    """Return (header, stage, pipeline) for every column that says when a stage was entered."""
    found = ((h, history_column(h)) for h in dict.fromkeys(headers) if is_history(h, "deals"))
    return tuple((h, *both) for h, both in found if both)
