"""Movements split by groups of lines (product, country, owner, ...), adding up to the total.

A movement is named once, for the customer as a whole, and then shared among the groups whose
lines made it. What only changed hands between groups (a new owner, a swap of products) is a
transfer, which is zero in total.
"""

from __future__ import annotations

from salesplan._revenue.calendar import month
from salesplan._revenue.question import Question
from salesplan._revenue.sums import total, totals

_PARTS = {
    "expansion_upsell": ("s_up", "gains_left"),
    "expansion_cross_sell": ("s_cross", "gains_left"),
    "price_increase": ("s_price_up", "gains_left"),
    "contraction": ("-s_down", "losses_left"),
    "price_decrease": ("-s_price_down", "losses_left"),
}


def tables(q: Question) -> dict[str, str]:
    """Return the tables that end in ``moves``, one row per group, customer and slot."""
    return {
        "grouped": _grouped(q),
        "weighed": _weighed(q),
        "shared": _shared(q),
        "moves": _moves(q),
    }


def _grouped(q: Question) -> str:
    late = q.known == "then"
    core, held = "CASE WHEN is_late THEN 0 ELSE {0} END", "CASE WHEN is_late THEN {0} ELSE 0 END"
    amount = total(q, "amount", core.format("amount") if late else "amount")
    late_amount = total(q, "late", held.format("amount"))
    own = q.listed("customer", "product", "slot")
    return f"""
        SELECT {own}, {amount}, {late_amount}, {totals(q, "fx", "member")}
        FROM steps GROUP BY {own}"""


def _weighed(q: Question) -> str:
    """Return each group's change with its weight in the product's change.

    Only groups that moved the same way as the product share its movements; where a product
    as a whole did not move, its groups share alike.
    """
    return f"""
        SELECT *, CASE WHEN pull_sum > 0 THEN pull / pull_sum ELSE 1.0 / groups END AS weight
        FROM (
          SELECT *, SUM(pull) OVER (PARTITION BY customer, product, slot) AS pull_sum,
            COUNT(*) OVER (PARTITION BY customer, product, slot) AS groups
          FROM (
            SELECT {", ".join(f"g.{key}" for key in q.keys)}, g.customer, g.product, g.slot,
              g.amount, g.late, g.fx, g.member, p.s_up, p.s_cross, p.s_price_up, p.s_down,
              p.s_price_down, GREATEST(CAST(g.amount * SIGN(p.amount) AS DOUBLE), 0) AS pull
            FROM grouped AS g JOIN products AS p ON p.customer = g.customer
              AND p.product = g.product AND p.slot = g.slot) AS pulled) AS summed"""


def _shared(q: Question) -> str:
    """Return the named movements of each group's part of a product."""
    parts = ", ".join(
        f"CASE c.kind WHEN 'stay' THEN CAST(ROUND(CAST({_on('w', part)} AS DOUBLE) * c.{left} "
        f"* w.weight, 6) AS DECIMAL(38, 6)) {_CREDITED.get(kind, '')} ELSE 0 END AS {kind}"
        for kind, (part, left) in _PARTS.items()
    )
    keys = ", ".join(f"w.{key}" for key in q.keys)
    return f"""
        SELECT {keys}, w.customer, w.slot, c.fate, w.amount, w.late, w.fx, w.member, {parts},
          CASE c.kind WHEN 'new' THEN w.amount ELSE 0 END AS new,
          CASE c.kind WHEN 'reactivation' THEN w.amount ELSE 0 END AS reactivation,
          CASE c.kind WHEN 'churn' THEN -w.amount ELSE 0 END AS churn
        FROM weighed AS w JOIN customers AS c ON c.customer = w.customer AND c.slot = w.slot
        WHERE NOT c.passing"""


_CREDITED = {
    "expansion_upsell": "WHEN 'expansion_upsell' THEN w.amount",
    "contraction": "WHEN 'contraction' THEN -w.amount",
}
"""Where credits outweigh the price: see ``kind`` of the customers."""


def _on(alias: str, part: str) -> str:
    return f"-{alias}.{part[1:]}" if part.startswith("-") else f"{alias}.{part}"


def _moves(q: Question) -> str:
    gains = "new + reactivation + expansion_upsell + expansion_cross_sell + price_increase"
    losses = "contraction + price_decrease + churn"
    sums = ", ".join(f"sum({kind}) AS {kind}" for kind in (*_PARTS, "new", "reactivation", "churn"))
    by = q.listed("customer", "slot")
    return f"""
        SELECT *, late AS restatement,
          amount - ({gains}) + ({losses}) AS transfer, amount + fx + late AS change,
          CASE WHEN members > 0 AND members - member <= 0 THEN 1
               WHEN members <= 0 AND members - member > 0 THEN -1 ELSE 0 END AS entered
        FROM (
          SELECT *, SUM(member) OVER (PARTITION BY {q.listed("customer")} ORDER BY slot) AS members
          FROM (
            SELECT {by}, {month("slot")} AS month, fate, sum(amount) AS amount, sum(late) AS late,
              sum(fx) AS fx, CAST(sum(member) AS BIGINT) AS member, 0 AS late_member, {sums}
            FROM shared GROUP BY {by}, fate) AS summed) AS lived"""
