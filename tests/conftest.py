"""Fixtures that all tests share: the CRM on paper, and outside data where it is given."""

from __future__ import annotations

import json
import os
from pathlib import Path

import hypothesis
import pytest

import salesplan as sp

ROOT = Path(__file__).parent.parent

# Timing-dependent limits would make a loaded machine fail; examples stay the same each run.
hypothesis.settings.register_profile("house", deadline=None, derandomize=True, max_examples=60)
hypothesis.settings.load_profile("house")


@pytest.fixture
def crm():
    """The CRM small enough to compute on paper."""
    return sp.paper.crm()


def outside(variable: str, what: str) -> Path:
    folder = os.environ.get(variable)
    if not folder:
        pytest.skip(f"{variable} is not set: no {what} to test against")
    return Path(folder)


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of public CRM files."""
    return outside("SALESPLAN_DATA", "public CRM files")


@pytest.fixture(scope="session")
def cases() -> Path:
    """Folder of third-party worked examples."""
    return outside("SALESPLAN_CASES", "third-party worked examples")


@pytest.fixture(scope="session")
def reference(data) -> dict:
    """Reference answers by data set and id."""
    loaded = json.loads((data / "reference.json").read_text("utf-8"))
    return {
        name: {entry["id"]: entry["value"] for entry in entries}
        for name, entries in loaded.items()
        if name != "_meta"
    }
