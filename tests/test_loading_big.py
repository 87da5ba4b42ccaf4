"""A big export is read once: what its first rows do not show, a sample of the others does."""

from __future__ import annotations

from pathlib import Path

import pytest

import salesplan as sp
from salesplan.errors import ExportError
from salesplan.loading import encoding, sampling, staging

ROWS = 90_000
HEADER = "opportunity_id;stage;amount;created_on;closed_on\n"


def big_export(folder: Path, first_half: str, second_half: str) -> Path:
    """Write an export of deals that changes in its middle; ``{}`` is the number of the row."""
    half = ROWS // 2
    rows = [first_half.format(i) for i in range(half)]
    rows += [second_half.format(i) for i in range(half, ROWS)]
    file = folder / "deals.csv"
    file.write_text(HEADER + "\n".join(rows) + "\n")
    assert file.stat().st_size > sampling.SMALLEST
    return file


@pytest.fixture
def inserts(monkeypatch) -> list[str]:
    """Every INSERT that a load runs, by table."""
    run: list[str] = []
    insert = staging._insert

    def noted(engine, feed, first):
        run.append(feed.table.name)
        return insert(engine, feed, first)

    monkeypatch.setattr(staging, "_insert", noted)
    return run


def test_a_column_that_is_filled_only_later_is_read_at_the_first_go(tmp_path, inserts):
    file = big_export(
        tmp_path,
        "DEAL-OF-THE-YEAR-{:020};Offer;1,5;23.02.2026;",
        "DEAL-OF-THE-YEAR-{:020};Won;1,5;23.02.2026;28.02.2026",
    )
    crm = sp.load(file)
    closed = crm.query("SELECT count(closed_on) AS n, min(closed_on) AS day FROM opportunities")
    assert (closed["n"][0], str(closed["day"][0])[:10]) == (ROWS // 2, "2026-02-28")
    assert inserts == ["opportunities"]


def test_two_orders_of_day_and_month_in_one_file_are_a_question(tmp_path):
    file = big_export(
        tmp_path,
        "DEAL-OF-THE-YEAR-{:020};Won;1,5;13/02/2026;13/02/2026",
        "DEAL-OF-THE-YEAR-{:020};Won;1,5;02/13/2026;02/13/2026",
    )
    with pytest.raises(ExportError, match="13/02/2026 has the day first, 02/13/2026 the month"):
        sp.load(file)


def test_a_quoted_line_end_is_no_place_to_take_a_sample_from(tmp_path):
    """Cut there, the text would be a row of its own whose dates prove the wrong order."""
    file = big_export(
        tmp_path,
        "DEAL-OF-THE-YEAR-{:020};Offer;1,5;03/02/2026;",
        'DEAL-OF-THE-YEAR-{:020};"Talk\nX;Offer;1,5;02/13/2026;02/13/2026";1,5;13/02/2026;',
    )
    crm = sp.load(file)
    assert crm.counts["opportunities"] == ROWS
    assert str(crm.query("SELECT min(created_on) AS day FROM opportunities")["day"][0])[:7] == (
        "2026-02"
    )


def test_cells_that_fail_behind_another_fault_still_prove_how_they_are_written(tmp_path, inserts):
    late = "".join(f"L{i};Won;5;x.y.2026;{i + 1}. Februar 2026\n" for i in range(12))
    rows = "".join(f"D{i};Won;5;2026-02-03;2026-02-{1 + i % 28:02}\n" for i in range(6_000))
    file = tmp_path / "deals.csv"
    file.write_text(HEADER + rows + "E1;Won;5;2026-02-03;9. Februar 2026\n" + late)
    crm = sp.load(file)
    assert set(crm.quarantine["column_name"]) == {"created_on"}
    assert len(crm.quarantine) == 12
    assert crm.query(
        "SELECT CAST(closed_on AS VARCHAR) AS day FROM opportunities WHERE opportunity_id = 'E1'"
    )["day"].tolist() == ["2026-02-09"]
    assert inserts == ["opportunities"] * 2


def test_a_yes_or_no_that_is_neither_is_kept_apart(tmp_path):
    file = tmp_path / "deals.csv"
    file.write_text(
        "opportunity_id;stage;amount;created_on;is_tender\n"
        "D1;Won;5;2026-02-03;ja\nD2;Won;5;2026-02-03;vielleicht\n"
    )
    crm = sp.load(file)
    assert crm.table("opportunities")["is_tender"].tolist() == [True]
    assert crm.quarantine[["rule", "column_name", "line"]].values.tolist() == [
        ["unreadable boolean", "is_tender", 3]
    ]


@pytest.mark.parametrize("block", [1, 2, 3, 5, 1 << 19])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("name\nGrün € 😀 ab\n".encode(), "utf-8"),
        ("name\nGrün € 😀 ab".encode()[:-5], "utf-8-broken"),
        ("name\nGrün ab\n".encode("cp1252"), "cp1252"),
    ],
)
def test_a_character_over_the_edge_of_a_block_is_one(text, found, block, tmp_path, monkeypatch):
    file = tmp_path / "deals.csv"
    file.write_bytes(text)
    monkeypatch.setattr(encoding, "BLOCK", block)
    scan = encoding._scan(file, None)
    assert (scan.encoding, scan.size, scan.line_feeds) == (found, len(text), text.count(b"\n"))
