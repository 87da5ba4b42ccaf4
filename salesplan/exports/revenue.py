"""What each account brought in a stretch of time, as a ranking needs it.

This is no revenue report: it only has to put accounts in order. Contract lines count for the
part of the stretch in which they ran; deals count where no contracts were exported.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

_MONTHS = """CASE t.billing_period WHEN 'day' THEN 12 / 365.25 WHEN 'week' THEN 84 / 365.25
    WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 WHEN 'half' THEN 6 WHEN 'year' THEN 12 END"""

_DAYS = "GREATEST(0, date_diff('day', GREATEST(t.starts_on, w.since), LEAST(t.stops_on, w.until)))"

_EARNED = f"""CASE
    WHEN t.period = 'once' THEN
        CASE WHEN COALESCE(t.booked_on, t.starts_on) >= w.since
            AND COALESCE(t.booked_on, t.starts_on) < w.until THEN t.price ELSE 0 END
    WHEN t.period = 'term' THEN t.price * {_DAYS}
        / GREATEST(1, date_diff('day', t.starts_on, COALESCE(t.ends_on, w.until)))
    ELSE t.price * {_DAYS} / 365.25 * 12 / {_MONTHS.replace("t.billing_period", "t.period")} END"""

REVENUE = f"""
bounds AS (SELECT CAST($since AS DATE) AS since, CAST($until AS DATE) AS until),
latest_rates AS (
    SELECT currency, CAST(max_by(rate, rate_on) AS DOUBLE) AS rate FROM fx_rates
    WHERE rate_on < (SELECT until FROM bounds) GROUP BY currency
),
home AS (SELECT max(CASE WHEN name = 'currency' THEN value END) AS currency FROM book),
priced AS (
    SELECT l.account_id, l.sale_type, l.starts_on, l.ends_on, l.booked_on,
        LEAST(l.ends_on, l.cancelled_on, (SELECT until FROM bounds)) AS stops_on,
        COALESCE(l.billing_period, CASE WHEN l.sale_type IN ('subscription', 'support')
            THEN 'month' ELSE 'once' END) AS period,
        CAST(COALESCE(l.quantity, 1) * l.unit_price * (1 - COALESCE(l.discount, 0)) AS DOUBLE)
            * CASE WHEN COALESCE(l.currency = h.currency, TRUE) THEN 1 ELSE r.rate END AS price
    FROM contract_lines AS l CROSS JOIN home AS h
    LEFT JOIN latest_rates AS r ON r.currency = l.currency
),
earned AS (
    SELECT t.account_id, t.sale_type, {_EARNED} AS value FROM priced AS t CROSS JOIN bounds AS w
    UNION ALL
    SELECT o.account_id, o.sale_type, CAST(m.home_amount AS DOUBLE)
    FROM opportunities AS o JOIN deal_money AS m ON m.opportunity_id = o.opportunity_id
    CROSS JOIN bounds AS w
    WHERE o.status = 'won' AND o.closed_on >= w.since AND o.closed_on < w.until
        AND NOT EXISTS (SELECT 1 FROM contract_lines)
),
margins AS (
    SELECT unnest($margin_types) AS sale_type, unnest($margin_rates) AS margin
),
account_value AS (
    SELECT e.account_id,
        CAST(sum(e.value * COALESCE(m.margin, $margin)) AS DECIMAL(18, 2)) AS value
    FROM earned AS e LEFT JOIN margins AS m ON m.sale_type = e.sale_type
    WHERE e.account_id IS NOT NULL AND e.value IS NOT NULL
    GROUP BY e.account_id
)"""
"""Common table expressions that end in ``account_value`` (account_id, value)."""


def window(as_of: dt.date, months: int) -> dict[str, Any]:
    """Return the parameters of the months up to a day, that day included.

    Examples
    --------
    >>> window(dt.date(2026, 9, 30), 12)
    {'since': datetime.date(2025, 10, 1), 'until': datetime.date(2026, 10, 1)}
    """
    until = as_of + dt.timedelta(days=1)
    number = until.year * 12 + until.month - 1 - months
    year, month = divmod(number, 12)
    last = (dt.date(year + (month == 11), (month + 1) % 12 + 1, 1) - dt.timedelta(days=1)).day
    return {"since": dt.date(year, month + 1, min(until.day, last)), "until": until}
