"""A fictitious software company: exports to try everything on, and the truth behind them.

Fourteen sellers, three fiscal years to 30 September 2026, written as a European company
would export it, with faults planted on purpose. The same seed gives the same bytes
everywhere.
"""

from __future__ import annotations

from pathlib import Path

from salesplan._demo import company, folder, ledger
from salesplan._demo.ledger import Truth
from salesplan.errors import InputError

__all__ = ["Truth", "truth", "write"]


def write(path: str | Path, *, seed: int = 7, scale: int = 1) -> Path:
    """Write the exports of the demo company into a folder, and return the folder.

    The folder also gets ``salesplan.toml``, which says how to read it, and ``README.md``,
    which lists the planted faults.

    Parameters
    ----------
    path
        Folder to write to; made if it is missing, its files replaced.
    seed
        Which company; the committed one has seed 7.
    scale
        How many times as large: 100 has 1,400 sellers and millions of rows.

    Raises
    ------
    InputError
        If ``scale`` is below 1 or ``seed`` below 0.
    """
    target = Path(path)
    folder.write(target, _built(seed, scale))
    return target


def truth(*, seed: int = 7, scale: int = 1) -> Truth:
    """Return the truth that the exports of a seed were drawn from.

    Tables of true channel costs, monthly recurring revenue with its movements, stage and
    seller win rates, revenue by sale type and planted faults; see ``Truth``.

    Examples
    --------
    >>> known = truth()
    >>> len(known.channels), len(known.mrr), len(known.faults)
    (9, 36, 18)
    """
    return ledger.truth_of(_built(seed, scale))


def _built(seed: int, scale: int) -> company.Company:
    if scale < 1:
        raise InputError(f"scale={scale!r} is no size. Use 1 for 14 sellers, 100 for 1,400.")
    if seed < 0:
        raise InputError(f"seed={seed!r} is no seed. Use a whole number from 0 on.")
    return company.build(seed, scale)
