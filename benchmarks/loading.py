"""Loading an activities export, beside what a user would write instead.

``python benchmarks/loading.py [ROWS]`` prints, for one file and one run: DuckDB's plain
``CREATE TABLE AS FROM read_csv``, a careful pandas read-and-clean, and ``sp.load`` with its
detection, casts, checks, issues, quarantine and key matching. Then a workbook of 300,000 rows
through openpyxl (measured on a tenth of them) and through ``sp.load``.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import python_calamine  # noqa: F401 - imported before the clock starts
import xlsxwriter

import salesplan as sp

ROWS = 1_000_000
SHEET_ROWS = 300_000

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


def write_exports(folder: Path, rows: int) -> Path:
    """Write a big activities export and the small tables that its keys lead to."""
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


def plain(file: Path, folder: Path) -> None:
    """What DuckDB does with the file when nobody checks anything."""
    engine = duckdb.connect(str(folder / "plain.duckdb"))
    engine.execute(
        f"CREATE TABLE activities AS FROM read_csv('{file}', delim=';', ignore_errors=true)"
    )
    engine.close()


def careful_pandas(file: Path, folder: Path) -> None:
    """What a careful analyst writes: text first, casts with errors kept, keys checked."""
    raw = pd.read_csv(file, sep=";", dtype=str, on_bad_lines="skip")
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
    people = pd.read_csv(folder / "people.csv", sep=";", dtype=str)
    good["owner_id"].isin(people["person_id"]).value_counts()
    good.to_parquet(folder / "pandas.parquet") if _has_parquet() else None


def _has_parquet() -> bool:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        return False
    return True


def salesplan_load(folder: Path) -> None:
    """The whole load."""
    files = [folder / f"{name}.csv" for name in ("accounts", "activities", "people")]
    sp.load(files, into=folder / "crm.duckdb", as_of="2026-09-30").close()


def write_workbook(path: Path, rows: int) -> None:
    """Write a workbook of payroll rows."""
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("payroll")
        sheet.write_row(0, 0, ["person_id", "period", "paid_variable", "base_salary"])
        for i in range(rows):
            sheet.write_row(i + 1, 0, [f"P{i}", "2026-09", i % 5000 + 0.25, 4000 + i % 700])


def by_openpyxl(path: Path, rows: int) -> float:
    """Return the seconds that openpyxl takes for the rows, measured on the first of them."""
    import openpyxl

    part = rows // 10
    started = time.perf_counter()
    sheet = openpyxl.load_workbook(path, read_only=True)["payroll"]
    for number, _ in enumerate(sheet.iter_rows(values_only=True)):
        if number >= part:
            break
    return (time.perf_counter() - started) * rows / part


def seconds(call: Callable[[], object]) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def peak_memory(folder: Path) -> float:
    """Return the peak memory of a load in a process of its own, in GiB."""
    files = [str(folder / f"{name}.csv") for name in ("accounts", "activities", "people")]
    code = (
        f"import salesplan as sp; sp.load({files!r}, into={str(folder / 'm.duckdb')!r}, "
        "as_of='2026-09-30'); import resource; "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout) / 1024**2


def main(rows: int = ROWS) -> None:
    """Print the ratios."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = write_exports(folder, rows)
        print(f"activities.csv: {rows:,} rows, {file.stat().st_size / 1e6:,.0f} MB")
        by_plain = seconds(lambda: plain(file, folder))
        by_us = seconds(lambda: salesplan_load(folder))
        by_pandas = seconds(lambda: careful_pandas(file, folder))
        print(f"DuckDB, plain CREATE TABLE AS   {by_plain:6.1f} s")
        print(f"sp.load                         {by_us:6.1f} s   {by_us / by_plain:.2f} x plain")
        print(
            f"pandas, careful                 {by_pandas:6.1f} s   sp.load is "
            f"{by_us / by_pandas:.2f} x pandas"
        )
        print(f"peak memory of sp.load          {peak_memory(folder):6.2f} GiB")
        workbook_ratio(folder)


def workbook_ratio(folder: Path) -> None:
    """Print how a workbook loads beside openpyxl."""
    book = folder / "payroll.xlsx"
    write_workbook(book, SHEET_ROWS)
    by_us = seconds(lambda: sp.load(book, as_of="2026-09-30").close())
    theirs = by_openpyxl(book, SHEET_ROWS)
    print(
        f"workbook of {SHEET_ROWS:,} rows: sp.load {by_us:.1f} s, openpyxl {theirs:.1f} s, "
        f"{theirs / by_us:.1f} times as fast"
    )


if __name__ == "__main__":
    main(int(sys.argv[1].replace("_", "")) if len(sys.argv) > 1 else ROWS)
