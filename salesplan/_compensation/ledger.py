"""From what is earned to what is paid: offsets, payment caps with carry-over, draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from salesplan._compensation.around import Draw
from salesplan.scales import Units, snap, to_units

NO_CEILING = 2**60
"""More units than anyone is paid, and room to add to."""


@dataclass(frozen=True)
class Drawn:
    """Advances, repayments and debt of persons x periods, in units."""

    advance: Units
    repaid: Units
    debt: Units


def offset(earned: Units) -> Units:
    """Return what is paid when negative pay only reduces later pay.

    Examples
    --------
    >>> offset(np.array([[100, -30, 20, 50]])).tolist()
    [[100, 0, 0, 40]]
    """
    return carried(np.asarray(earned), None, keeps=True)


def carried(
    earned: Units,
    ceiling: Units | None,
    *,
    keeps: bool,
    running_from: Sequence[int] | None = None,
) -> Units:
    """Return what is paid under a ceiling for each period; the rest waits, or lapses.

    With ``running_from``, the room that earlier periods left is kept too, until the periods
    with these numbers, where it starts again.

    Examples
    --------
    >>> carried(np.array([[100, 20, 20]]), np.array([[50, 50, 50]]), keeps=True).tolist()
    [[50, 50, 40]]
    >>> most = np.array([[50, 50, 50]])
    >>> carried(np.array([[10, 100, 20]]), most, keeps=True, running_from=[0]).tolist()
    [[10, 90, 30]]
    """
    paid = np.zeros_like(earned)
    waiting, room = np.zeros(len(earned), earned.dtype), np.zeros(len(earned), earned.dtype)
    for t in range(earned.shape[1]):
        due = earned[:, t] + waiting
        if ceiling is None:
            most = due
        else:
            is_new = running_from is None or t in running_from
            room = ceiling[:, t] + (0 if is_new else room)
            most = np.minimum(due, room)
        paid[:, t] = np.maximum(most, 0)
        room = room - paid[:, t]
        waiting = due - paid[:, t]
        if not keeps:
            waiting = np.minimum(waiting, 0)
    return paid


def in_parts(earned: Units, shares: Sequence[float]) -> Units:
    """Return what is paid when each period's earnings come in instalments.

    Instalments are rounded so that they sum to what was earned, to the cent.

    Examples
    --------
    >>> in_parts(np.array([[101, 0, 50]]), (0.5, 0.5)).tolist()
    [[51, 50, 25]]
    """
    paid = np.zeros_like(earned)
    so_far = np.zeros_like(earned)
    # What falls due after the last period is not paid in any of them.
    for later, share in enumerate(np.cumsum(shares)[: earned.shape[1]]):
        due = to_units(earned * snap(share), 0)
        paid[:, later:] += (due - so_far)[:, : earned.shape[1] - later]
        so_far = due
    return paid


def drawn(earned: Units, rule: Draw, draw: Units) -> Drawn:
    """Return advances, repayments and the debt after each period.

    ``draw`` is the advance of each person and period (0 where there is none). Repayment starts
    with the ``recover_from``-th period since a person's first draw.
    """
    advance, repaid, debt = np.zeros_like(earned), np.zeros_like(earned), np.zeros_like(earned)
    owed = np.zeros(len(earned), earned.dtype)
    first = np.argmax(draw > 0, axis=1) + (rule.recover_from or 1) - 1
    for t in range(earned.shape[1]):
        # A draw tops up to its amount; where there is none, nothing is topped up.
        advance[:, t] = np.where(draw[:, t] > 0, np.maximum(draw[:, t] - earned[:, t], 0), 0)
        if rule.kind != "non_recoverable":
            due = _repayment(earned[:, t], draw[:, t], owed, rule)
            repaid[:, t] = np.where(t >= first, due, 0)
            owed = owed + advance[:, t] - repaid[:, t]
        debt[:, t] = owed
    return Drawn(advance, repaid, debt)


def _repayment(earned: Units, draw: Units, owed: Units, rule: Draw) -> Units:
    floor = 0 if rule.recovers_below_draw else draw
    surplus = np.maximum(earned - floor, 0)
    repaid: Units = np.minimum(owed, np.floor(surplus * rule.recover_share).astype(np.int64))
    return repaid
