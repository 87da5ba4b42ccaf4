"""What moved and why: steps netted per customer and product, then named.

The order of the questions decides the name. Was the customer there before and after? Only
then: is the product new to the customer, gone, or changed; and a changed product, by price
or by volume? Price is told from volume at the seats that stay: seats that left one price and
arrived at another in the same plan moved by price, every other seat is volume.
"""

from __future__ import annotations

from salesplan._revenue.calendar import month
from salesplan._revenue.question import Question
from salesplan._revenue.steps import steps_sql
from salesplan._revenue.sums import money, total, totals

STAY = ("s_up", "s_cross", "s_price_up", "s_down", "s_price_down", "s_moved")
"""Parts of a change of a customer who stays; losses are negative here."""


def cells_sql(q: Question) -> dict[str, str]:
    """Return the tables that end in ``products`` and ``customers``."""
    tables = steps_sql(q)
    tables |= {"priced": _priced(q), "plans": _plans(q), "changes": _changes(q)}
    tables |= {"states": _STATES}
    if q.policy.swaps == "netted":
        tables |= {"swaps": _SWAPS}
    tables |= {"products": _products(q), "totals": _totals(q), "customers": _customers(q)}
    return tables


def _priced(q: Question) -> str:
    late = q.known == "then"
    core, held = ("CASE WHEN is_late THEN 0 ELSE {0} END", "CASE WHEN is_late THEN {0} ELSE 0 END")
    known = [
        total(q, name, core.format(name) if late else name)
        for name in ("amount", "quantity", "member")
    ]
    known += [
        total(q, "late", held.format("amount")),
        total(q, "late_member", held.format("member")),
        total(q, "fx"),
        total(q, "paused", "is_pause * member"),
    ]
    return f"""
        SELECT customer, product, plan, price_key, slot, {", ".join(known)},
          min(CASE WHEN quantity > 0 THEN day END) AS up_on,
          max(CASE WHEN quantity < 0 THEN day END) AS down_on
        FROM steps GROUP BY customer, product, plan, price_key, slot"""


_SUMS = ("amount", "late", "fx", "member", "late_member", "paused")


def _plans(q: Question) -> str:
    """Return each plan's change and what moving seats from one price to another made of it.

    Seats averaged over days leave a millionth behind, which no price must be told from.
    """
    least = "0.00001" if q.policy.boundary == "average_of_days" else "0"
    added = f"CASE WHEN quantity > {least} THEN {{0}} ELSE 0 END"
    removed = f"CASE WHEN quantity < -{least} THEN -{{0}} ELSE 0 END"
    sides = ", ".join(
        [
            total(q, "added", added.format("quantity")),
            total(q, "added_amount", added.format("amount")),
            total(q, "removed", removed.format("quantity")),
            total(q, "removed_amount", removed.format("amount")),
        ]
    )
    return f"""
        SELECT *, CASE WHEN removed > 0 AND added > 0 THEN
            LEAST(added, removed) * (CAST(added_amount AS DOUBLE) / CAST(added AS DOUBLE)
              - CAST(removed_amount AS DOUBLE) / CAST(removed AS DOUBLE))
            ELSE 0 END AS price_effect
        FROM (
          SELECT customer, product, plan, slot, {totals(q, *_SUMS)},
            min(up_on) AS up_on, max(down_on) AS down_on, {sides}
          FROM priced GROUP BY customer, product, plan, slot) AS by_plan"""


def _changes(q: Question) -> str:
    """Return each product's change, with the part of it that is price.

    A price effect below half a cent a year is what division leaves behind, not a price change.
    """
    parts = f"""
          SELECT *, CASE WHEN effect > 0 THEN effect ELSE 0 END AS price_up,
            CASE WHEN effect < 0 THEN effect ELSE 0 END AS price_down
          FROM (
            SELECT *, CASE WHEN ABS(price_effect) < 0.005 THEN 0
                WHEN ABS(CAST(amount AS DOUBLE) - price_effect) < 0.005 THEN amount
                ELSE CAST(ROUND(price_effect, 6) AS {money(q)}) END AS effect
            FROM plans) AS effects"""
    if "plans" not in q.traits:
        return parts  # a product is one plan: there is nothing to add up
    return f"""
        SELECT customer, product, slot, {totals(q, *_SUMS, "price_up", "price_down")},
          min(up_on) AS up_on, max(down_on) AS down_on
        FROM ({parts}) AS parts GROUP BY customer, product, slot"""


