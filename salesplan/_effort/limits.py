"""Limits of a plan: minimum, maximum, what is locked and how much may change at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from salesplan.allocation import Segments
from salesplan.errors import InputError, all_faults
from salesplan.stats import Floats

Locked = Mapping[str, float] | Sequence[str] | None
_ROUNDING = 1e-9


def whole_limits(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    return np.ceil(low - _ROUNDING), np.floor(high + _ROUNDING * np.maximum(high, 1))


def check(segments: Segments, low: Floats, high: Floats) -> None:
    faults = [
        f"{name}: the minimum {a:g} lies above the maximum {b:g}."
        for name, a, b in zip(segments.names, low, high, strict=True)
        if a > b
    ] + [
        f"{n}: the minimum {a:g} is negative."
        for n, a in zip(segments.names, low, strict=True)
        if a < 0
    ]
    if faults:
        raise InputError(all_faults("The limits contradict each other:", faults))


def held(
    segments: Segments,
    low: Floats,
    high: Floats,
    *,
    locked: Locked,
    change_at_most: float | None,
    in_calls: bool,
) -> tuple[Floats, Floats]:
    """Return the limits narrowed by the allowed change, then by locks."""
    low, high = low.copy(), high.copy()
    share = change_at_most
    if share is not None:
        if not share >= 0:
            raise InputError(f"change_at_most={share} must be a share such as 0.2 for 20 %.")
        now = _known_now(segments, "change_at_most")
        low = np.maximum(low, now * (1 - share))
        high = np.maximum(np.minimum(high, now * (1 + share)), low)
        if in_calls:
            low, high = _nearest_whole(low, high, now)
    fixed = _locks(locked, segments)
    at = ~np.isnan(fixed)
    low[at] = high[at] = fixed[at]
    return low, high


def _nearest_whole(low: Floats, high: Floats, now: Floats) -> tuple[Floats, Floats]:
    up, down = whole_limits(low, high)
    # Where the allowed range holds no whole number, the effort stays where it is.
    stuck = up > down
    return np.where(stuck, now, up), np.where(stuck, now, down)


def _known_now(segments: Segments, what: str) -> Floats:
    missing = [n for n, x in zip(segments.names, segments.now, strict=True) if np.isnan(x)]
    if missing:
        raise InputError(f"{what} needs the effort now of segment {missing[0]!r} (column 'now').")
    return segments.now


def _locks(locked: Locked, segments: Segments) -> Floats:
    if locked is None:
        column = segments.frame.get("locked")
        if column is None:
            return np.full(len(segments.names), np.nan)
        locked = [
            n for n, flag in zip(segments.names, column, strict=True) if flag is True or flag == 1
        ]
    if isinstance(locked, Mapping):
        found = segments.vector(locked, "locked", np.nan)
        bad = [f"{n}: {x}" for n, x in locked.items() if not 0 <= float(x) < np.inf]
        if bad:
            raise InputError(f"Locked calls must be 0 or more, not {', '.join(bad)}.")
        return found
    names = [locked] if isinstance(locked, str) else list(locked)
    wanted = segments.vector(dict.fromkeys(names, 1.0), "locked", 0.0) == 1.0
    if np.any(wanted & np.isnan(segments.now)):
        _known_now(segments, "locked")
    return np.where(wanted, segments.now, np.nan)
