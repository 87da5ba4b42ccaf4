"""Headers that the settings name and no file has: a slip of the pen, or a report that changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from salesplan.errors import did_you_mean
from salesplan.exports.names import fold

Files = Mapping[str, Sequence[str]]
"""File -> its headers."""


def headers_not_found(
    columns: Mapping[str, Mapping[str, str]], fed: Mapping[str, Files], where: str = "columns"
) -> list[str]:
    """Return a sentence for each header of the settings that no file of its table has.

    Parameters
    ----------
    columns
        Table -> column -> header, as the settings pin it.
    fed
        Table -> the files that feed it. A table that no file feeds says nothing: the same
        settings may serve folders with fewer files.
    where
        Key of the settings that pins them.

    Examples
    --------
    >>> headers_not_found({"leads": {"channel": "Orign"}}, {"leads": {"l.csv": ["Id", "Origin"]}})
    ["[columns.leads] channel = 'Orign': l.csv has no such column. Did you mean 'Origin'?"]
    """
    return [
        f"[{where}.{table}] {column} = {header!r}: {_and(files)} no such column. "
        f"{did_you_mean(header, _all(files))}"
        for table, said in columns.items()
        if (files := fed.get(table))
        for column, header in said.items()
        if fold(header) not in {fold(h) for h in _all(files)}
    ]


def _all(files: Files) -> list[str]:
    return list(dict.fromkeys(h for headers in files.values() for h in headers))


def _and(files: Iterable[str]) -> str:
    names = sorted(files)
    return f"{names[0]} has" if len(names) == 1 else f"{', '.join(names)} have"
