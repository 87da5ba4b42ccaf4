"""Actual against target, per person, period and measure: what a bonus scheme is paid on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from salesplan import periods
from salesplan._kpi.catalogue import measure, title
from salesplan.crm import Crm
from salesplan.errors import InputError, UnknownNameError, did_you_mean
from salesplan.measures import Measure
from salesplan.periods import Period

COLUMNS = ["person_id", "period", "measure", "actual", "target"]


def attainment(
    crm: Crm,
    *,
    year: str | int | None = None,
    quarter: str | None = None,
    month: str | None = None,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    measures: Sequence[str] | None = None,
    period: str = "quarter",
    only: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Return what each person achieved and was asked for, per period and measure.

    Formula: actual = the measure's facts summed over the period (a ratio divides the sums);
    target = the goal set for exactly that period, else the sum of the goals set for all
    of its parts (four quarters make a year).

    Parameters
    ----------
    crm
        A loaded Crm.
    year, quarter, month, since, until
        The time to look at; FY2026 and FY2026-Q4 count in fiscal years.
    measures
        Names of the catalogue; by default those that ``targets`` sets goals for.
    period
        month, quarter, half or year: how the time is cut.
    only
        Keep facts of these dimension values, as in ``{"product": "Core"}``.

    Returns
    -------
    DataFrame
        person_id, period (label), measure, actual (unit of the measure; 0 where a person has
        no facts, NaN for a ratio without base), target (NaN where no goal is set). One row
        for each person who has a goal or facts, each period and each measure.

    Raises
    ------
    UnknownNameError
        For a measure or filter that does not exist.
    InputError
        For a measure that does not add up per person.

    Examples
    --------
    >>> found = attainment(paper(), year=2026, period="year", measures=["bookings"])
    >>> found[["person_id", "actual", "target"]].values.tolist()
    [['ada', 16000.0, 20000.0], ['ben', 7000.0, 14000.0], ['cleo', 12000.0, 15000.0],
     ['dan', 0.0, 4000.0]]
    """
    start = crm.settings.fiscal_year_starts
    first, last = periods.resolve(
        since=since, until=until, month=month, quarter=quarter, year=year, fiscal_start=start
    )
    if first is None or last is None:
        raise InputError(
            "attainment needs a time: year=2026, quarter='2026-Q3' or since= and until=."
        )
    fiscal = any(str(p).startswith("FY") for p in (year, quarter) if p is not None)
    cut = periods.split(first, last, period, fiscal=fiscal, fiscal_start=start)
    goals = _goals(crm)
    names = list(measures) if measures is not None else sorted(set(goals["measure"]))
    parts = [_of_measure(crm, measure(name), cut, goals, only) for name in names]
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    return pd.concat(parts).sort_values(["person_id", "period", "measure"], ignore_index=True)


def goals(
    crm: Crm,
    *,
    year: str | int | None = None,
    quarter: str | None = None,
    month: str | None = None,
) -> pd.DataFrame:
    """Return each person's goals of one period beside what was achieved, by name.

    Formula: attainment_rate = actual / target, where a goal above 0 is set.

    Returns
    -------
    DataFrame
        owner, team, measure (title), actual, target, attainment_rate: people with goals only.

    Examples
    --------
    >>> goals(paper(), year=2026).query("owner == 'Ada Roth'")[["measure", "attainment_rate"]]
             measure  attainment_rate
    0       Bookings              0.8
    1  Meetings held              0.5
    """
    unit = "year" if year else "quarter" if quarter else "month"
    found = attainment(crm, year=year, quarter=quarter, month=month, period=unit)
    found = found[found["target"] > 0]
    people = crm.query(
        "SELECT p.person_id, l.label AS owner, p.team FROM people AS p "
        "JOIN person_labels AS l ON l.person_id = p.person_id"
    )
    named = found.merge(people, on="person_id", how="left")
    titles = {name: title(name, crm.settings.language) for name in set(named["measure"])}
    named = named.assign(
        owner=named["owner"].astype(object).fillna(named["person_id"]),
        measure=named["measure"].map(titles),
        attainment_rate=named["actual"] / named["target"],
    )
    columns = ["owner", "team", "measure", "actual", "target", "attainment_rate"]
    return named.sort_values(["owner", "measure"], ignore_index=True)[columns]


