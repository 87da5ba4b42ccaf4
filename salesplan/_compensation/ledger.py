"""From what is earned to what is paid: offsets, payment caps with carry-over, draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from salesplan._compensation.around import Draw
from salesplan.scales import Units


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


def carried(earned: Units, ceiling: Units | None, *, keeps: bool) -> Units:
    """Return what is paid under a ceiling for each period; the rest waits, or lapses.

    Examples
    --------
    >>> carried(np.array([[100, 20, 20]]), np.array([[50, 50, 50]]), keeps=True).tolist()
    [[50, 50, 40]]
    """
    paid = np.zeros_like(earned)
    waiting = np.zeros(len(earned), earned.dtype)
    for t in range(earned.shape[1]):
        due = earned[:, t] + waiting
        most = due if ceiling is None else np.minimum(due, ceiling[:, t])
        paid[:, t] = np.maximum(most, 0)
        waiting = due - paid[:, t]
        if not keeps:
            waiting = np.minimum(waiting, 0)
    return paid


def drawn(earned: Units, rule: Draw, draw: Units) -> Drawn:
    """Return advances, repayments and the debt after each period.

    ``draw`` is the advance of each person and period (0 where there is none).
    """
    advance, repaid, debt = np.zeros_like(earned), np.zeros_like(earned), np.zeros_like(earned)
    owed = np.zeros(len(earned), earned.dtype)
    first = (rule.recover_from or 1) - 1
    for t in range(earned.shape[1]):
        advance[:, t] = np.maximum(draw[:, t] - earned[:, t], 0)
        if rule.kind != "non_recoverable":
            if t >= first:
                repaid[:, t] = _repayment(earned[:, t], draw[:, t], owed, rule)
            owed = owed + advance[:, t] - repaid[:, t]
        debt[:, t] = owed
    return Drawn(advance, repaid, debt)


def _repayment(earned: Units, draw: Units, owed: Units, rule: Draw) -> Units:
    floor = 0 if rule.recovers_below_draw else draw
    surplus = np.maximum(earned - floor, 0)
    repaid: Units = np.minimum(owed, np.floor(surplus * rule.recover_share).astype(np.int64))
    return repaid
