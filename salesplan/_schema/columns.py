"""What a column and a table are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from salesplan.errors import UnknownNameError, did_you_mean

Kind = Literal[
    "text", "integer", "number", "money", "price", "rate", "boolean", "date", "timestamp"
]

SQL_TYPES: dict[str, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "money": "DECIMAL(18, 2)",
    "price": "DECIMAL(18, 6)",
    "rate": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}
"""Engine type of each kind; money and prices stay exact until they leave the engine."""


@dataclass(frozen=True)
class Column:
    """A column: what it is called, what it holds and what it means."""

    name: str
    kind: Kind
    meaning: str
    required: bool = False
    unit: str = ""
    values: tuple[str, ...] = ()
    refers_to: str = ""
    personal: bool = False

    @property
    def sql_type(self) -> str:
        """Type of the column in the engine."""
        return SQL_TYPES[self.kind]


@dataclass(frozen=True)
class Table:
    """A table: one row per what, its key, its columns and the sections that need it."""

    name: str
    meaning: str
    key: tuple[str, ...]
    used_by: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in declared order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Return a column by name, or raise with the nearest one."""
        for column in self.columns:
            if column.name == name:
                return column
        raise UnknownNameError(
            f"{self.name} has no column {name!r}. {did_you_mean(name, self.names)}"
        )

    @property
    def required(self) -> tuple[str, ...]:
        """Columns without which a row means nothing."""
        return tuple(column.name for column in self.columns if column.required)


STATUSES = ("open", "won", "lost", "other")
ACTIVITY_STATUSES = ("planned", "held", "no_show", "cancelled")
SALE_TYPES = ("licence", "subscription", "support", "service")
