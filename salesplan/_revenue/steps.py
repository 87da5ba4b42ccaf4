"""From pieces in force to dated steps: by how much the annual amount rises or falls, and when.

A piece that is in force for years is two steps, one up and one down. Working on steps
rather than on customers times months keeps a long book as quick as a short one.
"""

from __future__ import annotations

from salesplan._revenue import byday, currency, pausing
from salesplan._revenue.calendar import FAR, days_in, later, month
from salesplan._revenue.lines import lines_sql
from salesplan._revenue.pausing import has_pauses, marks
from salesplan._revenue.question import Question

_CELL = ("customer", "product", "plan", "currency", "price_key", "starts_on", "booked_on")


def steps_sql(q: Question) -> dict[str, str]:
    """Return the tables that end in ``steps``, in reporting currency.

    A step has customer, product, plan, price_key, slot (month or day), and what it adds:
    amount, quantity, member; fx and restated hold their own share of the amount.
    """
    tables, source = source_of(q)
    tables |= {
        "local_steps": _known(q, _average(q, source) if _is_average(q) else _edges(q, source))
    }
    return tables | _converted(q)


def source_of(q: Question) -> tuple[dict[str, str], str]:
    """Return the tables of the pieces that count, and the name of the last."""
    tables = lines_sql(q)
    source = "pieces"
    if has_pauses(q):
        tables |= pausing.tables(q)
        source = "running"
    if q.policy.normalisation == "actual_days":
        tables |= byday.tables(q, source)
        source = "day_pieces"
    return tables, source


def _is_average(q: Question) -> bool:
    return q.policy.boundary == "average_of_days"


def _edges(q: Question, source: str) -> str:
    """Return two steps a piece: up where it starts to count, down where it stops."""
    start, stop = _slots(q)
    counted = f"{start} < COALESCE({stop}, {FAR})"
    if q.known == "then":
        # A line that came and went may still have been thought of as in force for a while.
        stop, counted = f"GREATEST({start}, {stop})", "TRUE"
    end_known = ", end_known_on" if q.known == "then" else ""
    slot = f"CASE WHEN side = 1 THEN {start} ELSE {stop} END"
    return f"""
        SELECT {q.listed(*_CELL, *marks(q))}{end_known}, side, {slot} AS slot,
          CASE WHEN side = 1 THEN start_on ELSE until_on END AS day,
          side * amount_year AS amount, side * quantity AS quantity, side * member AS member
        FROM {source} CROSS JOIN (VALUES (1), (-1)) AS sides(side)
        WHERE {counted} AND (side = 1 OR until_on IS NOT NULL)"""


def _slots(q: Question) -> tuple[str, str]:
    """Return SQL for the first slot that counts a piece and the first that no longer does."""
    if q.policy.netting == "day":
        return "start_on", "until_on"
    after_last = later(month("(until_on - 1)"), 1)
    if q.policy.boundary == "any_overlap":
        return _overlap_slots(q, after_last)
    if q.policy.boundary == "month_start":
        return later(month("(start_on - 1)"), 1), after_last
    return month("start_on"), month("until_on")


def _overlap_slots(q: Question, after_last: str) -> tuple[str, str]:
    """Return the slots of a month that counts if a line is in force on any of its days.

    Only the end of the line itself reaches into its last month: a price that is followed by
    another gives way in the month of the change, and a pause takes away whole months alone.
    """
    stop = f"CASE WHEN closes THEN {after_last} ELSE {month('until_on')} END"
    if not has_pauses(q):
        return month("start_on"), stop
    whole = later(month("(start_on - 1)"), 1)
    start = f"CASE WHEN is_pause = 0 OR opens THEN {month('start_on')} ELSE {whole} END"
    return start, stop


