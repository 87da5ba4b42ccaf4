"""Paused lines: pieces that take away what does not run."""

from __future__ import annotations

from salesplan._revenue.calendar import FAR, month
from salesplan._revenue.question import Question


def has_pauses(q: Question) -> bool:
    """Whether paused lines count as nothing, and some are."""
    return "pauses" in q.traits and q.policy.pauses == "zero"


def marks(q: Question) -> tuple[str, ...]:
    """Return the columns that a step keeps of its piece beside its cell."""
    return ("line_id", "is_pause") if has_pauses(q) else ("line_id",)


def reaches(q: Question) -> bool:
    """Whether a month counts for what is in force on any of its days, so that ends matter."""
    paused = q.policy.boundary == "average_of_days" and has_pauses(q)
    return q.policy.boundary == "any_overlap" or paused


def carried(q: Question) -> tuple[str, ...]:
    """Return the further columns that pieces of this question carry along."""
    then = ("end_known_on",) if q.known == "then" else ()
    by_day = q.policy.normalisation == "actual_days"
    periods = ("period_months", "period_days", "term_end") if by_day else ()
    ends = ("opens", "closes") if reaches(q) else ()
    return (*then, *periods, *ends)


_MERGED = """
        SELECT line_id, min(paused_on) AS paused_on, max(resumed) AS resumed FROM (
          SELECT *, SUM(is_first) OVER (PARTITION BY line_id ORDER BY paused_on, resumed
            ROWS UNBOUNDED PRECEDING) AS island
          FROM (
            SELECT line_id, paused_on, COALESCE(resumed_on, {far}) AS resumed,
              CASE WHEN paused_on <= max(COALESCE(resumed_on, {far})) OVER (
                PARTITION BY line_id ORDER BY paused_on, COALESCE(resumed_on, {far})
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) THEN 0 ELSE 1 END AS is_first
            FROM contract_pauses
            WHERE paused_on <= $as_of AND paused_on < COALESCE(resumed_on, {far})) AS firsts
          ) AS islands
        GROUP BY line_id, island"""


def tables(q: Question) -> dict[str, str]:
    """Return ``running``: the pieces, and for each pause a piece that takes it away again.

    Pauses that overlap are merged first, so that none is taken away twice.
    """
    cell = q.listed("customer", "product", "plan", "currency", "line_id", "contract_id",
                    "price_key", "starts_on", "booked_on")  # fmt: skip
    own = ", ".join(f"p.{name}" for name in cell.split(", "))
    begin = "GREATEST(p.start_on, x.paused_on)"
    stop = f"LEAST(COALESCE(p.until_on, {FAR}), x.resumed)"
    kept = "".join(f", p.{name}" for name in carried(q))
    cut = "".join(f", {_of_pause(name, begin, stop)} AS {name}" for name in carried(q))
    return {
        "paused": _MERGED.format(far=FAR),
        "running": f"""
        SELECT {own}, p.start_on, p.until_on, p.quantity, p.amount_year, p.member,
          0 AS is_pause{kept}
        FROM pieces AS p
        UNION ALL
        SELECT {own}, {begin}, CASE WHEN {stop} <= $as_of THEN {stop} END,
          -p.quantity, -p.amount_year, -p.member, 1 AS is_pause{cut}
        FROM pieces AS p JOIN paused AS x ON x.line_id = p.line_id
        WHERE {begin} < {stop} AND {begin} <= $as_of""",
    }


def _of_pause(name: str, begin: str, stop: str) -> str:
    """Return SQL for a carried column of a pause: whether it opens or closes its piece."""
    if name == "opens":
        before = f"x.paused_on <= GREATEST({month('p.start_on')}, p.starts_on)"
        return f"({begin} = p.start_on AND (p.opens OR {before}))"
    if name == "closes":
        return f"(p.closes AND {stop} = COALESCE(p.until_on, {FAR}))"
    if name == "end_known_on":
        ends = f"{stop} = COALESCE(p.until_on, {FAR})"
        return f"CASE WHEN {ends} THEN p.end_known_on ELSE p.starts_on END"
    return f"p.{name}"
