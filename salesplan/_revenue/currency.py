"""Foreign money: each step at its rate, and what a change of rates does to what was there."""

from __future__ import annotations

from salesplan._revenue.calendar import every_month, later, month
from salesplan._revenue.pausing import marks
from salesplan._revenue.question import Question
from salesplan.errors import MissingDataError

_CELL = ("customer", "product", "plan", "currency")


def tables(q: Question, late: str) -> dict[str, str]:
    """Return the tables that end in ``steps`` for a book with foreign currencies."""
    require_rates(q)
    found = {"rates": RATES}
    if q.policy.fx_date == "month_end":
        found |= {"month_rates": _month_rates(), "balances": _balances(q)}
    return found | {"steps": _steps(q, late)}


RATES = """
        SELECT currency, rate_on, CAST(rate AS DECIMAL(18, 6)) AS rate,
          LEAD(rate_on) OVER (PARTITION BY currency ORDER BY rate_on) AS next_on
        FROM fx_rates"""


def anchor(q: Question) -> str:
    """Return SQL for the day whose rate converts a step."""
    return {
        "month_end": f"LEAST({later(month('s.slot'), 1)} - 1, $as_of)",
        "line_start": "s.starts_on",
        "booking": "s.booked_on",
        "as_of": "$as_of",
    }[q.policy.fx_date]


def _steps(q: Question, late: str) -> str:
    day = anchor(q)
    cell = ", ".join(f"s.{name}" for name in [*q.keys, "customer", "product", "plan"])
    kept = ", ".join(f"s.{name}" for name in marks(q))
    nothing = "CAST(NULL AS VARCHAR) AS line_id" + (", 0 AS is_pause" if len(marks(q)) > 1 else "")
    converted = f"""
        SELECT {cell}, s.currency || ':' || s.price_key AS price_key, {kept}, s.slot, s.day,
          s.amount * COALESCE(r.rate, CAST(1 AS DECIMAL(18, 6))) AS amount, s.quantity, s.member,
          CAST(0 AS DECIMAL(38, 12)) AS fx, {late} AS is_late
        FROM local_steps AS s LEFT JOIN rates AS r ON r.currency = s.currency
          AND s.currency <> $home AND {day} >= r.rate_on
          AND {day} < COALESCE(r.next_on, DATE '9999-12-31')"""
    if q.policy.fx_date != "month_end":
        return converted
    return f"""{converted}
        UNION ALL
        SELECT {", ".join(f"b.{name}" for name in [*q.keys, "customer", "product", "plan"])},
          '' AS price_key, {nothing}, m.month AS slot, CAST(NULL AS DATE) AS day,
          CAST(0 AS DECIMAL(38, 12)), CAST(0 AS DECIMAL(18, 6)), 0, b.balance * m.change, FALSE
        FROM balances AS b JOIN month_rates AS m ON m.currency = b.currency
          AND m.month > b.month AND m.month <= COALESCE(b.next_month, {month("$as_of")})
        WHERE b.balance <> 0 AND m.change <> 0"""


def _balances(q: Question) -> str:
    """Return the annual amount in foreign currency after each month in which it changed."""
    cell = q.listed(*_CELL)
    return f"""
        SELECT {cell}, month,
          SUM(amount) OVER (PARTITION BY {cell} ORDER BY month) AS balance,
          LEAD(month) OVER (PARTITION BY {cell} ORDER BY month) AS next_month
        FROM (
          SELECT {cell}, {month("slot")} AS month, CAST(SUM(amount) AS DECIMAL(38, 6)) AS amount
          FROM local_steps WHERE currency <> $home GROUP BY {cell}, {month("slot")}) AS changes"""


def _month_rates() -> str:
    """Return each currency's rate of a month's last day and its change from the month before."""
    end = f"LEAST({later('m.month', 1)} - 1, $as_of)"
    months = every_month(f"(SELECT {month('min(slot)')} FROM local_steps)", "$as_of")
    return f"""
        SELECT r.currency, m.month, r.rate - LAG(r.rate) OVER (
          PARTITION BY r.currency ORDER BY m.month) AS change
        FROM {months} AS m
        JOIN rates AS r ON {end} >= r.rate_on AND {end} < COALESCE(r.next_on, DATE '9999-12-31')"""


_UNRATED = """
SELECT currency, count(*) AS line_count, CAST(min(day) AS DATE) AS first_on,
  CAST(max(day) AS DATE) AS last_on
FROM (
  SELECT l.currency, {day} AS day FROM contract_lines AS l
  WHERE COALESCE(l.currency, $home) <> $home AND l.starts_on <= $as_of) AS wanted
WHERE NOT EXISTS (SELECT 1 FROM fx_rates AS r
  WHERE r.currency = wanted.currency AND r.rate_on <= wanted.day)
GROUP BY currency ORDER BY currency
"""


def require_rates(q: Question) -> None:
    """Raise, naming currencies and dates, unless every foreign line has a rate."""
    start = "l.starts_on"
    day = {
        "month_end": f"LEAST({later(month(start), 1)} - 1, $as_of)",
        "line_start": start,
        "booking": "COALESCE(l.booked_on, l.starts_on)",
        "as_of": "CAST($as_of AS DATE)",
    }[q.policy.fx_date]
    unrated = q.ask(_UNRATED.format(day=day))
    if len(unrated):
        wanted = "; ".join(
            f"{r.currency} on or before {r.first_on:%Y-%m-%d} ({r.line_count} lines, "
            f"the last from {r.last_on:%Y-%m-%d})"
            for r in unrated.itertuples()
        )
        raise MissingDataError(
            f"MRR in {q.home} needs rates that fx_rates does not have: {wanted}. Add rows "
            "currency, rate_on, rate to the rates file."
        )