_STATES = """
        SELECT *, CASE WHEN members > 0 AND members - member <= 0 THEN 'gained'
            WHEN members <= 0 AND members - member > 0 THEN 'lost' ELSE 'kept' END AS fate
        FROM (
          SELECT *, SUM(member + late_member) OVER (
            PARTITION BY customer, product ORDER BY slot) AS members
          FROM changes
          WHERE amount <> 0 OR late <> 0 OR fx <> 0 OR member <> 0 OR late_member <> 0
            OR price_up <> 0 OR price_down <> 0) AS lived"""

_SWAPS = """
        SELECT customer, slot, swap_on,
          sum(CASE WHEN fate = 'gained' THEN amount ELSE 0 END) AS gain,
          sum(CASE WHEN fate = 'lost' THEN amount ELSE 0 END) AS loss
        FROM (SELECT *, CASE WHEN fate = 'gained' THEN up_on ELSE down_on END AS swap_on
              FROM states WHERE fate <> 'kept') AS ends
        GROUP BY customer, slot, swap_on
        HAVING sum(CASE WHEN fate = 'gained' THEN amount ELSE 0 END) > 0
          AND sum(CASE WHEN fate = 'lost' THEN amount ELSE 0 END) < 0"""


def _products(q: Question) -> str:
    """Return product changes with the names they take if the customer stays.

    Credits can make a product that arrives a loss, and one that goes a gain: a gain is never
    below nothing, and neither is a loss.
    """
    kept = "CASE WHEN p.fate = 'kept' THEN {0} ELSE 0 END"
    volume = "p.amount - p.price_up - p.price_down"
    netted = q.policy.swaps == "netted"
    swapped = "w.gain IS NOT NULL" if netted else "FALSE"
    share = _swap_share(q) if netted else "0"
    join = _SWAP_JOIN if netted else ""
    return f"""
        SELECT p.customer, p.product, p.slot, p.amount, p.late, p.fx, p.member, p.late_member,
          p.paused,
          {kept.format(f"GREATEST({volume}, 0)")} + GREATEST({share}, 0)
            + CASE WHEN p.fate = 'lost' AND NOT {swapped} THEN GREATEST(p.amount, 0) ELSE 0 END
            AS s_up,
          CASE WHEN p.fate = 'gained' AND NOT {swapped} THEN GREATEST(p.amount, 0) ELSE 0 END
            AS s_cross,
          {kept.format("p.price_up")} AS s_price_up,
          {kept.format(f"LEAST({volume}, 0)")} + LEAST({share}, 0)
            + CASE WHEN p.fate <> 'kept' AND NOT {swapped} THEN LEAST(p.amount, 0) ELSE 0 END
            AS s_down,
          {kept.format("p.price_down")} AS s_price_down,
          CASE WHEN {swapped} THEN p.amount - {share} ELSE 0 END AS s_moved
        FROM states AS p {join}"""


_SWAP_JOIN = """LEFT JOIN swaps AS w ON w.customer = p.customer AND w.slot = p.slot
          AND p.fate <> 'kept'
          AND w.swap_on = CASE WHEN p.fate = 'gained' THEN p.up_on ELSE p.down_on END"""


def _swap_share(q: Question) -> str:
    """Return SQL for a swapped product's part of the net: its share of the larger side."""
    net = "CAST(p.amount AS DOUBLE) * CAST(w.gain + w.loss AS DOUBLE)"
    share = f"CAST(ROUND({net} / CAST({{0}} AS DOUBLE), 6) AS {money(q)})"
    return f"""CASE WHEN w.gain IS NULL THEN 0
            WHEN w.gain + w.loss > 0 AND p.fate = 'gained' THEN {share.format("w.gain")}
            WHEN w.gain + w.loss < 0 AND p.fate = 'lost' THEN {share.format("w.loss")}
            ELSE 0 END"""


