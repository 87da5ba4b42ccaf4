"""Rounding that decides a cent the way a payslip does, on whole arrays.

Binary floating point holds 2.675 as 2.67499999...; rounding it half-up must still give 2.68.
Values are therefore read as the decimal they stand for: anything nearer to a tie than
floating point can tell is a tie.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Units = npt.NDArray[np.int64]
Mode = Literal["half_up", "half_even", "down", "up"]

_DUST = 1e-7
_ULPS = 32 * np.finfo(np.float64).eps


def snap(values: npt.ArrayLike) -> Floats:
    """Return values without floating-point dust, so that 0.19 / 0.2 meets a bound at 0.95.

    Twelve decimals are kept below 1,000 and six above: as many as the number can hold.

    Examples
    --------
    >>> float(snap(0.1 + 0.2)), float(snap(0.19 / 0.2))
    (0.3, 0.95)
    """
    array = np.asarray(values, np.float64)
    is_large = np.abs(array) >= 1e3
    fine = np.round(array, 12)
    return np.where(is_large, np.round(array, 6), fine) if is_large.any() else fine


def to_units(values: npt.ArrayLike, places: int = 2, mode: Mode = "half_up") -> Units:
    """Return money as whole numbers of its smallest unit; ties away from zero in ``half_up``.

    Examples
    --------
    >>> to_units([2.675, 1.005, -0.005]).tolist()
    [268, 101, -1]
    >>> to_units([2.675, 2.665], mode="half_even").tolist(), to_units(0.039, mode="down").tolist()
    ([268, 266], 3)
    """
    scaled = np.asarray(values, np.float64) * 10.0**places
    size = np.abs(scaled)
    dust = _DUST + _ULPS * size
    if mode == "half_up":
        whole = np.floor(size + 0.5 + dust)
    elif mode == "half_even":
        whole = _half_even(size, dust)
    elif mode == "down":
        whole = np.floor(size + dust)
    else:
        whole = np.ceil(size - dust)
    return np.copysign(whole, scaled).astype(np.int64)


def _half_even(size: Floats, dust: Floats) -> Floats:
    whole = np.floor(size)
    is_tie = np.abs(size - whole - 0.5) <= dust
    result: Floats = np.where(is_tie, whole + np.mod(whole, 2), np.floor(size + 0.5))
    return result


def rounded(values: npt.ArrayLike, places: int, mode: Mode = "half_up") -> Floats:
    """Return values rounded to decimal places; missing values stay missing.

    Examples
    --------
    >>> rounded([0.057142857, 0.0365], 3).tolist()
    [0.057, 0.037]
    """
    array = np.asarray(values, np.float64)
    missing = ~np.isfinite(array)
    units = to_units(np.where(missing, 0.0, array), places, mode)
    return np.where(missing, array, units / 10.0**places)


def shared_units(parts: Floats, places: int = 2, mode: Mode = "half_up") -> Units:
    """Return parts along axis 0 in units that sum to the rounded total (largest remainder).

    Examples
    --------
    >>> shared_units(np.array([[0.333], [0.333], [0.334]])).ravel().tolist()
    [33, 33, 34]
    """
    scaled = parts * 10.0**places
    whole = np.floor(scaled + _DUST)
    missing = to_units(parts.sum(axis=0), places, mode) - whole.sum(axis=0)
    # Ties go to the earlier line, so that the same input always gives the same split.
    order = np.argsort(-np.round(scaled - whole, 6), axis=0, kind="stable")
    rank = np.argsort(order, axis=0, kind="stable")
    units: Units = (whole + (rank < missing)).astype(np.int64)
    return units
