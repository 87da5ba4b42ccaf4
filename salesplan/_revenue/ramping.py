"""Ramps: price or seat steps that one contract agreed on at once, averaged over its term."""

from __future__ import annotations

from salesplan._revenue.calendar import months_between
from salesplan._revenue.question import Question


def averages(q: Question) -> bool:
    """Whether steps agreed in one contract are to be averaged (straight line)."""
    return q.policy.ramp == "straight_line"


def tables(q: Question) -> dict[str, str]:
    """Return ``level``: dated lines, where those of one ramp all carry its average.

    A ramp is several lines of one contract and product, booked on one day, that follow one
    another without a gap or an overlap, each with an end.
    """
    if not averages(q):
        return {}
    ramp = "PARTITION BY customer, contract_id, product, plan, currency, booked_on"
    whole = months_between("min(starts_on) OVER w", "max(term_end) OVER w")
    follows = f"COUNT(*) OVER w > 1 AND COUNT(term_end) OVER w = COUNT(*) OVER w AND ABS({whole} "
    follows += "- SUM(term_months) OVER w) < 0.1"
    return {
        "level": f"""
        SELECT * EXCLUDE (quantity, list_year, is_ramp),
          CASE WHEN is_ramp THEN CAST(ROUND(SUM(quantity * term_months) OVER w
            / SUM(term_months) OVER w, 6) AS DECIMAL(18, 6)) ELSE quantity END AS quantity,
          CASE WHEN is_ramp THEN SUM(quantity * list_year * term_months) OVER w
            / SUM(quantity * term_months) OVER w ELSE list_year END AS list_year
        FROM (
          SELECT *, {follows} AS is_ramp FROM (
            SELECT *, CASE WHEN term_end > starts_on THEN {months_between("starts_on", "term_end")}
              END AS term_months FROM dated) AS terms
          WINDOW w AS ({ramp})) AS ramps
        WINDOW w AS ({ramp})"""
    }
