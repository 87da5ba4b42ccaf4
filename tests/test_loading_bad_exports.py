"""Bad exports: each ends in its own sentence, or in rows of issues and quarantine."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import pytest
import xlsxwriter

import salesplan as sp
from salesplan.errors import SalesplanError

FOLDER = Path(__file__).parent / "bad_exports"
ERRORS = tomllib.loads((FOLDER / "errors.toml").read_text("utf-8"))
ROWS = tomllib.loads((FOLDER / "rows.toml").read_text("utf-8"))


def write(folder: Path, case: dict) -> Path:
    """Write the file of a case and return what is to be loaded."""
    path = folder / case.get("file", "deals.csv")
    make = case.get("make", "")
    if make in ("folder", "nothing", "empty_folder"):
        other = folder / "people.csv"
        other.write_text("person_id;name;hired_on\nP1;Ada;2026-01-31\n")
        if make == "folder":
            path.mkdir()
        return folder / "none" if make == "nothing" else empty(folder) if "empty" in make else path
    if make in ("workbook", "empty_workbook"):
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet("Deals")
            if make == "workbook":
                sheet.write_row(0, 0, ["opportunity_id", "stage"])
        return path
    if "hex" in case:
        path.write_bytes(bytes.fromhex(case["hex"]))
    else:
        text = re.sub(r"\{(\d+)\}", lambda m: "x" * int(m[1]), case["text"])
        path.write_bytes(text.encode())
    if make == "unreadable":
        path.chmod(0)
    return path


def empty(folder: Path) -> Path:
    (folder / "inner").mkdir()
    return folder / "inner"


def given(path: Path, case: dict):
    return [path, path.parent / "people.csv"] if case.get("make") == "folder" else path


def settings(case: dict) -> sp.settings.Settings:
    return sp.settings.Settings.model_validate(case.get("settings", {}))


def test_the_corpus_is_large():
    assert len(ERRORS) + len(ROWS) >= 60


@pytest.mark.parametrize("name", ERRORS)
def test_a_fault_is_told_in_a_sentence(name, tmp_path):
    case = ERRORS[name]
    path = write(tmp_path, case)
    if case.get("make") == "unreadable" and os.access(path, os.R_OK):
        pytest.skip("this user may read every file")
    with pytest.raises(SalesplanError) as error:
        sp.load(given(path, case), settings=settings(case))
    assert case["says"] in str(error.value)


@pytest.mark.parametrize("name", ROWS)
def test_bad_rows_are_counted_and_kept(name, tmp_path):
    case = ROWS[name]
    crm = sp.load(write(tmp_path, case), settings=settings(case))
    loads = crm.loads
    assert (loads["rows_read"] == loads["rows_loaded"] + loads["rows_quarantined"]).all()
    if "issue" in case:
        rule, rows = case["issue"]
        found = crm.issues[crm.issues["rule"] == rule]
        assert len(found) == 1, crm.issues["rule"].tolist()
        assert int(found["row_count"].fillna(0).iloc[0]) == rows
        assert found["what_to_do"].iloc[0]
    if "apart" in case:
        rule, rows = case["apart"]
        found = crm.quarantine[crm.quarantine["rule"] == rule]
        assert len(found) == rows, crm.quarantine.to_string()
        assert found["text"].str.len().gt(0).all()
    if "line" in case:
        assert int(crm.quarantine["line"].iloc[0]) == case["line"]
    if "loaded" in case:
        assert int(loads["rows_loaded"].iloc[0]) == case["loaded"]


@pytest.mark.parametrize("change", ["grows", "shrinks", "goes"])
@pytest.mark.parametrize("into", [None, "crm.duckdb"])
def test_a_file_that_changes_while_it_is_read_stops_the_load(tmp_path, change, into):
    path = tmp_path / "deals.csv"
    rows = "".join(f"D{i};Won;2026-01-31\n" for i in range(50))
    path.write_text("opportunity_id;stage;created_on\n" + rows)

    def meanwhile(_what: str, number: int, of: int) -> None:
        if change == "goes":
            path.unlink(missing_ok=True)
        else:
            path.write_text(path.read_text()[:40] + rows * (2 if change == "grows" else 0))

    book = into and tmp_path / into
    with pytest.raises(SalesplanError, match=r"deals\.csv changed while it was read\. Load again"):
        sp.load(path, into=book, progress=meanwhile)
    assert not (book and book.exists())


def test_a_folder_without_exports_says_what_it_has(tmp_path):
    (tmp_path / "export.zip").write_bytes(b"PK")
    with pytest.raises(SalesplanError, match=r"It has export\.zip; an archive must be unpacked"):
        sp.load(tmp_path)
