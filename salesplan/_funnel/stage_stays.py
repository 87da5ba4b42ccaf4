"""How many deals stayed how long in each stage, seen from when: what the curves are made of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from salesplan import dimensions, survival
from salesplan._funnel import history
from salesplan._funnel.arguments import Span, columns_read, inside, once, owner_of
from salesplan._funnel.history import AfterClose
from salesplan._funnel.plain_stays import stays
from salesplan._funnel.stagemap import StageMap
from salesplan.crm import Crm

CURVE = ["day", "at_risk", "events", "censored", "survival", "survival_low", "survival_high"]


@dataclass(frozen=True)
class Stays:
    """Stays in one stage of one group: equal ones counted together, ``days`` NaN where unknown."""

    counts: pd.DataFrame

    @property
    def curve(self) -> pd.DataFrame:
        """The Kaplan-Meier curve; stays that began before the history are at risk from then on."""
        known = self._watched
        return survival.kaplan_meier(
            known["days"], known["is_over"], entered=known["late_days"], counts=known["deals"]
        )

    @property
    def late_count(self) -> int:
        """Stays that began before the history and outlasted its beginning."""
        return int(self._watched.loc[self._watched["late_days"] > 0, "deals"].sum())

    @property
    def undated_count(self) -> int:
        """Stays of which nobody knows when they began or ended."""
        return int(self.counts.loc[self.counts["days"].isna(), "deals"].sum())

    @property
    def _watched(self) -> pd.DataFrame:
        # A stay that was over when the history began is on record because its deal went on:
        # those of the deals that did not are missing, so it says nothing.
        late, days = (self.counts[name].to_numpy(float) for name in ("late_days", "days"))
        watched: pd.DataFrame = self.counts[np.isfinite(days) & ((late == 0) | (late < days))]
        return watched


def stays_by_stage(
    crm: Crm,
    stages: StageMap,
    period: Span,
    by: str | Sequence[str] | None,
    *,
    visits: str,
    owner: str,
    only: Mapping[str, Any] | None,
    after_close: AfterClose,
    begin: dt.date | None,
) -> tuple[list[str], Iterator[tuple[Any, Stays]]]:
    """Return the columns that tell stages and groups apart, and the stays of each of them."""
    grouping = dimensions.grouping(
        by, "opportunities", date="s.entered_on", owner=owner_of(owner, "s.owner_id")
    )
    rows = stays(stages, visits, owner, after_close, begins_late=begin is not None)
    counts = _counts(crm, stages, period, grouping, only, rows, begin)
    counts = counts.merge(stages.ladder, on=["pipeline", "position"])
    ladder = [*grouping.names, "pipeline", "position", "stage"]
    groups = counts.groupby(ladder, dropna=False, sort=True)
    return ladder, ((key, Stays(group)) for key, group in groups)


def _counts(
    crm: Crm,
    stages: StageMap,
    period: Span,
    by: dimensions.Grouping,
    only: Mapping[str, Any] | None,
    stays_sql: str,
    begin: dt.date | None,
) -> pd.DataFrame:
    """Return how many deals stayed how long, so that only ages leave the engine."""
    condition, joins, params = dimensions.where(only, "opportunities")
    deal = f"JOIN deals AS t ON t.opportunity_id = s.opportunity_id {once(by.joins, joins)}"
    sql = f"""
WITH {stages.sql}, {history.deals(crm)}, {stays_sql}
SELECT {by.select} s.pipeline, s.position, s.days, s.late_days, s.is_over,
  CAST(count(*) AS BIGINT) AS deals
FROM stays AS s {deal if columns_read(by) or only else ""}
WHERE {condition} AND COALESCE({inside("s.entered_on")}, TRUE)
GROUP BY {by.keys} s.pipeline, s.position, s.days, s.late_days, s.is_over
"""
    since, until = period
    params |= {"as_of": crm.as_of, "since": since, "until": until, **stages.params}
    return crm.query(sql, **params, **({"begin": begin} if begin else {}))
