"""A fictitious software company: exports to try everything on, and the truth behind them."""

from __future__ import annotations

from pathlib import Path

from salesplan._demo import company, folder
from salesplan.errors import InputError

__all__ = ["write"]


def write(path: str | Path, *, seed: int = 7, scale: int = 1) -> Path:
    """Write the exports of the demo company into a folder, and return the folder."""
    if scale < 1:
        raise InputError(f"scale={scale!r} is no size. Use 1 for 14 sellers, 100 for 1,400.")
    target = Path(path)
    folder.write(target, company.build(seed, scale))
    return target
