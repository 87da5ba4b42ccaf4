"""From a recognised file to SQL: one text expression per canonical column.

The loader says how a header's cell is read (its blanks trimmed, its missing tokens NULL); what
comes back is that text, mended as the CRM needs it: ids folded, names joined, durations in
minutes, won and lost told by the CRM's own flags. Casting and word lists stay the loader's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from salesplan import schema
from salesplan.exports.ids import folded_id
from salesplan.exports.names import squeeze
from salesplan.exports.recognised import ROW_KEY, Recognised

T = TypeVar("T")
Cell = Callable[[str], str]
"""Header -> SQL of its cell as text, NULL where it is empty."""


@dataclass(frozen=True)
class Selection:
    """How rows of a file become rows of a table: SELECT columns FROM file JOIN ... WHERE ...

    ``join`` and ``where`` are empty for a file that holds one row per row. ``scale`` gives, for
    some numbers, the constant to multiply them with once they are read: seconds become minutes.
    """

    columns: dict[str, str] = field(default_factory=dict)
    scale: dict[str, str] = field(default_factory=dict)
    join: str = ""
    where: str = ""


def literal(text: str) -> str:
    """Return a text as a SQL literal; text of an export never gets into SQL another way.

    Examples
    --------
    >>> literal("d'accord")
    "'d''accord'"
    """
    return "'" + text.replace("'", "''") + "'"


def expressions(found: Recognised, cell: Cell) -> dict[str, str]:
    """Return SQL for each canonical column that a file feeds, row by row.

    Examples
    --------
    >>> from salesplan import exports
    >>> file = exports.recognise("task.csv", ["Id", "WhatId", "WhoId", "Subject", "ActivityDate",
    ...     "Status", "CallDurationInSeconds"], sp.settings.Settings())[0]
    >>> columns = expressions(file, lambda header: f'"{header}"')
    >>> columns["kind"], columns["subject"]
    ("'task'", '"Subject"')
    """
    columns = {c: cell(header) for c, header in found.columns.items()}
    for column, headers in _of(found, found.first_of):
        columns[column] = f"COALESCE({', '.join(map(cell, headers))})"
    for column, headers in _of(found, found.joined):
        columns[column] = f"NULLIF(concat_ws(' ', {', '.join(map(cell, headers))}), '')"
    for column, unit in _of(found, found.units):
        columns[column] = _clock(columns[column]) if unit == "clock" else columns[column]
    if found.flags and "status" in columns:
        columns["status"] = _status(found, cell, _words(found, cell))
    _fold_ids(found, columns)
    for column, value in found.constants.items():
        if value != ROW_KEY:
            said = columns.get(column)
            columns[column] = f"COALESCE({said}, {literal(value)})" if said else literal(value)
    return columns


def _of(found: Recognised, part: dict[str, T]) -> list[tuple[str, T]]:
    """Return what a part says about the columns that the file still feeds."""
    return [(column, said) for column, said in part.items() if column in found.columns]


def _fold_ids(found: Recognised, columns: dict[str, str]) -> None:
    table = schema.table(found.table)
    for column, beginnings in found.id_prefixes.items():
        if column in columns:
            listed = ", ".join(map(literal, beginnings))
            text = columns[column]
            columns[column] = f"CASE WHEN left({text}, 3) IN ({listed}) THEN {text} END"
    for declared in table.columns:
        name = declared.name
        if name in columns and (declared.refers_to or name in table.key):
            columns[name] = folded_id(columns[name], found.ids)


def scales(found: Recognised) -> dict[str, str]:
    """Return the SQL factor that brings a number of the export to the unit of its column."""
    return {column: _TO_MINUTES[unit] for column, unit in _of(found, found.units)}


_TO_MINUTES = {
    "seconds": "(1 / 60.0)",
    "clock": "(1 / 60.0)",
    "milliseconds": "(1 / 60000.0)",
    "hours": "60",
}


def _clock(text: str) -> str:
    """Return the SQL of 1:30, 1:30:00, hours and minutes joined, or plain minutes in seconds."""
    signs = f"replace({text}, ' ', ':')"
    hours, minutes, seconds = (
        f"TRY_CAST(string_split({signs}, ':')[{i}] AS BIGINT)" for i in (1, 2, 3)
    )
    clock = f"{hours} * 3600 + {minutes} * 60 + COALESCE({seconds}, 0)"
    plain = f"CAST(TRY_CAST(replace({text}, ',', '.') AS DOUBLE) * 60 AS BIGINT)"
    whole = f"CASE WHEN contains({signs}, ':') THEN {clock} ELSE {plain} END"
    return f"COALESCE(CAST({whole} AS VARCHAR), {text})"


_FALSE = (
    "('false', '0', '0.0', 'no', 'nein', 'falsch', 'non', 'faux', 'f', 'n', "
    "'falso', 'nee', 'onwaar', 'não', 'nao')"
)


_DELETED = {
    *("deleted", "is deleted", "deleted at", "deleted on", "deleted date", "in recycle bin"),
    *("geloscht", "ist geloscht", "geloscht am", "supprime", "est supprime", "supprime le"),
    *("eliminado", "eliminado el", "verwijderd", "verwijderd op", "eliminato", "eliminato il"),
    *("excluido", "excluido em"),
}
_DELETED_SQUEEZED = {squeeze(name) for name in _DELETED}


def deletion(headers: Sequence[str]) -> str | None:
    """Return the header that tells which rows lie in the CRM's recycle bin.

    Examples
    --------
    >>> deletion(["Id", "IsDeleted"]), deletion(["Id", "Gelöscht am"]), deletion(["Id", "Stage"])
    ('IsDeleted', 'Gelöscht am', None)
    """
    return next((header for header in headers if squeeze(header) in _DELETED_SQUEEZED), None)


def is_deleted(cell: str) -> str:
    """Return the SQL of whether a cell of that header says so: a tick, or a day."""
    return f"COALESCE(lower({cell}) NOT IN {_FALSE}, FALSE)"


def _words(found: Recognised, cell: Cell) -> str | None:
    """Return the cell whose words tell the status, where the file has one beside its flags."""
    header = found.columns["status"]
    return None if header in found.flags.values() else cell(header)


def _status(found: Recognised, cell: Cell, otherwise: str | None) -> str:
    """Return the SQL of a status told by flags: a tick, or a date of winning or losing.

    Flags that cannot tell all three apart leave the rest to the stage's name.
    """
    said = {flag: f"lower({cell(header)}) NOT IN {_FALSE}" for flag, header in found.flags.items()}
    cases = [f"WHEN {said['won']} THEN 'won'"] if "won" in said else []
    if "lost" in said:
        cases.append(f"WHEN {said['lost']} THEN 'lost'")
    elif "closed" in said and "won" in said:
        cases.append(f"WHEN {said['closed']} THEN 'lost'")
    rest = otherwise or "NULL"
    if "closed" in said:
        unticked = f"lower({cell(found.flags['closed'])}) IN {_FALSE}"
        cases.append(f"WHEN {unticked} THEN 'open'")
    elif {"won", "lost"} <= set(said) and otherwise is None:
        rest = "'open'"
    return f"CASE {' '.join(cases)} ELSE {rest} END" if cases else rest
