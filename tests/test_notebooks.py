"""Notebooks are thin, clean and run from top to bottom on the demo company."""

from __future__ import annotations

import ast
import itertools
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
ALLOWED = {"salesplan", "pandas"}


def read(path):
    return nbformat.read(path, as_version=4)


def code(book):
    return [cell for cell in book.cells if cell.cell_type == "code"]


def test_the_set_is_complete():
    numbers = [path.name[:2] for path in NOTEBOOKS]
    assert numbers == ["01", "02", "03", "04", "05", "06", "07", "08"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_clean(path):
    book = read(path)
    nbformat.validate(book)
    assert book.metadata.kernelspec.name == "python3"
    for cell in code(book):
        assert not cell.outputs
        assert cell.execution_count is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_thin(path):
    book = read(path)
    first = code(book)[0]
    assert "parameters" in first.metadata.get("tags", []), (
        "the first code cell is tagged parameters"
    )
    assert all(isinstance(n, ast.Assign) for n in ast.parse(first.source).body)
    for cell in code(book):
        assert len(cell.source.splitlines()) <= 8, cell.source
        assert not re.search(r"(?i)\bselect\b.*\bfrom\b", cell.source), "SQL belongs to the library"
        for node in ast.walk(ast.parse(cell.source)):
            assert not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.For | ast.While)
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = (
                    [getattr(node, "module", None)]
                    if isinstance(node, ast.ImportFrom)
                    else [alias.name for alias in node.names]
                )
                assert {name.split(".")[0] for name in names} <= ALLOWED
            if isinstance(node, ast.Call):
                assert getattr(node.func, "id", "") != "print", "return it, do not print it"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_each_question_is_asked_first(path):
    cells = read(path).cells
    for before, cell in itertools.pairwise(cells):
        if cell.cell_type == "code":
            assert before.cell_type == "markdown", cell.source
            assert before.source.strip()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_runs_on_the_demo_company(path):
    book = read(path)
    client = NotebookClient(
        book, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}}
    )
    client.execute()
    assert any(cell.outputs for cell in code(book))
