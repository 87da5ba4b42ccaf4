"""Three years of recurring contracts, and the ledger that says what they truly brought in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from salesplan._demo import plan
from salesplan._demo.accounts import Companies
from salesplan._demo.asked import NEW
from salesplan._demo.chance import NONE, Chance, Floats, Ints
from salesplan._demo.days import MONTHS, month_of
from salesplan._demo.deals import OPEN, WON
from salesplan._demo.positions import PRODUCTS, Positions
from salesplan._demo.rates import rate_of_month

CHURN_CAP = 0.0135
"""No month may lose a larger share than this of its opening customers or recurring revenue."""
_CHURN_AT_END = (0.05, 0.075, 0.115)
_CHURN_AT_ANY_TIME = (0.0002, 0.0005, 0.001)
_COMES_BACK = 0.25
_HAS = ((0.85, 0.5, 0.85), (0.8, 0.3, 0.65), (0.75, 0.12, 0.45))
_SEATS = ((18, 30, 42, 60, 110), (5, 8, 13, 20, 33), (3, 3, 4, 6, 10))
_CARE = ((750, 1350, 1950, 2800, 4900), (150, 280, 430, 620, 1050), (40, 60, 90, 140, 240))
_SEAT_PRICES = (39, 45, 49, 55, 59)
MOVES = (
    *("new", "reactivation", "expansion_upsell", "expansion_cross_sell", "price_increase"),
    *("contraction", "price_decrease", "churn", "fx"),
)


@dataclass
class Ledger:
    """Recurring revenue of each month in millionths of a euro, and what moved it."""

    rows: list[dict[str, float | str]] = field(default_factory=list)

    def note(self, month: int, move: str, cents: float, *, count: int = 0) -> None:
        """Write a movement down."""
        self.rows.append({"month": month, "move": move, "cents": cents, "accounts": count})


@dataclass
class Book:
    """Everything that the months change."""

    chance: Chance
    segment: Ints
    currency: Ints
    positions: Positions
    ledger: Ledger
    protected: Ints
    back_in: Ints
    seats_before: Ints

    def euros(self, month: int) -> Floats:
        """Return cents of a month and position in euros."""
        rates = rate_of_month(self.currency, month)
        return np.asarray(self.positions.cents * rates[:, None])

    def moved(self, month: int, move: str, before: Floats) -> None:
        """Write down what changed since ``before``."""
        change = self.euros(month) - before
        accounts = int((change.sum(axis=1) != 0).sum())
        if accounts:
            self.ledger.note(month, move, float(change.sum()), count=accounts)


def open_book(seed: int, companies: Companies, deals: pd.DataFrame) -> Book:
    """Return the contracts as they stand when the books begin."""
    chance = Chance(seed, "contracts")
    frame = companies.frame
    count, base = len(frame), companies.base
    anniversary = chance.below(12, count)
    won = deals[(deals["status"] == WON) & (deals["type"] == NEW)]
    anniversary[won["account"]] = (month_of(won["closed"]) + 1) % 12
    discount = 5 * chance.pick((0.7, 0.2, 0.1), count)
    discount[base:] = 0
    positions = Positions(count, discount, anniversary)
    segment = frame["segment"].to_numpy()
    currency = np.zeros(count, np.int64)
    abroad = np.flatnonzero(frame["country"][:base] >= 2)[:5]
    currency[abroad] = np.where(frame["country"].to_numpy()[abroad] == 3, 1, 2)
    book = Book(
        chance,
        segment,
        currency,
        positions,
        Ledger(),
        _protected(deals, count),
        np.full(count, NONE),
        np.zeros((count, PRODUCTS), np.int64),
    )
    _sign_base(book, base)
    return book


def _protected(deals: pd.DataFrame, count: int) -> Ints:
    """Return the month until which an account stays: customers who are buying do not leave."""
    until = np.full(count, NONE)
    won = deals[deals["status"] == WON]
    np.maximum.at(until, won["account"].to_numpy(), month_of(won["closed"]) + 3)
    still_open = deals[deals["status"] == OPEN]
    until[still_open["account"]] = MONTHS + 12
    return until


def _sign_base(book: Book, base: int) -> None:
    chance, segment = book.chance, book.segment[:base]
    has = np.stack([chance.happens(np.array(_HAS)[segment, p], base) for p in range(PRODUCTS)], 1)
    has[~has.any(axis=1), plan.CLOUD] = True
    seats, care = np.zeros(base, np.int64), np.zeros(base, np.int64)
    for level in range(3):
        rows = np.flatnonzero(segment == level)
        seats[rows] = np.floor(chance.spread(_SEATS[level], len(rows)))
        care[rows] = np.floor(chance.spread(_CARE[level], len(rows)))
    price = np.array(_SEAT_PRICES)[chance.below(len(_SEAT_PRICES), base)] * 5
    quantity = np.stack([seats, np.maximum(seats // 2, 2), np.ones(base, np.int64)], 1)
    prices = np.stack([price, np.full(base, 75), care * 5], 1)
    rows, products = np.nonzero(has)
    starts = book.positions.anniversary[rows] - 12
    args = (quantity[rows, products], prices[rows, products])
    book.positions.open(rows, products, starts, *args)


def run_months(book: Book, deals: pd.DataFrame) -> None:
    """Let three years pass, and the first day after them for what is already signed."""
    effects = _effects(book, deals)
    opening = book.euros(-1)
    for month in range(MONTHS + 1):
        before = book.euros(month)
        if month < MONTHS:
            _close_month(book, month, opening, before)
        _sign(book, effects[effects["month"] == month], month)
        opening = book.euros(month)
        if month < MONTHS:
            _total(book, month, opening)


def _close_month(book: Book, month: int, opening: Floats, before: Floats) -> None:
    book.ledger.note(month, "opening", float(opening.sum()))
    book.ledger.note(month, "fx", float((before - opening).sum()))
    due = book.positions.customers & (book.positions.anniversary == month % 12)
    _leave(book, month, due, before)
    _renew(book, month, due & book.positions.customers)
    _come_back(book, month)


def _total(book: Book, month: int, closing: Floats) -> None:
    book.ledger.note(
        month, "closing", float(closing.sum()), count=int(book.positions.customers.sum())
    )
    for product in range(PRODUCTS):
        book.ledger.note(month, f"closing {product}", float(closing[:, product].sum()))


def _leave(book: Book, month: int, due: np.ndarray, before: Floats) -> None:
    """End the contracts of accounts that leave, never more than the cap of a month."""
    positions, chance = book.positions, book.chance
    count = positions.accounts
    likely = np.where(due, np.array(_CHURN_AT_END)[book.segment], 0.0)
    likely = likely + np.array(_CHURN_AT_ANY_TIME)[book.segment]
    wants = positions.customers & (book.protected < month) & chance.happens(likely, count)
    order = chance.order(count)
    order = order[wants[order]]
    lost = np.cumsum(before[order].sum(axis=1)) <= CHURN_CAP * before.sum()
    few = np.arange(1, len(order) + 1) <= CHURN_CAP * positions.customers.sum()
    leaving = np.sort(order[lost & few])
    book.seats_before[leaving] = positions.quantity[leaving]
    rows, products = np.nonzero(positions.running[leaving])
    for early, because in ((False, "not renewed"), (True, "cancelled")):
        chosen = due[leaving[rows]] != early
        positions.end(leaving[rows[chosen]], products[chosen], month, because=because)
    book.moved(month, "churn", before)
    returns = chance.happens(_COMES_BACK, len(leaving))
    book.back_in[leaving[returns]] = month + chance.between(4, 14, int(returns.sum()))


def _renew(book: Book, month: int, due: np.ndarray) -> None:
    """Renew the contracts that end: most at a higher price, a few smaller or cheaper."""
    positions, chance = book.positions, book.chance
    count = positions.accounts
    kind = chance.pick((0.55, 0.05, 0.03, 0.37), count)
    raise_ = chance.between(20, 50, count)
    steps: tuple[tuple[str, int, Callable[[Ints, Ints, Ints], tuple[Ints, Ints]]], ...] = (
        ("price_increase", 0, lambda q, p, r: (q, p + np.maximum(p * r // 1000, 1))),
        ("contraction", 1, lambda q, p, _: (np.maximum(q * 4 // 5, 1), p)),
        ("price_decrease", 2, lambda q, p, r: (q, p - np.maximum(p * r // 500, 1))),
        ("unchanged", 3, lambda q, p, _: (q, p)),
    )
    for move, wanted, change in steps:
        before = book.euros(month)
        accounts = np.flatnonzero(due & (kind == wanted))
        rows, products = np.nonzero(positions.running[accounts])
        rows = accounts[rows]
        quantity, price = change(
            positions.quantity[rows, products], positions.price[rows, products], raise_[rows]
        )
        positions.open(rows, products, month, quantity, price, renews=True)
        book.moved(month, move, before)


def _come_back(book: Book, month: int) -> None:
    accounts = np.flatnonzero((book.back_in == month) & ~book.positions.customers)
    if not len(accounts):
        return
    before = book.euros(month)
    book.positions.anniversary[accounts] = month % 12
    rows, products = np.nonzero(book.seats_before[accounts])
    rows = accounts[rows]
    quantity = np.maximum(book.seats_before[rows, products] * 4 // 5, 1)
    price = book.positions.price[rows, products]
    book.positions.open(rows, products, month, quantity, price)
    book.moved(month, "reactivation", before)


def _effects(book: Book, deals: pd.DataFrame) -> pd.DataFrame:
    """Return won deals that change recurring contracts, with the month from which they do."""
    won = deals[(deals["status"] == WON) & (deals["pipeline"] == 0)]
    recurs = (won["product"] <= plan.INSIGHT) | (won["care"] > 0)
    won = won[recurs].copy()
    month = month_of(won["closed"]) + 1
    due = book.positions.anniversary[won["account"]] == month % 12
    won["month"] = month + np.where(due & (won["type"] != NEW), 1, 0)
    won = won[won["month"] <= MONTHS]
    repeated = won.duplicated(["account", "month"])
    return won[~repeated]


def _sign(book: Book, signed: pd.DataFrame, month: int) -> None:
    first = signed[signed["type"] == NEW]
    more = signed[signed["type"] != NEW]
    before = book.euros(month)
    _open_for(book, first[first["care"] > 0], month, care=True)
    _open_for(book, first[first["care"] <= 0], month, care=False)
    book.moved(month, "new", before)
    more = more[book.positions.customers[more["account"]]]
    product = more["product"].to_numpy()
    running = book.positions.running[more["account"], product]
    before = book.euros(month)
    _grow(book, more[running], month)
    book.moved(month, "expansion_upsell", before)
    before = book.euros(month)
    _open_for(book, more[~running], month, care=False)
    book.moved(month, "expansion_cross_sell", before)


def _open_for(book: Book, signed: pd.DataFrame, month: int, *, care: bool) -> None:
    rows = signed["account"].to_numpy()
    product = np.full(len(rows), plan.CARE) if care else signed["product"].to_numpy()
    quantity = np.ones(len(rows), np.int64) if care else signed["seats"].to_numpy()
    price = signed["care" if care else "seat_price"].to_numpy() * 5
    deal = signed["deal"].to_numpy()
    book.positions.open(rows, product, month, quantity, price, deals=deal)


def _grow(book: Book, signed: pd.DataFrame, month: int) -> None:
    """Add seats in mid-term: the line is replaced, and ends with the contract as before."""
    rows, product = signed["account"].to_numpy(), signed["product"].to_numpy()
    quantity = book.positions.quantity[rows, product] + signed["seats"].to_numpy()
    price = book.positions.price[rows, product]
    deal = signed["deal"].to_numpy()
    book.positions.end(rows, product, month, because="changed")
    book.positions.open(rows, product, month, quantity, price, deals=deal)
