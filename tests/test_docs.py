"""The README is true: its code runs, its commands and targets exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_code_of_the_readme_runs(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert blocks("python")
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), {})


def test_the_first_block_is_twelve_lines_at_most():
    assert len(blocks("python")[0].splitlines()) <= 12


@pytest.mark.parametrize("target", re.findall(r"make (\w+)", README))
def test_every_target_exists(target):
    assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)


def test_every_target_is_told():
    for target in re.findall(r"^(\w+):.*##", MAKEFILE, re.MULTILINE):
        if target not in ("help", "clean", "format"):
            assert f"make {target}" in README, target


def test_every_command_is_told():
    for command in ("demo", "load", "check", "review", "simulate", "app", "schema"):
        assert f"salesplan {command}" in README, command


@pytest.mark.parametrize("path", re.findall(r"\]\((?!http)([^)#]+)\)", README))
def test_links_lead_somewhere(path):
    assert (ROOT / path).exists(), path


def test_nothing_names_a_machine_or_a_registry():
    hosts = re.compile(
        r"https?://[\w.-]*(pypi|npmjs|debian|artifactory|nexus)[\w.-]*|/root/|/work/"
    )
    for path in ROOT.rglob("*"):
        parts = set(path.relative_to(ROOT).parts)
        if (
            parts
            & {
                ".git",
                ".venv",
                "reports",
                "node_modules",
                "__pycache__",
                ".mypy_cache",
                ".ruff_cache",
                ".pytest_cache",
                ".hypothesis",
            }
            or not path.is_file()
        ):
            continue
        if path.suffix in {".py", ".toml", ".md", ".txt", ".ipynb", ".json", "", ".j2", ".css"}:
            if path.name == "test_docs.py":
                continue
            found = hosts.search(path.read_text("utf-8", errors="ignore"))
            assert not found, f"{path.relative_to(ROOT)}: {found.group()}"
