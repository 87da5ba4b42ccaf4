"""Contacts of customers, the part they play in deals, and who shares the credit of a deal."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesplan._demo.accounts import Companies
from salesplan._demo.chance import Chance
from salesplan._demo.deals import OPEN, WON
from salesplan._demo.staff import sellers_of

TITLES = ("Managing director", "Head of IT", "Purchasing", "Operations manager")
ROLES = ("decides", "influences", "promotes", "opposes")
_FIRST = ("Maria", "Jean", "Sabine", "Peter", "Claire", "Urs", "Helen", "Karim", "Ines", "Oliver")
_LAST = ("Arnold", "Bonnet", "Clark", "Dietz", "Egger", "Faure", "Huber", "Jones", "Lang", "Roux")


def contacts(seed: int, companies: Companies) -> pd.DataFrame:
    """Return four contacts of each gold account and one of each silver one."""
    chance = Chance(seed, "contacts")
    per_account = np.array([4, 1, 0])[companies.frame["segment"]]
    account = np.repeat(companies.frame["account"].to_numpy(), per_account)
    place = np.arange(len(account)) - np.repeat(np.cumsum(per_account) - per_account, per_account)
    first, last = chance.below(len(_FIRST), len(account)), chance.below(len(_LAST), len(account))
    frame = pd.DataFrame({"contact": np.arange(len(account)), "account": account, "place": place})
    frame["name"] = [f"{_FIRST[f]} {_LAST[i]}" for f, i in zip(first, last, strict=True)]
    frame["title"] = [TITLES[p] for p in place]
    created = companies.frame["created"].to_numpy()[account]
    frame["created"] = created
    return frame


def contact_roles(seed: int, deals: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Return who decides, influences, promotes or opposes, for deals of gold accounts."""
    chance = Chance(seed, "roles")
    gold = deals[(deals["segment"] == 0) & (deals["pipeline"] == 0)]
    frame = gold[["deal", "account", "status"]].merge(
        people[["account", "contact", "place"]], on="account"
    )
    frame = frame.sort_values(["deal", "contact"], kind="stable", ignore_index=True)
    known = np.array([0.75, 0.65, 0.4, 0.15])[frame["place"]]
    known = known + np.where(frame["status"] == WON, 0.15, 0)
    frame = frame[chance.happens(known, len(frame))].reset_index(drop=True)
    swapped = chance.happens(0.15, len(frame))
    frame["role"] = np.where(swapped, (frame["place"] + 1) % 4, frame["place"])
    return frame[["deal", "contact", "role"]]


def shared_credits(seed: int, deals: pd.DataFrame, scale: int) -> pd.DataFrame:
    """Return split credits: one in sixteen deals is shared 70 : 30, large ones carry an overlay."""
    chance = Chance(seed, "credits")
    able = deals[(deals["status"] != OPEN) & (deals["pipeline"] == 0)]
    count = len(able)
    shared = chance.happens(1 / 16, count)
    inside = sellers_of(1, scale)
    partner = inside[chance.below(len(inside), count)]
    shared &= partner != able["owner"].to_numpy()
    specialist = sellers_of(2, scale)[chance.below(3 * scale, count)]
    overlay = (able["amount"] > 10_000_000) & (specialist != able["owner"])
    parts = [
        _credit(able[shared], able["owner"][shared].to_numpy(), 70, 0),
        _credit(able[shared], partner[shared], 30, 0),
        _credit(able[overlay & ~shared], able["owner"][overlay & ~shared].to_numpy(), 100, 0),
        _credit(able[overlay & ~shared], specialist[overlay & ~shared], 20, 1),
    ]
    frame = pd.concat(parts, ignore_index=True)
    return frame.sort_values(["deal", "kind", "person"], kind="stable", ignore_index=True)


def _credit(deals: pd.DataFrame, person: np.ndarray, percent: int, kind: int) -> pd.DataFrame:
    frame = pd.DataFrame({"deal": deals["deal"].to_numpy(), "person": person})
    frame["percent"], frame["kind"] = percent, kind
    return frame
