"""The target of a stretch of time, from goals set for any month, quarter, half or year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterator
from typing import Any

import pandas as pd

from salesplan import periods
from salesplan.crm import Crm

_HOLDER = {
    "owner": "COALESCE(l.label, t.person_id)",
    "team": "COALESCE(p.team, '(none)')",
    "territory": "COALESCE(p.territory, '(none)')",
    "role": "COALESCE(p.role, '(none)')",
    "seniority": "COALESCE(p.seniority, '(none)')",
}
"""Groups that carry targets; a product or an account segment carries none."""


def has_targets(by: list[str]) -> bool:
    """Whether goals are set for groups of this kind."""
    return all(name in _HOLDER for name in by)


def target_by(
    crm: Crm, since: dt.date, until: dt.date, by: list[str], measure: str
) -> pd.DataFrame:
    """Return the target of each group in [since, until): columns of ``by`` and ``target_amount``.

    Each month takes its part of the shortest period's goal that holds it. Goals of persons and
    of teams say the same thing twice, so only one kind counts: the teams' own where the
    question is asked by team, the persons' otherwise.
    """
    goals = _goals(crm, by, measure)
    parts = [
        part for goal in goals.to_dict("records") for part in _monthly(goal, since, until, crm)
    ]
    monthly = pd.DataFrame(parts, columns=[*goals.columns, "month", "length"])
    monthly = monthly.sort_values("length", kind="stable")
    monthly = monthly.drop_duplicates(["person_id", "goal_team", "month"])
    if not by:
        whole = monthly["target"].sum() if len(monthly) else float("nan")
        return pd.DataFrame({"target_amount": [whole]})
    total: pd.DataFrame = (
        monthly.groupby([f"by_{name}" for name in by])["target"].sum().reset_index()
    )
    return total.set_axis([*by, "target_amount"], axis=1)


def _monthly(
    goal: dict[Hashable, Any], since: dt.date, until: dt.date, crm: Crm
) -> Iterator[dict[Hashable, Any]]:
    period = periods.parse(goal["period"], fiscal_start=crm.settings.fiscal_year_starts)
    months = period.months()
    for month in months:
        inside = _overlap(month, since, until)
        if inside:
            share = goal["target"] * inside / len(months)
            yield {**goal, "target": share, "month": month.since, "length": len(months)}


def _overlap(month: periods.Period, since: dt.date, until: dt.date) -> float:
    days = (min(month.until, until) - max(month.since, since)).days
    return max(days, 0) / month.days


def _goals(crm: Crm, by: list[str], measure: str) -> pd.DataFrame:
    holders = "".join(f', {_HOLDER[name]} AS "by_{name}"' for name in by)
    found = crm.query(
        f"""SELECT t.person_id, t.team AS goal_team, t.period, CAST(t.target AS DOUBLE) AS target
        {holders}
        FROM targets AS t
        LEFT JOIN people AS p ON p.person_id = t.person_id
        LEFT JOIN person_labels AS l ON l.person_id = t.person_id
        WHERE t.measure = $measure AND t.target IS NOT NULL
        ORDER BY t.person_id, t.team, t.period""",
        measure=measure,
    )
    return _one_kind(found, by)


def _one_kind(goals: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    of_person = goals["person_id"].notna()
    if by == ["team"] and (~of_person).any():
        return goals[~of_person].assign(by_team=goals["goal_team"])
    return goals[of_person] if of_person.any() or by else goals
