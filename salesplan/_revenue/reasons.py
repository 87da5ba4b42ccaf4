"""Why customers left, where the contract lines say so."""

from __future__ import annotations

import pandas as pd

from salesplan._revenue import calendar
from salesplan._revenue.movements import moves_sql, with_tables
from salesplan._revenue.question import Question

DELINQUENT = ("delinquent", "involuntary", "unpaid", "non-payment", "nonpayment", "payment failed")
"""Words of CRMs for a customer who was lost for not paying."""

COLUMNS = (
    "voluntary_amount", "delinquent_amount", "unknown_amount",
    "voluntary_count", "delinquent_count", "unknown_count",
)  # fmt: skip


def by_period(q: Question, unit: str) -> pd.DataFrame:
    """Return churned MRR and customers by reason; a customer counts once, unpaid first."""
    period = calendar.period("slot", unit, q.crm.settings.fiscal_year_starts)
    words = ", ".join(f"'{word}'" for word in DELINQUENT)
    same = " AND ".join(f"s.{name} = m.{name}" for name in (*q.keys, "customer", "slot"))
    own = ", ".join(f"m.{name}" for name in (*q.keys, "customer", "slot"))
    tables = moves_sql(q) | {
        "left_lines": f"""
        SELECT {own}, -s.amount AS amount, CASE WHEN lower(trim(l.cancel_reason)) IN ({words})
            THEN 'delinquent' WHEN trim(l.cancel_reason) <> '' THEN 'voluntary'
            ELSE 'unknown' END AS reason
        FROM moves AS m JOIN steps AS s ON {same}
        LEFT JOIN contract_lines AS l ON l.line_id = s.line_id
        WHERE m.fate = 'churn' AND s.amount <> 0""",
        "left_customers": f"""
        SELECT {q.listed("customer", "slot")},
          {_amounts("sum(CASE WHEN reason = '{0}' THEN amount ELSE 0 END)")}
        FROM left_lines GROUP BY {q.listed("customer", "slot")}""",
    }
    counts = ", ".join(
        f"CAST(sum(CASE WHEN reason = '{word}' THEN 1 ELSE 0 END) AS BIGINT) AS {word}_count"
        for word in _ORDER
    )
    return pd.DataFrame(
        q.ask(
            with_tables(
                tables,
                f"""
        SELECT {period} AS "{unit}", {q.named}
          {_amounts("ROUND(CAST(sum({0}_amount) AS DOUBLE) / 12, 8)")}, {counts}
        FROM (SELECT {q.listed("slot")}, {", ".join(f"{word}_amount" for word in _ORDER)},
          {_first_reason()} AS reason FROM left_customers) AS named
        GROUP BY {q.listed(period)}""",
            )
        )
    )


_ORDER = ("voluntary", "delinquent", "unknown")


def _amounts(sql: str) -> str:
    return ", ".join(f"{sql.format(word)} AS {word}_amount" for word in _ORDER)


def _first_reason() -> str:
    """Return SQL for a customer's one reason: unpaid, else voluntary, else unknown."""
    return """CASE WHEN delinquent_amount <> 0 THEN 'delinquent'
          WHEN voluntary_amount <> 0 THEN 'voluntary' ELSE 'unknown' END"""
