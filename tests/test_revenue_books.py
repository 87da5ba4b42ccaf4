"""Whole books of customers, made by chance, against the slow reading of the same rules.

Each book has one policy (a preset or options of its own) and customers with the stories that
contract books hold: renewals with other seats at another price, swaps of products, ramps,
co-terms, trials, discounts that stop, pauses, mergers, gaps, notices, late bookings, credits.
"""

from __future__ import annotations

import datetime as dt
import os
import random

import pandas as pd
import pytest
from revenue_by_hand import GAINS, LOSSES, Book
from revenue_lines_by_hand import PERIODS, months_later

import salesplan as sp

BOOKS = int(os.environ.get("SALESPLAN_BOOKS", "6"))
FIRST = int(os.environ.get("SALESPLAN_FIRST_BOOK", "0"))
"""SALESPLAN_BOOKS=2000 for the long run, from the book SALESPLAN_FIRST_BOOK on."""
KINDS = ("opening", *GAINS, *LOSSES, "fx", "restatement", "closing")
SINCE = (dt.date(2025, 1, 1), dt.date(2023, 11, 1))
OPTIONS = {
    "boundary": ["month_end_exclusive", "month_end_inclusive", "any_overlap", "average_of_days",
                 "month_start"],
    "offsets": ["product", "customer"],
    "unit": ["customer", "customer", "contract"],
    "swaps": ["netted", "netted", "gross"],
    "normalisation": ["annual_12", "annual_12", "average_month", "actual_days"],
    "weeks": ["52/12", "365.25/84", "4.33", "none"],
    "rounding": ["none", "none", "cents", "floor", "four_decimals"],
    "discounts": ["all", "recurring", "forever", "none"],
    "trials": ["excluded", "included", "free"],
    "pauses": ["zero", "zero", "full"],
    "grace_days": [0, 0, 20],
    "churn_date": ["recorded", "request", "end_of_paid_term", "month_close"],
    "free_tier": ["not_a_customer", "customer"],
    "fx_date": ["month_end", "month_end", "line_start", "booking", "as_of"],
    "ramp": ["step", "straight_line"],
    "tax": ["excluded", "included"],
    "join_and_leave": ["excluded", "hidden"],
    "reactivation": ["any", "never", "within"],
}  # fmt: skip


def policy_by(chance):
    if chance.random() < 0.4:
        return sp.revenue.presets()[chance.choice(sorted(sp.revenue.presets()))]
    options = {name: chance.choice(values) for name, values in OPTIONS.items()}
    if chance.random() < 0.3 and options["boundary"].startswith("month_end"):
        options["netting"] = "day"
    if options["boundary"] != "average_of_days" and options["normalisation"] == "actual_days":
        options["normalisation"] = "annual_12"
    if options["reactivation"] == "within":
        window = chance.choice(["reactivation_months", "reactivation_days"])
        options[window] = chance.choice([0, 1, 2]) * (1 if window.endswith("months") else 31)
    return sp.revenue.Policy(**options)


