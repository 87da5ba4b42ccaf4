"""What is odd in the data of a simulation but does not stop it, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from salesplan._compensation.missing import GAP
from salesplan._compensation.names import needs_target_pay
from salesplan._compensation.scheme import Scheme

if TYPE_CHECKING:
    from salesplan._compensation.simulation import Simulation

COLUMNS = ["person_id", "period", "measure", "issue", "consequence"]

_NO_TARGET = {
    "no_pay": "no pay from that criterion",
    "redistributed": "its weight goes to the person's other criteria",
    "pays_target": "paid as if the goal were met",
}
_SHARES = {
    "even": "equal shares for each {unit}",
    "days": "shared by the days of each {unit}",
    "weights": "shared by the weights of [goals] for each {unit}",
}
NO_GOAL = ("no goal", "goal of 0", "goal below 0", "goal for part of the period only")
"""What a line says where its goal is missing."""


def listed(
    scheme: Scheme,
    people: pd.DataFrame,
    rows: pd.DataFrame,
    person: np.ndarray,
    deals: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return one row per oddity of the frames: negative actuals, unknown people, no role."""
    actual = pd.to_numeric(rows["actual"], errors="coerce")
    parts = [
        _rows(rows[actual < 0], "negative actual", _negative(scheme)),
        _rows(rows[actual.isna() & (person >= 0)], "no actual", "counted as 0"),
        _strangers(rows, person),
        _without(people, "role"),
        _over_credited(deals),
    ]
    if scheme.deductible is not None and scheme.deductible.column:
        gone = _without(people, scheme.deductible.column)
        parts.append(gone.assign(consequence="nothing is deducted"))
    if scheme.target_pay.amount is None and needs_target_pay(scheme):
        parts.append(_without(people, scheme.target_pay.column))
    return _together(parts)


def _together(parts: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [p for p in parts if len(p)]
    if not filled:
        return pd.DataFrame({c: pd.Series(dtype="str") for c in COLUMNS})
    return pd.concat(filled, ignore_index=True)[COLUMNS]


def with_missing_goals(simulation: Simulation) -> pd.DataFrame:
    """Return the oddities of the frames and the criteria that had no goal, with what follows."""
    lines = simulation.lines
    consequence = _NO_TARGET[simulation.scheme.no_target]
    found = lines[lines["reason"].isin(NO_GOAL)].drop_duplicates(["person_id", "period", "measure"])
    without = _rows(found, found["reason"], consequence)
    panel = simulation.panel
    rest = listed(simulation.scheme, panel.people, panel.attainment, panel.person, panel.deals)
    gaps = lines[lines["reason"] == GAP]
    in_part = _rows(gaps, GAP, "the goals there are count for all sales so far")
    return _together([without, in_part, _spread(simulation), rest])


def _spread(simulation: Simulation) -> pd.DataFrame:
    """Return one row per longer goal that was spread over the payout periods, and how."""
    goals, scheme = simulation.panel.goals, simulation.scheme
    if goals is None or goals.spread.empty:
        return pd.DataFrame(columns=COLUMNS)
    told = goals.spread.assign(period=goals.spread["goal_period"])
    told = told.drop_duplicates(["person_id", "period", "measure"])
    as_it_is = {rule.source for rule in scheme.rules if rule.totals == "mean"}
    how = np.where(
        told["measure"].isin(as_it_is),
        f"holds in each {scheme.pays_each} as it is",
        _SHARES[scheme.goals.longer].format(unit=scheme.pays_each),
    )
    return _rows(told, "goal of a longer period", how)


def _negative(scheme: Scheme) -> str:
    return "pays nothing" if scheme.negative == "zero" else "deducted"


def _rows(
    rows: pd.DataFrame, issue: str | pd.Series, consequence: str | np.ndarray
) -> pd.DataFrame:
    return rows[["person_id", "period", "measure"]].assign(issue=issue, consequence=consequence)


def _over_credited(deals: pd.DataFrame | None) -> pd.DataFrame:
    """Return the deals whose credits sum to more than the whole: some are paid twice."""
    if deals is None or not {"deal_id", "credit"} <= set(deals.columns):
        return pd.DataFrame(columns=COLUMNS)
    by = ["deal_id", *(["measure"] if "measure" in deals.columns else [])]
    total = deals.groupby(by, sort=True)["credit"].sum().reset_index()
    over = total[total["credit"] > 1 + 1e-9]
    told = [
        f"credits of deal {deal!r} sum to {credit:g}"
        for deal, credit in zip(over["deal_id"], over["credit"], strict=True)
    ]
    empty = over.assign(person_id=None, period=None, measure=None)
    return _rows(empty, pd.Series(told, over.index, dtype="str"), "each share is paid")


def _strangers(rows: pd.DataFrame, person: np.ndarray) -> pd.DataFrame:
    unknown = rows[(person < 0) & rows["person_id"].notna().to_numpy()]
    return _rows(unknown, "not in people, or not in the scheme", "not paid; counts in totals")


def _without(people: pd.DataFrame, column: str) -> pd.DataFrame:
    if column not in people.columns:
        return pd.DataFrame(columns=COLUMNS)
    missing = people[people[column].isna()]
    return pd.DataFrame(
        {
            "person_id": missing["person_id"],
            "period": None,
            "measure": None,
            "issue": f"no {column}",
            "consequence": "nothing is paid that depends on it",
        }
    )
