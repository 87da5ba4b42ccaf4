"""MRR as billing tools list it by month: a row for each customer and month.

Read as contracts, the rows of a year would run side by side and make twelve times the MRR. Each
of them is in force for its month alone, whenever the contract behind it ends.
"""

from __future__ import annotations

from collections.abc import Sequence

from salesplan.exports.engine import Engine, Issue, scalar
from salesplan.exports.recognised import ROW_KEY, Recognised

_ENDS = {"cancelled_on", "replaces_line_id"}


def close(engine: Engine, found: Sequence[tuple[str, Recognised]]) -> list[Issue]:
    """End the rows of such a file after their month; return what was done."""
    issues = [_closed(engine, label) for label, one in found if _may_be(one)]
    return [issue for issue in issues if issue]


def _may_be(one: Recognised) -> bool:
    """Whether a file may list what customers pay, priced by month or year, month by month."""
    numbered = one.constants.get("line_id") == ROW_KEY
    recurring = one.constants.get("billing_period") in ("month", "year")
    return one.table == "contract_lines" and numbered and recurring and not _ENDS & {*one.columns}


def _closed(engine: Engine, label: str) -> Issue | None:
    stem = f"{label.rsplit('.', 1)[0]}:"
    start = _start(engine, stem)
    if not _is_by_month(engine, stem, start):
        return None
    end = f"CAST({start} + INTERVAL 1 MONTH AS DATE)"
    engine.execute(
        f"UPDATE contract_lines SET starts_on = {start}, "
        f"ends_on = LEAST(COALESCE(ends_on, {end}), {end}) WHERE {_OWN}",
        [stem],
    )
    rows = scalar(engine, f"SELECT count(*) FROM contract_lines WHERE {_OWN}", [stem])
    to_do = (
        "Each row is a month of a customer, and ends with it. If they are contracts that go on, "
        "export their identifier and end."
    )
    rule, table = "line_of_one_month", "contract_lines"
    return Issue("note", rule, table, "ends_on", rows, None, to_do, file=label)


_OWN = "starts_with(line_id, ?)"


def _start(engine: Engine, stem: str) -> str:
    """Return the SQL of the first day of a row: what is dated at month ends is of that month."""
    at_ends = f"SELECT bool_and(starts_on = last_day(starts_on)) FROM contract_lines WHERE {_OWN}"
    is_end = scalar(engine, at_ends, [stem])
    return "CAST(date_trunc('month', starts_on) AS DATE)" if is_end else "starts_on"


def _is_by_month(engine: Engine, stem: str, start: str) -> bool:
    """Whether most rows go on with the same customer and plan on the same day a month later."""
    share = scalar(
        engine,
        f"""
        SELECT avg(CASE WHEN after = CAST(day + INTERVAL 1 MONTH AS DATE)
            OR before + INTERVAL 1 MONTH = day THEN 1 ELSE 0 END)
        FROM (
            SELECT day, lead(day) OVER w AS after, lag(day) OVER w AS before
            FROM (
                SELECT {start} AS day, COALESCE(account_id, '') AS account,
                    COALESCE(product, '') AS product, COALESCE(plan, '') AS plan
                FROM contract_lines WHERE {_OWN}
            ) AS r WINDOW w AS (PARTITION BY account, product, plan ORDER BY day)
        ) AS s
    """,
        [stem],
    )
    return share is not None and share > 0.5
