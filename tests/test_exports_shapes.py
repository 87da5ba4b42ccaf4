"""Exports that are not one row per thing come out as rows of their table."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest

import salesplan as sp
from salesplan import exports
from salesplan.exports.ids import folded_id, salesforce_18
from salesplan.exports.wide import history_column, history_columns, is_history

SETTINGS = sp.settings.Settings()


def read(file: str, headers: list[str], rows: list[list[str | None]]) -> dict[str, pd.DataFrame]:
    """Return, per table, what the SQL of the shapes makes of a file; still text."""
    engine = duckdb.connect()
    names = [f"c{i}" for i in range(len(headers))]
    engine.execute(f"CREATE TABLE raw ({', '.join(f'{n} VARCHAR' for n in names)})")
    for row in rows:
        engine.execute(f"INSERT INTO raw VALUES ({', '.join('?' * len(row))})", row)
    frames = {}
    for found in exports.recognise(file, headers, SETTINGS):
        selection = exports.selection(found, lambda h: f"NULLIF(trim(c{headers.index(h)}), '')")
        factors = {c: f"::DOUBLE * {factor}" for c, factor in selection.scale.items()}
        cells = [f"({sql}){factors.get(c, '')} AS {c}" for c, sql in selection.columns.items()]
        where = f"WHERE {selection.where}" if selection.where else ""
        frames[found.table] = engine.execute(
            f"SELECT {', '.join(cells)} FROM raw {selection.join} {where}"
        ).df()
    return frames


HUBSPOT = ["Record ID", "Deal Name", "Deal Stage", "Pipeline", "Amount", "Close Date"]


def test_a_wide_history_becomes_one_row_per_stage_entered():
    headers = [
        *HUBSPOT,
        'Date entered "Contract Sent (Sales Pipeline)"',
        'Date entered "Closed Won (Sales Pipeline)"',
        'Date exited "Contract Sent (Sales Pipeline)"',
        'Cumulative time in "Contract Sent (Sales Pipeline)"',
    ]
    rows = [
        ["1", "a", "Closed Won", "Sales Pipeline", "10", "2026-02-02", "2026-01-05 09:00",
         "2026-02-02 10:00", "2026-02-02 10:00", "2422800"],
        ["2", "b", "Contract Sent", "Sales Pipeline", "20", "2026-12-01", "2026-03-01 08:00",
         "", "", ""],
    ]  # fmt: skip
    tables = read("hubspot-crm-exports-all-deals.csv", headers, rows)
    changes = tables["stage_changes"].sort_values(["opportunity_id", "changed_at"])
    assert changes[["opportunity_id", "stage", "changed_at"]].to_numpy().tolist() == [
        ["1", "Contract Sent", "2026-01-05 09:00"],
        ["1", "Closed Won", "2026-02-02 10:00"],
        ["2", "Contract Sent", "2026-03-01 08:00"],
    ]
    assert tables["opportunities"]["opportunity_id"].tolist() == ["1", "2"]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('Date entered "Won (New (EU) business)"', ("Won", "New (EU) business")),
        ("Date entered 'Lead (Lifecycle Stage Pipeline)'", ("Lead", "Lifecycle Stage Pipeline")),
        ("Date entered “It's signed (Sales)”", ("It's signed", "Sales")),
        ("Date d'entrée dans « Devis (Ventes) »", ("Devis", "Ventes")),
        ('Date d’entrée "Étape d\'essai (Ventes)"', ("Étape d'essai", "Ventes")),
        ("Eingabedatum „Angebot (Vertrieb)“", ("Angebot", "Vertrieb")),
        ('date entered "No pipeline"', ("No pipeline", "")),
        ("hs_v2_date_entered_appointmentscheduled", ("appointmentscheduled", "")),
        ("hs_date_entered_12345", ("12345", "")),
        ('Date exited "Won (Sales)"', None),
        ('Latest time in "Won (Sales)"', None),
        ("Date entered current stage", None),
        ("Close Date", None),
    ],
)
def test_wide_headers_name_stage_and_pipeline(header, expected):
    assert history_column(header) == expected


def test_a_life_cycle_is_no_deal_history():
    lead = "Date entered 'Lead (Lifecycle Stage Pipeline)'"
    assert is_history(lead)
    assert not is_history(lead, "deals")
    assert history_columns([lead, 'Date entered "Won (Sales)"']) == (
        ('Date entered "Won (Sales)"', "Won", "Sales"),
    )


def test_hostile_stage_names_stay_text():
    evil = "'); DROP TABLE raw; --"
    headers = [*HUBSPOT, f'Date entered "{evil} (P)"']
    rows = [["1", "a", evil, "P", "10", "", "2026-01-05 09:00"]]
    assert read("deals.csv", headers, rows)["stage_changes"]["stage"].tolist() == [evil]


OPPORTUNITY = ["Id", "Name", "StageName", "CloseDate", "IsWon", "IsClosed", "OwnerId"]


def test_flags_tell_won_and_lost_whatever_the_stage_is_called():
    rows = [
        ["006a", "w", "Erledigt", "2026-01-01", "1", "1", "u"],
        ["006b", "l", "Erledigt", "2026-01-01", "0", "1", "u"],
        ["006c", "o", "Erledigt", "2026-01-01", "false", "false", "u"],
    ]
    deals = read("Opportunity.csv", OPPORTUNITY, rows)["opportunities"]
    assert deals["status"].tolist() == ["won", "lost", "open"]


def test_dates_of_winning_and_losing_are_flags_too():
    headers = ["date_created", "lead_name", "status", "date_won", "date_lost", "confidence",
               "user_name", "note", "value", "value_period"]  # fmt: skip
    rows = [
        ["2026-01-01", "A", "Signed", "2026-02-01", "", "100", "u", "", "100", "monthly"],
        ["2026-01-01", "B", "Gone", "", "2026-02-02", "0", "u", "", "500", "annual"],
        ["2026-01-01", "C", "Active", "", "", "50", "u", "", "900", "one_time"],
    ]
    deals = read("close.csv", headers, rows)["opportunities"]
    assert deals["status"].tolist() == ["won", "lost", "Active"]
    assert deals["closed_on"].tolist()[:2] == ["2026-02-01", "2026-02-02"]
    assert deals["amount"].astype(float).tolist() == [1200.0, 500.0, 900.0]


def test_field_history_carries_the_stage_of_its_time():
    headers = ["Id", "IsDeleted", "OpportunityId", "CreatedById", "CreatedDate", "Field",
               "OldValue", "NewValue"]  # fmt: skip
    rows = [
        ["h1", "0", "006A", "u", "2026-01-01 00:00:00", "Amount", "1", "2"],
        ["h2", "0", "006A", "u", "2026-01-02 00:00:00", "StageName", "Lead", "Demo"],
        ["h3", "0", "006A", "u", "2026-01-02 00:00:00", "CloseDate", "2026-01-09", "2026-02-02"],
        ["h4", "0", "006B", "u", "2026-01-02 00:00:00", "Amount", "5", "6"],
    ]
    found = read("OpportunityFieldHistory.csv", headers, rows)["stage_changes"]
    found = found.sort_values(["opportunity_id", "seq"])
    assert found["stage"].tolist() == ["Lead", "Demo", "Demo", "(stage of the deal)"]
    assert found["seq"].tolist() == ["1", "2", "3", "1"]
    assert found["expected_close_on"].dropna().tolist() == ["2026-02-02"]


def test_saves_of_one_second_keep_the_order_of_their_ids():
    headers = ["Id", "OpportunityId", "CreatedDate", "StageName", "Amount", "CloseDate",
               "SystemModstamp", "ForecastCategory"]  # fmt: skip
    same = "2026-01-02 00:00:00"
    rows = [
        ["008C", "006A", same, "Closed Won", "1", "2026-01-02", same, "Closed"],
        ["008A", "006A", same, "Demo", "1", "2026-01-02", same, "Pipeline"],
        ["008B", "006A", same, "Proposal", "1", "2026-01-02", same, "Pipeline"],
    ]
    for given in (rows, rows[::-1]):
        found = read("OpportunityHistory.csv", headers, given)["stage_changes"]
        ordered = found.sort_values("seq")["stage"].tolist()
        assert ordered == ["Demo", "Proposal", "Closed Won"]


def test_one_column_of_ids_is_parted_by_what_they_are():
    headers = ["Id", "WhoId", "WhatId", "Subject", "ActivityDate", "Status", "TaskSubtype",
               "CallDurationInSeconds", "CompletedDateTime"]  # fmt: skip
    lead, contact = "00Q000000000001AAA", "003000000000001AAA"
    deal, account = "006000000000001", "001000000000001AAA"
    rows = [
        ["1", lead, deal, "s", "2026-01-01", "Completed", "Call", "90", ""],
        ["2", contact, account, "s", "", "Completed", "", "", "2026-01-03 10:00:00"],
    ]
    tasks = read("Task.csv", headers, rows)["activities"]
    assert tasks["lead_id"].tolist()[0] == lead
    assert tasks["contact_id"].tolist()[1] == contact
    assert tasks["opportunity_id"].tolist()[0] == salesforce_18(deal)
    assert tasks["opportunity_id"].isna().tolist() == [False, True]
    assert tasks["minutes"].tolist()[0] == 1.5
    assert tasks["starts_at"].tolist() == ["2026-01-01", "2026-01-03 10:00:00"]
    assert tasks["kind"].tolist() == ["Call", "task"]


def test_date_and_time_in_two_columns_are_joined_and_clocks_become_minutes():
    headers = ["Activity - Subject", "Activity - Due date", "Activity - Due time",
               "Activity - Type", "Activity - Done", "Activity - Duration"]  # fmt: skip
    rows = [
        ["a", "2026-01-01", "10:30", "Call", "Done", "01:30"],
        ["b", "2026-01-02", "", "Meeting", "To do", "45"],
    ]
    found = read("activities.csv", headers, rows)["activities"]
    assert found["starts_at"].tolist() == ["2026-01-01 10:30", "2026-01-02"]
    assert found["minutes"].tolist() == [90.0, 45.0]


def fold_in_engine(text: str, rule: str) -> str | None:
    return duckdb.execute(
        f"SELECT {folded_id('t', rule)} FROM (SELECT ?::VARCHAR AS t)", [text]
    ).fetchone()[0]


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("0061r00000Abcde", "0061r00000AbcdeAAB"),
        ("001000000000001", "001000000000001AAA"),
        ("00Q0Y00000ABCDE", salesforce_18("00Q0Y00000ABCDE")),
    ],
)
def test_salesforce_ids_of_both_lengths_meet(short, long):
    assert salesforce_18(short) == long
    assert fold_in_engine(short, "salesforce") == long
    assert fold_in_engine(long, "salesforce") == long


def test_capitals_tell_short_ids_apart():
    assert salesforce_18("0061r00000Abcde") != salesforce_18("0061r00000abcde")


@pytest.mark.parametrize(
    ("text", "rule", "expected"),
    [
        ("zcrm_4150868000001", "zoho", "4150868000001"),
        ("4150868000001", "zoho", "4150868000001"),
        ("0", "zoho", None),
        ("{A1B2C3D4-0000-1111-2222-333344445555}", "guid", "a1b2c3d4-0000-1111-2222-333344445555"),
        ("Contoso", "guid", "Contoso"),
        ("Fifteen Letters", "salesforce", "Fifteen Letters"),
        ("Mustermann_GmbH", "salesforce", "Mustermann_GmbH"),
        ("Northwindtrade1", "salesforce", "Northwindtrade1"),
    ],
)
def test_ids_fold_by_the_rule_of_their_crm(text, rule, expected):
    assert fold_in_engine(text, rule) == expected
