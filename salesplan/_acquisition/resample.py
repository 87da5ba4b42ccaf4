"""How sure a cost per first meeting is: the leads are drawn again, the spend is what it is.

The Bayesian bootstrap (Rubin 1981): each kind of lead gets a random weight around how often
it was seen. Half a lead that was met and half a lead that was not are added to each channel
(the prior of Jeffreys), so that two meetings from two leads are not taken for a certainty.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesplan._acquisition.carry import CARRIER
from salesplan.stats import Floats

_LOW_HIGH = (2.5, 97.5)


def interval(
    people: pd.DataFrame, costs: pd.DataFrame, by: str, *, draws: int, seed: int
) -> pd.DataFrame:
    """Return grp, cost_low and cost_high: the 95 % interval of cost per first meeting.

    Parameters
    ----------
    people
        grp, of_channel, led, held, party_count (see ``counts.population``).
    costs
        grp and total_cost; for owners and segments, per channel instead of per group.
    by
        The dimension; owners and segments draw again what they carry of each channel.
    draws, seed
        How many draws, and where chance starts.
    """
    people = _both_ways(people)
    groups, at_group = np.unique(people["grp"].to_numpy(), return_inverse=True)
    strata = people["of_channel"] if by in CARRIER else people["grp"]
    held, cost = np.zeros((draws, len(groups))), np.zeros((draws, len(groups)))
    money = costs.set_index("grp")["total_cost"].dropna().to_dict()
    chance = np.random.default_rng(seed)
    for stratum, rows in people.assign(at_group=at_group).groupby(strata, sort=True):
        drawn = _Stratum(rows, draws, chance)
        held += drawn.sums("held", len(groups))
        cost += drawn.shares(CARRIER.get(by), len(groups)) * float(money.get(stratum, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn_cost = np.where(held > 0, cost / held, np.inf)
    # Whole order statistics: an infinite cost (nobody met) cannot be interpolated.
    low, high = np.percentile(drawn_cost, _LOW_HIGH, axis=0, method="nearest")
    return pd.DataFrame({"grp": groups, "cost_low": low, "cost_high": high})


def _both_ways(people: pd.DataFrame) -> pd.DataFrame:
    """Return the parties with their prior: in each cell somebody is met and somebody is not."""
    cells = people[["grp", "of_channel"]].drop_duplicates()
    pseudo = pd.concat([cells.assign(led=1.0, held=held, party_count=0) for held in (0.0, 1.0)])
    both = pd.concat([people, pseudo]).assign(is_met=lambda f: f["held"] > 0)
    columns = ["grp", "of_channel", "is_met"]
    seen = both.groupby(columns, dropna=False)["party_count"].transform("sum") > 0
    both = both[(both["party_count"] > 0) | ~seen].astype({"grp": object})
    alike = both.groupby(columns, dropna=False)["led"].transform("size")
    return both.assign(weight=both["party_count"] + 0.5 / alike).reset_index(drop=True)


class _Stratum:
    """One channel (or group): its parties, alike ones together, with random weights."""

    def __init__(self, rows: pd.DataFrame, draws: int, chance: np.random.Generator) -> None:
        self.rows, self.group = rows, rows["at_group"].to_numpy()
        drawn = chance.standard_gamma(rows["weight"].to_numpy(float), (draws, len(rows)))
        share = drawn / drawn.sum(axis=1, keepdims=True)
        self.number = share * float(rows["party_count"].sum())

    def sums(self, column: str, groups: int) -> Floats:
        """Return the drawn total of a column, per draw and group."""
        value = self.number * self.rows[column].to_numpy(float)
        out = np.zeros((len(value), groups))
        for at in np.unique(self.group):
            out[:, at] = value[:, self.group == at].sum(axis=1)
        return out

    def shares(self, carrier: str | None, groups: int) -> Floats:
        """Return each group's part of the stratum's cost: all of it, or by its carrier."""
        if carrier is None:
            out = np.zeros((len(self.number), groups))
            out[:, np.unique(self.group)] = 1.0
            return out
        carried = self.sums("led" if carrier == "lead_count" else "held", groups)
        total = carried.sum(axis=1, keepdims=True)
        return carried / np.where(total > 0, total, 1.0)
