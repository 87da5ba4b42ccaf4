"""What was sold: each line's value over its term and over a year, at signature.

Total contract value (TCV) is the price of the whole agreed term; annual contract value (ACV)
is TCV per year for terms of a year or more, and TCV itself for shorter ones. An open-ended
line commits one billing period (TCV) and counts twelve months as ACV. A one-off price
(licence, service) is TCV with no ACV. Cancellations come later and do not change what was
booked.
"""

from __future__ import annotations

from dataclasses import replace

from salesplan import dimensions
from salesplan._revenue import currency, ending, lines, pricing
from salesplan._revenue.calendar import FAR, months_between
from salesplan._revenue.question import Question

RECURRING = "recurring"
ONE_OFF = "one_off"


def as_signed(q: Question) -> Question:
    """Return the question as it stood at signature: nothing cancelled, nothing paused."""
    policy = q.policy.model_copy(update={"grace_days": 0, "fx_date": "booking", "pauses": "full"})
    return replace(q, policy=policy, traits=q.traits - {"cancellations", "pauses"})


def sold_sql(q: Question) -> dict[str, str]:
    """Return the tables that end in ``sold``: one row per line ever booked by the as-of date.

    Columns: the groups, line_id, customer, contract_id, product, sale_type, booked_on,
    starts_on, stops_on (NULL: open), nature (recurring or one_off), tcv, acv, kind and
    renewed (the part of acv that renews a replaced line), in reporting currency.
    """
    if "currencies" in q.traits:
        currency.require_rates(q)
    return lines.merged_sql(q) | {
        "t": lines.source_sql(q),
        "rates": currency.RATES,
        "listed": _listed(q),
        "valued": _valued(),
        "sold": _kinds(q),
    }


def _listed(q: Question) -> str:
    """Return every line with its list price a year, its term and what discounts leave."""
    condition, joins, _ = dimensions.where(q.only, "contract_lines")
    wanted = " ".join(dict.fromkeys([*lines.each_join(q.grouping.joins), *lines.each_join(joins)]))
    grouped = lines.grouped(q)
    start, end = ending.start(q), pricing.term_end(q)
    times = pricing.times_a_year(q)
    once = f"(NOT {pricing.recurs(q)} OR t.ends_on IS NULL)"
    discounted = "0.0"
    if pricing.splits(q):
        until = f"LEAST({pricing.discount_end(q)}, {end})"
        discounted = f"CASE WHEN {until} > {start} THEN {months_between(start, until)} ELSE 0 END"
    rate = "COALESCE(r.rate, CAST(1 AS DECIMAL(18, 6)))"
    return f"""
        SELECT {grouped} t.account_id AS customer, t.line_id, t.contract_id,
          COALESCE(t.product, '(none)') AS product,
          COALESCE(lower(trim(t.sale_type)), 'subscription') AS sale_type,
          t.replaces_line_id, COALESCE(t.booked_on, t.starts_on) AS booked_on, t.starts_on,
          {start} AS paid_from, {end} AS stops_on, {pricing.is_term(q)} AND {once} AS is_once,
          {pricing.is_term(q)} AS is_term,
          COALESCE(t.quantity, 1) * {pricing.net_price(q)} * CAST({rate} AS DOUBLE) AS price,
          {times} AS times, {pricing.share(q)} AS share_left,
          CASE WHEN {end} > {start} THEN {months_between(start, end)} END AS months,
          {discounted} AS discounted_months, {"TRUE" if pricing.splits(q) else "FALSE"} AS splits
        FROM t {wanted} LEFT JOIN rates AS r ON r.currency = t.currency AND t.currency <> $home
          AND COALESCE(t.booked_on, t.starts_on) >= r.rate_on
          AND COALESCE(t.booked_on, t.starts_on) < COALESCE(r.next_on, {FAR})
        WHERE COALESCE(t.booked_on, t.starts_on) <= $as_of AND {condition}
          AND COALESCE(t.ends_on, {FAR}) > t.starts_on"""


def _valued() -> str:
    """Return lines with TCV and ACV; a discount that stops counts for its months only."""
    paid = """CASE WHEN splits THEN share_left * LEAST(discounted_months, months)
            + (months - LEAST(discounted_months, months)) ELSE share_left * months END"""
    tcv = f"""CASE WHEN is_term THEN price * share_left WHEN times IS NULL THEN 0
            WHEN months IS NULL THEN price * share_left
            ELSE price * times / 12 * ({paid}) END"""
    acv = """CASE WHEN is_once THEN 0 WHEN months IS NULL THEN price * share_left * times
            WHEN months >= 12 THEN tcv * 12 / months ELSE tcv END"""
    return f"""
        SELECT *, CAST(ROUND({acv}, 6) AS DECIMAL(38, 6)) AS acv FROM (
          SELECT *, CAST(ROUND({tcv}, 6) AS DECIMAL(38, 6)) AS tcv,
            CASE WHEN is_once THEN '{ONE_OFF}' ELSE '{RECURRING}' END AS nature
          FROM listed) AS totals"""


def _kinds(q: Question) -> str:
    """Return lines as new business, renewal or expansion.

    A line that replaces another renews it up to the old ACV; more is expansion. Without a
    link, the first lines a customer ever booked are new and later ones are expansion.
    """
    keys = "".join(f"v.{key}, " for key in q.keys)
    return f"""
        SELECT {keys}v.customer, v.line_id, v.contract_id, v.product, v.sale_type, v.booked_on,
          v.replaces_line_id, v.starts_on, v.paid_from, v.stops_on, v.months, v.nature, v.tcv,
          v.acv,
          CASE WHEN o.line_id IS NOT NULL THEN 'renewal'
               WHEN v.booked_on = MIN(v.booked_on) OVER (PARTITION BY v.customer) THEN 'new'
               ELSE 'expansion' END AS kind,
          CASE WHEN o.line_id IS NULL THEN 0 ELSE LEAST(v.acv, o.acv) END AS renewed
        FROM valued AS v LEFT JOIN valued AS o ON o.line_id = v.replaces_line_id"""
