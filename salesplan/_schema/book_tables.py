"""Tables that a load writes about itself."""

from __future__ import annotations

from salesplan._schema.columns import Column as C  # noqa: N817 - sixty lines start with it
from salesplan._schema.columns import Table

BOOK: tuple[Table, ...] = (
    Table(
        "loads",
        "one row per file read",
        ("file", "sheet", "table_name"),
        ("data quality",),
        (
            C("file", "text", "file", required=True),
            C("sheet", "text", "sheet of a workbook"),
            C("table_name", "text", "canonical table it fed"),
            C("profile", "text", "CRM profile that recognised it"),
            C("encoding", "text", "encoding"),
            C("delimiter", "text", "delimiter"),
            C("decimal_sign", "text", "decimal sign"),
            C("date_order", "text", "ymd, dmy or mdy"),
            C("evidence", "text", "what proved delimiter, decimal sign and date order"),
            C("rows_read", "integer", "rows in the file"),
            C("rows_loaded", "integer", "rows that reached the table"),
            C("rows_quarantined", "integer", "rows kept apart, with their reason"),
        ),
    ),
    Table(
        "issues",
        "one row per kind of fault found by a load",
        ("issue_id",),
        ("data quality",),
        (
            C("issue_id", "integer", "number", required=True),
            C("severity", "text", "error, warning or note"),
            C("rule", "text", "rule that found it"),
            C("table_name", "text", "canonical table"),
            C("column_name", "text", "column"),
            C("file", "text", "file"),
            C("row_count", "integer", "rows concerned"),
            C("amount", "money", "money on those rows, where they carry any"),
            C("example", "text", "one of the rows or values"),
            C("what_to_do", "text", "how to mend it"),
        ),
    ),
    Table(
        "quarantine",
        "one row per row that could not be loaded",
        ("file", "line"),
        ("data quality",),
        (
            C("file", "text", "file", required=True),
            C("sheet", "text", "sheet of a workbook"),
            C("line", "integer", "line in the file, 1 first"),
            C("table_name", "text", "canonical table"),
            C("rule", "text", "rule that kept it apart"),
            C("column_name", "text", "column"),
            C("text", "text", "the row as it stood"),
        ),
    ),
    Table(
        "book",
        "facts about the load as a whole",
        ("name",),
        ("data quality",),
        (
            C("name", "text", "fact", required=True),
            C("value", "text", "value"),
        ),
    ),
)