def _totals(q: Question) -> str:
    """Return the changes of each customer and slot, summed over products."""
    return f"""
        SELECT customer, slot, {totals(q, *_SUMS, *STAY[:-1])}
        FROM products GROUP BY customer, slot"""


def _customers(q: Question) -> str:
    """Return each customer's changes with what the customer was before and is after.

    ``kind`` is the column that an arrival or a departure goes into: where credits outweigh
    the price, a customer arrives with a loss or leaves with a gain. ``baseline`` is what the
    customer had before its last change: before it left, if this is a return.
    """
    gains, losses = "s_up + s_cross + s_price_up", "-(s_down + s_price_down)"
    return f"""
        SELECT *, CASE WHEN fate = 'churn' AND amount > 0 THEN 'expansion_upsell'
            WHEN fate IN ('new', 'reactivation') AND amount < 0 THEN 'contraction'
            ELSE fate END AS kind
        FROM (
          SELECT *, CASE WHEN members > 0 AND members - member <= 0 THEN {_arrival(q)}
              WHEN members <= 0 AND members - member > 0 THEN 'churn' ELSE 'stay' END AS fate,
            {_left(q, gains, losses)} AS gains_left, {_left(q, losses, gains)} AS losses_left,
            {_passing(q)} AS passing
          FROM ({_dated(q)}) AS dated) AS fated"""


def _dated(q: Question) -> str:
    """Return each customer's changes with the members after it and the day of the last leaving."""
    rows = "PARTITION BY customer ORDER BY slot ROWS BETWEEN UNBOUNDED PRECEDING AND"
    lived = f"""
        SELECT *, LAG(slot) OVER so_far AS last_slot, LAG(paused) OVER so_far < 0 AS was_paused,
          SUM(member + late_member) OVER so_far AS members,
          COALESCE(SUM(amount + late + fx) OVER ({rows} 2 PRECEDING), 0) AS baseline
        FROM totals WINDOW so_far AS ({rows} CURRENT ROW)"""
    if "credits" not in q.traits:
        # Who is away changes nothing: the last change before a return is the leaving.
        return f"SELECT *, last_slot AS before_slot FROM ({lived}) AS lived"
    leaves = "members <= 0 AND members - member - late_member > 0"
    return f"""
        SELECT *, MAX(CASE WHEN {leaves} THEN slot END) OVER ({rows} 1 PRECEDING) AS before_slot
        FROM ({lived}) AS lived"""


def _arrival(q: Question) -> str:
    """Return SQL for new or reactivation, by what the policy calls a return.

    A window does not close on a customer who only paused.
    """
    p = q.policy
    if p.reactivation == "never":
        return "'new'"
    if p.reactivation == "any":
        return "CASE WHEN before_slot IS NULL THEN 'new' ELSE 'reactivation' END"
    away = (
        f"date_diff('month', before_slot, slot) <= {p.reactivation_months}"
        if p.reactivation_months is not None
        else f"slot - before_slot <= {p.reactivation_days}"
    )
    return f"CASE WHEN was_paused OR {away} THEN 'reactivation' ELSE 'new' END"


def _left(q: Question, mine: str, other: str) -> str:
    """Return SQL for the share of gains (or losses) that stands after offsetting the other."""
    if q.policy.offsets == "product":
        return "CAST(1 AS DOUBLE)"
    # Credits can turn a side negative; then there is nothing for it to offset.
    return f"""CASE WHEN {mine} <= 0 OR {other} <= 0 THEN CAST(1 AS DOUBLE)
            WHEN {mine} <= {other} THEN CAST(0 AS DOUBLE)
            ELSE 1 - CAST({other} AS DOUBLE) / CAST({mine} AS DOUBLE) END"""


def _passing(q: Question) -> str:
    """Return SQL that is true for a customer who joins and leaves inside one month."""
    if q.policy.join_and_leave != "hidden":
        return "FALSE"
    over = f"OVER (PARTITION BY customer, {month('slot')} ORDER BY slot ROWS BETWEEN"
    return f"""(FIRST_VALUE(members - member - late_member) {over} UNBOUNDED PRECEDING
            AND CURRENT ROW) <= 0 AND LAST_VALUE(members) {over} CURRENT ROW
            AND UNBOUNDED FOLLOWING) <= 0)"""
