"""Which profile read which file, and why; and the settings that would pin it.

A load keeps what it recognised as a fact of the book, so that a book opened months later can
still say from which header each column came.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pandas as pd
import tomli_w

from salesplan.crm import Crm
from salesplan.exports.profile import profiles
from salesplan.exports.recognised import ROW_KEY, Recognised

FACT = "recognised"
"""Name of the fact in the book."""

COLUMNS = ["file", "table_name", "profile", "score", "evidence", "column_name", "header"]


def as_fact(found: Iterable[tuple[str, Recognised]]) -> str:
    """Return what was recognised, as text to keep in the book."""
    return json.dumps(
        [
            {
                "file": file,
                "table": one.table,
                "profile": one.profile,
                "score": one.score,
                "evidence": one.evidence,
                "columns": one.columns,
                "constants": one.constants,
                "several": sorted({*_several(one.first_of), *one.joined, *_flagged(one)}),
            }
            for file, one in found
        ],
        ensure_ascii=False,
    )


def _several(first_of: dict[str, tuple[str, ...]]) -> list[str]:
    return [column for column, headers in first_of.items() if len(headers) > 1]


def _flagged(one: Recognised) -> list[str]:
    return ["status"] if one.flags else []


def explain(crm: Crm) -> pd.DataFrame:
    """Return, for each file, which profile read it, why, and which header fed which column.

    Returns
    -------
    DataFrame
        One row per column fed: ``file``, ``table_name``, ``profile``, ``score`` (share of the
        evidence that the profile explains, 0..1), ``evidence``, ``column_name``, ``header``.

    Examples
    --------
    >>> list(explain(paper()).columns)[:3]
    ['file', 'table_name', 'profile']
    """
    rows = [
        [one["file"], one["table"], one["profile"], one["score"], one["evidence"], column, header]
        for one in _recognised(crm)
        for column, header in _sources(one).items()
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _recognised(crm: Crm) -> list[dict[str, Any]]:
    said = crm.fact(FACT)
    return [] if said is None else json.loads(said)


def _sources(one: dict[str, Any]) -> dict[str, str]:
    """Return what feeds each column: a header, or a value that all rows share."""
    constants = {
        column: "(file and line)" if value == ROW_KEY else f"(always {value!r})"
        for column, value in one["constants"].items()
        if column not in one["columns"]
    }
    return {**one["columns"], **constants}


def settings_toml(crm: Crm) -> str:
    """Return the settings that would pin how every file of a load was read.

    Columns that are put together from several headers, or told by the CRM's own flags, are left
    to the profile. The stage map is written out too, to be checked once and kept.
    """
    files: dict[str, dict[str, Any]] = {}
    for one in _recognised(crm):
        name = one["file"].split("#")[0]
        rule = files.setdefault(name, {"table": [], "profile": one["profile"], "columns": {}})
        rule["table"] += [one["table"]] if one["table"] not in rule["table"] else []
        rule["columns"][one["table"]] = {
            column: header
            for column, header in one["columns"].items()
            if column not in one["several"]
        }
    for name, rule in files.items():
        files[name] = {**_styles(crm, name), **rule}
        if len(rule["table"]) == 1:
            files[name]["table"] = rule["table"][0]
    return tomli_w.dumps({"files": files, "stages": _stages(crm)})


def _styles(crm: Crm, file: str) -> dict[str, str]:
    loads = crm.loads
    mine = loads[loads["file"] == file]
    if mine.empty:
        return {}
    first = mine.iloc[0]
    said = {"decimal": first["decimal_sign"], "date_order": first["date_order"]}
    allowed = {"decimal": (",", "."), "date_order": ("ymd", "dmy", "mdy")}
    return {name: str(v) for name, v in said.items() if v in allowed[name]}


def _stages(crm: Crm) -> list[dict[str, Any]]:
    rows = crm.query(
        "SELECT stage, status, pipeline, position, probability FROM stages "
        "ORDER BY pipeline, position NULLS LAST, stage"
    )
    return [
        {str(name): value for name, value in row.items() if value == value and value is not None}
        for row in rows.astype(object).to_dict("records")
    ]


def catalogue() -> pd.DataFrame:
    """Return every profile: what it reads, how well it is known, what history it carries.

    Examples
    --------
    >>> known = catalogue()
    >>> known.loc[known["profile"] == "koban", "evidence"].unique().tolist()
    ['weak']
    """
    rows = [
        [crm.name, crm.title, name, export.table, crm.strength(name), crm.history, crm.source]
        for crm in profiles().values()
        for name, export in crm.exports.items()
    ]
    columns = ["profile", "crm", "export", "table_name", "evidence", "history", "source"]
    return pd.DataFrame(rows, columns=columns)
