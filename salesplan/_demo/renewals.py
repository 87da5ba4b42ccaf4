"""Renewals of gold accounts, which the CRM tracks as deals in a pipeline of their own."""

from __future__ import annotations

import numpy as np
import pandas as pd

from salesplan._demo import plan
from salesplan._demo.accounts import Companies
from salesplan._demo.asked import EXISTING, RENEWAL
from salesplan._demo.chance import NONE, Chance
from salesplan._demo.contracts import Book
from salesplan._demo.days import LAST, MONTHS, from_work, month_start, to_work
from salesplan._demo.deals import LOST, OPEN, WON
from salesplan._demo.staff import present

DUE, OFFERED, RENEWED, NOT_RENEWED = range(10, 14)
_DAYS_BEFORE = 90


def renewals(
    seed: int, companies: Companies, book: Book, first: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return renewal deals numbered from ``first``, and their changes."""
    chance = Chance(seed, "renewals")
    table = book.positions.table()
    table = table[companies.frame["segment"].to_numpy()[table["account"]] == 0]
    table["cents"] = table["quantity"] * table["price"] * (100 - table["discount"]) // 5 * 12
    parts = [
        _due(table[table["renewal"]], "start", WON),
        _due(table[table["because"] == "not renewed"], "end", LOST),
        _due(table[(table["because"] == "") & (table["end"] >= MONTHS)], "end", OPEN),
    ]
    frame = pd.concat(parts, ignore_index=True)
    frame["due"] = month_start(frame["month"])
    frame["created"] = from_work(to_work(frame["due"] - _DAYS_BEFORE))
    frame = frame[frame["created"] <= LAST - 3]
    frame = frame.sort_values(["created", "account"], kind="stable", ignore_index=True)
    frame["deal"] = first + np.arange(len(frame))
    _dress(frame, companies)
    changes = _changes(chance, frame)
    last = changes.groupby("deal").last()
    frame["stage"] = last["stage"].to_numpy()
    closed = last["day"].to_numpy()
    frame["closed"] = np.where(frame["stage"] >= RENEWED, closed, NONE)
    frame["status"] = np.where(frame["stage"] >= RENEWED, frame["status"], OPEN)
    frame["reason"] = np.where(frame["status"] == LOST, chance.below(5, len(frame)), NONE)
    return frame, changes


def _due(table: pd.DataFrame, at: str, status: int) -> pd.DataFrame:
    grouped = table.groupby(["account", at])["cents"].sum().reset_index()
    return pd.DataFrame(
        {
            "account": grouped["account"],
            "month": grouped[at],
            "amount": grouped["cents"],
            "status": status,
        }
    )


def _dress(frame: pd.DataFrame, companies: Companies) -> None:
    owner = companies.frame["owner"].to_numpy()[frame["account"]]
    frame["owner"] = present(owner, frame["created"].to_numpy())
    frame["segment"] = 0
    frame["product"], frame["type"], frame["channel"] = plan.CLOUD, RENEWAL, EXISTING
    frame["pipeline"] = 1
    frame["final_amount"] = frame["amount"]
    frame["expected"] = frame["original_close"] = frame["due"]
    for column in ("lead", "sourced_by", "published", "care", "seats", "seat_price"):
        frame[column] = NONE
    frame["pushes"] = frame["currency"] = 0
    frame["next_step"] = ""


def _changes(chance: Chance, frame: pd.DataFrame) -> pd.DataFrame:
    count = len(frame)
    offered = from_work(to_work(frame["due"] - 50) - chance.below(10, count))
    closed = from_work(to_work(frame["due"]) - chance.between(2, 18, count))
    end = np.where(frame["status"] == LOST, NOT_RENEWED, RENEWED)
    decided = (frame["status"] != OPEN).to_numpy()
    steps = (
        (frame["created"].to_numpy(), np.full(count, DUE), np.ones(count, np.bool_)),
        (offered, np.full(count, OFFERED), np.ones(count, np.bool_)),
        (closed, end, decided),
    )
    parts = [
        pd.DataFrame(
            {
                "deal": frame["deal"],
                "day": day,
                "stage": stage,
                "amount": frame["amount"],
                "expected": frame["due"],
            }
        )[keep & (day <= LAST)]
        for day, stage, keep in steps
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows = rows.sort_values(["deal", "day"], kind="stable", ignore_index=True)
    rows["minute"] = chance.between(8 * 60, 18 * 60 - 1, len(rows))
    return rows
