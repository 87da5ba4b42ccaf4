"""Quotas: what is assigned on the street against the target, and what a ramping team carries."""

from __future__ import annotations

from collections.abc import Sequence

from salesplan.errors import InputError


def over_assignment(target: float, *, street_quota: float) -> tuple[float, float]:
    """Return the attainment at which the target is met, and its inverse, the over-assignment.

    Examples
    --------
    >>> over_assignment(800_000, street_quota=1_000_000)
    (0.8, 1.25)
    """
    if not (target > 0 and street_quota > 0):
        raise InputError(f"target={target} and street_quota={street_quota} must be above 0.")
    return target / street_quota, street_quota / target


def carried_quota(quota: float, *, ramps: Sequence[float]) -> float:
    """Return the quota that sellers carry, each at the share of full productivity reached.

    Examples
    --------
    >>> carried_quota(10_000, ramps=[0.5] * 5)
    25000.0
    """
    bad = [r for r in ramps if not 0 <= r <= 1]
    if bad:
        raise InputError(f"A ramp is a share between 0 and 1, not {bad[0]}.")
    return quota * sum(ramps)