class Stories:
    """Customers of one book, told line by line."""

    def __init__(self, chance, since):
        self.chance, self.since, self.lines, self.pauses, self.merges = chance, since, [], [], {}
        for customer in range(chance.randint(1, 6)):
            self.customer = f"C{customer}"
            for _ in range(chance.randint(1, 3)):
                self.tell()
        if chance.random() < 0.3:
            self.customer = "C9"
            self.tell()
            self.merges["C9"] = "C0"
            self.merges |= {"C1": "C9"} if chance.random() < 0.3 else {}

    def tell(self):
        story = self.chance.choice(
            [self.single, self.single, self.renewal, self.swap, self.ramp, self.coterm, self.gap]
        )
        story()

    def day(self, within=300):
        month = months_later(self.since, self.chance.randint(0, within // 30))
        kind = self.chance.random()
        if kind < 0.4:
            return month
        if kind < 0.6:
            return months_later(month, 1) - dt.timedelta(days=1)
        return month + dt.timedelta(days=self.chance.randint(0, 27))

    def later(self, day, low=1, high=250):
        if self.chance.random() < 0.5:
            return months_later(day, self.chance.randint(1, max(1, high // 40)))
        return day + dt.timedelta(days=self.chance.randint(low, high))

    def add(self, **line):
        chance = self.chance
        usual = {
            "line_id": f"L{len(self.lines)}",
            "account_id": self.customer,
            "contract_id": f"{self.customer}-{chance.choice('KL')}",
            "product": chance.choice(["core", "core", "plus", "care"]),
            "plan": chance.choice(["", "", "team"]),
            "quantity": chance.choice([1, 2, 3, 5, 2.5]),
            "unit_price": chance.choice([0, 10, 12.5, 20, 99.99]),
            "billing_period": chance.choice(["month", "month", "year", *sorted(PERIODS)]),
            "currency": chance.choice(["EUR", "EUR", "EUR", "USD", "CHF"]),
            "ends_on": None,
        }
        self.lines.append(usual | self.extras(line["starts_on"]) | line)
        return self.lines[-1]

    def extras(self, start):
        """What befalls some lines."""
        chance, extra = self.chance, {}
        if chance.random() < 0.25:
            extra |= {"discount": chance.choice([0.25, 0.5, 1]),
                      "discount_kind": chance.choice([None, "forever", "finite", "once"]),
                      "discount_ends_on": chance.choice([None, self.later(start)])}  # fmt: skip
        if chance.random() < 0.15:
            extra["trial_ends_on"] = self.later(start, 1, 40)
        if chance.random() < 0.2:
            extra["cancelled_on"] = self.later(start)
        if chance.random() < 0.15:
            extra["cancel_requested_on"] = self.later(start)
        if chance.random() < 0.1:
            extra["tax_amount"] = 2
        if chance.random() < 0.15:
            extra["booked_on"] = self.day()
        if chance.random() < 0.2:
            extra["cancel_reason"] = chance.choice(["voluntary", "delinquent"])
        return extra

    def single(self):
        start = self.day()
        line = self.add(
            starts_on=start,
            ends_on=self.chance.choice([None, self.later(start)]),
        )
        if self.chance.random() < 0.06:
            line["unit_price"] = -line["unit_price"]
        for _ in range(self.chance.choice([0, 0, 1, 2])):
            stop = self.chance.choice([None, self.later(start)])
            pause = {"line_id": line["line_id"], "paused_on": self.day(), "resumed_on": stop}
            if stop is None or stop > pause["paused_on"]:
                self.pauses.append(pause)

    def renewal(self):
        """Other seats at another price, in one contract and plan."""
        start = self.day(150)
        end = self.later(start)
        line = self.add(starts_on=start, ends_on=end)
        same = ("contract_id", "product", "plan", "billing_period", "currency")
        kept = {name: line[name] for name in same}
        after = end + dt.timedelta(days=self.chance.choice([0, 0, 0, 3, 40]))
        self.add(**kept, starts_on=after, ends_on=self.chance.choice([None, self.later(after)]))

    def swap(self):
        start = self.day(150)
        day = self.later(start)
        self.add(starts_on=start, ends_on=day, product="core")
        for product in self.chance.sample(["plus", "care"], self.chance.choice([1, 2])):
            delay = self.chance.choice([0, 0, 0, 4])
            self.add(starts_on=day + dt.timedelta(days=delay), product=product)

    def ramp(self):
        start, booked = self.day(150), self.day(100)
        line = None
        for _ in range(self.chance.choice([2, 3])):
            end = self.later(start)
            same = ("contract_id", "product", "plan", "billing_period", "currency")
            kept = {name: line[name] for name in same} if line else {}
            line = self.add(**kept, starts_on=start, ends_on=end, booked_on=booked)
            start = end

    def coterm(self):
        start = self.day(150)
        end = self.later(start, 90, 300)
        line = self.add(starts_on=start, ends_on=end)
        middle = start + (end - start) // 2
        self.add(contract_id=line["contract_id"], starts_on=middle, ends_on=end)

    def gap(self):
        start = self.day(120)
        end = self.later(start, 1, 60)
        back = self.later(end, 1, 90)
        for a, b in ((start, end), (back, None)):
            self.add(starts_on=a, ends_on=b, product="core")

    def known_late(self):
        """Book some lines and cancellations late; what was planned before is kept simple."""
        for line in self.lines:
            for name in ("discount", "trial_ends_on", "cancel_requested_on"):
                line.pop(name, None)
            line["booked_on"] = self.chance.choice([None, self.day()])
            if line.get("cancelled_on"):
                line["cancel_booked_on"] = self.chance.choice([None, self.day()])


def rates_by(chance, since):
    """Rates with months missing: the last one before counts."""
    first = since - dt.timedelta(days=40)
    days = [first + dt.timedelta(days=chance.randint(1, 330)) for _ in range(4)]
    return {
        currency: {first: 0.9} | {day: chance.choice([0.8, 0.853, 0.91, 1.1]) for day in days}
        for currency in ("USD", "CHF")
    }


def crm_of(stories, as_of, rates):
    tables = {"contract_lines": pd.DataFrame(stories.lines)}
    if stories.pauses:
        tables["contract_pauses"] = pd.DataFrame(stories.pauses)
    if stories.merges:
        names = {line["account_id"] for line in stories.lines} | {*stories.merges.values()}
        rows = [(name, stories.merges.get(name)) for name in sorted(names)]
        tables["accounts"] = pd.DataFrame(rows, columns=["account_id", "merged_into_id"])
    rows = [(c, on, r) for c, by_day in rates.items() for on, r in by_day.items()]
    tables["fx_rates"] = pd.DataFrame(rows, columns=["currency", "rate_on", "rate"])
    return sp.from_frames(tables, as_of=as_of)


def made(seed):
    """The book of a seed: Crm, the reading by hand, policy, first month, what is asked."""
    chance = random.Random(seed)
    policy, since = policy_by(chance), chance.choice(SINCE)
    as_of = since + dt.timedelta(days=chance.choice([259, 272, 212, 120]))
    stories, rates = Stories(chance, since), rates_by(chance, since)
    known = "then" if chance.random() < 0.2 else "now"
    if known == "then":
        stories.known_late()
        simple = {"grace_days": 0, "churn_date": "recorded", "ramp": "step"}
        policy = policy.model_copy(update=simple | {"join_and_leave": "excluded"})
    crm = crm_of(stories, as_of, rates)
    hand = Book(stories.lines, policy, as_of, pauses=stories.pauses, rates=rates, known=known,
                merges=stories.merges)  # fmt: skip
    return crm, hand, policy, since, known


def differences(got, hand, of):
    """What the SQL says otherwise than the reading by hand.

    Two roundings of seats to a millionth, at 100 a week, are half a thousandth a month.
    """
    for row in got.to_dict("records"):
        mine = hand.get(row["month"].date(), {})
        for kind in KINDS:
            theirs, ours = row[f"{kind}_amount"], float(mine.get(kind, 0))
            if abs(theirs - ours) > max(5e-4, 1e-5 * abs(ours)):
                yield of, row["month"].date(), kind, theirs, ours


@pytest.mark.parametrize("seed", range(FIRST, FIRST + BOOKS))
def test_book(seed):
    crm, hand, policy, since, known = made(seed)
    got = sp.revenue.mrr_movements(crm, policy=policy, known=known, since=since)
    expected, counts = hand.bridge(since)
    wrong = list(differences(got, expected, "all"))
    wrong += [
        (kind, row["month"], row[f"{kind}_count"], counts[row["month"].date()][kind])
        for row in got.to_dict("records")
        for kind in ("new", "reactivation", "churn")
        if row[f"{kind}_count"] != counts[row["month"].date()][kind]
    ]
    if policy.unit == "customer":
        parts = sp.revenue.mrr_movements(
            crm, policy=policy, known=known, since=since, by="account_id"
        )
        for customer, part in parts.groupby("account_id"):
            wrong += differences(part, hand.of_customer(customer, since), customer)
    assert not wrong, (policy.note, known, wrong)
