"""Companies: customers from before the books begin, and those that leads bring in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesplan._demo import plan
from salesplan._demo.chance import Chance, Ints
from salesplan._demo.days import FIRST, LAST, from_work, to_work
from salesplan._demo.prospecting import Prospecting
from salesplan._demo.staff import owners

_FAMILIES = {
    "DE": (
        *("Müller", "Böhm", "Schäfer", "Großmann", "Köhler", "Jäger", "Brandt", "Vogt"),
        *("Krämer", "Lüders", "Pohl", "Seidel", "Weiß", "Thoma", "Rößler", "Harms"),
    ),
    "FR": (
        *("Lefèvre", "Béranger", "Garnier", "Chênevert", "Dupré", "Fontaine", "Gérault"),
        *("Marchand", "Noël", "Périer", "Roussel", "Sénéchal", "Vasseur", "Hébrard"),
    ),
    "CH": (
        *("Ammann", "Brügger", "Gerber", "Hürlimann", "Kägi", "Lüthi", "Nägeli", "Rüegg"),
        *("Stäubli", "Tschudi", "Wüthrich", "Zbinden", "Favre", "Monnier", "Jaquet"),
    ),
    "GB": (
        *("Ashworth", "Barclay", "Crowther", "Dunmore", "Ellery", "Fairhurst", "Grantham"),
        *("Holloway", "Kettering", "Loxley", "Marlowe", "Penrose", "Radcliffe", "O'Neill"),
    ),
}
_TRADES = {
    "DE": ("Maschinenbau", "Handel", "Logistik", "Medizintechnik", "Präzisionsguß", "Möbel"),
    "FR": ("Mécanique", "Distribution", "Transports", "Santé", "Énergie", "Hôtellerie"),
    "CH": ("Uhren", "Apparatebau", "Spedition", "Käserei", "Chimie", "Werkzeuge"),
    "GB": ("Engineering", "Retail", "Freight", "Health", "Foods", "Joinery"),
}
_FORMS = {
    "DE": ("GmbH", "AG", "GmbH & Co. KG"),
    "FR": ("SARL", "SAS", "SA"),
    "CH": ("AG", "GmbH", "SA"),
    "GB": ("Ltd", "plc", "LLP"),
}
_POTENTIAL = ((60, 90, 130, 180, 300), (15, 25, 38, 55, 90), (2, 5, 8, 13, 22))
_EMPLOYEES = ((300, 600, 1100, 2500), (60, 120, 220, 400), (5, 15, 30, 70))
_TAGS = ("Potenzial > 100 T€", "Potenzial > 30 T€", "")


@dataclass(frozen=True)
class Companies:
    """Accounts, and how many of them were customers from the start."""

    frame: pd.DataFrame
    base: int


def found(seed: int, scale: int, prospecting: Prospecting) -> Companies:
    """Return the accounts; a lead becomes one when its first meeting was held."""
    chance = Chance(seed, "accounts")
    base = np.repeat(np.arange(3), np.array(plan.BASE_CUSTOMERS) * scale)
    base = base[chance.order(len(base))]
    outreach = np.zeros(60 * scale, np.int64)
    met = prospecting.leads[prospecting.leads["held"] >= 0]
    count = len(base) + len(outreach) + len(met)
    frame = pd.DataFrame({"account": np.arange(count)})
    frame["segment"] = np.concatenate([base, outreach, met["segment"]])
    frame["country"] = chance.pick(plan.COUNTRY_SHARES, count)
    frame.loc[count - len(met) :, "country"] = met["country"].to_numpy()
    frame["lead"] = np.concatenate([np.full(count - len(met), -1), met["lead"]])
    frame["owner"] = owners(chance, frame["segment"].to_numpy(), scale)
    frame.loc[count - len(met) :, "owner"] = met["closer"].to_numpy()
    frame["created"] = _created(chance, len(base), len(outreach), met["created"].to_numpy())
    frame["industry"] = chance.pick(plan.INDUSTRY_SHARES, count)
    _describe(chance, frame)
    return Companies(frame, len(base))


def _created(chance: Chance, base: int, outreach: int, leads: Ints) -> Ints:
    old = FIRST - 60 - chance.below(2500, base)
    approached = FIRST + chance.below(LAST - FIRST - 60, outreach)
    return np.concatenate([old, from_work(to_work(approached)), leads])


def _describe(chance: Chance, frame: pd.DataFrame) -> None:
    count = len(frame)
    potential, employees = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for segment in range(3):
        rows = np.flatnonzero(frame["segment"] == segment)
        potential[rows] = np.floor(chance.spread(_POTENTIAL[segment], len(rows))) * 1000
        employees[rows] = np.floor(chance.spread(_EMPLOYEES[segment], len(rows)))
    frame["potential"], frame["employees"] = potential, employees
    frame["name"] = _names(chance, frame["country"].to_numpy())
    frame["tags"] = [_TAGS[s] for s in frame["segment"]]


def _names(chance: Chance, countries: Ints) -> list[str]:
    forms = chance.below(3, len(countries))
    seen = [0] * len(plan.COUNTRIES)
    names = []
    for country, form in zip(countries, forms, strict=True):
        names.append(_name(plan.COUNTRIES[country], seen[country], int(form)))
        seen[country] += 1
    return names


def _name(country: str, number: int, form: int) -> str:
    families, trades = _FAMILIES[country], _TRADES[country]
    family = families[number % len(families)]
    trade = trades[number // len(families) % len(trades)]
    again = number // (len(families) * len(trades))
    partner = families[(number + 5 + again) % len(families)]
    named = f"{family} & {partner}" if again else family
    more = f" {again - 9}" if again > 10 else ""
    return f"{named} {trade} {_FORMS[country][form]}{more}"