def _of_measure(
    crm: Crm,
    wanted: Measure,
    cut: list[Period],
    goals: pd.DataFrame,
    only: Mapping[str, Any] | None,
) -> pd.DataFrame:
    actual = actuals(crm, wanted, cut, only)
    own = goals[(goals["measure"] == wanted.name) & goals["person_id"].notna()]
    people = sorted(set(own["person_id"]) | set(actual["person_id"]))
    grid = pd.MultiIndex.from_product([people, [p.label for p in cut]], names=COLUMNS[:2])
    found = grid.to_frame(index=False).merge(actual, on=COLUMNS[:2], how="left")
    if not wanted.is_ratio:
        found["actual"] = found["actual"].fillna(0.0)
    target = pd.concat([targets_of(own, p, crm.settings.fiscal_year_starts) for p in cut])
    found = found.merge(target, on=COLUMNS[:2], how="left").assign(measure=wanted.name)
    return found[COLUMNS]


def actuals(
    crm: Crm,
    wanted: Measure,
    cut: list[Period],
    only: Mapping[str, Any] | None = None,
    split: Sequence[str] = (),
) -> pd.DataFrame:
    """Return person_id, period, the columns of ``split``, actual: of people with facts."""
    if wanted.facts is None:
        raise InputError(f"{wanted.name} is no measure of a person: {wanted.function} computes it.")
    for name in [*(only or {}), *split]:
        if name not in wanted.filters:
            raise UnknownNameError(
                f"{wanted.name} has no filter {name!r}. {did_you_mean(name, wanted.filters)}"
            )
    chosen = {name: [v] if isinstance(v, str) else list(v) for name, v in (only or {}).items()}
    keys = "".join(f', f."{name}"' for name in split)
    kept = "".join(f' AND list_contains($only_{name}, "{name}")' for name in chosen)
    value = "sum(f.value) / NULLIF(sum(f.base), 0)" if wanted.is_ratio else "sum(f.value)"
    spans = ", ".join(f"('{p.label}', DATE '{p.since}', DATE '{p.until}')" for p in cut)
    return crm.query(
        f"""
        WITH spans(period, since, until) AS (VALUES {spans}), facts AS ({wanted.facts})
        SELECT f.person_id, s.period{keys}, CAST({value} AS DOUBLE) AS actual
        FROM facts AS f
        JOIN spans AS s ON f.on_date >= s.since AND f.on_date < s.until
        WHERE f.person_id IS NOT NULL AND f.on_date <= $as_of{kept}
        GROUP BY f.person_id, s.period{keys}
        ORDER BY f.person_id, s.period{keys}
        """,
        as_of=crm.as_of,
        **{f"only_{name}": values for name, values in chosen.items()},
    )


def _goals(crm: Crm) -> pd.DataFrame:
    return crm.query(
        "SELECT person_id, team, period, measure, CAST(target AS DOUBLE) AS target FROM targets"
        " WHERE target IS NOT NULL"
    )


def targets_of(goals: pd.DataFrame, wanted: Period, fiscal_start: int) -> pd.DataFrame:
    """Return person_id, period, target: goals of exactly this period, else of all its parts."""
    spans = {
        label: periods.parse(label, fiscal_start=fiscal_start) for label in set(goals["period"])
    }
    exact = [
        label for label, p in spans.items() if (p.since, p.until) == (wanted.since, wanted.until)
    ]
    direct = goals[goals["period"].isin(exact)].groupby("person_id")["target"].sum()
    inside = {
        label: p.days
        for label, p in spans.items()
        if p.since >= wanted.since and p.until <= wanted.until and label not in exact
    }
    parts = goals[goals["period"].isin(inside)].assign(days=lambda f: f["period"].map(inside))
    summed = parts.groupby("person_id").agg(target=("target", "sum"), days=("days", "sum"))
    # Parts that leave a gap or overlap say nothing about the whole.
    whole = summed.loc[summed["days"] == wanted.days, "target"]
    both = direct.combine_first(whole).rename("target").rename_axis("person_id").reset_index()
    return both.assign(period=wanted.label).astype({"target": np.float64})
