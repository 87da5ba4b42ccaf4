"""The data dictionary: data/README.md, written from schema.py and never by hand."""

from __future__ import annotations

from salesplan import schema
from salesplan.schema import Column, Table

_HEAD = """# Data dictionary

Written by `python -m salesplan.loading.dictionary > data/README.md` from `salesplan/schema.py`;
a test checks that it is current. `data/demo` holds the exports of a fictitious company,
`data/schemes` its bonus schemes.

Money is exact (decimal) in the book. A column marked *personal* is replaced by a token when a
load is pseudonymised. A row without a value in a **required** column goes to `quarantine`.
"""


def markdown() -> str:
    """Return the dictionary of every canonical table and of the load's own tables."""
    tables = [_table(table) for table in (*schema.TABLES, *schema.BOOK_TABLES)]
    return "\n".join([_HEAD, *tables])


def _table(table: Table) -> str:
    used = ", ".join(table.used_by)
    lines = [
        f"## {table.name}",
        "",
        f"{table.meaning}; key: {', '.join(table.key)}; used by {used}.",
        "",
        "| column | type | meaning |",
        "|---|---|---|",
        *(_column(column) for column in table.columns),
        "",
    ]
    return "\n".join(lines)


def _column(column: Column) -> str:
    remarks = [column.meaning]
    if column.unit:
        remarks.append(f"unit: {column.unit}")
    if column.values:
        remarks.append(f"one of {', '.join(column.values)}")
    if column.refers_to:
        remarks.append(f"see {column.refers_to}")
    if column.required:
        remarks.append("**required**")
    if column.personal:
        remarks.append("*personal*")
    return f"| {column.name} | {column.kind} | {'; '.join(remarks)} |"


if __name__ == "__main__":
    import sys

    sys.stdout.write(markdown())
