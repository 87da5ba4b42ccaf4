"""Segments of accounts: the CRM's statuses and tags by rules, or computed from revenue.

Every account lands in exactly one segment. Rules of the settings come first, in their order;
what they leave open is computed if the settings ask for it (ABC, or potential against share),
else stays as the CRM has it; the rest is ``unsegmented``.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from salesplan._settings.segments import UNSEGMENTED, Segmentation, SegmentRule
from salesplan.crm import Crm
from salesplan.exports.engine import Engine, Issue
from salesplan.exports.matching import folded
from salesplan.exports.revenue import REVENUE, window
from salesplan.settings import Settings

__all__ = ["UNSEGMENTED", "fill", "segment"]


def segment(crm: Crm, *, how: Segmentation | None = None) -> pd.DataFrame:
    """Return the segment of every account, and what put it there.

    Parameters
    ----------
    crm
        A loaded CRM.
    how
        Rules and method; those of the settings where none are given.

    Returns
    -------
    DataFrame
        One row per account: ``account_id``, ``segment``, ``reason``; sorted by account.

    Notes
    -----
    ABC puts accounts in descending order of revenue (or margin) of the last ``months`` up to
    ``as_of``; an account is A while those before it make up less than the first share. Revenue
    is that of contract lines, or of won deals where no contracts were exported. An account
    without revenue, or without potential in the matrix, is left to the CRM's own segment.
    Bounds belong to the higher class.

    Examples
    --------
    >>> how = Segmentation(method="abc", months=12)
    >>> print(segment(paper(), how=how).to_string(index=False))
    account_id     segment                                reason
            A1           A revenue 11363.45, first 80 % of total
            A2           A  revenue 4019.16, first 80 % of total
            A3           A  revenue 7000.00, first 80 % of total
            A4           B  revenue 1209.03, first 95 % of total
            A5      bronze                     as the CRM has it
            A6 unsegmented                   no rule, no revenue
    """
    chosen = crm.settings.segments if how is None else how
    sql, params = query(chosen, crm.settings, crm.as_of)
    return crm.query(sql, **params)


def fill(engine: Engine, settings: Settings, as_of: dt.date) -> list[Issue]:
    """Write the segments that the settings ask for into the accounts; list those left over."""
    if not settings.segments.says_anything:
        return []
    sql, params = query(settings.segments, settings, as_of)
    engine.execute(
        f"UPDATE accounts SET segment = s.segment FROM ({sql}) AS s "
        "WHERE s.account_id = accounts.account_id",
        params,
    )
    rest = engine.execute(
        "SELECT count(*), min(account_id) FROM accounts WHERE segment = ?", [UNSEGMENTED]
    ).fetchone()
    if not rest[0]:
        return []
    to_do = "Add a rule to [[segments.rules]], or fill what the computation needs."
    return [
        Issue("note", "unsegmented_accounts", "accounts", "segment", int(rest[0]), rest[1], to_do)
    ]


def query(how: Segmentation, settings: Settings, as_of: dt.date) -> tuple[str, dict[str, Any]]:
    """Return the SQL of account_id, segment, reason, and its parameters."""
    params: dict[str, Any] = {**window(as_of, how.months), **_margins(how, settings)}
    params["unsegmented"] = UNSEGMENTED
    ruled, because = _rules(how.rules, params)
    computed = _METHODS[how.method](how, params)
    sql = f"""
        WITH {REVENUE},
        ruled AS (SELECT a.account_id, {ruled} AS segment, {because} AS reason FROM accounts AS a),
        computed AS ({computed})
        SELECT a.account_id,
            COALESCE(r.segment, c.segment, NULLIF(a.segment, $unsegmented), $unsegmented)
                AS segment,
            CASE WHEN r.segment IS NOT NULL THEN r.reason
                WHEN c.segment IS NOT NULL THEN c.reason
                WHEN a.segment <> $unsegmented THEN 'as the CRM has it'
                ELSE $nothing END AS reason
        FROM accounts AS a
        LEFT JOIN ruled AS r ON r.account_id = a.account_id
        LEFT JOIN computed AS c ON c.account_id = a.account_id
        ORDER BY a.account_id
    """
    params["nothing"] = _NOTHING[how.method]
    return sql, params


_NOTHING = {
    "none": "no rule",
    "abc": "no rule, no revenue",
    "matrix": "no rule, no potential",
}


def _margins(how: Segmentation, settings: Settings) -> dict[str, Any]:
    """Return what each sale type keeps of its revenue; all of it where revenue counts."""
    if how.measure == "revenue":
        return {"margin_types": [""], "margin_rates": [1.0], "margin": 1.0}
    types = how.margins or {"": settings.gross_margin}
    return {
        "margin_types": list(types),
        "margin_rates": list(types.values()),
        "margin": settings.gross_margin,
    }


def _rules(rules: tuple[SegmentRule, ...], params: dict[str, Any]) -> tuple[str, str]:
    """Return the SQL of the segment and of the reason that the first fitting rule gives."""
    if not rules:
        return "CAST(NULL AS VARCHAR)", "CAST(NULL AS VARCHAR)"
    segments, reasons = [], []
    for number, rule in enumerate(rules):
        condition = " AND ".join(_conditions(rule, number, params))
        params[f"segment_{number}"] = rule.segment
        params[f"reason_{number}"] = f"rule {number + 1}: {_in_words(rule)}"
        segments.append(f"WHEN {condition} THEN $segment_{number}")
        reasons.append(f"WHEN {condition} THEN $reason_{number}")
    return f"CASE {' '.join(segments)} END", f"CASE {' '.join(reasons)} END"


def _conditions(rule: SegmentRule, number: int, params: dict[str, Any]) -> list[str]:
    found = []
    for column in ("status", "country", "industry"):
        words = _words(getattr(rule, column), f"r{number}_{column}", params)
        if words:
            found.append(f"{folded(f'a.{column}')} IN ({words})")
    tags = _words(rule.tags, f"r{number}_tags", params)
    if tags:
        parts = f"list_transform(regexp_split_to_array(a.tags, '[;,|]'), lambda t: {folded('t')})"
        found.append(f"COALESCE(list_has_any({parts}, [{tags}]), FALSE)")
    for limit, column in (
        ("potential_from", "potential_amount"),
        ("employees_from", "employee_count"),
    ):
        if getattr(rule, limit) is not None:
            params[f"r{number}_{limit}"] = getattr(rule, limit)
            found.append(f"a.{column} >= $r{number}_{limit}")
    return found


def _words(words: tuple[str, ...], name: str, params: dict[str, Any]) -> str:
    """Return the SQL of some words, folded, each of them a parameter."""
    params |= {f"{name}_{i}": word for i, word in enumerate(words)}
    return ", ".join(folded(f"CAST(${name}_{i} AS VARCHAR)") for i in range(len(words)))


def _in_words(rule: SegmentRule) -> str:
    said = rule.model_dump(exclude={"segment"}, exclude_defaults=True)
    parts = (
        f"{name.replace('_', ' ')} {' or '.join(value) if isinstance(value, tuple) else value}"
        for name, value in said.items()
    )
    return ", ".join(parts)


def _none(_how: Segmentation, _params: dict[str, Any]) -> str:
    return (
        "SELECT CAST(NULL AS VARCHAR) AS account_id, CAST(NULL AS VARCHAR) AS segment, "
        "CAST(NULL AS VARCHAR) AS reason WHERE FALSE"
    )


def _abc(how: Segmentation, params: dict[str, Any]) -> str:
    """Return the SQL of classes by what accounts bring, the largest first."""
    params |= {f"abc_name_{i}": name for i, name in enumerate(how.abc.names)}
    params |= {f"abc_share_{i}": share for i, share in enumerate(how.abc.shares)}
    params["measure"] = how.measure
    last = len(how.abc.shares)
    limits = [f"before < CAST($abc_share_{i} AS DECIMAL(9, 6)) * total" for i in range(last)]
    names = " ".join(f"WHEN {limit} THEN $abc_name_{i}" for i, limit in enumerate(limits))
    reasons = " ".join(
        f"WHEN {limit} THEN 'first ' || CAST(CAST(round($abc_share_{i} * 100) AS BIGINT) AS "
        "VARCHAR) || ' % of total'"
        for i, limit in enumerate(limits)
    )
    return f"""
        SELECT account_id, CASE {names} ELSE $abc_name_{last} END AS segment,
            $measure || ' ' || CAST(value AS VARCHAR) || ', ' ||
            CASE {reasons} ELSE 'the rest' END AS reason
        FROM (
            SELECT account_id, value, sum(value) OVER () AS total,
                COALESCE(sum(value) OVER (ORDER BY value DESC, account_id
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
            FROM account_value WHERE value > 0
        ) AS ranked
    """


def _matrix(how: Segmentation, params: dict[str, Any]) -> str:
    """Return the SQL of classes by potential and by the share of it that is won already."""
    params |= {f"potential_{i}": limit for i, limit in enumerate(how.matrix.potential)}
    params |= {f"share_{i}": limit for i, limit in enumerate(how.matrix.share)}
    potential = [f"potential >= $potential_{i}" for i in range(len(how.matrix.potential))]
    share = [f"share >= $share_{i}" for i in range(len(how.matrix.share))]
    cells = []
    for row, names in enumerate(how.matrix.names):
        for column, name in enumerate(names):
            params[f"cell_{row}_{column}"] = name
            cells.append(f"WHEN row = {row} AND col = {column} THEN $cell_{row}_{column}")
    return f"""
        SELECT account_id, CASE {" ".join(cells)} END AS segment,
            'potential ' || CAST(potential AS VARCHAR) || ', share '
            || CAST(round(share, 2) AS VARCHAR) AS reason
        FROM (
            SELECT *, {_class_of(potential or ["potential >= middle"])} AS row,
                {_class_of(share)} AS col
            FROM (
                SELECT a.account_id, a.potential_amount AS potential,
                    median(a.potential_amount) OVER () AS middle,
                    CAST(COALESCE(v.value, 0) AS DOUBLE) / a.potential_amount AS share
                FROM accounts AS a LEFT JOIN account_value AS v ON v.account_id = a.account_id
                WHERE a.potential_amount > 0
            ) AS measured
        ) AS placed
    """


def _class_of(limits: list[str]) -> str:
    """Return the SQL of how many limits are reached."""
    return " + ".join(f"CASE WHEN {limit} THEN 1 ELSE 0 END" for limit in limits)


_METHODS = {"none": _none, "abc": _abc, "matrix": _matrix}
