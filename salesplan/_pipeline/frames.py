"""Small handles on frames that several rooms need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy.typing as npt
import pandas as pd

from salesplan._pipeline.flow import By

Columns = Mapping[str, npt.NDArray[Any]]
"""Columns of one frame by their names, row by row alike: quick to look up and to compute with."""


def by_names(by: By) -> list[str]:
    """Return the names of the groups asked for."""
    return [by] if isinstance(by, str) else list(by or [])


def joined(parts: list[pd.DataFrame], names: list[str]) -> pd.DataFrame:
    """Return frames side by side, matched on their groups; a group may be missing in some."""
    if not names:
        return pd.concat(parts, axis=1)
    table = parts[0]
    for part in parts[1:]:
        # a frame without rows does not know the types of its groups
        typed = part.astype(dict(table[names].dtypes)) if part.empty else part
        table = table.merge(typed, how="outer", on=names)
    return table.sort_values(names, ignore_index=True)


def columns_of(table: pd.DataFrame) -> dict[str, npt.NDArray[Any]]:
    """Return a frame's columns by their names."""
    return {str(name): column.to_numpy() for name, column in table.items()}


def words(texts: Sequence[str | None]) -> pd.Series[str]:
    """Return texts as a column in which None is a missing value like any other."""
    return pd.Series(list(texts), dtype="str")
