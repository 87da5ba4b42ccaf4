"""The exports that the loading benchmark reads, and who reads them: plain, pandas, ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import duckdb
import openpyxl
import pandas as pd
import python_calamine
import xlsxwriter
from python_calamine import SheetTypeEnum, SheetVisibleEnum

import salesplan as sp

ACTIVITIES = """
SELECT 'ACT' || lpad(CAST(i AS VARCHAR), 9, '0') AS activity_id,
    ['call', 'meeting', 'e-mail', 'demo'][1 + i % 4] AS kind,
    ['held', 'no_show', 'planned', 'cancelled'][1 + (i * 7) % 4] AS status,
    strftime(TIMESTAMP '2023-01-01 08:00' + to_minutes(CAST(i % 1900000 AS INTEGER)),
        '%d.%m.%Y %H:%M') AS starts_at,
    strftime(TIMESTAMP '2022-12-01 08:00' + to_minutes(CAST(i % 1900000 AS INTEGER)),
        '%d.%m.%Y %H:%M') AS booked_at,
    replace(CAST((15 + i % 90) / 2.0 AS VARCHAR), '.', ',') AS "minutes",
    'P' || lpad(CAST(i % 40 AS VARCHAR), 3, '0') AS owner_id,
    'A' || lpad(CAST(i % 20000 AS VARCHAR), 6, '0') AS account_id,
    CASE WHEN i % 3 = 0 THEN 'L' || CAST(i % 50000 AS VARCHAR) END AS lead_id,
    CASE WHEN i % 2 = 0 THEN 'D' || CAST(i % 30000 AS VARCHAR) END AS opportunity_id,
    'Gespräch über Angebot ' || CAST(i % 1000 AS VARCHAR) AS subject,
    ['Termin', 'kein Interesse', NULL][1 + i % 3] AS outcome
FROM range({rows}) AS r(i)
"""
WORKBOOK = "payroll.xlsx"
TABLES = ("accounts", "activities", "people")


def write_exports(folder: Path, rows: int) -> Path:
    """Write a big activities export and the small tables that its keys lead to.

    The last two rows are bad, one person of forty is in no table, and the first days of the
    export leave the order of day and month open.
    """
    file = folder / "activities.csv"
    write = "COPY ({}) TO '{}' (HEADER, DELIM ';')"
    duckdb.execute(write.format(ACTIVITIES.format(rows=rows), file))
    people = "SELECT 'P' || lpad(CAST(i AS VARCHAR), 3, '0') AS person_id, 'N' || i AS name"
    duckdb.execute(write.format(f"{people} FROM range(39) AS r(i)", folder / "people.csv"))
    accounts = "SELECT 'A' || lpad(CAST(i AS VARCHAR), 6, '0') AS account_id, 'C' || i AS name"
    duckdb.execute(write.format(f"{accounts} FROM range(20000) AS r(i)", folder / "accounts.csv"))
    with file.open("a", encoding="utf-8") as handle:
        handle.write("BAD1;call;held;31.02.2024 10:00;;15;P001;;;;;\n")
        handle.write("BAD2;call;held\n")
    return file


def plain(folder: Path) -> None:
    """What DuckDB does with the file when nobody checks anything; the table is on the disk."""
    file = folder / "activities.csv"
    engine = duckdb.connect(str(folder / "plain.duckdb"))
    engine.execute("SET enable_progress_bar = false")
    engine.execute("DROP TABLE IF EXISTS activities")
    engine.execute(
        f"CREATE TABLE activities AS FROM read_csv('{file}', delim=';', ignore_errors=true)"
    )
    engine.execute("CHECKPOINT")
    engine.close()


def careful_pandas(folder: Path) -> None:
    """What a careful analyst writes: text first, casts with errors kept, keys checked.

    It has no detection to do and writes nothing to the disk: less work than ours.
    """
    raw = pd.read_csv(folder / "activities.csv", sep=";", dtype=str, on_bad_lines="skip")
    raw = raw.apply(lambda column: column.str.strip())
    raw = raw.replace({"": None, "-": None, "(No value)": None, "#N/A": None})
    for column in ("starts_at", "booked_at"):
        raw[f"{column}_parsed"] = pd.to_datetime(
            raw[column], format="%d.%m.%Y %H:%M", errors="coerce"
        )
    raw["minutes"] = pd.to_numeric(
        raw["minutes"].str.replace(".", "", regex=False).str.replace(",", ".", regex=False),
        errors="coerce",
    )
    bad = raw["starts_at"].notna() & raw["starts_at_parsed"].isna()
    good = raw[~bad].drop_duplicates("activity_id", keep="last")
    for table, key in (("people", "owner_id"), ("accounts", "account_id")):
        known = pd.read_csv(folder / f"{table}.csv", sep=";", dtype=str)
        good.loc[~good[key].isin(known[known.columns[0]]), key].value_counts()


def ours(folder: Path) -> None:
    """The whole load, with its detection, casts, checks, issues, quarantine and matching."""
    files = [folder / f"{name}.csv" for name in TABLES]
    sp.load(files, into=folder / "crm.duckdb", as_of="2026-09-30").close()


def write_workbook(folder: Path, rows: int) -> None:
    """Write a workbook of payroll rows."""
    with xlsxwriter.Workbook(folder / WORKBOOK, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("payroll")
        sheet.write_row(0, 0, ["person_id", "period", "paid_variable", "base_salary"])
        for i in range(rows):
            sheet.write_row(i + 1, 0, [f"P{i}", "2026-09", i % 5000 + 0.25, 4000 + i % 700])


def workbook(folder: Path) -> None:
    """The whole load of a workbook."""
    sp.load(folder / WORKBOOK, as_of="2026-09-30").close()


class _OpenpyxlSheet:
    """A sheet of openpyxl that answers what the loader asks of one of calamine's."""

    merged_cell_ranges = ()
    start = (0, 0)

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet

    def iter_rows(self) -> Iterator[list[Any]]:
        """Yield the rows, an empty cell as empty text and a number as a float."""
        for row in self._sheet.iter_rows(values_only=True):
            yield [
                "" if cell is None else float(cell) if type(cell) is int else cell for cell in row
            ]


class _OpenpyxlBook:
    """A workbook of openpyxl that answers what the loader asks of one of calamine's."""

    def __init__(self, path: str) -> None:
        self._book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        self.sheets_metadata = [
            SimpleNamespace(
                name=name, typ=SheetTypeEnum.WorkSheet, visible=SheetVisibleEnum.Visible
            )
            for name in self._book.sheetnames
        ]

    def get_sheet_by_name(self, name: str) -> _OpenpyxlSheet:
        """Return a sheet."""
        return _OpenpyxlSheet(self._book[name])


def workbook_openpyxl(folder: Path) -> None:
    """The whole load of a workbook, read by openpyxl instead of calamine."""
    with patch.object(python_calamine, "load_workbook", _OpenpyxlBook):
        workbook(folder)


def openpyxl_alone(folder: Path) -> None:
    """A bare loop over the values of a workbook; nothing is kept, converted or checked."""
    sheet = openpyxl.load_workbook(folder / WORKBOOK, read_only=True)["payroll"]
    for _ in sheet.iter_rows(values_only=True):
        pass


CONTENDERS = {
    "plain": plain,
    "ours": ours,
    "pandas": careful_pandas,
    "workbook": workbook,
    "workbook_openpyxl": workbook_openpyxl,
    "openpyxl": openpyxl_alone,
}
