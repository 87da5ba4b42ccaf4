"""Measures and columns that a scheme names and the frames do not have."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from salesplan._compensation.rules import Criterion, Gate
from salesplan._compensation.scheme import Scheme
from salesplan.errors import did_you_mean


def unknown(
    scheme: Scheme, people: pd.DataFrame, rows: pd.DataFrame, measures: list[str]
) -> Iterator[str]:
    """Yield measures and columns that a scheme names and the frames do not have."""
    for path, rule in _rules(scheme):
        if rule.source not in measures:
            hint = did_you_mean(rule.source, measures)
            yield f"{path}.measure: {rule.source!r} is not in the attainment. {hint}"
        for column in set(rule.only) - set(rows.columns):
            hint = did_you_mean(column, [str(c) for c in rows.columns])
            yield f"{path}.only: the attainment has no column {column!r}. {hint}"
    for path, measure in _further_measures(scheme):
        if measure not in measures:
            yield f"{path}: {measure!r} is not in the attainment. {did_you_mean(measure, measures)}"
    for path, column in _columns_of_people(scheme):
        if column not in people.columns:
            hint = did_you_mean(column, [str(c) for c in people.columns])
            yield f"{path}: people has no column {column!r}. {hint}"


def _further_measures(scheme: Scheme) -> Iterator[tuple[str, str]]:
    """Yield the measures that are not what a criterion or gate reads first."""
    for i, criterion in enumerate(scheme.criteria):
        if criterion.paid_on and criterion.per == "period":
            yield f"criteria[{i}].paid_on", criterion.paid_on
    if scheme.pool is not None and scheme.pool.measure is not None:
        yield "pool.measure", scheme.pool.measure


def _columns_of_people(scheme: Scheme) -> Iterator[tuple[str, str]]:
    for path, rule in _rules(scheme):
        yield from ((f"{path}.target.factors", column) for column in rule.target.factors)
        if rule.target.column:
            yield f"{path}.target.column", rule.target.column
        yield from ((f"{path}.ranking.among", column) for column in rule.ranking.among)
        if rule.scope == "team":
            yield f"{path}.scope", "team"
    for i, criterion in enumerate(scheme.criteria):
        yield from ((f"criteria[{i}].applies_to", column) for column in criterion.applies_to)
    if scheme.deductible is not None and scheme.deductible.column:
        yield "deductible.column", scheme.deductible.column
    if scheme.pool is not None and scheme.pool.scope == "team":
        yield "pool.scope", "team"
    if scheme.target_pay.amount is None and needs_target_pay(scheme):
        yield "target_pay.column", scheme.target_pay.column


def needs_target_pay(scheme: Scheme) -> bool:
    """Whether any criterion pays a share of target pay."""
    return any(not c.curve.is_money for c in scheme.criteria)


def _rules(scheme: Scheme) -> Iterator[tuple[str, Criterion | Gate]]:
    for i, criterion in enumerate(scheme.criteria):
        if criterion.per == "period":
            yield f"criteria[{i}]", criterion
    for i, gate in enumerate(scheme.gates):
        if gate.criterion is None and not gate.criteria:
            yield f"gates[{i}]", gate
