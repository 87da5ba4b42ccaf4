"""How export files are read: what a file cannot prove about itself."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from salesplan import schema
from salesplan.documents import Document

Headers = dict[str, dict[str, str]]
Values = dict[str, dict[str, dict[str, str]]]


def known_columns(tables: dict[str, dict[str, object]]) -> dict[str, dict[str, object]]:
    """Return ``table -> column -> anything`` unchanged, or raise for a name nobody knows."""
    for name, columns in tables.items():
        for column in columns:
            schema.table(name).column(column)
    return tables


class FileRule(Document):
    """How one export file is read, where the file itself cannot prove it.

    ``columns``, ``values`` and ``constants`` add to the general ones for this file alone, for
    the case that two files feed one table with different headers.
    """

    table: str | tuple[str, ...] | None = Field(None, description="table or tables it feeds")
    profile: str | None = None
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    decimal: Literal[",", "."] | None = None
    date_order: Literal["ymd", "dmy", "mdy"] | None = None
    header_line: int | None = Field(None, ge=1, description="line of the headers, 1 first")
    ignore: bool = False
    columns: Headers = Field(default={}, description="table -> column -> header in this file")
    values: Values = Field(default={}, description="table -> column -> value -> value to use")
    constants: Headers = Field(default={}, description="table -> column -> value of every row")

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that the rule names."""
        if self.table is None:
            return ()
        return (self.table,) if isinstance(self.table, str) else self.table

    @field_validator("table")
    @classmethod
    def _known_table(cls, names: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        for name in (names,) if isinstance(names, str) else names or ():
            schema.table(name)
        return names

    @field_validator("columns", "values", "constants")
    @classmethod
    def _known_columns(cls, tables: dict[str, dict[str, object]]) -> dict[str, dict[str, object]]:
        return known_columns(tables)
