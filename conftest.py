"""What doctests may use without importing it: the package, pandas and the small CRM."""

from __future__ import annotations

import pandas as pd
import pytest

import salesplan as sp


@pytest.fixture(autouse=True)
def _doctest_names(doctest_namespace: dict[str, object]) -> None:
    doctest_namespace.update(sp=sp, pd=pd, paper=sp.paper.crm)
