"""The exports: which file holds which columns under which headers.

Deals and companies look as HubSpot writes them; the tables that HubSpot has not carry plain
names. ``{...}`` of a statement is filled with the SQL of a cell.
"""

from __future__ import annotations

from salesplan._demo import asked, plan, relations, sold, visits, work
from salesplan._demo.cells import date, decimal, moment, money, number, quoted, real_date, word
from salesplan._demo.goals import MEASURES, periods
from salesplan._demo.money_spent import NEXT_CAMPAIGN

_STAGES = (*plan.STAGES, *["-"] * 3, *plan.RENEWAL_STAGES)
_PROBABILITY = ("25", "40", "50", "65", "85", "100", "0", "", "", "", "60", "80", "100", "0")
_CHANNELS = tuple(c.name for c in plan.CHANNELS)
_ROLES = tuple(c.role for c in plan.CHANNELS)
_OTHER_CHANNELS = ("Tender", "Existing customer", "Account manager")
_OTHER_CHANNEL = word(f"d.channel - {asked.TENDER}", _OTHER_CHANNELS)
_CHANNEL = (
    f"CASE WHEN d.channel >= {asked.TENDER} THEN {_OTHER_CHANNEL} "
    f"ELSE {word('d.channel', _CHANNELS)} END"
)


def _campaign(channel: str, year: str) -> str:
    return f"{word(channel, _CHANNELS)} || ' FY' || (2024 + {year})"


_DEAL_NAME = f"a.name || ' – ' || {word('d.product', plan.PRODUCTS)}"

TEXT = {
    "people.csv": f"""
        SELECT {number("P", "person", 100)} AS person_id, name,
          lower(strip_accents(replace(name, ' ', '.'))) || '@talvero.example' AS email,
          role, team, {number("P", "manager", 100)} AS manager_id, seniority, territory,
          {date("hired")} AS hired_on, {decimal("fte", 100)} AS fte,
          {money("(target_variable * 100)::BIGINT")} AS target_variable
        FROM people ORDER BY person""",
    "companies.csv": f"""
        SELECT {number("C", "account")} AS "Record ID", name AS "Company name",
          status AS "Lifecycle Stage", {word("segment", plan.SEGMENTS)} AS "Segment",
          nullif(tags, '') AS "Tags", {word("industry", plan.INDUSTRIES)} AS "Industry",
          {word("country", plan.COUNTRIES)} AS "Country/Region",
          {number("P", "owner", 100)} AS "Company owner",
          {money("potential * 100")} AS "Potential amount",
          employees AS "Number of Employees", {date("created")} AS "Create Date"
        FROM accounts ORDER BY account""",
    "contacts.csv": f"""
        SELECT {number("K", "contact")} AS contact_id, {number("C", "account")} AS account_id,
          name, {word("place", relations.TITLES)} AS job_title, {date("created")} AS created_on
        FROM contacts ORDER BY contact""",
    "contact_roles.csv": f"""
        SELECT {number("D", "deal")} AS opportunity_id, {number("K", "contact")} AS contact_id,
          {word("role", relations.ROLES)} AS role
        FROM roles ORDER BY deal, contact""",
    "leads.csv": f"""
        SELECT {number("L", "l.lead")} AS lead_id, {date("l.created")} AS created_on,
          {word("l.channel", _CHANNELS)} AS channel,
          {_campaign("l.channel", "l.month // 12")} AS campaign, l.status AS status,
          {number("P", "l.owner", 100)} AS owner_id, l.score AS score,
          {number("C", "a.account")} AS account_id, {number("D", "d.deal")} AS opportunity_id,
          {date("m.booked")} AS qualified_on, {date("l.held")} AS accepted_on,
          {word("l.country", plan.COUNTRIES)} AS country
        FROM leads AS l
        LEFT JOIN (SELECT account, lead FROM accounts WHERE lead >= 0) AS a ON a.lead = l.lead
        LEFT JOIN (SELECT deal, lead FROM deals WHERE lead >= 0) AS d ON d.lead = l.lead
        LEFT JOIN (SELECT lead, min(booked) AS booked FROM activities WHERE lead >= 0
                   GROUP BY lead) AS m ON m.lead = l.lead
        ORDER BY l.lead""",
    "lead_touches.csv": f"""
        SELECT {number("L", "lead")} AS lead_id, {moment("day", "minute")} AS touched_at,
          {word("channel", _CHANNELS)} AS channel, {_campaign("channel", "year")} AS campaign
        FROM touches ORDER BY lead, day, minute""",
    "deals.csv": f"""
        SELECT {number("D", "d.deal")} AS "Record ID", {_DEAL_NAME} AS "Deal Name",
          {word("d.stage", _STAGES)} AS "Deal Stage",
          {word("d.pipeline", plan.PIPELINES)} AS "Pipeline", {money("d.amount")} AS "Amount",
          {word("d.currency", plan.CURRENCIES)} AS "Currency",
          {word("d.stage", _PROBABILITY)} AS "Deal probability",
          {number("P", "d.owner", 100)} AS "Deal owner",
          {number("C", "d.account")} AS "Associated Company IDs",
          {word("d.type", asked.DEAL_TYPES)} AS "Deal Type",
          {word("d.product", plan.PRODUCTS)} AS "Product",
          {word("d.product", plan.SALE_TYPES)} AS "Sale type", {_CHANNEL} AS "Lead source",
          {_campaign("d.channel", "l.month // 12")} AS "Campaign",
          {number("L", "d.lead")} AS "Lead ID",
          {number("P", "d.sourced_by", 100)} AS "Sourced by", {date("d.created")} AS "Create Date",
          CASE WHEN d.closed >= 0 THEN {date("d.closed")} ELSE {date("d.expected")} END
            AS "Close Date",
          {date("d.original_close")} AS "Original close date",
          {word("d.reason", plan.LOST_REASONS)} AS "Closed Lost Reason",
          nullif(d.next_step, '') AS "Next step", d.pushes AS "Push count",
          CASE WHEN d.published >= 0 THEN 'true' ELSE 'false' END AS "Tender",
          {date("d.published")} AS "Published on"
        FROM deals AS d JOIN accounts AS a ON a.account = d.account
        LEFT JOIN leads AS l ON l.lead = d.lead ORDER BY d.deal""",
    "deal_history.csv": f"""
        SELECT {number("D", "deal")} AS opportunity_id, {moment("day", "minute")} AS changed_at,
          {word("stage", _STAGES)} AS stage, {money("amount")} AS amount,
          {date("expected")} AS expected_close_on
        FROM changes ORDER BY deal, day, minute""",
    "activities.csv": f"""
        SELECT {number("A", "activity")} AS activity_id,
          {word("kind", [k.lower() for k in work.KINDS])} AS kind,
          {word("status", work.STATUSES)} AS status, {moment("day", "minute")} AS starts_at,
          {date("booked")} AS booked_at, minutes, {number("P", "owner", 100)} AS owner_id,
          {number("C", "account")} AS account_id, {number("L", "lead")} AS lead_id,
          {number("D", "deal")} AS opportunity_id
        FROM activities ORDER BY activity""",
    "costs.csv": f"""
        SELECT {number("X", "cost")} AS cost_id, {date("month")} AS month,
          {word("channel", _CHANNELS)} AS channel,
          CASE WHEN year = 3 THEN {quoted(NEXT_CAMPAIGN)}
            ELSE {_campaign("channel", "year")} END AS campaign, kind,
          {money("cents", thousands=True)} AS amount, {decimal("quarter_hours", 4)} AS hours,
          CASE WHEN kind = 'people' THEN {word("channel", _ROLES)} END AS role
        FROM costs ORDER BY cost""",
    "campaigns.csv": f"""
        SELECT campaign AS campaign_id, campaign AS name, channel, status,
          {date("starts")} AS starts_on, {date("ends")} AS ends_on
        FROM campaigns ORDER BY starts, campaign""",
    "credits.csv": f"""
        SELECT {number("D", "deal")} AS opportunity_id, {number("P", "person", 100)} AS person_id,
          {decimal("percent", 100)} AS share, {word("kind", ("split", "overlay"))} AS kind
        FROM credits ORDER BY deal, kind, person""",
    "web_visits.csv": f"""
        SELECT {number("W", "visit")} AS visit_id, {moment("day", "minute")} AS visited_at,
          {number("L", "lead")} AS lead_id, {word("page", visits.PAGES)} AS page,
          {word("page", visits.EVENTS)} AS event, seconds
        FROM visits ORDER BY visit""",
}
"""Files of text: name -> SQL of their rows."""

