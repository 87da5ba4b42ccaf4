"""Costs are recorded by channel; owners and segments carry their share of each channel.

An owner works leads, so each lead carries the same part of its channel's cost: who turns more
of the same leads into meetings pays less for one. A segment is known only once a lead has
become an account, so there each first meeting carries the average cost of its channel.
"""

from __future__ import annotations

import pandas as pd

from salesplan._acquisition.spend import KINDS
from salesplan.dimensions import NONE

CARRIER = {"owner": "lead_count", "segment": "held_count"}
COSTS = [f"{kind}_cost" for kind in KINDS]
MONEY = [*COSTS, "not_started_cost"]


def by_kind(costs: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return the cost of each group by kind, with what has not started apart."""
    started = costs["started"].astype(bool)
    wide = costs[started].pivot_table(index=key, columns="kind", values="cost", aggfunc="sum")
    wide = wide.reindex(columns=list(KINDS)).rename(columns=lambda kind: f"{kind}_cost")
    wide.columns.name = None
    later = costs[~started].groupby(key)["cost"].sum().rename("not_started_cost")
    return wide.join(later, how="outer").astype(float).rename_axis("grp").reset_index()


def carried(costs: pd.DataFrame, cells: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return the cost of each group that is no property of a cost: its share of each channel.

    What a channel without any carrier spent stays visible under ``(none)``.
    """
    channels = by_kind(costs, "channel").set_index("grp")
    weight = cells[CARRIER[by]]
    total = weight.groupby(cells["of_channel"]).transform("sum")
    share = (weight / total.where(total > 0)).fillna(0.0)
    parts = channels.reindex(cells["of_channel"])[MONEY].reset_index(drop=True)
    parts = parts.mul(share.reset_index(drop=True), axis=0).assign(grp=cells["grp"].to_numpy())
    reached = set(cells.loc[total > 0, "of_channel"])
    left = channels[~channels.index.isin(reached)][MONEY].assign(grp=NONE)
    both = pd.concat([parts, left.reset_index(drop=True)], ignore_index=True)
    return both.groupby("grp", as_index=False)[MONEY].sum(min_count=1)
