"""A book is replaced whole or not at all, whoever reads, writes or kills."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

import salesplan as sp
from salesplan import book
from salesplan.errors import BookError
from salesplan.loading import swap
from salesplan.loading.lock import locked


def exports(folder: Path, deals: int, day: str = "2026-09-30") -> Path:
    folder.mkdir(exist_ok=True)
    rows = "".join(f"D{i};Won;{i}.50;{day}\n" for i in range(deals))
    (folder / "deals.csv").write_text(f"opportunity_id;stage;amount;created_on\n{rows}")
    return folder


def deals(crm: sp.Crm) -> int:
    return int(crm.query("SELECT count(*) AS n FROM opportunities")["n"].iloc[0])


def test_a_reader_keeps_its_book_and_the_next_one_sees_the_new(tmp_path):
    path = tmp_path / "crm.duckdb"
    first = sp.load(exports(tmp_path / "a", 2), into=path)
    second = sp.load(exports(tmp_path / "b", 3), into=path)
    assert (deals(first), deals(second), deals(sp.open(path))) == (2, 3, 3)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b", "crm.duckdb"]


def test_each_load_is_kept_as_a_dated_snapshot(tmp_path):
    path = tmp_path / "crm.duckdb"
    sp.load(exports(tmp_path / "a", 2, "2026-09-01"), into=path).close()
    crm = sp.load(exports(tmp_path / "b", 3, "2026-09-08"), into=path)
    found = crm.query(
        "SELECT CAST(snapshot_on AS VARCHAR) AS day, count(*) AS n FROM opportunity_snapshots "
        "GROUP BY snapshot_on ORDER BY snapshot_on"
    )
    assert list(found.itertuples(index=False, name=None)) == [("2026-09-01", 2), ("2026-09-08", 3)]


def copies(crm: sp.Crm) -> list[tuple[str, int, int]]:
    found = crm.query(
        "SELECT CAST(snapshot_on AS VARCHAR) AS day, count(*) AS n, count(stage) AS staged "
        "FROM opportunity_snapshots GROUP BY snapshot_on ORDER BY snapshot_on"
    )
    return list(found.itertuples(index=False, name=None))


def test_a_deal_deleted_since_stays_in_the_copies(tmp_path):
    path = tmp_path / "crm.duckdb"
    for number, (count, day) in enumerate(((3, "2026-09-01"), (2, "2026-09-08"))):
        sp.load(exports(tmp_path / f"a{number}", count, day), into=path).close()
    again = sp.load(exports(tmp_path / "again", 1, "2026-09-08"), into=path)
    assert copies(again) == [("2026-09-01", 3, 3), ("2026-09-08", 1, 1)]
    anew = sp.load(exports(tmp_path / "b", 2, "2026-09-15"), into=tmp_path / "new.duckdb")
    assert copies(anew) == [("2026-09-15", 2, 2)]


def test_copies_of_an_older_layout_are_kept_as_far_as_they_go(tmp_path):
    path = tmp_path / "crm.duckdb"
    sp.load(exports(tmp_path / "a", 2, "2026-09-01"), into=path).close()
    with duckdb.connect(str(path)) as older:
        older.execute("ALTER TABLE opportunity_snapshots DROP COLUMN stage")
        older.execute("ALTER TABLE opportunity_snapshots ADD COLUMN mood VARCHAR")
    crm = sp.load(exports(tmp_path / "b", 3, "2026-09-08"), into=path)
    assert copies(crm) == [("2026-09-01", 2, 0), ("2026-09-08", 3, 3)]


@pytest.mark.parametrize("spoil", ["another company", "no table", "no facts", "no book"])
def test_a_book_that_is_not_the_same_companys_gives_no_copies(tmp_path, spoil):
    path = tmp_path / "crm.duckdb"
    sp.load(exports(tmp_path / "a", 2, "2026-09-01"), into=path).close()
    if spoil == "no book":
        path.write_bytes(b"nothing")
    elif spoil != "another company":
        with duckdb.connect(str(path)) as older:
            table = "opportunity_snapshots" if spoil == "no table" else "book"
            older.execute(f"DROP TABLE {table} CASCADE")
    own = sp.settings.Settings(company="Other" if spoil == "another company" else "")
    crm = sp.load(exports(tmp_path / "b", 3, "2026-09-08"), into=path, settings=own)
    assert copies(crm) == [("2026-09-08", 3, 3)]


def test_dated_exports_of_one_folder_are_snapshots_too(tmp_path):
    for day, stage in (("2026-09-01", "Talk"), ("2026-09-08", "Offer")):
        (tmp_path / f"deals_{day}.csv").write_text(
            f"opportunity_id;stage;amount;created_on\nD1;{stage};5;2026-08-25\n"
        )
    crm = sp.load(tmp_path)
    assert crm.table("opportunities")["stage"].tolist() == ["Offer"]
    assert crm.table("stage_changes")["stage"].tolist() == ["Talk", "Offer"]


def test_a_second_loader_is_told_who_is_writing(tmp_path):
    path = tmp_path / "crm.duckdb"
    with locked(path), pytest.raises(BookError, match=f"another load \\(process {os.getpid()}\\)"):
        sp.load(exports(tmp_path / "a", 2), into=path)
    assert deals(sp.load(tmp_path / "a", into=path)) == 2


def test_where_an_open_file_cannot_be_replaced_a_pointer_is(tmp_path, monkeypatch):
    """As on Windows, where the old book of a reader stays in its place."""
    path = tmp_path / "crm.duckdb"
    old = sp.load(exports(tmp_path / "a", 2), into=path)
    replace = Path.replace

    def refuse(self, target):
        if Path(target) == path:
            raise PermissionError("in use")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    second = sp.load(exports(tmp_path / "b", 3), into=path)
    third = sp.load(exports(tmp_path / "c", 4), into=path)
    assert (deals(old), deals(second), deals(third), deals(sp.open(path))) == (2, 3, 4, 4)
    monkeypatch.undo()
    assert deals(sp.load(exports(tmp_path / "d", 5), into=path)) == 5
    assert not book.pointer(path).exists()


def test_a_full_disk_leaves_the_old_book(tmp_path):
    path = tmp_path / "crm.duckdb"
    sp.load(exports(tmp_path / "a", 2), into=path).close()
    exports(tmp_path / "b", 60_000)
    code = (
        "import resource, signal, salesplan as sp\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))\n"
        f"sp.load({str(tmp_path / 'b')!r}, into={str(path)!r})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert "could not be written" in done.stderr.splitlines()[-1], done.stderr
    assert deals(sp.open(path)) == 2
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["crm.duckdb"]


def test_the_folder_of_the_book_must_exist(tmp_path):
    with pytest.raises(BookError, match=r"does not exist\. Make it first"):
        sp.load(exports(tmp_path / "a", 1), into=tmp_path / "none" / "crm.duckdb")
    with pytest.raises(BookError, match="is a folder"):
        sp.load(tmp_path / "a", into=tmp_path)


def test_a_book_of_another_layout_is_refused_with_a_sentence(tmp_path):
    path = tmp_path / "crm.duckdb"
    engine = book.create(path)
    engine.execute("UPDATE book SET value = '0' WHERE name = 'format'")
    engine.close()
    with pytest.raises(BookError, match=r"another version of salesplan .* Load the exports again"):
        sp.open(path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("delay", [0.9, 1.3, 1.7])
def test_a_killed_load_leaves_the_old_book_whole(tmp_path, delay):
    path = tmp_path / "crm.duckdb"
    sp.load(exports(tmp_path / "a", 2), into=path).close()
    exports(tmp_path / "b", 5_000)
    code = f"import salesplan as sp; sp.load({str(tmp_path / 'b')!r}, into={str(path)!r})"
    process = subprocess.Popen([sys.executable, "-c", code])
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert deals(sp.open(path)) in (2, 5_000)
    assert deals(sp.load(tmp_path / "b", into=path)) == 5_000
    assert not list(tmp_path.glob(f"*{swap._BUILDING}*"))


def test_pseudonyms_hide_people_and_keep_numbers(tmp_path, monkeypatch):
    (tmp_path / "people.csv").write_text(
        "person_id;name;email;hired_on\nP1;Ada Roth;ada@firm.eu;2026-01-31\n"
        "P2;Ada Roth;ben@firm.eu;2026-01-31\n"
    )
    (tmp_path / "deals.csv").write_text(
        "opportunity_id;stage;owner_id;amount;created_on\nD1;Won;P1;12.50;2026-02-28\n"
        "D2;Won;P2;x;2026-02-28\n"
    )
    plain = sp.load(tmp_path)
    hidden = sp.load(tmp_path, pseudonymise=True)
    people = hidden.table("people")
    assert people["name"].nunique() == 1
    assert people["name"].str.startswith("p_").all()
    assert not people["email"].str.contains("@").any()
    sums = "SELECT sum(amount) AS amount FROM opportunities"
    assert hidden.query(sums).equals(plain.query(sums))
    everything = "".join(
        hidden.query(f'SELECT * FROM "{t}"').to_string()
        for t in ("people", "opportunities", "quarantine", "issues", "book", "loads")
    )
    assert "Ada Roth" not in everything
    assert "ada@firm.eu" not in everything
    again = sp.load(tmp_path, pseudonymise=True).table("people")["name"].iloc[0]
    assert again != people["name"].iloc[0]
    monkeypatch.setenv("SALESPLAN_PSEUDONYM_KEY", "secret")
    tokens = {sp.load(tmp_path, pseudonymise=True).table("people")["name"].iloc[0] for _ in "ab"}
    assert len(tokens) == 1


def test_pseudonyms_hide_owners_that_no_table_lists(tmp_path):
    (tmp_path / "deals.csv").write_text(
        "Deal ID;Deal name;stage;Deal owner;amount;created_on;next_step\n"
        "D1;Roof of Cleo Brandt;Won;Ada Roth;12.50;2026-02-28;call Cleo Brandt\n"
        "D2;Shed of Dora Vogt;Won;Ada Roth;7.50;2026-02-28;\n"
    )
    book = tmp_path / "crm.duckdb"
    with sp.load(tmp_path, pseudonymise=True, into=book) as crm:
        owners = crm.query("SELECT owner_id, sum(amount) AS amount FROM opportunities GROUP BY 1")
        assert owners["amount"].tolist() == [20]
        assert owners["owner_id"].str.fullmatch("p_[0-9a-f]{16}").all()
    raw = book.read_bytes()
    assert not [word for word in (b"Ada Roth", b"Cleo", b"Dora") if word in raw]
