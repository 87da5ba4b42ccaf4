"""The same contracts under every vendor's rules, and which rule makes which difference."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from salesplan import periods
from salesplan._revenue.movements import with_tables
from salesplan._revenue.policy import Policy
from salesplan._revenue.presets import policy_of, presets
from salesplan._revenue.question import Question, question
from salesplan._revenue.steps import steps_sql
from salesplan.crm import Crm

VALUE_SWITCHES = (
    "recurring", "tax", "trials", "discounts", "ramp", "pauses", "churn_date", "grace_days",
    "fx_date", "normalisation", "weeks", "boundary", "rounding",
)  # fmt: skip
"""Switches that can change MRR itself, in the order in which the spread is explained."""

_PAIRED = {"boundary": "normalisation"}
REVALUATION = "(revaluation)"
COLUMNS = (
    "policy", "switch", "option", "line_id", "account_id", "product", "before_amount",
    "after_amount", "effect_amount",
)  # fmt: skip


def policies(
    crm: Crm,
    *,
    month: str | None = None,
    presets_used: Sequence[str | Policy] | None = None,
    only: Mapping[str, Any] | None = None,
    as_of: str | dt.date | None = None,
) -> pd.DataFrame:
    """Return the MRR of one month under every preset, and what makes each differ.

    For each policy, the package's own rules are changed into it one switch at a time; the
    effect of a switch is what MRR changes by at its turn, so that own MRR + all effects = the
    policy's MRR to the cent. ``policy_lines`` names the contract lines behind each effect.

    Parameters
    ----------
    crm
        The CRM.
    month
        Month whose closing MRR is compared; the as-of month where not given.
    presets_used
        Names of presets or policies of your own; every preset where not given.
    only
        Dimensions of contract lines to keep.
    as_of
        Date of view.

    Returns
    -------
    pandas.DataFrame
        Per policy one row ``switch`` = ``start`` (the package's own MRR), one row per switch
        that changes MRR, one row ``total``: ``policy``, ``switch``, ``option``,
        ``effect_amount``, ``mrr_amount`` (after the switch), ``line_count`` (lines it moves),
        ``difference_rate`` (on the total rows, from the package's own MRR; NULL at zero).

    Examples
    --------
    >>> spread = sp.revenue.policies(paper(), month="2026-07", presets_used=["recurly"])
    >>> spread[["switch", "effect_amount", "mrr_amount"]].round(2).to_dict("records")
    [{'switch': 'start', 'effect_amount': 0.0, 'mrr_amount': 1566.67},
     {'switch': 'boundary', 'effect_amount': -145.16, 'mrr_amount': 1421.51},
     {'switch': 'total', 'effect_amount': -145.16, 'mrr_amount': 1421.51}]
    """
    q, chosen = _asked(crm, month, presets_used, only, as_of)
    start = float(_lines(q, Policy())["mrr"].sum())
    rows: list[tuple[object, ...]] = []
    for policy in chosen:
        rows.append((policy.name, "start", "", 0.0, start, 0))
        now = start
        for switch, option, lines in _walk(q, policy):
            moved = lines[lines["effect_amount"].abs() > 5e-9]
            if moved.empty:
                continue
            effect = float(moved["effect_amount"].sum())
            now += effect
            rows.append((policy.name, switch, option, effect, now, len(moved)))
        rows.append((policy.name, "total", "", now - start, now, 0))
    columns = ["policy", "switch", "option", "effect_amount", "mrr_amount", "line_count"]
    frame = pd.DataFrame(rows, columns=columns).round({"effect_amount": 8, "mrr_amount": 8})
    share = frame["effect_amount"] / (start or float("nan"))
    frame["difference_rate"] = share.where(frame["switch"] == "total")
    frame.attrs["as_of"] = q.as_of.isoformat()
    return frame


def policy_lines(
    crm: Crm,
    *,
    month: str | None = None,
    presets_used: Sequence[str | Policy] | None = None,
    only: Mapping[str, Any] | None = None,
    as_of: str | dt.date | None = None,
) -> pd.DataFrame:
    """Return the contract lines whose MRR a policy changes, with the switch that does it.

    The effects of a policy add up to those of ``policies``. Revaluation of foreign money is
    one row of its own, ``(revaluation)``.

    Columns: ``policy``, ``switch``, ``option``, ``line_id``, ``account_id``, ``product``,
    ``before_amount``, ``after_amount``, ``effect_amount`` (MRR).

    Examples
    --------
    >>> lines = sp.revenue.policy_lines(paper(), month="2026-07", presets_used=["recurly"])
    >>> lines[["line_id", "switch", "before_amount"]].to_dict("records")
    [{'line_id': 'K4', 'switch': 'boundary', 'before_amount': 500.0}]
    """
    q, chosen = _asked(crm, month, presets_used, only, as_of)
    parts = [
        lines[lines["effect_amount"].abs() > 5e-9].assign(
            policy=policy.name, switch=switch, option=option
        )
        for policy in chosen
        for switch, option, lines in _walk(q, policy)
    ]
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
    names = crm.query("SELECT line_id, account_id, product FROM contract_lines")
    named = frame.merge(names, how="left", on="line_id")
    return named[list(COLUMNS)].sort_values(["policy", "switch", "line_id"]).reset_index(drop=True)


def _asked(
    crm: Crm,
    month: str | None,
    presets_used: Sequence[str | Policy] | None,
    only: Mapping[str, Any] | None,
    as_of: str | dt.date | None,
) -> tuple[Question, list[Policy]]:
    """Return the question as of the month's end (or now, if sooner) and the policies."""
    q = question(crm, only=only, as_of=as_of)
    if month is not None:
        q = question(crm, only=only, as_of=min(q.as_of, periods.month(month).last_day))
    used = [name for name in presets() if name != "salesplan"]
    return q, [policy_of(p) for p in (used if presets_used is None else presets_used)]


def _lines(q: Question, policy: Policy) -> pd.DataFrame:
    """Return the MRR of each line at the question's date under a policy."""
    asked = replace(q, policy=policy)
    sql = f"""
        SELECT COALESCE(line_id, '{REVALUATION}') AS line_id,
          ROUND(CAST(sum(amount + fx) AS DOUBLE) / 12, 8) AS mrr
        FROM steps WHERE slot <= $as_of GROUP BY COALESCE(line_id, '{REVALUATION}')"""
    return pd.DataFrame(asked.ask(with_tables(steps_sql(asked), sql)))


def _walk(q: Question, policy: Policy) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield each switch that differs, with every line's MRR before and after it."""
    now = Policy()
    before = _lines(q, now)
    for switch in VALUE_SWITCHES:
        if getattr(policy, switch) == getattr(Policy(), switch):
            continue
        changes = {name: getattr(policy, name) for name in (switch, _PAIRED.get(switch, switch))}
        now = now.model_copy(update=changes)
        after = _lines(q, now)
        yield switch, str(getattr(policy, switch)), _difference(before, after)
        before = after


def _difference(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    both = before.merge(after, how="outer", on="line_id", suffixes=("_before", "_after"))
    both = both.fillna({"mrr_before": 0.0, "mrr_after": 0.0})
    both["effect_amount"] = (both["mrr_after"] - both["mrr_before"]).round(8)
    return both.rename(columns={"mrr_before": "before_amount", "mrr_after": "after_amount"})
