"""From contract lines to lines in force: who, from when to when, for how much a year.

Amounts are kept a year, not a month: 500 / 12 has no end, 500 has. They become months at
the edge, so that splitting or merging lines never moves a cent.
"""

from __future__ import annotations

from salesplan import dimensions, schema
from salesplan._revenue import ending, pricing, ramping
from salesplan._revenue.question import Question

_CUSTOMER = "'(no account) ' || COALESCE(l.contract_id, l.line_id)"


def lines_sql(q: Question) -> dict[str, str]:
    """Return the common table expressions that end in ``pieces``.

    A piece is a line, or the part of it at one price: customer, product, plan, price_key,
    currency, start_on, until_on (NULL: open), amount_year, quantity, member, known dates.
    """
    tables = merged_sql(q) | {"t": source_sql(q)}
    tables |= ending.grace_tables(q)
    tables |= {"dated": _dated(q)}
    tables |= ramping.tables(q)
    tables |= pricing.pieces(q)
    return tables


def merged_sql(q: Question) -> dict[str, str]:
    """Return the customer that each merged account became; chains of up to four."""
    if "merges" not in q.traits:
        return {}
    return {
        "merged": """
        SELECT a.account_id, COALESCE(d.merged_into_id, c.merged_into_id, b.merged_into_id,
          a.merged_into_id) AS customer_id
        FROM accounts AS a
        LEFT JOIN accounts AS b ON b.account_id = a.merged_into_id
        LEFT JOIN accounts AS c ON c.account_id = b.merged_into_id
        LEFT JOIN accounts AS d ON d.account_id = c.merged_into_id
        WHERE a.merged_into_id IS NOT NULL"""
    }


def source_sql(q: Question) -> str:
    """Return every line under its customer, before any rule."""
    merge = "merges" in q.traits
    customer = f"COALESCE({'m.customer_id, ' if merge else ''}l.account_id, {_CUSTOMER})"
    own = {"account_id": customer, "contract_id": "COALESCE(l.contract_id, l.line_id)"}
    columns = ", ".join(
        f"{own.get(name, f'l.{name}')} AS {name}" for name in schema.table("contract_lines").names
    )
    join = "LEFT JOIN merged AS m ON m.account_id = l.account_id" if merge else ""
    return f"SELECT {columns} FROM contract_lines AS l {join}"


def _dated(q: Question) -> str:
    """Return the recurring lines that can be valued, with their first and last day."""
    condition, joins, _ = dimensions.where(q.only, "contract_lines")
    wanted = dict.fromkeys([*each_join(q.grouping.joins), *each_join(joins)])
    unit = "t.account_id" if q.policy.unit == "customer" else "t.contract_id"
    known = ending.known_columns(q)
    return f"""
        SELECT {grouped(q)}{unit} AS customer, t.line_id, t.contract_id,
          COALESCE(t.product, '(none)') AS product,
          COALESCE(t.plan, '') AS plan, COALESCE(t.currency, $home) AS currency,
          t.starts_on, {ending.start(q)} AS start_on, {ending.until(q)} AS until_on,
          COALESCE(t.booked_on, t.starts_on) AS booked_on{known},
          {pricing.columns(q)}
        FROM t {ending.joins(q)} {" ".join(wanted)}
        WHERE {ending.countable(q)} AND {pricing.countable(q)} AND {condition}"""


def grouped(q: Question) -> str:
    """Return the groups as columns, each followed by a comma."""
    pairs = zip(q.grouping.dimensions, q.keys, strict=True)
    return "".join(f"{dimension.sql} AS {key}, " for dimension, key in pairs)


def each_join(text: str) -> list[str]:
    """Return single joins, so that a filter and a grouping on one table join it once."""
    parts = text.split("LEFT JOIN ")
    return [f"LEFT JOIN {part.strip()}" for part in parts if part.strip()]
