"""Folders as CRMs write them, loaded without a line of settings."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path

import pandas as pd
import pytest

import salesplan as sp
from salesplan import exports

FOLDERS = tomllib.loads((Path(__file__).parent / "cases" / "crm_folders.toml").read_text("utf-8"))
HUBSPOT, PIPEDRIVE, SALESFORCE = (FOLDERS[n] for n in ("hubspot", "pipedrive", "salesforce"))


@pytest.fixture
def load(tmp_path):
    """Write files into a folder and load it."""

    def loaded(files: dict[str, str], **options):
        for name, text in files.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        return sp.load(tmp_path, **{"as_of": "2026-09-30", **options})

    return loaded


@pytest.fixture(scope="module")
def public(data):
    """Return the Crm of a public folder, loaded once and without settings."""
    return functools.cache(lambda folder: sp.load(data / folder))


def issue(crm, rule: str) -> pd.DataFrame:
    return crm.issues[crm.issues["rule"] == rule]


def column(crm, table: str, name: str) -> list:
    return crm.table(table)[name].tolist()


def test_a_hubspot_export_is_deals_and_their_history(load):
    crm = load(HUBSPOT)
    assert column(crm, "opportunities", "status") == ["won", "open", "other"]
    assert crm.table("stage_changes")["stage"].tolist() == [
        "Contract Sent",
        "Closed Won",
        "Contract Sent",
    ]
    assert crm.loads["table_name"].tolist() == ["opportunities", "stage_changes"]
    unknown = issue(crm, "unknown_stage").iloc[0]
    assert (unknown["example"], unknown["row_count"], unknown["amount"]) == ("Sonderprüfung", 1, 50)
    assert 'stage = "Sonderprüfung"' in unknown["what_to_do"]


def test_one_close_date_is_a_plan_or_a_fact_never_both(load):
    deals = load(HUBSPOT).table("opportunities")
    assert deals["closed_on"].notna().tolist() == [True, False, False]
    assert deals["expected_close_on"].notna().tolist() == [False, True, True]


def test_the_stage_map_is_learned_in_the_order_of_the_visits(load):
    stages = load(HUBSPOT).table("stages")
    known = {s: (p, status) for s, p, status in stages[["stage", "position", "status"]].to_numpy()}
    assert known["Contract Sent"] == (1, "open")
    assert known["Closed Won"][1] == "won"
    assert "Sonderprüfung" not in known


def test_the_settings_stages_stand_above_everything(load):
    settings = '[[stages]]\nstage = "Sonderprüfung"\nstatus = "lost"\n'
    crm = load({**HUBSPOT, "salesplan.toml": settings})
    assert column(crm, "opportunities", "status") == ["won", "open", "lost"]
    assert issue(crm, "unknown_stage").empty
    assert column(crm, "stages", "stage") == ["Sonderprüfung"]


def test_pipedrive_names_find_their_keys(load):
    crm = load(PIPEDRIVE)
    assert column(crm, "opportunities", "account_id") == ["31", "Unbekannt AG", "31"]
    assert column(crm, "opportunities", "status") == ["won", "lost", "open"]
    assert [str(d)[:10] for d in column(crm, "opportunities", "closed_on")][:2] == [
        "2026-02-01",
        "2026-03-01",
    ]
    activity = crm.table("activities").iloc[0]
    assert (activity["opportunity_id"], activity["account_id"]) == ("7", "31")
    assert (activity["kind"], activity["status"], activity["minutes"]) == ("call", "held", 30)
    assert issue(crm, "matched_by_spelling")["row_count"].sum() == 2


def test_a_salesforce_history_begins_at_creation_and_lists_what_follows_the_close(load):
    crm = load(SALESFORCE)
    changes = crm.query(
        "SELECT opportunity_id, CAST(changed_at AS DATE) AS day, stage FROM stage_changes "
        "ORDER BY opportunity_id, changed_at, seq"
    )
    assert [
        (i[:15][-1], str(d)[:10], s)
        for i, d, s in zip(changes["opportunity_id"], changes["day"], changes["stage"], strict=True)
    ] == [
        ("1", "2026-01-01", "Proposal/Price Quote"),
        ("1", "2026-02-01", "Proposal/Price Quote"),
        ("1", "2026-03-01", "Closed Won"),
        ("1", "2026-03-05", "Proposal/Price Quote"),
        ("2", "2026-02-01", "Qualification"),
    ]
    after = issue(crm, "change_after_closing").iloc[0]
    assert after["row_count"] == 1
    assert issue(crm, "history_begun_at_creation").iloc[0]["row_count"] == 2


def test_salesforce_lookups_and_events(load):
    crm = load(SALESFORCE)
    assert pd.isna(crm.table("opportunities")["account_id"].iloc[0])
    events = crm.table("activities")
    assert events["status"].tolist() == ["held", "planned"]
    assert events["kind"].tolist() == ["meeting", "meeting"]
    assert events["opportunity_id"].notna().tolist() == [True, False]
    assert issue(crm, "held_by_date").iloc[0]["row_count"] == 2
    assert crm.table("opportunities")["probability"].tolist() == [1.0, 0.1]


WEEK = "Record ID,Deal Name,Deal Stage,Amount,Close Date,Create Date,Pipeline\n"
WEEKS = {
    "deals_2026-09-01.csv": WEEK
    + "1,a,Contract Sent,100,2026-10-01,2026-08-01,P\n"
    + "2,b,Contract Sent,50,2026-10-01,2026-08-01,P\n"
    + "4,d,Contract Sent,5,2026-10-01,2026-08-01,P\n",
    "deals_2026-09-08.csv": WEEK
    + "1,a,Closed Won,120,2026-09-05,2026-08-01,P\n"
    + "2,b,Contract Sent,50,2026-10-01,2026-08-01,P\n"
    + "3,c,Contract Sent,70,2026-11-01,2026-09-03,P\n",
}


def test_two_weekly_exports_make_history(load):
    crm = load(WEEKS, as_of="2026-09-08")
    changes = crm.query(
        "SELECT opportunity_id AS id, CAST(CAST(changed_at AS DATE) AS VARCHAR) AS day, stage, "
        "amount FROM stage_changes ORDER BY opportunity_id, changed_at"
    )
    assert changes.to_numpy().tolist() == [
        ["1", "2026-09-01", "Contract Sent", 100.0],
        ["1", "2026-09-05", "Closed Won", 120.0],
        ["2", "2026-09-01", "Contract Sent", 50.0],
        ["3", "2026-09-03", "Contract Sent", 70.0],
    ]
    assert column(crm, "opportunities", "opportunity_id") == ["1", "2", "3"]
    gone = issue(crm, "deals_gone").iloc[0]
    assert (gone["example"], gone["row_count"], gone["amount"]) == ("4", 1, 5)
    loads = crm.loads
    assert (loads["rows_read"] == loads["rows_loaded"] + loads["rows_quarantined"]).all()


def test_a_load_explains_itself_and_can_be_pinned(load, tmp_path):
    crm = load({**PIPEDRIVE, **HUBSPOT})
    told = exports.explain(crm)
    assert list(told.columns) == [
        *("file", "table_name", "profile", "score", "evidence", "column_name", "header"),
    ]
    by_column = told[told["file"] == "deals.csv"].set_index("column_name")["header"]
    assert by_column["stage"] == "Deal - Phase"
    assert set(told["profile"]) == {"pipedrive", "hubspot"}

    pinned = exports.settings_toml(crm)
    (tmp_path / "salesplan.toml").write_text(pinned, encoding="utf-8")
    again = sp.load(tmp_path, as_of="2026-09-30")
    for table in ("opportunities", "accounts", "activities", "stages", "stage_changes"):
        pd.testing.assert_frame_equal(again.table(table), crm.table(table))


def test_a_book_without_a_load_explains_nothing(crm):
    assert exports.explain(crm).empty
    assert "stages" in exports.settings_toml(crm)


@pytest.mark.parametrize(
    ("folder", "profile"),
    [("zoho_sample", "zoho"), ("maven_crm", "plain"), ("acceldata_synth", "plain")],
)
def test_public_folders_load_without_settings(public, folder, profile):
    crm = public(folder)
    assert set(crm.loads["profile"]) == {profile}
    loads = crm.loads
    assert (loads["rows_read"] == loads["rows_loaded"] + loads["rows_quarantined"]).all()
    assert set(column(crm, "opportunities", "status")) <= {"open", "won", "lost"}


def test_the_product_missing_from_the_price_list_is_suggested(public):
    crm = public("maven_crm")
    near = issue(crm, "near_miss").iloc[0]
    assert (near["example"], near["row_count"]) == ("GTXPro / GTX Pro", 1480)
    assert near["amount"] == 3510578
    assert (crm.table("opportunities")["product"] == "GTXPro").sum() == 1480


def test_zoho_spellings_and_keys(public):
    crm = public("zoho_sample")
    assert "OnlineStore / Online Store" in set(issue(crm, "near_miss")["example"])
    assert crm.counts["opportunities"] == 3632
    assert crm.table("opportunities")["owner_id"].str.isdigit().all()


def test_the_order_of_stages_is_learned_from_the_history(public):
    stages = public("acceldata_synth").table("stages").dropna(subset=["position"])
    assert stages.sort_values("position")["stage"].tolist() == [
        "Discovery",
        "Technical Validation",
        "POC",
        "Business Case",
        "Negotiation/Procurement",
    ]
