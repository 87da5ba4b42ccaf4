"""How much of each period a person was there, and what share of pay and goal that leaves."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from salesplan import periods, scales
from salesplan._compensation.around import Proration
from salesplan._compensation.panel import Numbers, Panel
from salesplan._compensation.payout_periods import MONTHS
from salesplan._compensation.scheme import Scheme, Unit
from salesplan.periods import Period
from salesplan.scales import Floats

Days = npt.NDArray[np.datetime64]
Mask = npt.NDArray[np.bool_]

_FAR_PAST, _FAR_FUTURE = np.datetime64("1900-01-01", "D"), np.datetime64("2999-01-01", "D")


@dataclass(frozen=True)
class Presence:
    """Arrays of spells x periods, and of periods.

    ``share`` is the part of the period the spell covers; ``pay_share`` and ``goal_share`` are
    what is left of pay and goal; ``spell_share`` splits a person's money among the spells of a
    period; ``period_share`` is the period's part of the year's pay. ``window`` is what running
    totals start again with, the year or ``accrual_over``, and ``number`` counts within it.
    """

    share: Floats
    pay_share: Floats
    goal_share: Floats
    spell_share: Floats
    period_share: Floats
    in_force: Floats
    year: tuple[str, ...]
    window: tuple[str, ...]
    is_last_of_year: Mask
    is_last_of_window: Mask
    number: npt.NDArray[np.int64]
    months_of_service: Floats

    def to_date(self, values: Floats) -> Floats:
        """Return running totals that start again each fiscal year (or ``accrual_over``)."""
        runs = np.split(values, starts(self.window)[1:], axis=-1)
        return np.concatenate([np.cumsum(run, axis=-1) for run in runs], axis=-1)

    def since_last(self, values: Numbers) -> Numbers:
        """Return what each period added to the running totals."""
        steps = np.diff(values, axis=-1, prepend=0)
        for t in starts(self.window)[1:]:
            steps[..., t] = values[..., t]
        return steps


def starts(labels: tuple[str, ...]) -> list[int]:
    """Return where a run of equal labels begins.

    Examples
    --------
    >>> starts(("2025", "2025", "2026"))
    [0, 2]
    """
    return [t for t in range(len(labels)) if t == 0 or labels[t] != labels[t - 1]]


def presence(scheme: Scheme, panel: Panel) -> Presence:
    """Return who was there when, by the scheme's proration rules."""
    key = (
        scheme.proration,
        scheme.ramp,
        scheme.period_weights,
        scheme.valid_from,
        scheme.valid_until,
        scheme.accrual_over,
    )
    return panel.remembered(("presence", *key), lambda: _presence(scheme, panel))


def _presence(scheme: Scheme, panel: Panel) -> Presence:
    rules = scheme.proration
    joined, left = _stays(panel.people, rules)
    share = np.stack([_share(p, joined, left, rules) for p in panel.periods], axis=1)
    covered = share.copy()
    if rules.places is not None:
        share = scales.rounded(share, rules.places)
    work = _working_time(panel.people)
    on_leave = _leave(panel, rules)
    share_of_period, years = _calendar(scheme, panel.periods)
    windows = _within(scheme, scheme.accrual_over, panel.periods)
    pay = _product(share, work, on_leave, rules, "pay")
    goal = _product(share, work, on_leave, rules, "target")
    service = _service(panel)
    return Presence(
        covered,
        pay,
        goal * _ramp(scheme.ramp.target_shares, service, panel.periods),
        _spell_share(panel, covered),
        share_of_period,
        _validity(scheme, panel.periods),
        years,
        tuple(w.label for w in windows),
        _is_last(_within(scheme, "year", panel.periods), panel.periods),
        _is_last(windows, panel.periods),
        np.array(_numbers(scheme, windows, panel.periods)),
        service,
    )


def _product(share: Floats, work: Floats, away: Floats, rules: Proration, side: str) -> Floats:
    both = (side, "both")
    result = share if rules.acts_on in both else (share > 0).astype(float)
    if rules.part_time in both:
        result = result * work[:, None]
    if rules.leave in both:
        result = result * (1 - away)
    return result


def _stays(people: pd.DataFrame, rules: Proration) -> tuple[Days, Days]:
    """Return the first day of each spell and the day after its last."""
    joined = np.maximum(_day(people, "hired_on", _FAR_PAST), _day(people, "from_on", _FAR_PAST))
    last = _day(people, "left_on", _FAR_FUTURE)
    counted = np.timedelta64(1 if rules.last_day == "included" else 0, "D")
    until = _day(people, "until_on", _FAR_FUTURE)
    return joined, np.minimum(np.where(last < _FAR_FUTURE, last + counted, last), until)


def _day(people: pd.DataFrame, column: str, missing: np.datetime64) -> Days:
    if column not in people.columns:
        return np.full(len(people), missing)
    days = pd.to_datetime(people[column]).to_numpy("datetime64[D]")
    return np.where(np.isnat(days), missing, days)


def _share(period: Period, joined: Days, left: Days, rules: Proration) -> Floats:
    if rules.method == "none":
        return (_overlap(period, joined, left) > 0).astype(float)
    if rules.method == "days":
        return _overlap(period, joined, left) / period.days
    parts = [_overlap(m, joined, left) / m.days for m in period.months()]
    if rules.months == "started":
        parts = [np.ceil(p) for p in parts]
    elif rules.months == "full":
        parts = [np.floor(p) for p in parts]
    return np.asarray(sum(parts) / len(parts), np.float64)