_LINES = f"""
    SELECT {number("Z", "line")} AS line_id, {number("V", "account")} AS contract_id,
      {number("C", "account")} AS account_id, {number("D", "deal")} AS opportunity_id,
      {number("P", "owner", 100)} AS owner_id, {word("product", plan.PRODUCTS)} AS product,
      nullif(plan, '') AS plan, {word("product", plan.SALE_TYPES)} AS sale_type,
      {real_date("start")} AS starts_on,
      {real_date("lines.end")} AS ends_on, quantity::BIGINT AS quantity,
      (price / 100)::DOUBLE AS unit_price, {word("billing", sold.BILLING)} AS billing_period,
      {word("currency", plan.CURRENCIES)} AS currency, (discount / 100)::DOUBLE AS discount,
      {real_date("booked")} AS booked_on, {real_date("requested")} AS cancel_requested_on,
      {real_date("cancelled")} AS cancelled_on,
      CASE WHEN delinquent = 1 THEN 'delinquent' WHEN requested >= 0 THEN 'voluntary' END
        AS cancel_reason,
      {number("Z", "replaces")} AS replaces_line_id, {word("country", plan.COUNTRIES)} AS country
    FROM lines ORDER BY line"""

WORKBOOKS = {
    "contracts.xlsx": {
        "contract_lines": _LINES,
        "contract_pauses": f"""
            SELECT {number("Z", "line")} AS line_id, {real_date("paused")} AS paused_on,
              {real_date("resumed")} AS resumed_on
            FROM pauses ORDER BY line""",
        "fx_rates": f"""
            SELECT {word("currency", plan.CURRENCIES)} AS currency, {real_date("day")} AS rate_on,
              (rate / 10000)::DOUBLE AS rate
            FROM rates ORDER BY currency, day""",
    },
    "finance.xlsx": {
        "targets": f"""
            SELECT {number("P", "person", 100)} AS person_id, NULL AS team,
              {word("quarter", periods())} AS period, {word("measure", MEASURES)} AS measure,
              target::DOUBLE AS target
            FROM targets
            UNION ALL
            SELECT NULL, team, {word("quarter", periods())}, 'bookings', target::DOUBLE
            FROM team_targets""",
        "payroll": f"""
            SELECT {number("P", "person", 100)} AS person_id,
              {word("quarter", periods())} AS period, (paid / 100)::DOUBLE AS paid_variable,
              (base / 100)::DOUBLE AS base_salary
            FROM payroll""",
    },
}
"""Workbooks of finance: name -> sheet -> SQL of its rows."""
