"""The recurring contracts while they run: one place per account and product."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from salesplan._demo.chance import NONE, Bools, Ints

PRODUCTS = 3
"""Cloud, Insight and Care recur; licences and services are sold once."""


@dataclass
class Positions:
    """What each account pays a month, and the lines that said so over time.

    Prices count in steps of 20 cents, so that a discount of 5 % or 10 % leaves whole cents.
    """

    accounts: int
    discount: Ints
    anniversary: Ints
    quantity: Ints = field(init=False)
    price: Ints = field(init=False)
    line: Ints = field(init=False)
    lines: int = 0
    opened: list[pd.DataFrame] = field(default_factory=list)
    ended: list[pd.DataFrame] = field(default_factory=list)

    def __post_init__(self) -> None:
        shape = (self.accounts, PRODUCTS)
        self.quantity = np.zeros(shape, np.int64)
        self.price = np.zeros(shape, np.int64)
        self.line = np.full(shape, NONE)

    @property
    def running(self) -> Bools:
        """Whether each position is in force."""
        return np.asarray(self.quantity > 0)

    @property
    def customers(self) -> Bools:
        """Whether each account has a position in force."""
        return np.asarray(self.running.any(axis=1))

    @property
    def cents(self) -> Ints:
        """Monthly cents of each position, in the currency of the account."""
        return np.asarray(self.quantity * self.price * (100 - self.discount[:, None]) // 5)

    def open(
        self,
        rows: Ints,
        products: Ints,
        month: int | Ints,
        quantity: Ints,
        price: Ints,
        *,
        deals: Ints | None = None,
        renews: bool = False,
    ) -> None:
        """Open lines on positions that are not in force, or take them over from a month on."""
        count = len(rows)
        before = self.line[rows, products]
        numbers = np.arange(self.lines, self.lines + count)
        starts = np.broadcast_to(month, (count,))
        frame = pd.DataFrame({"line": numbers, "account": rows, "product": products})
        frame["start"], frame["quantity"], frame["price"] = starts, quantity, price
        frame["end"] = starts + (self.anniversary[rows] - starts - 1) % 12 + 1
        frame["deal"] = NONE if deals is None else deals
        frame["replaces"] = np.where(self.running[rows, products], before, NONE)
        frame["renewal"] = renews
        self.opened.append(frame)
        self.quantity[rows, products], self.price[rows, products] = quantity, price
        self.line[rows, products] = numbers
        self.lines += count

    def end(self, rows: Ints, products: Ints, month: int, *, because: str) -> None:
        """End lines at the first of a month."""
        frame = pd.DataFrame({"line": self.line[rows, products], "end": month})
        frame["because"] = because
        self.ended.append(frame)
        if because != "changed":
            self.quantity[rows, products] = 0

    def table(self) -> pd.DataFrame:
        """Return every line, with the end that it came to."""
        frame = pd.concat(self.opened, ignore_index=True)
        frame["because"] = ""
        for ended in self.ended:
            frame.loc[ended["line"], "end"] = ended["end"].to_numpy()
            frame.loc[ended["line"], "because"] = ended["because"].to_numpy()
        frame["discount"] = self.discount[frame["account"]]
        return frame
