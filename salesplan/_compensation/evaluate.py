"""Criteria into money: attainment, curve, caps, gates and factors, before any rounding."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from salesplan._compensation import per_deal
from salesplan._compensation.check_weights import as_tuple
from salesplan._compensation.figures import Figures, Reader
from salesplan._compensation.gating import Gated, apply, opened
from salesplan._compensation.panel import Panel
from salesplan._compensation.presence import Presence, share_in_force
from salesplan._compensation.rules import Criterion
from salesplan._compensation.scheme import Scheme
from salesplan.scales import Floats

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Line:
    """One criterion for every spell and period; money not yet rounded."""

    criterion: Criterion
    holds: Mask
    figures: Figures
    rate: Floats
    target_pay: Floats
    before_cap: Floats
    after_cap: Floats
    amount: Floats
    gate: npt.NDArray[np.object_]
    kept: Floats
    has_no_goal: Mask


def lines(
    scheme: Scheme, panel: Panel, present: Presence, pay: Floats
) -> tuple[list[Line], Floats]:
    """Return the criteria's lines (cumulated within the year under year-to-date accrual)."""
    to_date = scheme.accrual == "year_to_date"
    base = present.to_date(pay) if to_date else pay
    reader = Reader(panel, present, scheme.accrual)
    found = [_read(scheme, c, reader, to_date=to_date) for c in scheme.criteria]
    shares = _weights(scheme, panel, present, found, pay)
    if to_date:
        shares = [present.to_date(s) for s in shares]
    paid = [
        _paid(scheme, c, figures, share, base, panel, present)
        for c, figures, share in zip(scheme.criteria, found, shares, strict=True)
    ]
    gates = [opened(scheme, gate, reader, to_date=to_date) for gate in scheme.gates]
    return factored([_gated(line, gates) for line in paid], base), base


def _read(scheme: Scheme, criterion: Criterion, reader: Reader, *, to_date: bool) -> Figures:
    if criterion.per == "deal":
        return per_deal.figures(scheme, criterion, reader.panel)
    levels = criterion.curve.levels if criterion.curve.kind == "levels" else None
    figures = reader.figures(criterion, criterion.source, to_date=to_date, levels=levels)
    if levels is not None:
        figures = replace(figures, attainment=figures.actual)
    column = criterion.curve.column
    if criterion.curve.kind != "matrix" or column is None:
        return figures
    second = reader.figures(column, column.measure, to_date=to_date).read(column.reads)
    return replace(figures, second=second)


def _holds(criterion: Criterion, panel: Panel, present: Presence) -> Mask:
    key = ("holds", id(present), *sorted(criterion.applies_to.items()))
    return panel.remembered(key, lambda: _whom(criterion, panel, present))


def _whom(criterion: Criterion, panel: Panel, present: Presence) -> Mask:
    keep = np.ones(len(panel.people), bool)
    for column, wanted in criterion.applies_to.items():
        keep &= panel.people[column].isin(as_tuple(wanted)).to_numpy(bool)
    return keep[:, None] & (present.share > 0) & (present.period_share > 0)


def _in_force(criterion: Criterion, panel: Panel) -> Floats:
    if criterion.since is None and criterion.until is None:
        return np.ones(len(panel.periods))
    return np.array([share_in_force(p, criterion.since, criterion.until) for p in panel.periods])


def _weights(
    scheme: Scheme, panel: Panel, present: Presence, found: list[Figures], pay: Floats
) -> list[Floats]:
    """Return each criterion's target pay, after the weight of goal-less ones moved."""
    shares = [
        pay * (c.weight or 0.0) * _in_force(c, panel) * _holds(c, panel, present)
        for c in scheme.criteria
    ]
    if scheme.no_target != "redistributed":
        return shares
    missing = [
        np.where(needs_goal(c) & np.isnan(f.read(c.curve.looks_at)), s, 0.0)
        for c, f, s in zip(scheme.criteria, found, shares, strict=True)
    ]
    total, lost = np.sum(shares, axis=0), np.sum(missing, axis=0)
    left = np.where(total > lost, total - lost, np.inf)
    return [(s - m) * (total / left) for s, m in zip(shares, missing, strict=True)]


def needs_goal(criterion: Criterion) -> bool:
    """Whether a criterion pays a share of target pay by looking at a goal."""
    return criterion.curve.looks_at != "actual" and criterion.curve.kind not in ("levels", "matrix")


