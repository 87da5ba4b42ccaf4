"""The headline numbers of a quarter, with the quarter before and last year's beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from salesplan import funnel, periods
from salesplan._kpi.attainment import actuals, attainment
from salesplan._kpi.catalogue import measure, title
from salesplan._kpi.headline import NAN, READERS, Reading, once, read
from salesplan.crm import Crm
from salesplan.dimensions import NONE
from salesplan.errors import InputError, one_of
from salesplan.measures import Measure
from salesplan.periods import Period

HEADLINES = (
    "bookings",
    "deals_won",
    "new_customers",
    "win_rate",
    "open_pipeline",
    "coverage",
    "meetings_held",
    "mrr",
    "logo_churn",
    "cost_per_first_meeting",
    "no_show_rate",
    "goal_share",
)
COLUMNS = [
    "measure",
    "title",
    "unit",
    "good",
    "value",
    "previous",
    "year_before",
    "change",
    "change_on_year",
    "verdict",
    "target",
    "attainment",
    "k",
    "n",
    "low",
    "high",
    "reason",
]
_BY = ("team", "owner")


def scorecard(
    crm: Crm,
    *,
    quarter: str | None = None,
    month: str | None = None,
    year: str | int | None = None,
    measures: Sequence[str] | None = None,
    by: str | None = None,
) -> pd.DataFrame:
    """Return the headline numbers of a period beside the one before and last year's.

    Formula: change is relative (value / previous - 1) for money and counts, and in points
    (value - previous) for rates and ratios.

    Parameters
    ----------
    crm
        A loaded Crm.
    quarter, month, year
        The period, by label.
    measures
        Names of the catalogue; the headline set by default.
    by
        team or owner: one block per group, of the measures that add up per person and the
        win rate.

    Returns
    -------
    DataFrame
        The group (with ``by``), measure, title, unit, good (direction), value, previous,
        year_before, change, change_on_year, verdict (better, worse or level, against the
        period before), target and attainment (where goals are set), k, n, low, high (what a
        rate rests on), reason (why there is no value).

    Raises
    ------
    InputError
        Without a period, or with a ``by`` that it does not know.

    Examples
    --------
    >>> card = scorecard(paper(), quarter="2026-Q3", measures=["bookings", "deals_won"])
    >>> card[["measure", "value", "previous", "change"]].round(2)
         measure    value  previous  change
    0   bookings  13000.0   12000.0    0.08
    1  deals_won      2.0       2.0    0.00
    """
    label = quarter or month or year
    if label is None:
        raise InputError("scorecard needs a period: quarter='2026-Q3', month= or year=.")
    period = periods.parse(label, fiscal_start=crm.settings.fiscal_year_starts)
    if by is None:
        rows = [_row(crm, name, period) for name in measures or HEADLINES]
        return pd.DataFrame(rows)[COLUMNS]
    one_of(by, _BY, "by")
    return _by_group(crm, period, list(measures or HEADLINES), by)


def _row(crm: Crm, name: str, period: Period) -> dict[str, Any]:
    now, before, ago = (
        read(crm, name, p) for p in (period, period.previous(), period.year_before())
    )
    declared = measure(name)
    target = _target(crm, declared, period)
    return _shown(declared, crm.settings.language, now, before.value, ago.value, target)


def _shown(
    declared: Measure, lang: str, now: Reading, previous: float, ago: float, target: float
) -> dict[str, Any]:
    change = _change(declared, now.value, previous)
    return {
        "measure": declared.name,
        "title": title(declared.name, lang),
        "unit": declared.unit,
        "good": declared.good,
        "value": now.value,
        "previous": previous,
        "year_before": ago,
        "change": change,
        "change_on_year": _change(declared, now.value, ago),
        "verdict": _verdict(declared, change),
        "target": target,
        "attainment": now.value / target if target and target > 0 else NAN,
        "k": now.k,
        "n": now.n,
        "low": now.low,
        "high": now.high,
        "reason": now.reason,
    }


def _change(declared: Measure, value: float, other: float) -> float:
    if declared.unit in ("rate", "ratio"):
        return value - other
    return value / other - 1 if other and other == other else NAN


def _verdict(declared: Measure, change: float) -> str:
    if change != change or declared.good == "band":
        return ""
    if abs(change) < 1e-9:
        return "level"
    return "better" if (change > 0) == (declared.good == "up") else "worse"


def _target(crm: Crm, declared: Measure, period: Period) -> float:
    """Sum of the goals of the people; NaN where none is set or the measure does not add up."""
    if declared.facts is None or declared.is_ratio or not crm.has("targets"):
        return NAN
    goals = attainment(
        crm, since=period.since, until=period.until, measures=[declared.name], period=period.unit
    )
    return float(goals["target"].sum(min_count=1))


def _by_group(crm: Crm, period: Period, names: list[str], by: str) -> pd.DataFrame:
    spans = [period, period.previous(), period.year_before()]
    blocks = [
        block for name in names if (block := _block(crm, measure(name), spans, by)) is not None
    ]
    if not blocks:
        return pd.DataFrame(columns=[by, *COLUMNS])
    order = {name: i for i, name in enumerate(names)}
    table = pd.concat(blocks)
    table = table.sort_values(
        [by, "measure"], key=lambda c: c.map(order) if c.name == "measure" else c
    )
    return table[[by, *COLUMNS]].reset_index(drop=True)


def _block(crm: Crm, declared: Measure, spans: list[Period], by: str) -> pd.DataFrame | None:
    if declared.name == "win_rate":
        parts = [_rates(crm, span, by) for span in spans]
    elif declared.facts is not None and not declared.is_ratio and declared.name not in READERS:
        parts = [_sums(crm, declared, span, by) for span in spans]
    else:
        return None
    groups = sorted(set().union(*parts))
    rows = []
    for group in groups:
        now, before, ago = (part.get(group, Reading(reason="none in the period")) for part in parts)
        figures = _shown(declared, crm.settings.language, now, before.value, ago.value, NAN)
        rows.append({by: group, **figures})
    return pd.DataFrame(rows) if rows else None


def _rates(crm: Crm, span: Period, by: str) -> dict[str, Reading]:
    found = funnel.win_rate(crm, since=span.since, until=span.until, by=by)
    return {
        row[by]: Reading(
            row["rate"], row["k"], row["n"], row["rate_low"], row["rate_high"], row["reason"] or ""
        )
        for row in found.to_dict("records")
    }


def _sums(crm: Crm, declared: Measure, span: Period, by: str) -> dict[str, Reading]:
    column = "team" if by == "team" else "label"
    groups = crm.query(
        f"SELECT p.person_id, COALESCE({column}, '{NONE}') AS grp FROM people AS p "
        "LEFT JOIN person_labels AS l ON l.person_id = p.person_id"
    ).set_index("person_id")["grp"]
    found = actuals(crm, declared, [span], once(declared))
    named = groups.to_dict()
    of_person = [named.get(person, NONE) for person in found["person_id"]]
    summed = found.groupby(pd.Series(of_person, found.index, dtype=object))["actual"].sum()
    return {str(group): Reading(float(value)) for group, value in summed.items()}
