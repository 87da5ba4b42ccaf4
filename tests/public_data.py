"""Public data sets, loaded once per test run with the settings kept beside the tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import salesplan as sp

SETTINGS = Path(__file__).parent / "settings"


@cache
def load_public(name: str, data: Path) -> sp.Crm:
    """Return the Crm of a folder of public CRM files, such as ``maven_crm``."""
    return sp.load(data / name, settings=SETTINGS / f"{name}.toml")
