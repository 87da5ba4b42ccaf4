"""The result of a simulation: lines, tiers, payouts and cost as plain DataFrames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from salesplan._compensation import explain, issues, missing, parts, pool
from salesplan._compensation.limits import Adjustments
from salesplan._compensation.line import Line
from salesplan._compensation.panel import Panel
from salesplan._compensation.presence import Presence
from salesplan._compensation.scheme import Scheme
from salesplan.scales import Floats, Units

LINES = [
    "person_id",
    "period",
    "line",
    "kind",
    "measure",
    "scope",
    "actual",
    "target",
    "attainment_rate",
    "curve_value",
    "target_amount",
    "gate",
    "before_cap_amount",
    "after_cap_amount",
    "amount",
    "reason",
]


@dataclass(frozen=True)
class Simulation:
    """What a scheme pays, line by line.

    ``lines``: one row per person, period and criterion, and per cap, draw, spiff, clawback or
    guarantee that changed the payout. ``tiers``: how each line's attainment was split over its
    curve. ``payouts``: one row per person and period. ``cost``: one row per period.
    ``issues``: what was odd in the data and what became of it.
    """

    scheme: Scheme
    panel: Panel
    presence: Presence
    found: tuple[Line, ...]
    units: Units
    adjustments: Adjustments
    target_pay: Floats

    @property
    def scale(self) -> float:
        """Units in one of the currency: 100 cents."""
        return 10.0**self.scheme.rounding.places

    @property
    def persons(self) -> list[str]:
        """Who is simulated, in the order of ``people``."""
        return [str(p) for p in self.panel.persons]

    @property
    def period_labels(self) -> list[str]:
        """Labels of the payout periods, in order."""
        return [p.label for p in self.panel.periods]

    @property
    def line_names(self) -> list[str]:
        """Names of criteria and of what else changed a payout."""
        return [*(line.criterion.name for line in self.found), *self.adjustments, "target_pay"]

    @cached_property
    def issues(self) -> pd.DataFrame:
        """Missing goals, negative actuals, unknown people: person, period, measure, issue."""
        return issues.with_missing_goals(self)

    @cached_property
    def totals(self) -> Units:
        """Payouts of persons x periods, in units (cents)."""
        total = self.panel.by_person(self.units.sum(axis=0))
        return np.asarray(total + sum(self.adjustments.values()), np.int64)

    @cached_property
    def lines(self) -> pd.DataFrame:
        """One row per line: what was measured, what it pays, and why.

        Amounts in the scheme's currency; ``attainment_rate`` 1 is the goal; ``curve_value`` is
        a share of the target pay, a rate or money, as the curve says.
        """
        frames = [*self._criterion_frames(), *self._adjustment_frames()]
        table = pd.concat([f for f in frames if len(f)] or frames[:1], ignore_index=True)
        order = ["person_id", "_period", "_line"]
        return table.sort_values(order, kind="stable", ignore_index=True)[LINES]

    def _criterion_frames(self) -> Iterator[pd.DataFrame]:
        offset = len(self.units) - len(self.found)
        if offset:
            yield self._base_frame()
        for position, line in enumerate(self.found):
            s, t = np.nonzero(line.holds)
            yield self._keys(self.panel.spell_person[s], t, position + offset).assign(
                line=line.criterion.name,
                kind=line.kind or line.criterion.effect,
                measure=line.criterion.source,
                scope=line.criterion.scope,
                actual=line.figures.actual[s, t],
                target=line.figures.target[s, t],
                attainment_rate=line.figures.attainment[s, t],
                curve_value=line.rate[s, t],
                target_amount=line.target_pay[s, t],
                gate=line.gate[s, t].astype(str),
                before_cap_amount=line.before_cap[s, t],
                after_cap_amount=line.after_cap[s, t],
                amount=self.units[position + offset][s, t] / self.scale,
                reason=missing.reasons(self, line)[s, t].astype(str),
            )

    def _base_frame(self) -> pd.DataFrame:
        s, t = np.nonzero(self.units[0])
        money = self.units[0][s, t] / self.scale
        keys = self._keys(self.panel.spell_person[s], t, 0)
        return self._plain(keys, "target_pay", "base", money).assign(target_amount=money)

    def _adjustment_frames(self) -> Iterator[pd.DataFrame]:
        spiffs = {s.name for s in self.scheme.spiffs}
        for position, (name, units) in enumerate(self.adjustments.items()):
            p, t = np.nonzero(units)
            keys = self._keys(p, t, len(self.units) + position)
            yield self._plain(
                keys, name, "spiff" if name in spiffs else name, units[p, t] / self.scale
            )

    def _keys(self, person: np.ndarray, t: np.ndarray, position: int) -> pd.DataFrame:
        labels = np.array([p.label for p in self.panel.periods], object)
        return pd.DataFrame(
            {
                "person_id": self.panel.persons.to_numpy(object)[person],
                "period": pd.Series(labels[t], dtype="str"),
                "_period": t,
                "_line": position,
            }
        )

    def _plain(self, keys: pd.DataFrame, name: str, kind: str, money: Floats) -> pd.DataFrame:
        nothing = {c: np.nan for c in LINES if c in _NUMBERS}
        return keys.assign(
            line=name, kind=kind, measure="", scope="", gate="", reason="", **nothing
        ).assign(amount=money)

    @cached_property
    def tiers(self) -> pd.DataFrame:
        """How each criterion's figure was split over its curve.

        Columns: person_id, period, line, since, until (stretch of the curve), slope (points per
        point, or rate), value (what the stretch added to ``curve_value``).
        """
        return parts.tiers(self)

    @cached_property
    def payouts(self) -> pd.DataFrame:
        """One row per person and period: target and payout amount, payout rate, reason.

        Without a goal the scheme's rule pays (``no_target``); ``reason`` names what is missing.
        Where all that could pay lacks its goal, figure or target pay, nothing is paid and the
        rate is NaN, never 0: such a 0 was not earned.
        """
        panel = self.panel
        target = panel.by_person(self.target_pay)
        here = np.zeros(panel.shape, bool)
        np.logical_or.at(here, panel.spell_person, self.presence.share > 0)
        p, t = np.nonzero((here & (self.presence.in_force > 0)) | (self.totals != 0))
        paid = self.totals[p, t] / self.scale
        frame = self._keys(p, t, 0).assign(
            target_amount=np.round(target[p, t], 6), payout_amount=paid
        )
        lacks = missing.of_payouts(self)
        goal = frame["target_amount"].to_numpy()
        frame["reason"] = lacks.reason[p, t].astype(str)
        known = (goal > 0) & ~lacks.is_unknown[p, t]
        frame["payout_rate"] = paid / np.where(known, goal, np.nan)
        frame = frame.sort_values(["person_id", "_period"], kind="stable", ignore_index=True)
        described = frame.merge(self.people, on="person_id", how="left")
        names = ["person_id", "name", "role", "team", "period"]
        return described[[*names, "target_amount", "payout_amount", "payout_rate", "reason"]]

    @cached_property
    def pools(self) -> pd.DataFrame:
        """One row per period and person with a pool: period, person_id, pool, pool_amount.

        ``pool`` numbers the pools (0 where there is one for all, -1 for a person without a
        team); ``pool_amount`` is what is in it to share out. Empty without a pool.
        """
        columns = ["period", "person_id", "pool", "pool_amount"]
        if self.scheme.pool is None:
            return pd.DataFrame(columns=columns)
        filled, of_person = pool.contents(self.scheme, self.panel, self.presence)
        t, p = (axis.ravel() for axis in np.indices(self.panel.shape[::-1]))
        values = (
            np.array(self.period_labels, object)[t],
            self.panel.persons.to_numpy(object)[p],
            of_person[p],
            np.where(of_person[p] >= 0, filled[p, t], 0) / self.scale,
        )
        return pd.DataFrame(dict(zip(columns, values, strict=True)))

    @cached_property
    def people(self) -> pd.DataFrame:
        """Name, role and team of each person (the last, where they changed)."""
        people = self.panel.people
        columns = ["name", "role", "team"]
        frame = people.drop_duplicates("person_id", keep="last")
        described = frame[["person_id", *(c for c in columns if c in frame.columns)]]
        return described.reindex(columns=["person_id", *columns])

    @cached_property
    def cost(self) -> pd.DataFrame:
        """One row per period: people_count, target_amount, payout_amount, payout_rate.

        ``incomplete_count`` people lack a goal or a figure: the cost would be higher with it.
        """
        frame = self.payouts.assign(_cents=np.rint(self.payouts["payout_amount"] * self.scale))
        grouped = frame.groupby("period", sort=True)
        cost = pd.DataFrame(
            {
                "people_count": grouped["person_id"].nunique(),
                "target_amount": grouped["target_amount"].sum(),
                "payout_amount": grouped["_cents"].sum() / self.scale,
                "incomplete_count": (frame["reason"] != "").groupby(frame["period"]).sum(),
            }
        ).reset_index()
        goal = cost["target_amount"].where(cost["target_amount"] > 0)
        cost.insert(4, "payout_rate", cost["payout_amount"] / goal)
        return cost

    @property
    def total_amount(self) -> float:
        """What the scheme costs over all periods."""
        return float(self.totals.sum() / self.scale)

    def explain(
        self,
        person_id: str | None = None,
        period: str | None = None,
        line: str | None = None,
        *,
        lang: str = "en",
    ) -> str:
        """Return, sentence by sentence, where an amount comes from, in en, de or fr."""
        return explain.text(self, person_id, period, line, lang)


_NUMBERS = {
    "actual",
    "target",
    "attainment_rate",
    "curve_value",
    "target_amount",
    "before_cap_amount",
    "after_cap_amount",
}
