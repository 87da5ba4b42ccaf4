"""The figures that a scheme asks for, taken from the CRM: one row per person, period, measure."""

from __future__ import annotations

import pandas as pd

from salesplan import kpi, periods
from salesplan._kpi.attainment import actuals, targets_of
from salesplan.compensation import Criterion, Gate, Scheme
from salesplan.crm import Crm
from salesplan.periods import Period

KEYS = ["person_id", "team", "period", "measure"]
_COMPANY = ""  # the name under which goals of nobody's team are added up


def figures(crm: Crm, scheme: Scheme, *, year: str | int) -> pd.DataFrame:
    """Return what a scheme is computed on: actuals and goals of its measures in a year.

    A measure that a rule filters (``only``) comes with one row per value of the filtered
    columns, so that each rule counts what it names. A team's or the company's own goal stands
    in a row without a person. A goal set for a longer period than the scheme pays in stands in
    a row of its own, which the scheme spreads (``[goals]``); that of a rate holds in each
    period. Rules on last year's actuals get that year's rows too.

    Returns
    -------
    DataFrame
        person_id, team, period, measure, then the filtered columns, actual, target.

    Raises
    ------
    UnknownNameError
        For a measure or filter that the catalogue does not have.

    Examples
    --------
    >>> scheme = sp.compensation.Scheme(name="A", pays_each="year",
    ...                                 criteria=[{"name": "bookings", "weight": 1}])
    >>> found = figures(paper(), scheme, year=2026)
    >>> found[found["person_id"] == "ada"][["period", "actual", "target"]].values.tolist()
    [['2026', 16000.0, 20000.0]]
    """
    rules: list[Criterion | Gate] = [*scheme.criteria]
    rules += [gate for gate in scheme.gates if gate.criterion is None and not gate.criteria]
    splits: dict[str, list[str]] = {}
    for rule in rules:
        splits.setdefault(rule.source, []).extend(c for c in rule.only)
        column = getattr(getattr(rule, "curve", None), "column", None)
        if column is not None:  # the second measure of a matrix
            splits.setdefault(column.measure, [])
        paid_on = getattr(rule, "paid_on", "")
        if paid_on:
            splits.setdefault(paid_on, []).extend(c for c in rule.only)
    if scheme.pool is not None and scheme.pool.measure is not None:
        splits.setdefault(scheme.pool.measure, [])
    years = [str(year)]
    if any(rule.target.source == "last_year" for rule in rules):
        years.insert(0, periods.parse(year, fiscal_start=_start(crm)).year_before().label)
    parts = [
        part
        for named in years
        for name, columns in splits.items()
        for part in _of_measure(crm, name, named, scheme.pays_each, list(dict.fromkeys(columns)))
    ]
    return pd.concat(parts, ignore_index=True)


def _start(crm: Crm) -> int:
    return crm.settings.fiscal_year_starts


def _of_measure(
    crm: Crm, name: str, year: str, unit: str, columns: list[str]
) -> list[pd.DataFrame]:
    found = kpi.attainment(crm, year=year, measures=[name], period=unit).assign(team=None)
    cut = _cut(crm, year, unit)
    goals = [_group_goals(crm, name, cut), _longer_goals(crm, name, cut)]
    if kpi.measure(name).is_ratio:
        found, goals = _asked_in_each(crm, found, goals, cut)
    if not columns:
        return [found, *goals]
    # Goals stand in rows of their own; the actuals follow, split by what the rules filter on.
    own = found[found["target"].notna()].assign(actual=float("nan"))
    return [own, *goals, _split(crm, name, cut, columns)]


def _split(crm: Crm, name: str, cut: list[Period], columns: list[str]) -> pd.DataFrame:
    found = actuals(crm, kpi.measure(name), cut, split=columns)
    return found.assign(measure=name, team=None, target=float("nan"))


def _cut(crm: Crm, year: str, unit: str) -> list[Period]:
    return periods.parse(year, fiscal_start=_start(crm)).parts(unit)


def _goals(crm: Crm, name: str) -> pd.DataFrame:
    """Return the goals of a measure as the CRM has them: rows without an actual."""
    found = crm.query(
        "SELECT person_id, team, period, measure, CAST(target AS DOUBLE) AS target FROM targets "
        "WHERE measure = $measure AND target IS NOT NULL ORDER BY person_id, team, period",
        measure=name,
    )
    return found.assign(actual=float("nan"))


def _group_goals(crm: Crm, name: str, cut: list[Period]) -> pd.DataFrame:
    """Return the goals of teams (and of the company, without a team) as rows of their own."""
    goals = _goals(crm, name)
    mine = goals[goals["person_id"].isna()].assign(person_id=lambda f: f["team"].fillna(_COMPANY))
    found = pd.concat([targets_of(mine, p, _start(crm)) for p in cut])
    team = found["person_id"].astype(object)
    team = team.where(team != _COMPANY, None)
    return found.assign(team=team, person_id=None, measure=name, actual=float("nan"))


def _longer_goals(crm: Crm, name: str, cut: list[Period]) -> pd.DataFrame:
    """Return the goals set for longer periods than the scheme pays in: it spreads them itself."""
    goals = _goals(crm, name)
    spans = {n: periods.parse(n, fiscal_start=_start(crm)) for n in goals["period"].unique()}
    longest = max(p.days for p in cut)
    wanted = [
        n
        for n, p in spans.items()
        if p.days > longest and p.since < cut[-1].until and p.until > cut[0].since
    ]
    return goals[goals["period"].isin(wanted)]


def _asked_in_each(
    crm: Crm, found: pd.DataFrame, goals: list[pd.DataFrame], cut: list[Period]
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Return the figures of a rate with its goal in every period: a rate is no sum of parts."""
    group, longer = goals
    spans = {n: periods.parse(n, fiscal_start=_start(crm)) for n in longer["period"].unique()}
    rows = [
        longer[longer["period"] == n].assign(period=p.label)
        for n, whole in sorted(spans.items(), key=lambda item: item[1].days)
        for p in cut
        if whole.since <= p.since and p.until <= whole.until
    ]
    each = pd.concat([group, *rows]).drop_duplicates(["person_id", "team", "period"])
    mine = each[each["person_id"].notna()].set_index(KEYS[:1] + KEYS[2:3])["target"]
    at = pd.MultiIndex.from_frame(found[["person_id", "period"]])
    filled = found.assign(target=found["target"].fillna(pd.Series(mine.reindex(at).to_numpy())))
    return filled, [each[each["person_id"].isna()]]
