"""The faults planted in the exports: what a real CRM holds, each with the rows it touches."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from salesplan.errors import InputError


@dataclass(frozen=True)
class Fault:
    """One kind of fault: where it stands, how many rows have it, and the SQL that plants it."""

    name: str
    file: str
    table: str
    column: str
    rows: int
    meaning: str
    sql: str


_CLOSED = """"Deal Stage" = 'Lost' AND "Pipeline" = 'Sales Pipeline'"""
_CLOUD = """ AND "Product" = 'Talvero Cloud'"""
_OPEN = """"Deal Stage" = 'Qualified'"""


def _some(of: str, where: str, key: str, rows: int, skip: int) -> str:
    """Return SQL for the keys of a few rows that meet a condition, always the same ones."""
    return f"(SELECT {key} FROM {of} WHERE {where} ORDER BY {key} LIMIT {rows} OFFSET {skip})"


def _deals(change: str, where: str, rows: int, skip: int) -> str:
    chosen = _some("deals", where, '"Record ID"', rows, skip)
    return f'UPDATE deals SET {change} WHERE "Record ID" IN {chosen}'


def _copy(table: str, key: str, new: str, replaced: str, where: str, rows: int, skip: int) -> str:
    chosen = _some(table, where, key, rows, skip)
    more = f", {replaced}" if replaced else ""
    return (
        f"INSERT INTO {table} SELECT * REPLACE ({new} AS {key}{more}) FROM {table} "
        f"WHERE {key} IN {chosen} ORDER BY {key}"
    )


FAULTS = (
    Fault(
        "duplicate id", "deals.csv", "opportunities", "opportunity_id", 3,
        "a deal stands twice, the second time with another amount",
        _copy("deals", '"Record ID"', '"Record ID"', "'1,00' AS \"Amount\"", _CLOSED, 3, 5),
    ),
    Fault(
        "orphan account", "deals.csv", "opportunities", "account_id", 4,
        "a deal names an account that no file has",
        _deals("\"Associated Company IDs\" = 'C99' || right(\"Record ID\", 4)", _CLOSED, 4, 20),
    ),
    Fault(
        "unknown stage", "deals.csv", "opportunities", "stage", 2,
        "a deal stands in the stage Pilotphase, which the settings do not map",
        _deals("\"Deal Stage\" = 'Pilotphase'", _OPEN, 2, 1),
    ),
    Fault(
        "negative amount", "deals.csv", "opportunities", "amount", 2,
        "a deal has an amount below zero",
        _deals("\"Amount\" = '-' || \"Amount\"", _CLOSED + ' AND "Amount" IS NOT NULL', 2, 40),
    ),
    Fault(
        "close before create", "deals.csv", "opportunities", "closed_on", 3,
        "a deal was closed before it was created",
        _deals("\"Close Date\" = '02.01.2023'", _CLOSED, 3, 60),
    ),
    Fault(
        "near-miss product", "deals.csv", "opportunities", "product", 6,
        "Talvero Cloud is written TalveroCloud",
        _deals("\"Product\" = 'TalveroCloud'", _CLOSED + _CLOUD, 6, 5),
    ),
    Fault(
        "formula text", "deals.csv", "opportunities", "name", 1,
        "the name of a deal is a formula",
        _deals(
            """"Deal Name" = '=HYPERLINK("https://talvero.example/x","Click")'""", _OPEN, 1, 4
        ),
    ),
    Fault(
        "SQL text", "deals.csv", "opportunities", "name", 1,
        "the name of a deal tries to end a statement",
        _deals("\"Deal Name\" = 'Kupfer''); DROP TABLE opportunities; --'", _OPEN, 1, 5),
    ),
    Fault(
        "unreadable amount", "deals.csv", "opportunities", "amount", 2,
        "the amount of a deal is the text tbd",
        _deals("\"Amount\" = 'tbd'", _OPEN, 2, 7),
    ),
    Fault(
        "missing amount", "deals.csv", "opportunities", "amount", 2,
        "a deal was won without an amount",
        _deals("\"Amount\" = NULL", "\"Deal Stage\" = 'Renewed'", 2, 2),
    ),
    Fault(
        "script in a name", "companies.csv", "accounts", "name", 1,
        "the name of a company is a script",
        "UPDATE companies SET \"Company name\" = '<script>alert(1)</script> GmbH' "
        'WHERE "Record ID" IN '
        + _some("companies", "\"Lifecycle Stage\" = 'Prospect'", '"Record ID"', 1, 2),
    ),
    Fault(
        "impossible date", "leads.csv", "leads", "created_on", 2,
        "a lead was created on 31 February",
        _copy("leads", "lead_id", "'L9' || right(lead_id, 4)", "'31.02.2026' AS created_on",
              "status = 'Disqualified'", 2, 9),
    ),
    Fault(
        "unknown status", "activities.csv", "activities", "status", 5,
        "a no-show is called Kunde nicht da",
        _copy("activities", "activity_id", "'A9' || right(activity_id, 5)",
              "'Kunde nicht da' AS status", "status = 'No show' AND lead_id IS NULL", 5, 30),
    ),
    Fault(
        "held in the future", "activities.csv", "activities", "starts_at", 3,
        "a meeting of next year is noted as held",
        _copy("activities", "activity_id", "'A8' || right(activity_id, 5)",
              "'14.01.2027 10:00' AS starts_at",
              "kind = 'meeting' AND status = 'Completed' AND lead_id IS NULL", 3, 50),
    ),
    Fault(
        "unknown owner", "activities.csv", "activities", "owner_id", 4,
        "a call was made by a person who is not in people.csv",
        _copy("activities", "activity_id", "'A7' || right(activity_id, 5)",
              "'P999' AS owner_id", "kind = 'call' AND opportunity_id IS NULL", 4, 70),
    ),
    Fault(
        "change after closing", "deal_history.csv", "stage_changes", "changed_at", 2,
        "a lost deal changes once more after it was closed",
        "INSERT INTO deal_history SELECT * REPLACE (strftime(strptime(changed_at, "
        "'%d.%m.%Y %H:%M') + INTERVAL 20 DAY, '%d.%m.%Y %H:%M') AS changed_at, "
        "'Proposal' AS stage) FROM deal_history WHERE stage = 'Lost' "
        "ORDER BY opportunity_id LIMIT 2 OFFSET 80",
    ),
    Fault(
        "currency without a rate", "deals.csv", "opportunities", "currency", 1,
        "a deal is priced in SEK, for which finance keeps no rate",
        _deals("\"Currency\" = 'SEK'", _CLOSED, 1, 90),
    ),
    Fault(
        "end before start", "contracts.xlsx", "contract_lines", "ends_on", 2,
        "a line ends before it starts",
        _copy("contract_lines", "line_id", "'Z8' || right(line_id, 4)",
              "starts_on - 30 AS ends_on, NULL AS replaces_line_id",
              "billing_period = 'month' AND country = 'DE'", 2, 15),
    ),
)  # fmt: skip
"""Every kind of fault, in the order in which they are planted."""


def plant(connection: duckdb.DuckDBPyConnection, names: set[str]) -> None:
    """Plant the faults of the tables in ``names``; each must touch the rows it says."""
    for fault in FAULTS:
        if not any(f" {name} " in fault.sql for name in names):
            continue
        done = connection.execute(fault.sql).fetchone()
        if not done or done[0] != fault.rows:
            raise InputError(
                f"The demo company is too small for the fault {fault.name!r}: it touched "
                f"{done and done[0]} rows instead of {fault.rows}."
            )
