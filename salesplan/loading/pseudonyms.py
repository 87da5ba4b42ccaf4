"""Names, mails and phone numbers replaced by tokens that nobody can turn back.

A token is the keyed hash of a value: the same value gets the same token within a load, so that
joins and counts stay right. The key is drawn for each load and never stored; a key of one's own
(``SALESPLAN_PSEUDONYM_KEY``) makes the tokens the same from load to load.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Iterable

import duckdb
import pandas as pd

from salesplan import schema
from salesplan.schema import Column

KEY_VARIABLE = "SALESPLAN_PSEUDONYM_KEY"

Engine = duckdb.DuckDBPyConnection


def apply(engine: Engine, stand_ins: Iterable[tuple[str, str]] = ()) -> None:
    """Replace every personal value of a book by its token.

    ``stand_ins`` are further columns (table, column) that a personal value was used for, such
    as a person's name where the export has no identifier.
    """
    token = _tokens()
    columns = [(t.name, c.name) for t in schema.TABLES for c in t.columns if c.personal]
    named = [*columns, *_references(stand_ins)]
    words = _replaced(engine, named, token)
    for table, column, listed in _references_by_name(named):
        words += _replaced(engine, [(table, column)], token, f'"{column}" NOT IN ({listed})')
    _hide_in_texts(engine, words)


def _tokens() -> Callable[[str], str]:
    key = os.environ.get(KEY_VARIABLE, "").encode() or secrets.token_bytes(32)

    def token(value: str) -> str:
        digest = hmac.new(key, value.strip().casefold().encode(), hashlib.sha256).hexdigest()
        return f"p_{digest[:16]}"

    return token


def _references(stand_ins: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return each stand-in key with every column that refers to it."""
    found: list[tuple[str, str]] = []
    for table, column in dict.fromkeys(stand_ins):
        found.append((table, column))
        found += [(t.name, c.name) for t in schema.TABLES for c in t.columns if _refers(c, table)]
    return list(dict.fromkeys(found))


def _refers(column: Column, table: str) -> bool:
    return column.refers_to == table or (table == "people" and column.name == "owner_id")


def _references_by_name(done: Iterable[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """Return (table, column, SQL of the keys listed) where a name may stand in for a key.

    An owner or contact that no table lists may be there by name.
    """
    hidden = set(done)
    return [
        (table, column, f'SELECT "{owner.key[0]}" FROM "{owner.name}"')
        for owner in schema.TABLES
        if len(owner.key) == 1 and any(c.personal for c in owner.columns)
        for table, column in _references([(owner.name, owner.key[0])])[1:]
        if (table, column) not in hidden
    ]


def _replaced(
    engine: Engine,
    columns: Iterable[tuple[str, str]],
    token: Callable[[str], str],
    where: str = "TRUE",
) -> list[str]:
    """Replace the values of columns by tokens; return the values there were."""
    words: list[str] = []
    for table, column in columns:
        rows = engine.execute(
            f'SELECT DISTINCT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL AND {where}'
        ).fetchall()
        values = [str(value) for (value,) in rows]
        if not values:
            continue
        words += values
        frame = pd.DataFrame({"said": values, "token": [token(v) for v in values]})
        engine.register("pseudonyms", frame)
        engine.execute(
            f'UPDATE "{table}" SET "{column}" = p.token FROM pseudonyms AS p '
            f'WHERE "{table}"."{column}" = p.said'
        )
        engine.unregister("pseudonyms")
    return words


def _hide_in_texts(engine: Engine, words: list[str]) -> None:
    """Empty the texts of the load's own tables: rows as they stood may hold anything."""
    engine.execute("UPDATE quarantine SET text = '(pseudonymised)'")
    if words:
        frame = pd.DataFrame({"said": sorted({w for w in words if w})})
        engine.register("pseudonyms", frame)
        engine.execute(
            "UPDATE issues SET example = '(pseudonymised)' WHERE example LIKE '%line %' "
            "OR EXISTS (SELECT 1 FROM pseudonyms AS p WHERE contains(issues.example, p.said))"
        )
        engine.unregister("pseudonyms")
