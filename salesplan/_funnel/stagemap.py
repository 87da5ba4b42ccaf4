"""The stages of each pipeline in order, as the engine needs them.

Won, lost and the like are told by the stage map, never by the English word. Each pipeline
that deals name gets its own order; a map without pipeline holds for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from salesplan._funnel.history import pipelines
from salesplan.crm import Crm
from salesplan.errors import MissingDataError

# One bit per stage in a whole number of 64 bits, the sign left alone.
_MOST_STAGES = 60


@dataclass(frozen=True)
class StageMap:
    """Every stage of every pipeline: pipeline, stage, status and position (1 first; 0 = ended)."""

    rows: pd.DataFrame

    @property
    def sql(self) -> str:
        """The map as a common table expression named ``stage_map``."""
        marks = ", ".join(f"($map_p{i}, $map_s{i}, $map_u{i}, $map_n{i})" for i in self.rows.index)
        return (
            "stage_map AS (SELECT pipeline, stage, status, CAST(position AS BIGINT) AS position "
            f"FROM (VALUES {marks}) AS v(pipeline, stage, status, position))"
        )

    @property
    def params(self) -> dict[str, Any]:
        """The values of `sql`; names of stages are data and never become SQL."""
        values: dict[str, Any] = {}
        for i, row in enumerate(self.rows.itertuples(index=False)):
            values |= {f"map_p{i}": row.pipeline, f"map_s{i}": row.stage}
            values |= {f"map_u{i}": row.status, f"map_n{i}": int(str(row.position))}
        return values

    @cached_property
    def ladder(self) -> pd.DataFrame:
        """The steps of each pipeline: pipeline, position, stage; the last one is the win."""
        steps = self.rows[self.rows["position"] > 0]
        names = steps.groupby(["pipeline", "position"], sort=True)["stage"].agg(" / ".join)
        return names.to_frame().reset_index()


def stage_map(crm: Crm, need: str) -> StageMap:
    """Return the stages of the pipelines that deals are in, numbered without gaps."""
    crm.require("opportunities", "stages", need=need)
    return crm.once(_numbered)


def _numbered(crm: Crm) -> StageMap:
    declared = crm.query(
        "SELECT COALESCE(pipeline, '') AS pipeline, stage, status, position, probability "
        "FROM stages ORDER BY pipeline, position NULLS LAST, probability NULLS LAST, stage"
    )
    parts = [_of_pipeline(declared, name) for name in pipelines(crm)]
    return StageMap(pd.concat(parts, ignore_index=True))


def _of_pipeline(declared: pd.DataFrame, pipeline: str) -> pd.DataFrame:
    # A stage mapped for this very pipeline goes before the map that holds for all.
    own = declared[declared["pipeline"] == pipeline]
    common = declared[(declared["pipeline"] == "") & ~declared["stage"].isin(own["stage"])]
    stages = pd.concat([own, common]).assign(pipeline=pipeline)
    _check_order(stages, pipeline)
    stages = stages.sort_values(["position", "probability"], kind="stable", na_position="last")
    is_open = stages["status"] == "open"
    place = is_open.cumsum().where(is_open, 0)
    # All ways to win are one last step: the funnel ends there.
    stages["position"] = place.where(stages["status"] != "won", int(is_open.sum()) + 1)
    stages = stages[["pipeline", "stage", "status", "position"]]
    if (stages["status"] == "won").any():
        return stages
    win = {"pipeline": pipeline, "stage": "won", "status": "won", "position": is_open.sum() + 1}
    return pd.concat([stages, pd.DataFrame([win])])


def _check_order(stages: pd.DataFrame, pipeline: str) -> None:
    where = f"pipeline {pipeline!r}" if pipeline else "the pipeline"
    working = stages[stages["status"] == "open"]
    if working.empty:
        raise MissingDataError(
            f"No open stage is mapped for {where}. Name its stages in salesplan.toml: "
            '[[stages]] stage = "Qualified", status = "open", position = 1.'
        )
    unplaced = working[working["position"].isna()]
    if len(working) > 1 and len(unplaced) and working["probability"].isna().any():
        names = ", ".join(repr(str(s)) for s in unplaced["stage"])
        raise MissingDataError(
            f"The order of the stages of {where} is unknown: {names} have no position. "
            "Add position = 1, 2, ... to each of [[stages]] in salesplan.toml."
        )
    if len(working) >= _MOST_STAGES:
        raise MissingDataError(
            f"{where} has {len(working)} open stages; at most 59 can be counted."
        )
