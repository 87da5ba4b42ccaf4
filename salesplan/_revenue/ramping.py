"""Ramps: price or seat steps that one contract agreed on at once, averaged over its term."""

from __future__ import annotations

from salesplan._revenue.calendar import months_between
from salesplan._revenue.question import Question


def averages(q: Question) -> bool:
    """Whether steps agreed in one contract are to be averaged (straight line)."""
    return q.policy.ramp == "straight_line"


def tables(q: Question) -> dict[str, str]:
    """Return ``level``: dated lines with ``level_quantity`` and ``level_year``.

    A ramp is several lines of one contract and product, booked on one day, that follow one
    another without a gap or an overlap, each with an end; all of them carry its average, also
    while its later steps are still to come.
    """
    if not averages(q):
        return {}
    ramp = "PARTITION BY customer, contract_id, product, plan, currency, booked_on"
    follows = "SUM(CASE WHEN before_end = starts_on THEN 1 ELSE 0 END) OVER w = COUNT(*) OVER w - 1"
    whole = "COUNT(*) OVER w > 1 AND COUNT(term_months) OVER w = COUNT(*) OVER w"
    return {
        "level": f"""
        SELECT *,
          CASE WHEN is_ramp THEN CAST(ROUND(seat_months / ramp_months, 6) AS DECIMAL(18, 6))
            ELSE quantity END AS level_quantity,
          CASE WHEN is_ramp AND seat_months <> 0 THEN value_months / seat_months
            ELSE list_year END AS level_year
        FROM (
          SELECT *, {follows} AND {whole} AS is_ramp,
            SUM(CAST(quantity AS DOUBLE) * term_months) OVER w AS seat_months,
            SUM(CAST(quantity AS DOUBLE) * list_year * term_months) OVER w AS value_months,
            SUM(term_months) OVER w AS ramp_months
          FROM (
            SELECT *, LAG(term_end) OVER ({ramp} ORDER BY starts_on, term_end) AS before_end,
              CASE WHEN term_end > starts_on THEN {months_between("starts_on", "term_end")}
                END AS term_months
            FROM dated) AS terms
          WINDOW w AS ({ramp})) AS ramps"""
    }
