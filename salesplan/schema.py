"""The canonical tables, each column declared once.

Loading, the data dictionary (data/README.md), pseudonymisation and the checks all read
these declarations; nothing else in the package lists columns again.
"""

from __future__ import annotations

from functools import cache

from salesplan._schema.book_tables import BOOK
from salesplan._schema.columns import (
    ACTIVITY_STATUSES,
    SALE_TYPES,
    SQL_TYPES,
    STATUSES,
    Column,
    Kind,
    Table,
)
from salesplan._schema.crm_tables import PEOPLE_AND_ACCOUNTS
from salesplan._schema.deal_tables import DEALS
from salesplan._schema.money_tables import MONEY
from salesplan.errors import UnknownNameError, did_you_mean

__all__ = [
    "ACTIVITY_STATUSES",
    "BOOK_TABLES",
    "SALE_TYPES",
    "SQL_TYPES",
    "STATUSES",
    "TABLES",
    "Column",
    "Kind",
    "Table",
    "create_sql",
    "table",
]

TABLES: tuple[Table, ...] = (*PEOPLE_AND_ACCOUNTS, *DEALS, *MONEY)
"""Every canonical table, in the order of the data dictionary."""

BOOK_TABLES: tuple[Table, ...] = BOOK
"""Tables that a load writes about itself."""


@cache
def _by_name() -> dict[str, Table]:
    return {t.name: t for t in (*TABLES, *BOOK_TABLES)}


def table(name: str) -> Table:
    """Return a table by name, or raise with the nearest one.

    Examples
    --------
    >>> table("payroll").key
    ('person_id', 'period')
    >>> table("oportunities")
    Traceback (most recent call last):
    ...
    salesplan.errors.UnknownNameError: No table 'oportunities'. Did you mean 'opportunities'?
    """
    if name not in _by_name():
        raise UnknownNameError(f"No table {name!r}. {did_you_mean(name, _by_name())}")
    return _by_name()[name]


def create_sql(declared: Table) -> str:
    """Return the statement that creates a table, with every declared column.

    Examples
    --------
    >>> create_sql(table("book"))
    'CREATE TABLE "book" ("name" VARCHAR, "value" VARCHAR)'
    """
    columns = ", ".join(f'"{c.name}" {c.sql_type}' for c in declared.columns)
    return f'CREATE TABLE "{declared.name}" ({columns})'
