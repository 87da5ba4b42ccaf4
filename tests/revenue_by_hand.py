"""The MRR bridge again, slowly and in plain Python, to hold the SQL against.

Each month (or day) is looked at on its own: which lines are in force, what changed since the
one before, and what that change is called.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

from revenue_lines_by_hand import DAY, Lines, first, months_later

GAINS = ("new", "reactivation", "expansion_upsell", "expansion_cross_sell", "price_increase")
LOSSES = ("contraction", "price_decrease", "churn")
RISES = ("expansion_upsell", "expansion_cross_sell", "price_increase")
FALLS = ("contraction", "price_decrease")


class Book(Lines):
    """The bridge of a book of lines."""

    # ---- state of a slot ----------------------------------------------------------------
    def state(self, slot, seen_on):
        """(customer, product, plan, currency, price) -> [quantity, amount, member]."""
        found = defaultdict(lambda: [Fraction(0), Fraction(0), 0])
        days = self.days_of(slot)
        weight = len(days) if self.p.boundary == "average_of_days" else 1
        for line in self.lines:
            parts = [p for day in days if (p := self.parts_on(line, day, seen_on))]
            if self.p.boundary == "any_overlap":
                parts = parts[-1:]
            for price, quantity, amount, _ in parts:
                cell = found[(*self.cell_of(line), price)]
                cell[0] += quantity / weight
                cell[1] += amount / weight
            for price in {p[0] for p in parts}:
                found[(*self.cell_of(line), price)][2] += max(p[3] for p in parts if p[0] == price)
        return found

    def cell_of(self, line):
        unit = line["account_id"] if self.p.unit == "customer" else line["contract_id"]
        return unit, line["product"], line.get("plan") or "", line["currency"]

    def days_of(self, slot):
        """The days that decide a slot."""
        if self.p.netting == "day" or self.p.boundary == "month_start":
            return [slot]
        last = min(months_later(slot, 1) - DAY, self.as_of)
        if self.p.boundary in ("average_of_days", "any_overlap"):
            return [slot + DAY * n for n in range((last - slot).days + 1)]
        return [last]

    def seen_on(self, slot):
        return min(months_later(first(slot), 1) - DAY, self.as_of)

    def slots(self, since):
        slots, slot = [], first(since)
        while slot <= self.as_of:
            slots.append(slot)
            slot = slot + DAY if self.p.netting == "day" else months_later(slot, 1)
        return slots

    # ---- the bridge ---------------------------------------------------------------------
    def bridge(self, since):
        """Month -> {kind: amount a month}, with opening and closing, and counts."""
        self.rows = defaultdict(lambda: defaultdict(Fraction))
        self.counted = defaultdict(lambda: defaultdict(int))
        self.ends, history, previous, was = {}, {}, {}, None
        for slot in self.slots(since):
            seen = self.seen_on(slot)
            now = self.state(slot, seen)
            again = self.known == "then" and slot.day == 1
            before = self.state(self.before(slot), seen) if again else previous
            rates = {c: self.rate(c, seen) for c in ["EUR", *self.rates]}
            for customer in sorted({key[0] for key in [*now, *before, *previous]}):
                mine = [
                    {k: v for k, v in s.items() if k[0] == customer}
                    for s in (now, before, previous)
                ]
                self.move(customer, slot, mine, (rates, was or rates), history)
            previous, was = now, rates
        self.hide_passing()
        return self.chained(self.summed(), since), self.counts_of_months()

    def before(self, slot):
        return slot - DAY if self.p.netting == "day" else months_later(slot, -1)

    def hide_passing(self):
        """Leave out the months in which a customer joins and leaves again."""
        if self.p.join_and_leave != "hidden":
            return
        for key, (there, here) in self.ends.items():
            if there <= 0 and here <= 0:
                self.rows.pop(key, None)
                self.counted.pop(key, None)

    def summed(self):
        months = defaultdict(lambda: defaultdict(Fraction))
        for (month, _), row in self.rows.items():
            for kind, amount in row.items():
                months[month][kind] += amount
        return months

    def counts_of_months(self):
        months = defaultdict(lambda: defaultdict(int))
        for (month, _), row in self.counted.items():
            for kind, n in row.items():
                months[month][kind] += n
        return months

    def of_customer(self, customer, since):
        """The bridge of one customer, after ``bridge``."""
        rows = {month: dict(row) for (month, who), row in self.rows.items() if who == customer}
        return self.chained(defaultdict(lambda: defaultdict(Fraction), {
            month: defaultdict(Fraction, row) for month, row in rows.items()}), since)  # fmt: skip

    def chained(self, months, since):
        closing = Fraction(0)
        for month in sorted({first(slot) for slot in self.slots(since)}):
            row = months[month]
            row["opening"] = closing
            closing += sum(row[k] for k in (*GAINS, "fx", "restatement"))
            closing -= sum(row[k] for k in LOSSES)
            row["closing"] = closing
        return {m: {k: v / 12 for k, v in row.items()} for m, row in sorted(months.items())}

    def move(self, customer, slot, mine, rates, history):
        now, before, previous = mine
        rate, was = rates
        key = (first(slot), customer)
        row, count = self.rows[key], self.counted[key]
        for cell, (_, amount, _) in previous.items():
            row["fx"] += amount * (rate[cell[3]] - was[cell[3]])
        for sign, state in ((1, before), (-1, previous)):
            for cell, (_, amount, _) in state.items():
                row["restatement"] += sign * amount * rate[cell[3]]
        there = sum(cell[2] for cell in before.values())
        here = sum(cell[2] for cell in now.values())
        self.ends[key] = (self.ends.get(key, (there,))[0], here)
        change = self.worth(now, rate) - self.worth(before, rate)
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
            self.stayed(now, before, rate, row, slot)
        self.remember(customer, slot, here, history)

    def worth(self, state, rate):
        return sum((cell[1] * rate[key[3]] for key, cell in state.items()), Fraction(0))

    def remember(self, customer, slot, here, history):
        """Keep since when a customer is away, and whether it only paused."""
        if here > 0:
            history[customer] = None
        elif history.get(customer, 0) is None:
            history[customer] = (slot, self.pauses_begun(customer, slot) > 0)

    def pauses_begun(self, customer, slot):
        """Lines that pause in a slot, less those whose pause is over."""
        own = [line for line in self.lines if self.cell_of(line)[0] == customer]
        last = self.days_of(self.before(slot))[-1]
        return sum(
            self.rests(line, slot) - self.rests(line, self.before(slot))
            for line in own
            if self.in_force(line, last, self.as_of)  # one that starts paused never paused
        )

    def rests(self, line, slot):
        """Whether a pause keeps a line out of a slot."""
        days = self.days_of(slot)
        paused = self.in_force(line, days[-1], self.as_of) and self.is_paused(line, days[-1])
        overlaps = self.p.boundary == "any_overlap"
        return paused and not (overlaps and any(self.runs(line, d, self.as_of) for d in days))

    def arrival(self, customer, slot, history):
        if customer not in history or self.p.reactivation == "never":
            return "new"
        if self.p.reactivation == "any" or history[customer] is None:
            return "reactivation"  # None: only now known to have left
        left, paused = history[customer]
        if paused:
            return "reactivation"  # a window does not close on who only paused
        if self.p.reactivation_months is not None:
            away = (slot.year - left.year) * 12 + slot.month - left.month
            return "reactivation" if away <= self.p.reactivation_months else "new"
        return "reactivation" if (slot - left).days <= self.p.reactivation_days else "new"

    # ---- a customer who stays -------------------------------------------------------------
    def stayed(self, now, before, rate, row, slot):
        parts = defaultdict(Fraction)
        ends = []
        for product in {key[1] for key in [*now, *before]}:
            a = {k: v for k, v in now.items() if k[1] == product}
            b = {k: v for k, v in before.items() if k[1] == product}
            there, here = sum(c[2] for c in b.values()), sum(c[2] for c in a.values())
            change = self.worth(a, rate) - self.worth(b, rate)
            if (there <= 0) != (here <= 0) and change:
                day = self.end_of_product(a or b, product, slot, gained=here > 0)
                ends.append((day, here > 0, change))
            else:
                self.kept(a, b, rate, parts, change)
        self.came_and_went(ends, parts)
        self.add_up(parts, row)

    def came_and_went(self, ends, parts):
        """Products that end on the day others start are a migration: only the net moves."""
        for day in {day for day, _, _ in ends}:
            group = [(gained, change) for on, gained, change in ends if on == day]
            gain = sum(change for gained, change in group if gained)
            loss = sum(change for gained, change in group if not gained)
            if self.p.swaps == "netted" and gain > 0 > loss:
                self.migrated(group, gain, loss, parts)
                continue
            for gained, change in group:
                up = "expansion_cross_sell" if gained else "expansion_upsell"
                parts[up if change > 0 else "contraction"] += abs(change)

    def migrated(self, group, gain, loss, parts):
        net = gain + loss
        for gained, change in group:
            if net and gained == (net > 0):
                part = change * net / (gain if gained else loss)
                parts["expansion_upsell" if part > 0 else "contraction"] += abs(part)

    def end_of_product(self, cells, product, slot, *, gained):
        """The day on which the lines of a product came into force, or out of it."""
        customer = next(iter(cells))[0]
        own = [line for line in self.lines if self.cell_of(line)[:2] == (customer, product)]
        other = self.before(slot) if gained else slot
        days, seen = self.days_of(slot if gained else self.before(slot)), self.seen_on(slot)
        found = []
        for line in own:
            on = [day for day in days if self.runs(line, day, seen)]
            if on and not self.goes_on(line, on[-1], other, seen):
                found.append(self.edge(line, on[0 if gained else -1], seen, gained))
        return min(found) if gained else max(found)

    def goes_on(self, line, day, slot, seen):
        """Whether a line is in force at the same price in another slot too."""
        terms = self.terms_on(line, day, seen)
        return any(self.terms_on(line, other, seen) == terms for other in self.days_of(slot))

    def terms_on(self, line, day, seen):
        """The price of a line on a day, and whether it makes a customer; None out of force."""
        parts = self.parts_on(line, day, seen)
        return parts and (parts[0], parts[3])

    def edge(self, line, day, seen, gained):
        """The first day of a line at its price, or the first day after it."""
        terms, step = self.terms_on(line, day, seen), -DAY if gained else DAY
        while self.terms_on(line, day + step, seen) == terms:
            day += step
        return day if gained else day + DAY

    def add_up(self, parts, row):
        up, down = sum(parts[k] for k in RISES), sum(parts[k] for k in FALLS)
        gain, loss = Fraction(1), Fraction(1)
        if self.p.offsets == "customer" and up > 0 and down > 0:
            gain = 1 - down / up if up > down else Fraction(0)
            loss = 1 - up / down if down > up else Fraction(0)
        for kind in RISES:
            row[kind] += parts[kind] * gain
        for kind in FALLS:
            row[kind] += parts[kind] * loss

    def kept(self, now, before, rate, parts, change):
        up, down = self.price_effects(now, before, rate)
        parts["price_increase"] += up
        parts["price_decrease"] += down
        volume = change - up + down
        parts["expansion_upsell" if volume > 0 else "contraction"] += abs(volume)

    def price_effects(self, now, before, rate):
        up = down = Fraction(0)
        for plan in {key[2] for key in [*now, *before]}:
            added, removed = [Fraction(0)] * 2, [Fraction(0)] * 2
            for key in {k for k in [*now, *before] if k[2] == plan}:
                q = now.get(key, [0, 0])[0] - before.get(key, [0, 0])[0]
                a = (now.get(key, [0, 0])[1] - before.get(key, [0, 0])[1]) * rate[key[3]]
                side = added if q > 0 else removed
                side[0] += abs(q)
                side[1] += a if q > 0 else -a if q < 0 else 0
            if added[0] and removed[0]:
                effect = min(added[0], removed[0]) * (added[1] / added[0] - removed[1] / removed[0])
                up, down = up + max(effect, 0), down + max(-effect, 0)
        return up, down
