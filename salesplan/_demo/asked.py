"""Deals as they begin: who wants what, for how much, before anyone knows how they end."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesplan._demo import plan
from salesplan._demo.accounts import Companies
from salesplan._demo.chance import NONE, Bools, Chance, Floats, Ints
from salesplan._demo.days import FIRST, LAST, MONTHS, from_work, month_start, to_work
from salesplan._demo.prospecting import Prospecting
from salesplan._demo.staff import present

NEW, UPSELL, CROSS_SELL, RENEWAL = range(4)
DEAL_TYPES = ("new", "upsell", "cross_sell", "renewal")
TENDER, EXISTING, OUTREACH = 100, 101, 102
"""Where deals come from that no lead began; below 100 a channel of the leads."""

_EXISTING_DEALS = 1080
_BECOMES_DEAL = 0.66
_AMOUNTS = ((21, 49, 74, 105, 224), (8, 18, 27, 38, 77), (3, 6, 9, 13, 25))
_SEAT_PRICES = (39, 45, 49, 55, 59)
_SEASON_OF_ORDERS = (1.3, 0.8, 0.4, 0.8, 0.9, 1.0, 0.9, 0.9, 1.1, 1.3, 1.2, 1.6)
_FIRST_MONTH_OF_ORDERS = -6


def asked(seed: int, scale: int, companies: Companies, found: Prospecting) -> pd.DataFrame:
    """Return deals at their beginning, in order of creation."""
    chance = Chance(seed, "deals")
    parts = [
        _from_leads(chance, companies, found),
        _from_outreach(chance, companies),
        _from_customers(chance, companies, scale),
    ]
    frame = pd.concat(parts, ignore_index=True)
    frame = frame[frame["created"] <= LAST]
    frame = frame.sort_values(["created", "account"], kind="stable", ignore_index=True)
    frame["deal"] = np.arange(len(frame))
    accounts = companies.frame
    frame["segment"] = accounts["segment"].to_numpy()[frame["account"]]
    owner = accounts["owner"].to_numpy()[frame["account"]]
    frame["owner"] = present(owner, frame["created"].to_numpy())
    frame["pipeline"] = 0
    _price(chance, frame)
    return frame


def _from_leads(chance: Chance, companies: Companies, found: Prospecting) -> pd.DataFrame:
    rows = companies.frame[companies.frame["lead"] >= 0]
    leads = found.leads.iloc[rows["lead"]]
    count = len(rows)
    chosen = chance.happens(_BECOMES_DEAL, count)
    created = from_work(to_work(leads["held"]) + chance.between(0, 4, count))
    frame = _frame(rows["account"].to_numpy(), created, NEW)
    frame["lead"] = rows["lead"].to_numpy()
    frame["channel"] = leads["channel"].to_numpy()
    frame["sourced_by"] = leads["owner"].to_numpy()
    frame["product"] = np.where(chance.happens(0.5, count), plan.CORE, plan.CLOUD)
    return frame[chosen]


def _from_outreach(chance: Chance, companies: Companies) -> pd.DataFrame:
    """Return deals that key account managers opened themselves, half of them tenders."""
    frame = companies.frame
    rows = frame[(frame["lead"] < 0) & (frame["account"] >= companies.base)]
    count = len(rows)
    deals = _frame(rows["account"].to_numpy(), rows["created"].to_numpy(), NEW)
    deals["product"] = np.where(chance.happens(0.6, count), plan.CORE, plan.CLOUD)
    deals["channel"] = np.where(chance.happens(0.5, count), TENDER, OUTREACH)
    ahead = chance.between(-40, 60, count)
    published = np.maximum(deals["created"] + ahead, FIRST)
    deals["published"] = np.where(deals["channel"] == TENDER, published, NONE)
    return deals


def _from_customers(chance: Chance, companies: Companies, scale: int) -> pd.DataFrame:
    count = _EXISTING_DEALS * scale
    months = np.arange(_FIRST_MONTH_OF_ORDERS, MONTHS)
    month = months[chance.pick(np.array(_SEASON_OF_ORDERS)[months % 12].tolist(), count)]
    first, following = month_start(month), month_start(month + 1)
    created = from_work(to_work(first + chance.below(following - first, count)))
    segment = companies.frame["segment"].to_numpy()[: companies.base]
    weight = np.array([5.5, 2.6, 0.9])[segment]
    account = chance.pick(weight.tolist(), count)
    kind = chance.pick((0.3, 0.15, 0.3, 0.25), count)
    deals = _frame(account, created, CROSS_SELL)
    deals["type"] = np.where(kind == 0, UPSELL, CROSS_SELL)
    products = np.array([plan.CLOUD, plan.INSIGHT, plan.CONNECT, plan.SERVICES])
    deals["product"] = products[kind]
    deals["channel"] = EXISTING
    return deals


def _frame(account: Ints, created: Ints, kind: int) -> pd.DataFrame:
    frame = pd.DataFrame({"account": account, "created": created})
    frame["type"] = kind
    for column in ("lead", "channel", "sourced_by", "published"):
        frame[column] = NONE
    return frame


def _price(chance: Chance, frame: pd.DataFrame) -> None:
    """Set seats, the price of a seat and the final amount, which its contract lines add up to."""
    count = len(frame)
    euros = np.zeros(count)
    for segment in range(3):
        rows = np.flatnonzero(frame["segment"] == segment)
        euros[rows] = np.floor(chance.spread(_AMOUNTS[segment], len(rows)) * 1000)
    euros = np.floor(euros * _size(frame))
    price = np.array(_SEAT_PRICES)[chance.below(len(_SEAT_PRICES), count)]
    price = np.where(frame["product"] == plan.INSIGHT, 15, price)
    seats = np.maximum(np.floor(euros / 12 / price), 3).astype(np.int64)
    frame["seats"] = np.where(is_recurring(frame), seats, NONE)
    frame["seat_price"] = np.where(is_recurring(frame), price, NONE)
    amount = np.where(is_recurring(frame), seats * price * 12, euros.astype(np.int64))
    frame["amount"] = amount * 100
    care = np.floor(euros * 0.18 / 1.18 / 12).astype(np.int64)
    sells_care = (frame["product"] == plan.CORE) & (frame["type"] == NEW)
    frame["care"] = np.where(sells_care, np.maximum(care, 20), NONE)


def _size(frame: pd.DataFrame) -> Floats:
    """Return how large deals of each product are against a first licence."""
    by_product = np.array([0.55, 0.16, 0.2, 1.25, 1.3, 0.75])
    size = by_product[frame["product"]]
    return np.where(frame["type"] == UPSELL, size * 0.35, size)


def is_recurring(frame: pd.DataFrame) -> Bools:
    """Return whether each deal sells seats by the month."""
    return np.asarray(frame["product"] <= plan.INSIGHT)
