"""Texts that stand for nothing, for yes or no, and for a value of ours."""

from __future__ import annotations

from collections.abc import Mapping

from salesplan.exports.names import fold
from salesplan.loading import sql

MISSING = (
    "-",
    "–",
    "—",
    "--",
    "(No value)",
    "(no value)",
    "(Kein Wert)",
    "(Aucune valeur)",
    "#N/A",
    "#NV",
    "#N/D",
    "#N/B",
    "N/A",
    "n/a",
    "NULL",
    "null",
    "(null)",
    "(blank)",
    "(leer)",
    "(vide)",
    "(Sin valor)",
    "(Geen waarde)",
    "(Nessun valore)",
    "(Sem valor)",
    "(en blanco)",
    "(leeg)",
    "(vuoto)",
    "(vazio)",
    "--None--",
    "--Ohne--",
    "--Aucun--",
    "--Ninguno--",
    "--Geen--",
    "--Nessuno--",
    "--Nenhum--",
    "Select",
    "NaN",
    "nan",
    "NaT",
)
"""What exports write for an empty cell. "NA" is not among them: it is Namibia."""

BLANKS = " \t\r\n\u00a0\u202f\u2009\u200b\ufeff"

_YES = (
    *("true", "t", "1", "1.0", "yes", "y", "x", "ja", "wahr", "oui", "vrai"),
    *("sí", "si", "sì", "sim", "verdadero", "vero", "verdadeiro", "waar"),
)
_NO = (
    *("false", "f", "0", "0.0", "no", "n", "nein", "falsch", "non", "faux"),
    *("nee", "não", "nao", "falso", "onwaar"),
)


def cell(raw: str, missing: tuple[str, ...], blanks: str = BLANKS) -> str:
    """Return the SQL of a cell without blanks around it, NULL where it stands for nothing.

    ``blanks`` are those that the file holds at all: looking for each of them takes time.
    """
    bare = f"trim({raw}, {sql.text(BLANKS)})"
    padded = f"{raw} < '!' OR {raw} >= '\u00a0'"
    padded += "".join(f" OR ends_with({raw}, {sql.text(b)})" for b in blanks)
    return f"CASE WHEN {padded} THEN {_unless_missing(bare, missing)} " + (
        f"ELSE {_unless_missing(raw, missing)} END"
    )


def _unless_missing(text: str, missing: tuple[str, ...]) -> str:
    """Return the SQL of a text, NULL where it stands for nothing.

    Two comparisons set most values free. A place in a list is one thing to plan, however long
    the list; membership, by IN or otherwise, would be planned word by word or as a join.
    """
    early = [word for word in ("", *missing) if word < "0"]
    late = [word for word in missing if word >= "0"]
    return (
        f"CASE WHEN {text} < '0' THEN {_dropped(text, early)} "
        f"WHEN {text} >= {sql.text(min(late, default='~'))} THEN {_dropped(text, late)} "
        f"ELSE {text} END"
    )


def _dropped(text: str, words: list[str]) -> str:
    place = f"list_position([{sql.texts(words)}], {text})"
    return f"CASE WHEN {place} > 0 THEN NULL ELSE {text} END" if words else text


def boolean(text: str) -> str:
    """Return the SQL that reads yes and no in the languages of exports; NULL for anything else."""
    said = [*((word, "true") for word in _YES), *((word, "false") for word in _NO)]
    pairs = ", ".join(f"{sql.text(word)}: {value}" for word, value in said)
    return f"MAP {{{pairs}}}[lower({text})]"


def folded(text: str) -> str:
    """Return the SQL of a text in lower case, without accents, its words one blank apart."""
    bare = f"strip_accents(lower({text}))"
    return f"trim(regexp_replace({bare}, '[^\\pL\\pN]+', ' ', 'g'))"


def mapped(text: str, values: Mapping[str, str], *, otherwise: str) -> str:
    """Return the SQL that replaces words by values: as written first, then folded.

    Folding is slow: a word written exactly as listed never gets there, any other once. The
    empty value says that a word means nothing.
    """
    if not values:
        return otherwise
    by_fold = {fold(k): v for k, v in values.items()}
    exact, loose = _looked_up(text, values), _looked_up(folded(text), by_fold)
    return f"NULLIF(COALESCE({exact}, {loose}, {otherwise}), '')"


def _looked_up(text: str, values: Mapping[str, str]) -> str:
    """Return the SQL of the value of a word, NULL for none of them.

    A map is looked up at once; a CASE goes through the words of seven languages one by one.
    """
    pairs = ", ".join(f"{sql.text(word)}: {sql.text(said)}" for word, said in values.items())
    return f"MAP {{{pairs}}}[{text}]"
