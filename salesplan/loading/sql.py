"""Putting names and texts of an export into SQL without letting them become SQL."""

from __future__ import annotations

from collections.abc import Iterable


def name(identifier: str) -> str:
    """Return an identifier in quotes, those inside it doubled."""
    return '"' + identifier.replace('"', '""') + '"'


def text(value: str) -> str:
    """Return a text literal.

    Examples
    --------
    >>> text("'); DROP TABLE people")
    "'''); DROP TABLE people'"
    """
    return "'" + value.replace("'", "''") + "'"


def texts(values: Iterable[str]) -> str:
    """Return text literals separated by commas."""
    return ", ".join(text(v) for v in values)


def let(variable: str, value: str, body: str) -> str:
    """Return the SQL of ``body``, in which ``variable`` stands for ``value`` computed once."""
    return f"list_transform([{value}], lambda {variable}: {body})[1]"
