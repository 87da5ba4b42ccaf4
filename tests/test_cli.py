"""The command line: same words as the library, sentences instead of tracebacks, 0 / 1 / 2."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

COMMANDS = ["demo", "load", "check", "review", "simulate", "app", "schema"]


def run(*arguments, cwd=None):
    done = subprocess.run(
        [sys.executable, "-m", "salesplan", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        timeout=300,
        env=None,
    )
    assert "Traceback" not in done.stderr + done.stdout
    return done


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The CRM on paper, as salesplan's own export files."""
    import salesplan as sp

    folder = tmp_path_factory.mktemp("exports")
    for name, frame in sp.paper.frames().items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    (folder / "salesplan.toml").write_text('as_of = 2026-09-30\ncompany = "Paper"\n')
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_helps(command):
    done = run(command, "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout


def test_usage_is_2_and_a_fault_is_1(tmp_path):
    assert run("review").returncode == 2
    assert run("nonsense").returncode == 2
    done = run("check", tmp_path / "nowhere")
    assert done.returncode == 1
    assert done.stderr.strip().startswith("Error:")
    assert "nowhere" in done.stderr


def test_check_says_what_was_read(small):
    done = run("check", small)
    assert "opportunities" in done.stdout
    assert done.returncode in (0, 1)


def test_load_then_review_the_book(small, tmp_path):
    book = tmp_path / "crm.duckdb"
    assert run("load", small, "--into", book).returncode == 0
    done = run("review", book, "--quarter", "2026-Q3", "--out", tmp_path / "r", "--lang", "de")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "r" / "review-2026-Q3.html").read_text("utf-8")
    assert "Quartalsreview 2026-Q3" in page
    assert (tmp_path / "r" / "review-2026-Q3.xlsx").exists()


def test_explain_pins_what_was_recognised(small, tmp_path):
    done = run("load", small, "--into", tmp_path / "crm.duckdb", "--explain")
    assert done.returncode == 0
    assert "[files" in done.stdout


@pytest.mark.parametrize("quarter", ["2026-Q5", "2026-09", "soon"])
def test_a_wrong_quarter_is_a_sentence(small, tmp_path, quarter):
    done = run("review", small, "--quarter", quarter, "--out", tmp_path)
    assert done.returncode == 1
    assert "Error:" in done.stderr


@pytest.mark.parametrize("what", ["settings", "scheme"])
def test_schema_for_editors(what):
    assert "properties" in json.loads(run("schema", what).stdout)


@pytest.mark.parametrize("what", ["tables", "measures", "profiles"])
def test_schema_for_readers(what):
    assert len(run("schema", what).stdout) > 500
    assert run("schema", "tabels").returncode == 1
