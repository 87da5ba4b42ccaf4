"""What is wrong with contract lines, and what that does to MRR: never a silent drop."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from salesplan import schema
from salesplan._revenue import pricing
from salesplan._revenue.policy import Policy
from salesplan._revenue.question import Question, question
from salesplan.crm import Crm

COLUMNS = ("rule", "severity", "counted", "line_count", "amount", "example", "what_to_do")


class Rule(NamedTuple):
    """A fault: how to find it, whether its lines still count, what to do about it."""

    name: str
    severity: str
    counted: bool
    condition: str
    what_to_do: str
    tables: str = "contract_lines AS t"


def _rules(q: Question) -> list[Rule]:
    return [*_left_out(q), *_counted(), *_of_currency(q)]


def _left_out(q: Question) -> list[Rule]:
    types = ", ".join(f"'{name}'" for name in {*schema.SALE_TYPES, *q.policy.recurring})
    times = pricing.times_a_year(q)
    recurs = pricing.recurs(q)
    return [
        Rule("end_before_start", "error", False, "t.ends_on <= t.starts_on",
             "Left out: the line is never in force. Correct ends_on (the day after the last)."),
        Rule("sale_type_unknown", "error", False,
             f"t.sale_type IS NOT NULL AND lower(trim(t.sale_type)) NOT IN ({types})",
             "Left out of MRR: map the value to licence, subscription, support or service "
             "under [values.contract_lines.sale_type]."),
        Rule("billing_period_unknown", "error", False, f"{recurs} AND {_wordless(q)}",
             "Left out of MRR: map the value to month, quarter, half, year, week or day."),
        Rule("term_without_end", "error", False,
             f"{recurs} AND NOT ({_wordless(q)}) AND ({times}) IS NULL",
             "Left out of MRR: a price for the whole term needs ends_on."),
        Rule("price_missing", "warning", True, f"{recurs} AND t.unit_price IS NULL",
             "Counted as 0: give the line a unit_price."),
    ]  # fmt: skip


def _wordless(q: Question) -> str:
    """Return SQL that is true for a billing period whose words name no length."""
    known = [f"$word_{i}" for i, word in enumerate(q.words) if word in q.lengths]
    return f"COALESCE(t.billing_period, '') NOT IN ({', '.join(known)})" if known else "TRUE"


def _counted() -> list[Rule]:
    same = """contract_lines AS t JOIN contract_lines AS o ON o.line_id <> t.line_id
      AND o.contract_id = t.contract_id AND o.account_id = t.account_id
      AND COALESCE(o.product, '') = COALESCE(t.product, '')
      AND COALESCE(o.plan, '') = COALESCE(t.plan, '') AND o.quantity = t.quantity
      AND o.unit_price = t.unit_price"""
    overlap = """t.starts_on < COALESCE(o.ends_on, DATE '9999-12-31')
      AND o.starts_on < COALESCE(t.ends_on, DATE '9999-12-31')"""
    cycle = """contract_lines AS t JOIN accounts AS a ON a.account_id = t.account_id
      JOIN accounts AS b ON b.account_id = a.merged_into_id"""
    return [
        Rule("account_missing", "warning", True, "t.account_id IS NULL",
             "Counted as a customer of its own, named after the contract: fill account_id."),
        Rule("negative_amount", "warning", True, "t.quantity < 0 OR t.unit_price < 0",
             "Counted as it stands, lowering MRR: a credit belongs to billing, not to MRR."),
        Rule("quantity_zero", "note", True, "t.quantity = 0", "Counted as 0."),
        Rule("discount_out_of_range", "warning", True, "t.discount < 0 OR t.discount > 1",
             "Counted as it stands: a discount is a share between 0 and 1."),
        Rule("overlapping_lines", "warning", True, overlap,
             "Counted in full, both: the same product, price and quantity twice in one contract "
             "is often a renewal booked before the old line was ended.", same),
        Rule("merge_in_a_circle", "error", True, "b.merged_into_id = a.account_id",
             "Counted under one of the two: correct merged_into_id.", cycle),
    ]  # fmt: skip


def _of_currency(q: Question) -> list[Rule]:
    unrated = """COALESCE(t.currency, $home) <> $home AND NOT EXISTS (
      SELECT 1 FROM fx_rates AS r WHERE r.currency = t.currency AND r.rate_on <= GREATEST(
        t.starts_on, CAST(date_trunc('month', t.starts_on) + INTERVAL 1 MONTH AS DATE) - 1))"""
    return [
        Rule("currency_missing", "note", True, "t.currency IS NULL",
             f"Counted in {q.home}, the reporting currency."),
        Rule("rate_missing", "error", False, unrated,
             "No total can be made: add the currency's rate on or before the start to fx_rates."),
    ]  # fmt: skip


def issues(crm: Crm, *, policy: str | Policy | None = None) -> pd.DataFrame:
    """Return what is wrong with the contract lines and whether such lines still count.

    Columns: ``rule``, ``severity`` (error, warning, note), ``counted`` (whether the lines are
    in MRR), ``line_count``, ``amount`` (quantity x unit price, as booked), ``example`` (a
    line), ``what_to_do``.

    Examples
    --------
    >>> len(issues(paper()))
    0
    """
    q = question(crm, policy=policy)
    found = [row for rule in _rules(q) if (row := _found(q, rule))]
    frame = pd.DataFrame(found, columns=list(COLUMNS))
    frame.attrs["policy"] = q.policy.note
    return frame


def _found(q: Question, rule: Rule) -> tuple[object, ...] | None:
    sql = f"""
        SELECT CAST(count(*) AS BIGINT) AS line_count, min(line_id) AS example,
          CAST(sum(amount) AS DOUBLE) AS amount
        FROM (SELECT DISTINCT t.line_id, COALESCE(t.quantity, 1) * t.unit_price AS amount
              FROM {rule.tables} WHERE {rule.condition}) AS faulty"""
    row = q.ask(sql).iloc[0]
    if not row["line_count"]:
        return None
    return (
        rule.name, rule.severity, rule.counted, int(row["line_count"]), row["amount"],
        row["example"], rule.what_to_do,
    )  # fmt: skip