def _overlap(period: Period, joined: Days, left: Days) -> Floats:
    since, until = np.datetime64(period.since, "D"), np.datetime64(period.until, "D")
    days = np.minimum(left, until) - np.maximum(joined, since)
    return np.maximum(days.astype(np.int64), 0).astype(np.float64)


def _working_time(people: pd.DataFrame) -> Floats:
    if "fte" not in people.columns:
        return np.ones(len(people))
    return people["fte"].to_numpy(np.float64, na_value=1.0)


def _leave(panel: Panel, rules: Proration) -> Floats:
    """Return the share of each period a person was on leave."""
    away = np.zeros((len(panel.people), len(panel.periods)))
    if panel.leave is None or rules.leave == "ignored":
        return away
    since = _day(panel.leave, "starts_on", _FAR_PAST)
    until = _day(panel.leave, "ends_on", _FAR_FUTURE) + np.timedelta64(1, "D")
    person = panel.persons.get_indexer(pd.Index(panel.leave["person_id"]))
    known = person >= 0
    for t, period in enumerate(panel.periods):
        days = np.zeros(len(panel.persons))
        np.add.at(days, person[known], _overlap(period, since, until)[known])
        counted = np.maximum(days - rules.leave_free_days, 0)
        away[:, t] = np.minimum(counted / period.days, 1.0)[panel.spell_person]
    return away


def _spell_share(panel: Panel, share: Floats) -> Floats:
    totals = np.zeros(panel.shape)
    np.add.at(totals, panel.spell_person, share)
    mine = totals[panel.spell_person]
    return np.where(mine > 0, share / np.where(mine > 0, mine, 1.0), 0.0)


def _calendar(scheme: Scheme, order: tuple[Period, ...]) -> tuple[Floats, tuple[str, ...]]:
    """Return each period's share of the year's pay, and its year."""
    years = _within(scheme, "year", order)
    length = MONTHS[scheme.pays_each]
    weights = scheme.period_weights or (length / 12,) * (12 // length)
    share = np.array([weights[n] for n in _numbers(scheme, years, order)])
    return share * _validity(scheme, order), tuple(y.label for y in years)


def _within(scheme: Scheme, unit: Unit, order: tuple[Period, ...]) -> list[Period]:
    """Return the longer period (a year, a quarter) that holds each payout period."""
    start = scheme.fiscal_year_starts
    fiscal = start != 1
    return [periods.containing(p.since, unit, fiscal=fiscal, fiscal_start=start) for p in order]


def _is_last(longer: list[Period], order: tuple[Period, ...]) -> Mask:
    return np.array([p.until >= y.until for y, p in zip(longer, order, strict=True)])


def _numbers(scheme: Scheme, longer: list[Period], order: tuple[Period, ...]) -> list[int]:
    length = MONTHS[scheme.pays_each]
    pairs = zip(longer, order, strict=True)
    return [_months_between(y.since, p.since) // length for y, p in pairs]


def _months_between(first: dt.date, second: dt.date) -> int:
    return (second.year - first.year) * 12 + second.month - first.month


def _validity(scheme: Scheme, order: tuple[Period, ...]) -> Floats:
    return np.array([share_in_force(p, scheme.valid_from, scheme.valid_until) for p in order])


def share_in_force(period: Period, since: dt.date | None, until: dt.date | None) -> float:
    """Return the share of a period's days in which a rule holds.

    Examples
    --------
    >>> share_in_force(sp.periods.parse("2026-Q1"), None, periods.to_date("2026-01-31"))
    0.3333333333333333
    """
    first = max(period.since, since or dt.date.min)
    last = min(period.until, until or dt.date.max)
    return max((last - first).days, 0) / period.days


def _service(panel: Panel) -> Floats:
    """Return the months from hiring to the start of each period; NaN where unknown."""
    if "hired_on" not in panel.people.columns:
        return np.full((len(panel.people), len(panel.periods)), np.nan)
    hired = pd.to_datetime(panel.people["hired_on"])
    months = (hired.dt.year * 12 + hired.dt.month).to_numpy(np.float64, na_value=np.nan)
    starts = np.array([p.since.year * 12 + p.since.month for p in panel.periods], np.float64)
    return starts[None, :] - months[:, None]


def _ramp(shares: tuple[float, ...], service: Floats, order: tuple[Period, ...]) -> Floats:
    """Return the average ramp share of the months of each period (1 after the ramp)."""
    if not shares:
        return np.ones_like(service)
    return ramp_average(shares, service, order, after=1.0)


def ramp_average(
    shares: tuple[float, ...], service: Floats, order: tuple[Period, ...], *, after: float
) -> Floats:
    """Return the mean over a period's months of a share given by month of service."""
    table = np.array([*shares, after])
    result = np.full(service.shape, after)
    for t, period in enumerate(order):
        length = max(len(period.months()), 1)
        months = service[:, t : t + 1] + np.arange(length)[None, :]
        served = months >= 0
        at = np.clip(np.nan_to_num(months, nan=len(shares)), 0, len(shares)).astype(np.int64)
        values = np.where(served | np.isnan(months), table[at], 0.0)
        count = np.maximum((served | np.isnan(months)).sum(axis=1), 1)
        result[:, t] = values.sum(axis=1) / count
    return result
