"""The folder of exports: text through the engine, workbooks through XlsxWriter."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter

from salesplan._demo import exports, faults, guide, sold
from salesplan._demo.company import Company

_CREATED = dt.datetime(2026, 9, 30, 18, 0, 0)
_LONGEST_SHEET = 100_000
_CP1252 = "companies.csv"
_WITH_MARK = "deals.csv"


def write(folder: Path, company: Company) -> None:
    """Write every export, the settings and the guide into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    connection = _engine(company)
    texts = {name: Path(name).stem for name in exports.TEXT}
    for name, table in texts.items():
        connection.execute(f'CREATE TABLE out."{table}" AS {exports.TEXT[name]}')
    for sheets in exports.WORKBOOKS.values():
        for sheet, sql in sheets.items():
            connection.execute(f'CREATE TABLE out."{sheet}" AS {sql}')
    connection.execute("USE out")
    faults.plant(connection, {*texts.values(), "contract_lines"})
    for name, table in texts.items():
        _write_text(connection, folder / name, table)
    for name, sheets in exports.WORKBOOKS.items():
        _write_workbook(connection, folder, name, list(sheets))
    guide.write(folder)
    connection.close()


def _engine(company: Company) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config={"threads": "2"})
    connection.execute("SET enable_progress_bar = false")
    connection.execute("ATTACH ':memory:' AS out")
    for name, frame in company.tables.items():
        shown = frame.assign(plan=sold.plans(frame)) if name == "lines" else frame
        connection.register(f"incoming_{name}", shown)
        connection.execute(f'CREATE TABLE "{name}" AS SELECT * FROM incoming_{name}')
        connection.unregister(f"incoming_{name}")
    return connection


def _write_text(connection: duckdb.DuckDBPyConnection, path: Path, table: str) -> None:
    target = str(path).replace("'", "''")
    connection.execute(f"COPY \"{table}\" TO '{target}' (FORMAT csv, HEADER, DELIMITER ';')")
    if path.name == _CP1252:
        path.write_bytes(path.read_bytes().decode("utf-8").encode("cp1252"))
    if path.name == _WITH_MARK:
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())


def _write_workbook(
    connection: duckdb.DuckDBPyConnection, folder: Path, name: str, sheets: list[str]
) -> None:
    """Write a workbook; a sheet too long for Excel's comfort leaves as a text file instead."""
    options = {"constant_memory": False, "default_date_format": "dd.mm.yyyy"}
    with xlsxwriter.Workbook(str(folder / name), options) as book:
        book.set_properties({"created": _CREATED, "author": "Finance"})
        bold = book.add_format({"bold": True, "bg_color": "#DDE6EE"})
        for sheet in sheets:
            found = connection.execute(f'SELECT count(*) FROM "{sheet}"').fetchone()
            if found and found[0] > _LONGEST_SHEET:
                _write_text(connection, folder / f"{sheet}.csv", sheet)
            else:
                _write_sheet(connection, book.add_worksheet(sheet), bold, sheet)


def _write_sheet(connection: duckdb.DuckDBPyConnection, page: Any, bold: Any, sheet: str) -> None:
    cursor = connection.execute(f'FROM "{sheet}"')
    names = [column[0] for column in cursor.description or ()]
    page.write_row(0, 0, names, bold)
    page.freeze_panes(1, 0)
    page.set_column(0, len(names) - 1, 14)
    for row, values in enumerate(cursor.fetchall(), 1):
        for column, value in enumerate(values):
            if value is not None:
                page.write(row, column, value)
