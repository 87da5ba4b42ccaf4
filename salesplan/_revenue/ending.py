"""When a line starts and stops counting: trials, cancellations, grace and what was known."""

from __future__ import annotations

from salesplan._revenue.calendar import FAR, boundary_after, later, month
from salesplan._revenue.question import Question
from salesplan._revenue.ramping import averages

_NEXT_START = """
        SELECT account_id, product, ends_on, min(next_start) AS next_start FROM (
          SELECT account_id, product, ends_on, min(starts_on) OVER (
            PARTITION BY account_id, product ORDER BY happens_on, is_start
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS next_start
          FROM (
            SELECT account_id, COALESCE(product, '') AS product, starts_on AS happens_on,
              1 AS is_start, starts_on, CAST(NULL AS DATE) AS ends_on FROM t
            WHERE COALESCE(booked_on, starts_on) <= $as_of
            UNION ALL
            SELECT account_id, COALESCE(product, '') AS product, {stop} AS happens_on,
              0 AS is_start, CAST(NULL AS DATE) AS starts_on, {stop} AS ends_on FROM t
            WHERE {stop} IS NOT NULL) AS events) AS ahead
        WHERE ends_on IS NOT NULL
        GROUP BY account_id, product, ends_on"""


def start(q: Question) -> str:
    """Return SQL for the first day that counts."""
    if "trials" in q.traits and q.policy.trials == "excluded":
        return "GREATEST(t.starts_on, COALESCE(t.trial_ends_on, t.starts_on))"
    return "t.starts_on"


def _inclusive(q: Question, day: str) -> str:
    return f"{day} + 1" if q.policy.boundary == "month_end_inclusive" else day


def _known_cancel(q: Question, day: str) -> str:
    """Return a cancellation date only if the book knew of it by the as-of date.

    Looking back with the eyes of each month, a cancellation that was noted after the line had
    run out anyway changes nothing: it was its own end that ended it.
    """
    unknown = "t.cancel_booked_on > $as_of"
    if q.known == "then":
        unknown += f" OR {month('t.cancel_booked_on')} > {month(_inclusive(q, 't.ends_on'))}"
    return f"CASE WHEN {unknown} THEN NULL ELSE {day} END"


def cancelled(q: Question) -> str:
    """Return SQL for the day a cancellation takes effect under the policy, or NULL."""
    if "cancellations" not in q.traits:
        return "CAST(NULL AS DATE)"
    recorded = _inclusive(q, "t.cancelled_on")
    rule = q.policy.churn_date
    if rule == "request":
        return _known_cancel(q, "COALESCE(t.cancel_requested_on, t.cancelled_on)")
    if rule == "end_of_paid_term":
        return _known_cancel(q, _paid_until(q, "COALESCE(t.cancelled_on, t.cancel_requested_on)"))
    if rule == "month_close":
        return _known_cancel(q, later(month(f"({recorded} - 1)"), 1))
    return _known_cancel(q, recorded)


def _paid_until(q: Question, day: str) -> str:
    cases = " ".join(
        f"WHEN COALESCE(t.billing_period, '') = $word_{i} THEN "
        + (boundary_after("t.starts_on", day, q.lengths[word]))
        for i, word in enumerate(q.words)
        if word in q.lengths and q.lengths[word][0] != "term"
    )
    term = _inclusive(q, "t.ends_on")
    return f"CASE WHEN {day} IS NULL THEN NULL {cases} ELSE COALESCE({term}, {day}) END"


def _own_end(q: Question) -> str:
    """Return SQL for the day a line stops, cancelled or expired, before any grace."""
    ends = f"COALESCE({_inclusive(q, 't.ends_on')}, {FAR})"
    return f"LEAST({ends}, COALESCE({cancelled(q)}, {FAR}))"


def grace_tables(q: Question) -> dict[str, str]:
    """Return, where a grace period holds, the next start after each end of a product."""
    if not q.policy.grace_days:
        return {}
    return {"follows": _NEXT_START.format(stop=_graced_end(q))}


def _graced_end(q: Question) -> str:
    """Return SQL for an end that grace can put off: an expiry, or a payment that failed."""
    stop = _own_end(q)
    waits = f"""({stop} < COALESCE({cancelled(q)}, {FAR})
              OR lower(t.cancel_reason) = 'delinquent')"""
    return f"CASE WHEN {stop} < {FAR} AND {waits} THEN {stop} END"


def joins(q: Question) -> str:
    """Return the joins that dating a line needs."""
    if not q.policy.grace_days:
        return ""
    return f"""LEFT JOIN follows AS f ON f.account_id = t.account_id
          AND f.product = COALESCE(t.product, '') AND f.ends_on = {_graced_end(q)}"""


def _stop(q: Question) -> str:
    """Return SQL for the first day that no longer counts; far away while open."""
    stop = _own_end(q)
    if not q.policy.grace_days:
        return stop
    put_off = f"LEAST(f.ends_on + {int(q.policy.grace_days)}, COALESCE(f.next_start, {FAR}))"
    return f"CASE WHEN f.ends_on IS NULL THEN {stop} ELSE {put_off} END"


def until(q: Question) -> str:
    """Return SQL for the first day that no longer counts, NULL while in force as of now.

    An end after the as-of date has not happened yet: the month in progress still counts it.
    """
    return f"CASE WHEN {_stop(q)} <= $as_of THEN {_stop(q)} END"


def known_columns(q: Question) -> str:
    """Return the columns that tell when the book knew, for figures as known then."""
    if q.known == "now":
        return ""
    return f""", CASE WHEN {cancelled(q)} <= {_own_end(q)} THEN
            LEAST(COALESCE(t.cancel_booked_on, t.starts_on),
                  COALESCE(t.ends_on, {FAR})) ELSE t.starts_on END AS end_known_on"""


def countable(q: Question) -> str:
    """Return SQL that keeps lines which exist as of the question's date.

    The average of a ramp needs its steps to come, which are left out later.
    """
    begun = "TRUE" if averages(q) else f"{start(q)} <= $as_of"
    return f"""{begun} AND COALESCE(t.booked_on, t.starts_on) <= $as_of
          AND {start(q)} < {_stop(q)}"""
