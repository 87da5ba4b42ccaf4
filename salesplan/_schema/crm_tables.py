"""People, accounts, contacts and leads."""

from __future__ import annotations

from salesplan._schema.columns import Column as C  # noqa: N817 - sixty lines start with it
from salesplan._schema.columns import Table

PEOPLE_AND_ACCOUNTS: tuple[Table, ...] = (
    Table(
        "people",
        "one row per seller, manager or team assistant",
        ("person_id",),
        ("compensation", "effort", "action plans"),
        (
            C("person_id", "text", "identifier of the person in the CRM", required=True),
            C("name", "text", "full name", personal=True),
            C("email", "text", "work e-mail", personal=True),
            C("role", "text", "role that sets targets and cost, such as field or inside"),
            C("team", "text", "team the person sells in"),
            C("manager_id", "text", "the person's manager", refers_to="people"),
            C("seniority", "text", "junior, confirmed or senior, as the company names them"),
            C("territory", "text", "territory or region"),
            C("hired_on", "date", "first working day"),
            C("left_on", "date", "last working day; empty while employed"),
            C("fte", "rate", "share of full time", unit="0..1"),
            C(
                "target_variable",
                "money",
                "variable pay of a year at 100 % of every goal",
                unit="reporting currency a year",
            ),
        ),
    ),
    Table(
        "accounts",
        "one row per company, customer or prospect",
        ("account_id",),
        ("funnel", "pipeline", "revenue", "effort"),
        (
            C("account_id", "text", "identifier of the account", required=True),
            C("name", "text", "company name"),
            C("status", "text", "customer, prospect, former customer, competitor, ..."),
            C("segment", "text", "segment such as gold, silver or bronze"),
            C("tags", "text", "tags as the CRM has them, separated by ;"),
            C("industry", "text", "industry or sector"),
            C("country", "text", "country, ISO code or name"),
            C("owner_id", "text", "seller in charge of the account", refers_to="people"),
            C("parent_id", "text", "account above it in a group", refers_to="accounts"),
            C(
                "merged_into_id",
                "text",
                "account that this one was merged into",
                refers_to="accounts",
            ),
            C(
                "potential_amount",
                "money",
                "what the account could buy in a year",
                unit="reporting currency",
            ),
            C("employee_count", "integer", "employees"),
            C("created_on", "date", "day the account entered the CRM"),
        ),
    ),
    Table(
        "contacts",
        "one row per person at an account",
        ("contact_id",),
        ("pipeline",),
        (
            C("contact_id", "text", "identifier of the contact", required=True),
            C("account_id", "text", "account the contact works for", refers_to="accounts"),
            C("name", "text", "full name", personal=True),
            C("email", "text", "e-mail", personal=True),
            C("phone", "text", "phone number", personal=True),
            C("job_title", "text", "job title"),
            C("created_on", "date", "day the contact entered the CRM"),
        ),
    ),
    Table(
        "contact_roles",
        "the part a contact plays in an opportunity",
        ("opportunity_id", "contact_id"),
        ("pipeline",),
        (
            C("opportunity_id", "text", "opportunity", required=True, refers_to="opportunities"),
            C("contact_id", "text", "contact", required=True, refers_to="contacts"),
            C("role", "text", "decides, influences, promotes or opposes"),
        ),
    ),
    Table(
        "leads",
        "one row per enquiry or captured lead",
        ("lead_id",),
        ("acquisition", "funnel"),
        (
            C("lead_id", "text", "identifier of the lead", required=True),
            C("created_on", "date", "day the lead was captured"),
            C("channel", "text", "channel it came from"),
            C("campaign", "text", "campaign it came from"),
            C("status", "text", "status as the CRM has it"),
            C("owner_id", "text", "person who works the lead", refers_to="people"),
            C("score", "number", "score given by the CRM or marketing tool"),
            C("account_id", "text", "account it became", refers_to="accounts"),
            C("opportunity_id", "text", "opportunity it became", refers_to="opportunities"),
            C("qualified_on", "date", "day marketing or inside sales qualified it"),
            C("accepted_on", "date", "day sales accepted it"),
            C("country", "text", "country"),
        ),
    ),
    Table(
        "lead_touches",
        "one row per contact of a lead with a channel, in time",
        ("lead_id", "touched_at", "channel"),
        ("acquisition",),
        (
            C("lead_id", "text", "lead", required=True, refers_to="leads"),
            C("touched_at", "timestamp", "when", required=True),
            C("channel", "text", "channel of the touch"),
            C("campaign", "text", "campaign of the touch"),
        ),
    ),
)
