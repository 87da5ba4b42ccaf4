"""Compare sellers, or any groups, without taking luck for skill."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from salesplan._funnel import comparison
from salesplan._funnel.arguments import words
from salesplan._funnel.comparison import COLUMNS, Comparison
from salesplan._funnel.history import pipelines
from salesplan._funnel.sentence import doubt, verdict
from salesplan._funnel.win_rate import Basis, win_rate
from salesplan.crm import Crm
from salesplan.errors import InputError

_SMALL_SAMPLE = 30


def compare(
    crm: Crm,
    *,
    by: str = "owner",
    within: str | None = None,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    basis: Basis = "closed",
    only: Mapping[str, Any] | None = None,
    alpha: float = 0.05,
    as_of: str | dt.date | None = None,
) -> Comparison:
    """Return whether sellers, or any groups, differ in win rate, and which of them.

    Thirty equal sellers always have a best and a worst one. So the first question is whether
    they differ at all (one test for all); only then is each held against the others, with the
    p-values corrected for looking at all of them. Rates are shrunken towards the mean as far
    as small numbers demand.

    Parameters
    ----------
    crm
        The exports.
    by
        The groups: owner, team, product, channel, ...
    within
        Compare inside each group of this dimension (``within="product"``: sellers of one
        product line with one another), so that a mix of easy and hard sales does not decide.
    since, until, month, quarter, year, basis, only, as_of
        As for `win_rate`.
    alpha
        Share of false alarms accepted.

    Returns
    -------
    Comparison
        ``table`` (the groups with ``k``, ``n``, ``rate``, Wilson interval, shrunken rate with
        interval, ``p_value`` against the others, ``adjusted_p_value`` after Benjamini &
        Hochberg, ``differs``, ``is_small``, ``reason``), ``extremes`` (best against worst),
        ``statistic``, ``dof``, ``p_value`` of Pearson's chi-square, and ``sentence``.

    Raises
    ------
    InputError
        For an ``alpha`` outside 0..1 and for ``within`` equal to ``by``.

    Notes
    -----
    Pipelines count together unless told apart, and the sentence says so: a seller of renewals
    looks better than one of new business. ``within="pipeline"`` compares like with like.

    Examples
    --------
    >>> found = sp.funnel.compare(paper())
    >>> print(found)
    No evidence that the 4 sellers differ: p = 0.21. Even taken alone, best against worst
    (Cleo Marin 100%, Dan Weiss 0%) would not look significant: p = 0.083.
    >>> found.table[["owner", "k", "n", "rate", "shrunk_rate", "is_small"]].round(2)
            owner  k  n  rate  shrunk_rate  is_small
    0    Ada Roth  2  2   1.0         0.76      True
    1    Ben Kahn  1  2   0.5         0.60      True
    2  Cleo Marin  2  2   1.0         0.76      True
    3   Dan Weiss  0  1   0.0         0.51      True
    """
    if within == by:
        raise InputError(f"within={within!r} is the dimension to compare. Name another one.")
    keys = [within, by] if within else [by]
    told_apart = "pipeline" in keys or len(pipelines(crm)) < 2
    frame = win_rate(
        crm,
        since=since,
        until=until,
        month=month,
        quarter=quarter,
        year=year,
        by=keys if told_apart else [*keys, "pipeline"],
        basis=basis,
        only=only,
        as_of=as_of,
    )
    frame = frame[frame["n"] > 0]
    mixed = 0 if told_apart else int(frame["pipeline"].nunique())
    found = compare_rates(
        frame.groupby(keys, as_index=False, dropna=False)[["k", "n"]].sum(),
        by,
        within=within,
        alpha=alpha,
        small_sample=crm.settings.thresholds.small_sample,
        language=crm.settings.language,
    )
    if mixed < 2:
        return found
    warning = words(crm, "compare_pipelines", count=mixed)
    return replace(found, sentence=f"{found.sentence} {warning}")


def compare_rates(
    rates: pd.DataFrame,
    group: str,
    *,
    within: str | None = None,
    alpha: float = 0.05,
    small_sample: int = _SMALL_SAMPLE,
    language: str = "en",
) -> Comparison:
    """Return whether the groups of any frame with ``k`` and ``n`` differ, and which of them.

    For what `compare` does not reach: a step of `conversion`, the leads of `lead_conversion`.

    Parameters
    ----------
    rates
        One row per group (and per group of ``within``), with counts ``k`` of ``n``.
    group
        Column that names the groups.
    within, alpha
        As for `compare`; ``within`` names a column.
    small_sample
        A group with fewer than this is flagged.
    language
        Language of the sentence: en, de or fr.

    Returns
    -------
    Comparison
        As for `compare`.

    Examples
    --------
    >>> frame = pd.DataFrame({"region": ["N", "S"], "k": [90, 60], "n": [200, 200]})
    >>> print(compare_rates(frame, "region"))
    The 2 groups differ: p = 0.002. After correction for looking at all of them, these stand out:
    N, S.
    """
    if not 0 < alpha < 1:
        raise InputError(f"alpha={alpha!r} is no share. Give a number such as 0.05.")
    keys = [within] if within else []
    for column in (group, *keys):
        comparison.check_counts(rates, column)
    strata = [part for _, part in rates.groupby(within, dropna=False)] if within else [rates]
    parts = [
        comparison.compared(part[[*keys, group, "k", "n"]], small_sample=small_sample)
        for part in strata
    ]
    statistic, dof, p_value = comparison.over_all(parts)
    table = comparison.adjusted(pd.concat(parts, ignore_index=True), p_value, alpha)
    table["reason"] = [doubt(row, small_sample, language) for row in table.to_dict("records")]
    table = table.sort_values([*keys, group], ignore_index=True)[[*keys, group, *COLUMNS]]
    # Across strata the best and the worst would be an easy and a hard product, not two sellers.
    ends = comparison.extremes(table[:0] if within else table, group)
    sentence = verdict(table, ends, group, p_value, alpha, language)
    return Comparison(table, ends, statistic, dof, p_value, sentence)