def _paid(
    scheme: Scheme,
    criterion: Criterion,
    figures: Figures,
    share: Floats,
    base: Floats,
    panel: Panel,
    present: Presence,
) -> Line:
    holds = _holds(criterion, panel, present)
    read = figures.read(criterion.curve.looks_at)
    has_no_goal = needs_goal(criterion) & np.isnan(read) & (criterion.per == "period") & holds
    rate = curve_value(criterion, figures)
    if scheme.no_target == "pays_target":
        rate = np.where(has_no_goal & (not criterion.curve.is_money), 1.0, rate)
    money = _money(criterion, figures, rate, share)
    if criterion.curve.is_money:
        money = money * present.spell_share * _in_force(criterion, panel) * present.in_force
    money = np.where(holds & ~np.isnan(money), money, 0.0)
    if scheme.negative == "zero" and criterion.effect == "adds":
        money = np.maximum(money, 0.0)
    capped = _capped(
        criterion, money, share if criterion.weight is not None else base, present, scheme
    )
    # One cell stands for all until a gate writes into it.
    opened_gate = np.broadcast_to(np.array("", object), money.shape)
    kept = np.broadcast_to(np.array(1.0), money.shape)
    return Line(
        criterion,
        holds,
        figures,
        rate,
        share,
        money,
        capped,
        capped,
        opened_gate,
        kept,
        has_no_goal,
    )


def curve_value(criterion: Criterion, figures: Figures) -> Floats:
    """Return what the curve gives: a share, a rate or money."""
    curve = criterion.curve
    if figures.paid is not None:
        return figures.paid
    if curve.kind == "matrix":
        second = figures.second if figures.second is not None else figures.actual
        return curve.grid(figures.read(curve.looks_at), second)
    x = figures.read(curve.looks_at)
    if curve.kind == "per_point" and curve.whole_points:
        x = 1 + np.trunc(np.round((x - 1) * 100, 6)) / 100
    return curve.scale(x)


def _money(criterion: Criterion, figures: Figures, rate: Floats, share: Floats) -> Floats:
    curve = criterion.curve
    if figures.paid is not None or curve.outcome == "amount":
        return rate
    if curve.outcome == "share":
        return rate * share
    if curve.kind in ("rate", "per_unit", "tiers"):
        # Rates on slices of attainment are rates on slices of the goal.
        return (
            rate * figures.target
            if curve.looks_at == "attainment" and curve.kind == "tiers"
            else rate
        )
    return rate * figures.actual


def _capped(
    criterion: Criterion, money: Floats, base: Floats, present: Presence, scheme: Scheme
) -> Floats:
    if criterion.floor_share is not None:
        money = np.maximum(money, criterion.floor_share * base)
    if criterion.cap_share is not None:
        money = np.minimum(money, criterion.cap_share * base)
    if criterion.cap_amount is not None:
        count = present.number + 1 if scheme.accrual == "year_to_date" else 1
        money = np.minimum(money, criterion.cap_amount * count)
    return money


def _gated(line: Line, gates: list[Gated]) -> Line:
    for gate in gates:
        if not gate.rule.on or line.criterion.name in gate.rule.on:
            amount, state, kept = apply(gate, line.amount, line.target_pay, line.holds)
            line = replace(
                line,
                amount=amount,
                gate=np.where((state != "") & line.holds, state, line.gate),
                kept=line.kept * kept,
            )
    return line


def factored(found: list[Line], base: Floats) -> list[Line]:
    """Let multiplying criteria act: each line is what its factor added to the lines before."""
    adding = [line for line in found if line.criterion.effect == "adds"]
    result = list(adding)
    running = {line.criterion.name: line.amount for line in adding}
    if not adding:
        running = {"": base}
    for line in found:
        if line.criterion.effect == "multiplies":
            names = line.criterion.multiplies or tuple(running)
            factor = _factor(line)
            added = sum((running[n] * (factor - 1) for n in names if n in running), 0.0 * base)
            running.update({n: running[n] * factor for n in names if n in running})
            result.append(replace(line, before_cap=added, after_cap=added, amount=added))
    return result


def _factor(line: Line) -> Floats:
    # A factor without a goal changes nothing; it is listed among the issues.
    factor = np.where(np.isnan(line.rate), 1.0, line.rate)
    criterion = line.criterion
    if criterion.cap_share is not None:
        factor = np.minimum(factor, criterion.cap_share)
    if criterion.floor_share is not None:
        factor = np.maximum(factor, criterion.floor_share)
    return np.where(line.holds, 1 + (factor - 1) * line.kept, 1.0)
