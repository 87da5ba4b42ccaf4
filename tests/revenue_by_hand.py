"""The MRR bridge again, slowly and in plain Python, to hold the SQL against.

Nothing here is shared with the package: each month (or day) is looked at on its own, line by
line, with fractions. It follows the meaning of the rules, not the shape of the SQL.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections import defaultdict
from fractions import Fraction

TIMES = {"month": 12, "quarter": 4, "half": 2, "year": 1, "week": 52, "day": 365}
DAY = dt.timedelta(days=1)
GAINS = ("new", "reactivation", "expansion_upsell", "expansion_cross_sell", "price_increase")
LOSSES = ("contraction", "price_decrease", "churn")


def first(day):
    return day.replace(day=1)


def months_later(day, count):
    index = day.year * 12 + day.month - 1 + count
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last))


def billing_date_after(start, day, period):
    n = 0
    while True:
        if period in ("week", "day"):
            at = start + dt.timedelta(days=(7 if period == "week" else 1) * n)
        else:
            at = months_later(start, 12 // TIMES[period] * n)
        if at >= day:
            return at
        n += 1


class Book:
    def __init__(self, lines, policy, as_of, *, pauses=(), rates=None, known="now"):
        self.p, self.as_of, self.known = policy, as_of, known
        self.rates = rates or {}
        self.pauses = defaultdict(list)
        for pause in pauses:
            self.pauses[pause["line_id"]].append(pause)
        self.lines = [line for line in lines if self.counts(line)]

    def counts(self, line):
        kind = line.get("sale_type")
        if kind is not None and kind not in self.p.recurring:
            return False
        booked = line.get("booked_on") or line["starts_on"]
        return booked <= self.as_of

    # ---- when ---------------------------------------------------------------------------
    def cancelled(self, line, seen_on):
        known_on = line.get("cancel_booked_on")
        if known_on and known_on > seen_on:
            return None
        recorded, asked = line.get("cancelled_on"), line.get("cancel_requested_on")
        shift = DAY if self.p.boundary == "month_end_inclusive" else dt.timedelta(0)
        rule = self.p.churn_date
        if rule == "request":
            return asked or recorded
        if rule == "end_of_paid_term":
            day = recorded or asked
            period = line.get("billing_period", "month")
            return day and billing_date_after(line["starts_on"], day, period)
        if not recorded:
            return None
        if rule == "month_close":
            return months_later(first(recorded + shift - DAY), 1)
        return recorded + shift

    def stop(self, line, seen_on):
        shift = DAY if self.p.boundary == "month_end_inclusive" else dt.timedelta(0)
        ends = line.get("ends_on") and line["ends_on"] + shift
        cancel = self.cancelled(line, seen_on)
        own = min(ends or dt.date.max, cancel or dt.date.max)
        waits = own < (cancel or dt.date.max) or line.get("cancel_reason") == "delinquent"
        if not self.p.grace_days or own == dt.date.max or not waits:
            return own
        return self.graced(line, own)

    def graced(self, line, own):
        starts = [
            other["starts_on"]
            for other in self.lines
            if (other["account_id"], other["product"]) == (line["account_id"], line["product"])
            and other["starts_on"] >= own
        ]
        return min([own + dt.timedelta(days=self.p.grace_days), *starts])

    def runs(self, line, day, seen_on):
        """Whether a line counts on a day, as seen on another."""
        if self.known == "then" and (line.get("booked_on") or line["starts_on"]) > seen_on:
            return False
        seen = seen_on if self.known == "then" else self.as_of
        start = line["starts_on"]
        if self.p.trials == "excluded" and line.get("trial_ends_on"):
            start = max(start, line["trial_ends_on"])
        stop = self.stop(line, seen)
        if stop > self.as_of:
            stop = dt.date.max
        if not start <= day < stop or start > self.as_of:
            return False
        if self.p.pauses == "full":
            return True
        return not any(
            pause["paused_on"] <= min(day, self.as_of)
            and (day < (pause["resumed_on"] or dt.date.max) or self.ahead(pause))
            for pause in self.pauses[line["line_id"]]
            if pause["paused_on"] <= self.as_of and pause["paused_on"] <= day
        )

    def ahead(self, pause):
        return pause["resumed_on"] is not None and pause["resumed_on"] > self.as_of

    # ---- how much -----------------------------------------------------------------------
    def share(self, line, day):
        """What is left of the price after discounts."""
        taken = line.get("discount") or 0
        if not taken:
            return Fraction(1)
        ends = line.get("discount_ends_on")
        kind = line.get("discount_kind") or ("finite" if ends else "forever")
        counted = {
            "all": ("forever", "finite", "once"),
            "recurring": ("forever", "finite"),
            "forever": ("forever",),
            "none": (),
        }[self.p.discounts]
        if kind not in counted:
            return Fraction(1)
        if kind == "once":
            ends = billing_date_after(
                line["starts_on"], line["starts_on"] + DAY, line["billing_period"]
            )
        if kind != "forever" and ends and day >= ends and ends <= self.as_of:
            return Fraction(1)
        return 1 - Fraction(str(taken))

    def price(self, line, day):
        if self.p.trials == "free" and line.get("trial_ends_on") and day < line["trial_ends_on"]:
            return Fraction(0)
        net = Fraction(str(line["unit_price"]))
        if self.p.tax == "excluded":
            net -= Fraction(str(line.get("tax_amount") or 0))
        return net * TIMES[line["billing_period"]] * self.share(line, day)

    def rounded(self, year):
        scale = {"none": None, "cents": 100, "floor": 100, "four_decimals": 10000}[self.p.rounding]
        if not scale:
            return year
        half = Fraction(0) if self.p.rounding == "floor" else Fraction(1, 2)
        sign = -1 if year < 0 else 1
        return sign * 12 * Fraction(int(abs(year) / 12 * scale + half), scale)

    def parts_on(self, line, day, seen_on):
        """(price, quantity, amount a year, member) of a line on a day, or None."""
        if not self.runs(line, day, seen_on):
            return None
        price = self.price(line, day)
        quantity = Fraction(str(line.get("quantity", 1)))
        amount = self.rounded(price * quantity)
        trial = (
            self.p.trials == "free" and line.get("trial_ends_on") and day < line["trial_ends_on"]
        )
        member = amount > 0 or bool(trial) or self.p.free_tier == "customer"
        return price, quantity, amount, int(member)

    # ---- state of a slot ----------------------------------------------------------------
    def state(self, slot, seen_on):
        """(customer, product, plan, currency, price) -> [quantity, amount, member]."""
        found = defaultdict(lambda: [Fraction(0), Fraction(0), 0])
        days = self.days_of(slot)
        for line in self.lines:
            parts = [p for day in days if (p := self.parts_on(line, day, seen_on))]
            if self.p.boundary == "any_overlap":
                parts = parts[-1:]
            unit = line["account_id"] if self.p.unit == "customer" else line["contract_id"]
            own = (unit, line["product"], line.get("plan") or "", line["currency"])
            for price, quantity, amount, _ in parts:
                cell = found[(*own, price)]
                cell[0] += quantity / self.weight(days)
                cell[1] += amount / self.weight(days)
            for price in {p[0] for p in parts}:
                found[(*own, price)][2] += max(p[3] for p in parts if p[0] == price)
        return found

    def weight(self, days):
        return len(days) if self.p.boundary == "average_of_days" else 1

    def days_of(self, slot):
        """The days that decide a slot."""
        if self.p.netting == "day":
            return [slot]
        last = min(months_later(slot, 1) - DAY, self.as_of)
        if self.p.boundary == "month_start":
            return [slot]
        if self.p.boundary in ("average_of_days", "any_overlap"):
            return [slot + DAY * n for n in range((last - slot).days + 1)]
        return [last]

    def rate(self, currency, day):
        if currency == "EUR":
            return Fraction(1)
        known = [on for on in self.rates[currency] if on <= day]
        return Fraction(str(self.rates[currency][max(known)]))

    def seen_on(self, slot):
        month_end = months_later(first(slot), 1) - DAY
        return min(month_end, self.as_of)

    def slots(self, since):
        slots, slot = [], first(since)
        while slot <= self.as_of:
            slots.append(slot)
            slot = slot + DAY if self.p.netting == "day" else months_later(slot, 1)
        return slots

    # ---- the bridge ---------------------------------------------------------------------
    def bridge(self, since):
        """Month -> {kind: amount a month}, with opening and closing."""
        months = defaultdict(lambda: defaultdict(Fraction))
        counts = defaultdict(lambda: defaultdict(int))
        history = {}
        previous, was_rate = {}, None
        for slot in self.slots(since):
            seen = self.seen_on(slot)
            now = self.state(slot, seen)
            before = previous if not self.reseen(slot) else self.state(self.before(slot), seen)
            rates = {c: self.rate(c, seen) for c in {key[3] for key in [*now, *previous, *before]}}
            self.move(
                slot, now, before, previous, rates, was_rate or rates, months, counts, history
            )
            previous = now
            was_rate = {c: self.rate(c, seen) for c in ["EUR", *self.rates]}
        return self.chained(months, since), counts

    def reseen(self, slot):
        return self.known == "then" and slot.day == 1

    def before(self, slot):
        return slot - DAY if self.p.netting == "day" else months_later(slot, -1)

    def chained(self, months, since):
        closing = Fraction(0)
        for month in self.slots_of_months(since):
            row = months[month]
            row["opening"] = closing
            closing += sum(row[k] for k in (*GAINS, "fx", "restatement"))
            closing -= sum(row[k] for k in LOSSES)
            row["closing"] = closing
        return {m: {k: v / 12 for k, v in row.items()} for m, row in sorted(months.items())}

    def slots_of_months(self, since):
        return sorted({first(slot) for slot in self.slots(since)})

    def move(self, slot, now, before, previous, rates, was, months, counts, history):
        row, count = months[first(slot)], counts[first(slot)]
        for customer in sorted({key[0] for key in [*now, *before, *previous]}):
            mine = [
                {k: v for k, v in s.items() if k[0] == customer} for s in (now, before, previous)
            ]
            self.move_customer(customer, slot, mine, rates, was, row, count, history)

    def move_customer(self, customer, slot, mine, rates, was, row, count, history):
        now, before, previous = mine
        for key, (_, amount, _) in previous.items():
            row["fx"] += amount * (rates[key[3]] - was.get(key[3], rates[key[3]]))
        for sign, state in ((1, before), (-1, previous)):
            for key, (_, amount, _) in state.items():
                row["restatement"] += sign * amount * rates[key[3]]
        there = sum(cell[2] for cell in before.values())
        here = sum(cell[2] for cell in now.values())
        change = sum(cell[1] * rates[key[3]] for key, cell in now.items())
        change -= sum(cell[1] * rates[key[3]] for key, cell in before.items())
        if there <= 0 < here:
            kind = self.arrival(customer, slot, history)
            row[kind] += max(change, 0)
            row["contraction"] += max(-change, 0)
            count[kind] += 1
        elif here <= 0 < there:
            row["churn"] += max(-change, 0)
            row["expansion_upsell"] += max(change, 0)
            count["churn"] += 1
        else:
            self.stayed(now, before, rates, row, slot)
        if here > 0:
            history[customer] = None
        elif history.get(customer, 0) is None:
            history[customer] = slot

    def arrival(self, customer, slot, history):
        left = history.get(customer)
        if customer not in history or self.p.reactivation == "never" or left is None:
            return "new"
        if self.p.reactivation == "any":
            return "reactivation"
        if self.p.reactivation_months is not None:
            away = (slot.year - left.year) * 12 + slot.month - left.month
            return "reactivation" if away <= self.p.reactivation_months else "new"
        return "reactivation" if (slot - left).days <= self.p.reactivation_days else "new"

    def stayed(self, now, before, rates, row, slot):
        parts = defaultdict(Fraction)
        for product in {key[1] for key in [*now, *before]}:
            a = {k: v for k, v in now.items() if k[1] == product}
            b = {k: v for k, v in before.items() if k[1] == product}
            self.product(a, b, rates, parts)
        gains = ("expansion_upsell", "expansion_cross_sell", "price_increase")
        losses = ("contraction", "price_decrease")
        up, down = sum(parts[k] for k in gains), sum(parts[k] for k in losses)
        left = {"gain": Fraction(1), "loss": Fraction(1)}
        if self.p.offsets == "customer" and up > 0 and down > 0:
            left["gain"] = 1 - down / up if up > down else Fraction(0)
            left["loss"] = 1 - up / down if down > up else Fraction(0)
        for k in gains:
            row[k] += parts[k] * left["gain"]
        for k in losses:
            row[k] += parts[k] * left["loss"]

    def product(self, now, before, rates, parts):
        there, here = sum(c[2] for c in before.values()), sum(c[2] for c in now.values())
        change = sum(c[1] * rates[k[3]] for k, c in now.items())
        change -= sum(c[1] * rates[k[3]] for k, c in before.items())
        if there <= 0 < here:
            parts["expansion_cross_sell"] += max(change, 0)
            parts["contraction"] += max(-change, 0)
        elif here <= 0 < there:
            parts["contraction"] += max(-change, 0)
            parts["expansion_upsell"] += max(change, 0)
        else:
            up, down = self.price_effects(now, before, rates)
            parts["price_increase"] += up
            parts["price_decrease"] += down
            volume = change - up + down
            parts["expansion_upsell" if volume > 0 else "contraction"] += abs(volume)

    def price_effects(self, now, before, rates):
        up = down = Fraction(0)
        for plan in {key[2] for key in [*now, *before]}:
            added, removed = [Fraction(0)] * 2, [Fraction(0)] * 2
            for key in {k for k in [*now, *before] if k[2] == plan}:
                q = now.get(key, [0, 0])[0] - before.get(key, [0, 0])[0]
                a = (now.get(key, [0, 0])[1] - before.get(key, [0, 0])[1]) * rates[key[3]]
                side = added if q > 0 else removed
                side[0] += abs(q)
                side[1] += a if q > 0 else -a if q < 0 else 0
            if added[0] and removed[0]:
                effect = min(added[0], removed[0]) * (added[1] / added[0] - removed[1] / removed[0])
                up, down = up + max(effect, 0), down + max(-effect, 0)
        return up, down
