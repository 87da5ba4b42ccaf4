"""What is wrong with deals and their history."""

from __future__ import annotations

from salesplan.loading.rule import Rule


def _deal(name: str, severity: str, column: str, condition: str, what_to_do: str) -> Rule:
    return Rule(name, severity, "opportunities", column, condition, what_to_do, "amount")


DEALS = (
    _deal("negative_amount", "error", "amount", "amount < 0", "Correct the amount in the CRM."),
    _deal(
        "closed_before_created",
        "error",
        "closed_on",
        "closed_on < created_on",
        "Correct one of the two dates in the CRM; the deal has no cycle time until then.",
    ),
    _deal(
        "created_in_future",
        "error",
        "created_on",
        "created_on > {as_of}",
        "Correct the date, or load with a later as_of.",
    ),
    _deal(
        "closed_in_future",
        "error",
        "closed_on",
        "status IN ('won', 'lost') AND closed_on > {as_of}",
        "Correct the date, or load with a later as_of: it cannot be closed yet.",
    ),
    _deal(
        "closed_without_date",
        "warning",
        "closed_on",
        "status IN ('won', 'lost') AND closed_on IS NULL",
        "Fill the closing date in the CRM: the deal is in no month until then.",
    ),
    _deal(
        "open_with_closing_date",
        "warning",
        "closed_on",
        "status = 'open' AND closed_on IS NOT NULL",
        "Close the deal in the CRM, or empty its closing date.",
    ),
    _deal(
        "open_without_amount",
        "warning",
        "amount",
        "status = 'open' AND amount IS NULL",
        "Fill the amounts in the CRM: pipeline in money does not hold these deals.",
    ),
    _deal(
        "won_without_amount",
        "warning",
        "amount",
        "status = 'won' AND COALESCE(amount, 0) = 0",
        "Fill the amounts in the CRM: bookings do not hold these deals.",
    ),
    _deal(
        "lost_with_amount_0",
        "note",
        "amount",
        "status = 'lost' AND amount = 0",
        "Where the CRM empties amounts of lost deals, a win rate by value says nothing.",
    ),
    _deal(
        "without_account",
        "warning",
        "account_id",
        "account_id IS NULL",
        "Name the account in the CRM: segments and countries do not hold these deals.",
    ),
    _deal(
        "without_created_date",
        "warning",
        "created_on",
        "created_on IS NULL",
        "Export the date of creation: cohorts and ages do not hold these deals.",
    ),
    _deal(
        "open_longer_than_any_closed",
        "note",
        "created_on",
        "status = 'open' AND {as_of} - created_on > (SELECT max(c.closed_on - c.created_on) "
        "FROM opportunities AS c WHERE c.status IN ('won', 'lost'))",
        "No deal was ever closed at that age: review these, or close them as lost.",
    ),
    _deal(
        "implausible_date",
        "warning",
        "created_on",
        "LEAST(created_on, closed_on, expected_close_on) < DATE '1970-01-01' "
        "OR expected_close_on > {as_of} + INTERVAL 30 YEARS",
        "Correct the dates in the CRM.",
    ),
)

HISTORY = (
    Rule(
        "change_in_future",
        "error",
        "stage_changes",
        "changed_at",
        "CAST(changed_at AS DATE) > {as_of}",
        "Correct the date, or load with a later as_of.",
    ),
    Rule(
        "stage_differs_from_history",
        "warning",
        "opportunities",
        "stage",
        "opportunity_id IN (SELECT h.opportunity_id FROM (SELECT opportunity_id, "
        "last(stage ORDER BY changed_at, seq) AS stage FROM stage_changes "
        "GROUP BY opportunity_id) AS h WHERE h.opportunity_id = opportunities.opportunity_id "
        "AND h.stage IS DISTINCT FROM opportunities.stage)",
        "The last change of these deals is not to the stage they are in: export both together.",
        "amount",
    ),
)
