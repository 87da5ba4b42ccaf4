"""Fourteen sellers in three teams, their leads and the director; a larger company repeats them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesplan._demo import plan
from salesplan._demo.chance import NONE, Chance, Ints
from salesplan._demo.days import day

_FIRST_NAMES = (
    *("Anna", "Jonas", "Léa", "Greta", "Marc", "Sophie", "Tobias", "Élodie", "Nils", "Harriet"),
    *("Jürg", "Camille", "Björn", "Imogen", "Paul", "Käthe", "Rémi", "Fiona"),
)
_LAST_NAMES = (
    *("Bergmann", "Öztürk", "Lefèvre", "Lindqvist", "Moreau", "Hänggi", "Whitcombe", "Dörfler"),
    *("Caron", "Strasser", "Zürcher", "Ashdown", "Petit", "Grünwald", "Oakley", "Vidal", "Keller"),
)
_SENIORITY = ("junior", "confirmed", "senior")
_VARIABLE = {"field": 18000, "inside": 9000, "key account": 26000, "manager": 30000}
_BASE = {"field": 58000, "inside": 42000, "key account": 78000, "manager": 92000}
LATE_HIRE = 10
LATE_HIRED_ON = day("2025-01-01")


def hire(seed: int, scale: int) -> pd.DataFrame:
    """Return people: sellers first, then the three team leads, then the director."""
    chance = Chance(seed, "staff")
    sellers = len(plan.PATTERN) * scale
    count = sellers + len(plan.TEAMS) + 1
    teams = np.concatenate([np.resize(plan.PATTERN, sellers), np.arange(3), [NONE]])
    roles = [plan.ROLES[t] for t in teams[:sellers]] + ["manager"] * 4
    levels = [*chance.pick((0.25, 0.45, 0.3), sellers), 2, 2, 2, 2]
    names = [_name(i) for i in range(count)]
    frame = pd.DataFrame({"person": np.arange(count), "name": names, "role": roles})
    frame["team"] = [plan.TEAMS[t] if t >= 0 else "Management" for t in teams]
    frame["manager"] = [*(sellers + teams[:sellers]), *[count - 1] * 3, NONE]
    frame["seniority"] = [_SENIORITY[v] for v in levels]
    frame["territory"] = [plan.COUNTRIES[i] for i in chance.pick(plan.COUNTRY_SHARES, count)]
    frame["hired"] = day("2014-01-01") + chance.below(3200, count)
    frame.loc[LATE_HIRE, "hired"] = LATE_HIRED_ON
    frame["fte"] = np.where(frame["person"] % 14 == 7, 80, 100)
    pay = [1 + 0.15 * (v - 1) for v in levels]
    frame["target_variable"] = [_VARIABLE[r] * p for r, p in zip(roles, pay, strict=True)]
    frame["base_salary"] = [_BASE[r] * p for r, p in zip(roles, pay, strict=True)]
    return frame


def _name(index: int) -> str:
    first = _FIRST_NAMES[index % len(_FIRST_NAMES)]
    last = _LAST_NAMES[(index + index // len(_FIRST_NAMES)) % len(_LAST_NAMES)]
    round_of_names = index // (len(_FIRST_NAMES) * len(_LAST_NAMES))
    return f"{first} {last}" + (f" {round_of_names + 1}" if round_of_names else "")


def sellers_of(team: int, scale: int) -> Ints:
    """Return the sellers of a team."""
    everyone = np.resize(plan.PATTERN, len(plan.PATTERN) * scale)
    return np.flatnonzero(everyone == team).astype(np.int64)


def owners(chance: Chance, segments: Ints, scale: int) -> Ints:
    """Return a seller for each account, from the team that looks after its segment."""
    chosen = np.zeros(len(segments), np.int64)
    for segment, team in enumerate(plan.TEAM_OF_SEGMENT):
        members = sellers_of(team, scale)
        rows = np.flatnonzero(segments == segment)
        chosen[rows] = members[chance.below(len(members), len(rows))]
    return chosen


def present(owner: Ints, days: Ints) -> Ints:
    """Return the owner, or a colleague of the same team where the owner was not yet hired."""
    away = (owner == LATE_HIRE) & (days < LATE_HIRED_ON)
    return np.where(away, LATE_HIRE - 1, owner)