def _average(q: Question, source: str) -> str:
    """Return up to four steps a piece: its first month, full months, last month, the end.

    Each step but the first is a difference of rounded values, so that they sum to nothing.
    """
    end_known = ", end_known_on" if q.known == "then" else ""
    cell = q.listed(*_CELL, *marks(q)) + end_known
    joins, leaves, further = _membership(q)
    return f"""
        SELECT {cell}, CASE WHEN k IN (0, 1, 4) THEN 1 ELSE -1 END AS side,
          CASE WHEN k IN (0, 1, 4) THEN start_on ELSE until_on END AS day,
          CASE k WHEN 0 THEN first_month WHEN 1 THEN {later("first_month", 1)}
                 WHEN 2 THEN last_month WHEN 3 THEN {later("last_month", 1)}
                 WHEN 4 THEN member_from ELSE member_until END AS slot,
          CASE k WHEN 0 THEN amount_first WHEN 1 THEN amount_year - amount_first
                 WHEN 2 THEN amount_last - amount_year
                 WHEN 3 THEN -CASE WHEN single THEN amount_first ELSE amount_last END
                 ELSE 0 END AS amount,
          CASE k WHEN 0 THEN quantity_first WHEN 1 THEN quantity - quantity_first
                 WHEN 2 THEN quantity_last - quantity
                 WHEN 3 THEN -CASE WHEN single THEN quantity_first ELSE quantity_last END
                 ELSE 0 END AS quantity,
          CASE k WHEN {joins} THEN member WHEN {leaves} THEN -member ELSE 0 END AS member
        FROM ({_shares(q, source)}) AS shares
        CROSS JOIN (VALUES (0), (1), (2), (3){further}) AS parts(k)
        WHERE (k = 0) OR (k = 1 AND NOT single) OR (k = 2 AND NOT single AND last_month IS NOT NULL)
          OR (k = 3 AND last_month IS NOT NULL)
          OR (k >= 4 AND member_from < COALESCE(member_until, {FAR})
            AND (k = 4 OR last_month IS NOT NULL))"""


def _membership(q: Question) -> tuple[int, int, str]:
    """Return the steps at which a customer joins and leaves, and those that are only for it."""
    return (4, 5, ", (4), (5)") if has_pauses(q) else (0, 3, "")


def _member_months(q: Question) -> str:
    """Return SQL for the months from which and until which a piece makes a customer.

    Any day in force is enough, so that a pause takes away whole months alone.
    """
    if not has_pauses(q):
        return f"first_month AS member_from, {later('last_month', 1)} AS member_until"
    whole = later(month("(start_on - 1)"), 1)
    return f"""CASE WHEN is_pause = 0 OR opens THEN first_month ELSE {whole} END AS member_from,
            CASE WHEN is_pause = 0 OR closes THEN {later("last_month", 1)}
              ELSE {month("until_on")} END AS member_until"""


def _shares(q: Question, source: str) -> str:
    """Return pieces with the share of their first and last month that they are in force."""
    return f"""
        SELECT *, CAST(ROUND(amount_year * share_first, 6) AS DECIMAL(38, 6)) AS amount_first,
          CAST(ROUND(amount_year * share_last, 6) AS DECIMAL(38, 6)) AS amount_last,
          CAST(ROUND(quantity * share_first, 6) AS DECIMAL(38, 6)) AS quantity_first,
          CAST(ROUND(quantity * share_last, 6) AS DECIMAL(38, 6)) AS quantity_last
        FROM (
          SELECT *, COALESCE(first_month = last_month, FALSE) AS single, {_member_months(q)},
            (LEAST(COALESCE(until_on, {FAR}), {_end_of("first_month")}) - start_on)
              / CAST({_length("first_month")} AS DOUBLE) AS share_first,
            (until_on - last_month) / CAST({_length("last_month")} AS DOUBLE) AS share_last
          FROM (
            SELECT *, {month("start_on")} AS first_month, {month("(until_on - 1)")} AS last_month
            FROM {source}) AS bounded) AS shared"""


def _end_of(first: str) -> str:
    """Return the day after a month's last day, or after the as-of date inside it."""
    return f"LEAST({later(first, 1)}, $as_of + 1)"


def _length(first: str) -> str:
    """Return the days of a month, of the month in progress only those that have passed."""
    return f"LEAST({days_in(first)}, $as_of + 1 - {first})"


def _known(q: Question, local: str) -> str:
    """Return steps as known now, or moved to the month in which the book learned of them."""
    if q.known == "now":
        return local
    known_on = "CASE WHEN side = 1 THEN booked_on ELSE GREATEST(booked_on, end_known_on) END"
    late = f"{month(known_on)} > {month('slot')}"
    return f"""
        SELECT {q.listed(*_CELL, *marks(q))}, day, amount, quantity, member, ({late}) AS is_late,
          CASE WHEN {late} THEN {month(known_on)} ELSE slot END AS slot
        FROM ({local}) AS effective"""


def _converted(q: Question) -> dict[str, str]:
    """Return the steps in reporting currency, with revaluations as steps of their own."""
    late = "is_late" if q.known == "then" else "FALSE"
    if "currencies" not in q.traits:
        return {
            "steps": f"""SELECT {q.listed("customer", "product", "plan", "price_key", *marks(q))},
          slot, day, amount, quantity, member, CAST(0 AS DECIMAL(18, 6)) AS fx, {late} AS is_late
          FROM local_steps"""
        }
    return currency.tables(q, late)
