"""The whole company: every part built in the order in which one follows from another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesplan._demo import (
    accounts,
    asked,
    contracts,
    deals,
    goals,
    money_spent,
    prospecting,
    rates,
    relations,
    renewals,
    sold,
    staff,
    visits,
    work,
)


@dataclass(frozen=True)
class Company:
    """Tables of whole numbers, and the ledgers that the truth is read from."""

    tables: dict[str, pd.DataFrame]
    prospecting: prospecting.Prospecting
    deals: deals.Deals
    book: contracts.Book
    actuals: pd.DataFrame


def build(seed: int, scale: int) -> Company:
    """Return the company of a seed."""
    people = staff.hire(seed, scale)
    found = prospecting.prospect(seed, scale)
    companies = accounts.found(seed, scale, found)
    sales = deals.run(seed, asked.asked(seed, scale, companies, found))
    book = contracts.open_book(seed, companies, sales.frame)
    contracts.run_months(book, sales.frame)
    renewed, renewal_changes = renewals.renewals(seed, companies, book, len(sales.frame))
    every_deal = pd.concat([sales.frame, renewed], ignore_index=True)
    done = work.activities(seed, scale, found, companies, sales)
    lines = sold.lines(seed, companies, book, every_deal)
    shared = relations.shared_credits(seed, every_deal, scale)
    tables = {
        "people": people,
        "accounts": _with_status(companies, book),
        "leads": found.leads,
        "deals": every_deal,
        "changes": pd.concat([sales.changes, renewal_changes], ignore_index=True),
        "activities": done,
        "lines": lines,
        "pauses": sold.pauses(seed, lines),
        "rates": rates.table(),
        "visits": visits.visits(seed, found),
        "touches": prospecting.touches(seed, found),
        "costs": money_spent.costs(seed, found),
        "campaigns": money_spent.campaigns(),
        "credits": shared,
    }
    tables["contacts"] = relations.contacts(seed, companies)
    tables["roles"] = relations.contact_roles(seed, every_deal, tables["contacts"])
    actual = goals.actuals(people, every_deal, shared, done)
    tables["targets"] = goals.targets(seed, actual)
    tables["team_targets"] = goals.team_targets(people, tables["targets"])
    tables["payroll"] = goals.payroll(people, tables["targets"], actual)
    return Company(tables, found, sales, book, actual)


def _with_status(companies: accounts.Companies, book: contracts.Book) -> pd.DataFrame:
    """Return the accounts with what they are to the company on the day of the export."""
    customer = book.positions.customers
    former = (book.positions.line >= 0).any(axis=1) & ~customer
    words = np.select([customer, former], ["Customer", "Former customer"], "Prospect")
    frame = companies.frame.copy()
    competitor = (words == "Prospect") & (frame["account"] % 97 == 5)
    frame["status"] = np.where(competitor, "Competitor", words)
    return frame
