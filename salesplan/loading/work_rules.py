"""What is wrong with activities, contracts, leads, campaigns, costs and people."""

from __future__ import annotations

from salesplan.loading.rule import Rule


def _line(name: str, severity: str, column: str, condition: str, what_to_do: str) -> Rule:
    return Rule(
        name, severity, "contract_lines", column, condition, what_to_do, "quantity * unit_price"
    )


ACTIVITIES = (
    Rule(
        "longer_than_a_day",
        "warning",
        "activities",
        "minutes",
        "COALESCE(minutes, date_diff('minute', starts_at, ends_at)) > 1440",
        "Correct start and end in the CRM: hours of effort would be nonsense.",
    ),
    Rule(
        "negative_duration",
        "error",
        "activities",
        "minutes",
        "COALESCE(minutes, date_diff('minute', starts_at, ends_at)) < 0",
        "Correct start and end in the CRM.",
    ),
    Rule(
        "held_in_future",
        "error",
        "activities",
        "starts_at",
        "status IN ('held', 'no_show') AND CAST(starts_at AS DATE) > {as_of}",
        "Correct date or status in the CRM, or load with a later as_of.",
    ),
    Rule(
        "planned_in_past",
        "note",
        "activities",
        "starts_at",
        "status = 'planned' AND CAST(starts_at AS DATE) < {as_of}",
        "Say in the CRM whether these took place; they count as neither held nor missed.",
    ),
    Rule(
        "without_status",
        "note",
        "activities",
        "status",
        "status IS NULL",
        "Map the CRM's words: [values.activities.status]. Without a status nothing counts as held.",
    ),
)

CONTRACTS = (
    _line(
        "ends_before_start",
        "error",
        "ends_on",
        "ends_on < starts_on",
        "Correct the dates: the line is never in force.",
    ),
    _line(
        "quantity_not_positive",
        "error",
        "quantity",
        "quantity <= 0",
        "Correct the quantity, or record the cancellation as cancelled_on.",
    ),
    _line(
        "negative_price",
        "warning",
        "unit_price",
        "unit_price < 0",
        "Record credits as a discount of the line they belong to.",
    ),
    _line(
        "without_account",
        "error",
        "account_id",
        "account_id IS NULL",
        "Name the customer: its revenue has no owner, segment or country.",
    ),
    _line(
        "without_price",
        "warning",
        "unit_price",
        "unit_price IS NULL",
        "Fill the price: the line counts as no revenue.",
    ),
    _line(
        "overlapping_lines",
        "note",
        "starts_on",
        "EXISTS (SELECT 1 FROM contract_lines AS o WHERE o.account_id = contract_lines.account_id "
        "AND o.product = contract_lines.product AND o.sale_type = contract_lines.sale_type "
        "AND o.line_id < contract_lines.line_id "
        "AND o.plan IS NOT DISTINCT FROM contract_lines.plan "
        "AND contract_lines.sale_type IN ('subscription', 'support') "
        "AND o.starts_on < COALESCE(contract_lines.ends_on, DATE '9999-01-01') "
        "AND contract_lines.starts_on < COALESCE(o.ends_on, DATE '9999-01-01'))",
        "Two lines of the same product run at once: right for added seats, wrong for a renewal "
        "entered early.",
    ),
)

OTHERS = (
    Rule(
        "lead_before_campaign",
        "warning",
        "leads",
        "campaign",
        "EXISTS (SELECT 1 FROM campaigns AS c WHERE c.campaign_id = leads.campaign "
        "AND leads.created_on < c.starts_on)",
        "These leads are older than the campaign they are credited to: check the attribution.",
    ),
    Rule(
        "lead_without_channel",
        "note",
        "leads",
        "channel",
        "channel IS NULL",
        "Fill the source in the CRM: these leads count under (none).",
    ),
    Rule(
        "lead_lost_but_converted",
        "warning",
        "leads",
        "status",
        "regexp_matches(lower(status), 'junk|lost|dead|disqualif|unqualif|verloren|mort|perdu') "
        "AND (opportunity_id IS NOT NULL OR account_id IS NOT NULL "
        "OR lead_id IN (SELECT o.lead_id FROM opportunities AS o WHERE o.lead_id IS NOT NULL))",
        "A lead that became a deal cannot be lost: decide in the CRM which of the two holds.",
    ),
    Rule(
        "created_in_future",
        "error",
        "leads",
        "created_on",
        "created_on > {as_of}",
        "Correct the date, or load with a later as_of.",
    ),
    Rule(
        "lead_won_before_created",
        "warning",
        "opportunities",
        "closed_on",
        "EXISTS (SELECT 1 FROM leads AS l WHERE l.lead_id = opportunities.lead_id "
        "AND opportunities.closed_on < l.created_on)",
        "The deal was closed before its lead existed: correct one of the two dates.",
        "amount",
    ),
    Rule(
        "campaign_not_started",
        "note",
        "campaigns",
        "starts_on",
        "starts_on > {as_of} AND budget_amount > 0",
        "Its budget is a plan: cost per lead leaves it out until it starts.",
        "budget_amount",
    ),
    Rule(
        "campaign_without_budget",
        "note",
        "campaigns",
        "budget_amount",
        "COALESCE(budget_amount, 0) = 0",
        "No cost recorded does not mean free: record the hours of people in costs.",
    ),
    Rule(
        "negative_cost",
        "warning",
        "costs",
        "amount",
        "amount < 0",
        "Correct the cost, or leave it if it is a refund.",
        "amount",
    ),
    Rule(
        "left_before_hired",
        "error",
        "people",
        "left_on",
        "left_on < hired_on",
        "Correct one of the two dates.",
    ),
    Rule(
        "target_of_nobody",
        "error",
        "targets",
        "person_id",
        "person_id IS NULL AND team IS NULL",
        "Name the person or the team.",
    ),
)
