"""Contract lines as finance keeps them: what recurs, and what was sold once."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesplan._demo import plan
from salesplan._demo.accounts import Companies
from salesplan._demo.chance import NONE, Chance
from salesplan._demo.contracts import Book
from salesplan._demo.days import (
    LAST,
    MONTHS,
    from_work,
    month_of,
    month_start,
    next_workday,
    to_work,
)
from salesplan._demo.deals import WON

MONTHS_BILLED = (12, 1, 3)
BILLING = ("year", "month", "quarter", "once")
_BILLING_SHARES = (0.6, 0.25, 0.15)
_ORDERS_OF_SERVICES = 26
_SERVICE_EUROS = (400, 900, 1700, 2600, 4200, 9800)
_PLANS = ("Team", "Business", "Enterprise")
_PLAN_SEATS = (15, 60)


def lines(seed: int, companies: Companies, book: Book, deals: pd.DataFrame) -> pd.DataFrame:
    """Return every contract line, oldest first."""
    chance = Chance(seed, "lines")
    recurring = _recurring(chance, companies, book, deals)
    once = _sold_once(deals)
    services = _services(chance, companies, recurring)
    frame = pd.concat([recurring, once, services], ignore_index=True)
    frame = frame.sort_values(["start", "account", "product"], kind="stable", ignore_index=True)
    number = pd.Series(np.arange(len(frame)), index=frame["line"])
    old = frame["replaces"]
    frame["replaces"] = old.map(number[number.index >= 0]).fillna(NONE).astype(np.int64)
    frame["line"] = np.arange(len(frame))
    frame["owner"] = companies.frame["owner"].to_numpy()[frame["account"]]
    frame["country"] = companies.frame["country"].to_numpy()[frame["account"]]
    return frame


def _recurring(
    chance: Chance, companies: Companies, book: Book, deals: pd.DataFrame
) -> pd.DataFrame:
    table = book.positions.table()
    count = len(table)
    billing = chance.pick(_BILLING_SHARES, len(companies.frame))[table["account"]]
    months = np.array(MONTHS_BILLED)[billing]
    start = month_start(table["start"])
    frame = table[["line", "account", "product", "quantity", "deal", "replaces", "discount"]].copy()
    frame["start"], frame["end"] = start, month_start(table["end"])
    frame["price"] = table["price"] * 20 * months
    frame["billing"] = billing
    frame["currency"] = book.currency[table["account"]]
    frame["booked"] = _booked(chance, table, start, deals)
    left = table["because"].isin(["not renewed", "cancelled"]).to_numpy()
    known = frame["end"].to_numpy() - chance.between(35, 100, count)
    frame["requested"] = np.where(left, np.maximum(known, frame["booked"]), NONE)
    frame["cancelled"] = np.where(table["because"] == "cancelled", frame["end"], NONE)
    frame["delinquent"] = np.where(left & chance.happens(0.15, count), 1, 0)
    return frame


def _booked(
    chance: Chance, table: pd.DataFrame, start: np.ndarray, deals: pd.DataFrame
) -> np.ndarray:
    """Return the day each line was signed; a few renewals are signed after they began."""
    before = to_work(start) - chance.between(4, 20, len(table))
    late = chance.happens(0.03, len(table)) & table["renewal"].to_numpy()
    late &= start <= LAST - 30
    signed = from_work(np.where(late, to_work(start) + 12, before))
    closed = deals["closed"].to_numpy()
    signed = np.where(table["deal"] >= 0, closed[table["deal"]], signed)
    return np.minimum(signed, LAST)


def _sold_once(deals: pd.DataFrame) -> pd.DataFrame:
    won = deals[(deals["status"] == WON) & (deals["product"] >= plan.CORE)]
    care = won["care"].clip(lower=0)
    start = next_workday(won["closed"] + 7)
    return _once(won, won["product"], won["amount"] - care * 1200, start, won["closed"])


def _services(chance: Chance, companies: Companies, recurring: pd.DataFrame) -> pd.DataFrame:
    """Return orders of training and consulting by running customers, outside any deal."""
    served = recurring[recurring["start"] >= month_start(-12)]
    count = int(_ORDERS_OF_SERVICES * MONTHS * companies.base / sum(plan.BASE_CUSTOMERS))
    chosen = served.iloc[chance.below(len(served), count)]
    length = np.minimum(chosen["end"], LAST) - chosen["start"]
    start = next_workday(chosen["start"] + chance.below(np.maximum(length, 1), count))
    chosen = chosen[(start >= month_start(0)) & (start <= LAST)].assign(deal=NONE)
    start = start[(start >= month_start(0)) & (start <= LAST)]
    cents = np.floor(chance.spread(_SERVICE_EUROS, len(chosen))).astype(np.int64) * 100
    product = np.full(len(chosen), plan.SERVICES)
    return _once(chosen, product, cents, start, from_work(to_work(start) - 5))


def _once(
    source: pd.DataFrame, product: object, cents: object, start: object, booked: object
) -> pd.DataFrame:
    frame = pd.DataFrame({"account": source["account"].to_numpy(), "line": NONE})
    frame["deal"] = source["deal"].to_numpy()
    frame["product"], frame["price"] = np.asarray(product), np.asarray(cents)
    frame["start"], frame["booked"] = np.asarray(start), np.asarray(booked)
    frame["quantity"], frame["billing"] = 1, 3
    frame["discount"] = frame["currency"] = frame["delinquent"] = 0
    for column in ("end", "replaces", "requested", "cancelled"):
        frame[column] = NONE
    return frame


def plans(frame: pd.DataFrame) -> list[str]:
    """Return the plan of each line: by seats for subscriptions, Standard for support."""
    named = np.array(_PLANS)[np.searchsorted(_PLAN_SEATS, frame["quantity"], side="right")]
    named = np.where(frame["product"] == plan.CARE, "Standard", named)
    return [str(n) for n in np.where(frame["product"] > plan.CARE, "", named)]


def pauses(seed: int, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a handful of lines that rested for two or three months."""
    chance = Chance(seed, "pauses")
    long_enough = (frame["end"] - frame["start"] > 300) & (frame["start"] >= month_start(2))
    able = frame[long_enough & (frame["end"] <= LAST) & (frame["product"] == plan.CLOUD)]
    chosen = able.iloc[np.sort(chance.order(len(able))[: max(6, len(frame) // 700)])]
    begin = (pd.Series(chosen["start"]).astype("int64") + 95).to_numpy()
    first = month_start(month_of(begin))
    again = month_start(month_of(begin) + chance.between(2, 3, len(chosen)))
    return pd.DataFrame({"line": chosen["line"].to_numpy(), "paused": first, "resumed": again})
