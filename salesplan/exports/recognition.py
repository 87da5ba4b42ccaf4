"""Which CRM wrote a file, which table it feeds, and which header feeds which column.

Every export of every profile is held against the headers; the one that explains most of them
wins, where a header that few exports use counts more than one that all use. What the user's
settings say about a file, a column or a value always stands above a profile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import PurePath

from salesplan import schema
from salesplan.exports import prices
from salesplan.exports.fit import best_first, fits
from salesplan.exports.fitted import Fit
from salesplan.exports.judging import is_named
from salesplan.exports.names import fold
from salesplan.exports.others import explains_better
from salesplan.exports.profile import Profile, profiles
from salesplan.exports.recognised import ROW_KEY, Recognised
from salesplan.exports.wide import history_columns
from salesplan.settings import FileRule, Settings

WEAK = 0.35
TIE = 0.03
TELLING = 1.2
"""What headers must say of what a file is about, where neither its name nor all of them do."""

WHOLE = 0.75
"""Score from which on nearly all of a file is known."""

PLENTY = 2.0
"""What the headers must add up to, and say, for it not to matter how many others there are."""


def recognise(file: str, headers: Sequence[str], settings: Settings) -> list[Recognised]:
    """Return the tables that a file feeds, the main one first; [] if nothing explains it.

    Parameters
    ----------
    file
        Name of the file; its words speak for a kind of export.
    headers
        The headers exactly as the file has them, repeated ones included.
    settings
        Settings, which win over every profile.

    Examples
    --------
    >>> from salesplan import exports
    >>> found = exports.recognise("x.csv", ["Record ID", "Deal Name", "Deal Stage", "Amount"],
    ...                           sp.settings.Settings())
    >>> found[0].profile, found[0].table, found[0].columns["stage"]
    ('hubspot', 'opportunities', 'Deal Stage')
    """
    rule = file_rule(file, settings)
    if rule.ignore:
        return []
    ranked = best_first(_credible(fits(file, headers, rule, settings), rule))
    if not ranked or not _enough(ranked[0], rule):
        return []
    winner, crm = ranked[0], profiles()[ranked[0].profile]
    if not rule.tables and explains_better(file, headers, winner):
        return []
    evidence = _evidence(ranked)
    found = [_of_kind(_recognised(winner, crm, settings, evidence, headers), file)]
    return found + [
        _recognised(fit, crm, settings, evidence, headers)
        for fit in ranked[1:]
        if _accompanies(fit, winner, headers)
    ]


def nearly(file: str, headers: Sequence[str]) -> tuple[str, list[str]] | None:
    """Return the table that a file would feed, and the columns it lacks for that; None for none.

    Examples
    --------
    >>> nearly("ads.csv", ["Campaign", "Clicks", "Impressions", "Spend", "c_date"])
    ('costs', ['month'])
    """
    ranked = best_first(fits(file, headers, FileRule(), Settings()))
    best = next((fit for fit in ranked if fit.score >= 0.2), None)
    if best is None or not best.keyless or explains_better(file, headers, best):
        return None
    return best.declared.table, list(best.unmet())


def file_rule(file: str, settings: Settings) -> FileRule:
    """Return what the settings say about a file; the first pattern that fits its name."""
    name = PurePath(file.replace("\\", "/")).name
    for pattern, rule in settings.files.items():
        if fnmatch(name.casefold(), pattern.casefold()) or fnmatch(file, pattern):
            return rule
    return FileRule()


def _credible(found: Sequence[Fit], rule: FileRule) -> list[Fit]:
    """Return the fits that rest on more than what every export of a CRM has: ids and dates.

    Of what such a file holds nothing is known; it may be anything the CRM keeps. Nor is a file
    without the columns that its table cannot do without what another header makes it look like.
    """
    if rule.tables:
        return list(found)
    return [fit for fit in found if fit.declared.beside or (_is_told(fit) and not fit.keyless)]


def _is_told(fit: Fit) -> bool:
    return fit.named or fit.score >= WHOLE or fit.telling >= TELLING


def _enough(fit: Fit, rule: FileRule) -> bool:
    fed = {*fit.columns.values(), *fit.joined}
    if rule.tables:
        return bool(fed)
    if not fit.lacking and min(fit.total, fit.telling) >= PLENTY:
        return True
    if fit.lacking and not (fit.named and fit.lacking == 1 and len(fed) >= 3):
        return fit.score >= 0.5
    return fit.score >= ((0.2 if fit.named else 0.25) if len(fed) >= 3 else 0.5)


def _accompanies(fit: Fit, winner: Fit, headers: Sequence[str]) -> bool:
    same = fit.profile == winner.profile and fit.declared.beside == winner.export
    return same and bool(winner.export) and bool(history_columns(headers))


def _evidence(ranked: Sequence[Fit]) -> str:
    """Say why the first won: what it knew, whether another came near, whether it is weak."""
    winner = ranked[0]
    said = [winner.reason]
    rival = next((f for f in ranked[1:] if f.declared.beside != winner.export), None)
    if rival and rival.total >= winner.total * (1 - TIE) and _differs(winner, rival):
        said.append(f"a tie with {rival.profile} {rival.export}: pin it in [files]")
    if winner.score < WEAK:
        said.append("weak: few headers are known, check the columns")
    if profiles()[winner.profile].strength(winner.export) == "weak":
        said.append("the profile itself rests on weak evidence")
    return "; ".join(said)


def _differs(winner: Fit, rival: Fit) -> bool:
    """Whether it matters which of two fits is right."""
    same_table = winner.declared.table == rival.declared.table
    return not same_table or {**rival.columns, **winner.columns} != {**winner.columns}


def _recognised(
    fit: Fit, crm: Profile, settings: Settings, evidence: str, headers: Sequence[str]
) -> Recognised:
    prices.settle(fit, settings.columns.get(fit.declared.table, {}))
    columns, constants = _with_keys(fit)
    columns |= {column: parts[0] for column, parts in fit.joined.items()}
    if fit.flags and "status" in schema.table(fit.declared.table).names:
        columns.setdefault("status", next(iter(fit.flags.values())))
    wide = history_columns(headers) if fit.declared.shape == "date_entered" else ()
    columns |= {column: wide[0][0] for column in ("changed_at", "stage") if wide}
    return Recognised(
        table=fit.declared.table,
        profile=crm.name,
        columns=columns,
        values=_values(fit, crm, settings),
        constants=constants,
        shape=fit.declared.shape,
        evidence=evidence,
        score=fit.score,
        date_order=crm.date_order,
        decimal=crm.decimal,
        missing_tokens=tuple(dict.fromkeys((*crm.missing, *profiles()["plain"].missing))),
        export=fit.export,
        ids=crm.ids,
        first_of=fit.first_of,
        joined=fit.joined,
        flags=fit.flags,
        units=fit.units,
        helpers=fit.helpers,
        id_prefixes=fit.declared.id_prefixes,
        wide=wide,
    )


_STAND_INS: dict[str, dict[str, tuple[str, ...]]] = {
    "opportunities": {"stage": ("status",), "status": ("stage",)},
    "accounts": {"account_id": ("name",), "name": ("account_id",)},
    "people": {"person_id": ("email", "name"), "name": ("person_id",)},
    "campaigns": {"campaign_id": ("name",)},
}
# A deal, contact or lead has no stand-in: two of one name are two, and a row must not be lost.
_UNSAID = {"activities": {"kind": "activity"}, "targets": {"measure": "bookings"}}
"""What a row is where no column tells: a quota without a measure is one of what is sold."""

_KINDS = {
    "call": ("calls", "call", "anrufe", "appels", "llamadas", "gesprekken", "chiamate", "chamadas"),
    "meeting": (
        "meetings",
        "meeting",
        "termine",
        "réunions",
        "rendezvous",
        "reuniones",
        "afspraken",
        "riunioni",
        "reuniões",
    ),
    "e-mail": ("emails", "email", "mails", "correos"),
    "task": ("tasks", "task", "aufgaben", "tâches", "tareas", "taken", "compiti", "tarefas"),
}


def _of_kind(found: Recognised, file: str) -> Recognised:
    """Return activities of the kind that their file is named after, where no column tells it."""
    if found.table != "activities" or found.constants.get("kind") != _UNSAID["activities"]["kind"]:
        return found
    kinds = [kind for kind, words in _KINDS.items() if is_named(file, words)]
    if len(kinds) != 1 or "kind" in found.columns:
        return found
    return replace(found, constants={**found.constants, "kind": kinds[0]})


def _with_keys(fit: Fit) -> tuple[dict[str, str], dict[str, str]]:
    """Return columns and constants, with a stand-in for a key that the export lacks."""
    table, columns = schema.table(fit.declared.table), dict(fit.columns)
    constants = {**fit.declared.constants, **fit.constants}
    for column, others in _STAND_INS.get(table.name, {}).items():
        source = next((columns[o] for o in others if o in columns), None)
        if column not in columns and column not in fit.joined and source:
            columns[column] = source
    own_key = table.key[0] if len(table.key) == 1 else None
    if own_key and own_key not in columns and own_key not in fit.joined:
        constants.setdefault(own_key, ROW_KEY)
    for column, value in _UNSAID.get(table.name, {}).items():
        if column not in columns:
            constants.setdefault(column, value)
    return columns, constants


def _values(fit: Fit, crm: Profile, settings: Settings) -> dict[str, dict[str, str]]:
    """Return the words behind each value: the settings', the profile's, then everyday ones."""
    table = fit.declared.table
    found = {column: dict(said) for column, said in settings.values.get(table, {}).items()}
    everyday = profiles()["plain"].exports.get(table)
    for export in (crm.exports[fit.export], *([everyday] if everyday else [])):
        for column, values in export.values.items():
            known = found.setdefault(column, {})
            taken = {fold(word) for word in known}
            said = [(word, value) for value, words in values.items() for word in words]
            known |= {word: value for word, value in said if fold(word) not in taken}
    return found
