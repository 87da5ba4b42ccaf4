"""The headers that fifteen CRMs really write are taken for what they are."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

import salesplan as sp
from salesplan import exports
from salesplan.exports.names import fold, squeeze, unnumbered
from salesplan.settings import FileRule, Settings

CASES = tomllib.loads((Path(__file__).parent / "cases" / "crm_headers.toml").read_text("utf-8"))
NONE = Settings()
BY_OBJECT = {
    "opportunit": "opportunities",
    "deal": "opportunities",
    "potential": "opportunities",
    "crm.lead": "opportunities",
    "lead": "leads",
    "activit": "activities",
    "task": "activities",
    "event": "activities",
    "contact": "contacts",
}
PROFILES = {
    "salesforce": {"salesforce_report", "salesforce_data_export"},
}


def case_id(case):
    return f"{case['crm']} {case['what']} {case['locale']}"[:60]


@pytest.mark.parametrize("case", CASES["export"], ids=case_id)
def test_a_header_list_resolves(case):
    found = exports.recognise("export.csv", case["headers"], NONE)
    assert [f.table for f in found] == case["tables"]
    assert found[0].profile == case["profile"]
    assert found[0].columns == case["columns"]
    assert found[0].constants == case.get("constants", {})
    assert [list(column) for column in found[-1].wide] == case.get("history", [])


@pytest.mark.parametrize("case", CASES["export"], ids=case_id)
def test_headers_may_come_in_any_order_and_case_and_with_custom_columns(case):
    changed = [h.upper().replace("'", "’") for h in reversed(case["headers"])]
    custom = ["\ufeffMy own column", "Zweite eigene"] if len(changed) > 5 else []
    found = exports.recognise("export.csv", [*custom, *changed], NONE)
    assert found
    assert found[0].table == case["tables"][0]
    missing = set(case["columns"]) - set(found[0].columns) - {"stage", "status"}
    assert not missing


def table_of(what: str) -> str:
    if "history" in what.lower() and "stage_history" not in what.lower():
        return "stage_changes"
    return next(t for word, t in BY_OBJECT.items() if word in what.lower())


def test_every_list_of_the_conformance_suite_resolves(cases):
    known = json.loads((cases / "crm_headers.json").read_text("utf-8"))["headers"]
    for entry in known:
        if not entry["headers"]:
            continue
        headers = entry["headers"]
        if "|" in headers:  # two files side by side
            headers = headers[: headers.index("|")]
        found = exports.recognise("file.csv", headers, NONE)
        expected = table_of(entry["object"].replace("OpportunityHistory", "history"))
        assert found, entry["object"]
        assert found[0].table == expected, entry["object"]
        profiles = PROFILES.get(entry["crm"], {entry["crm"]})
        assert found[0].profile in profiles, entry["object"]
        if "map" in entry and entry["crm"] == "espocrm":
            assert found[0].columns["stage"] == entry["map"]["stage"]
            assert found[0].columns["amount"] == entry["map"]["amount"]
            words = {fold(w): v for w, v in found[0].values["status"].items()}
            assert words[fold(entry["stages"]["Closed Won"])] == "won"
            assert words[fold(entry["stages"]["Closed Lost"])] == "lost"
            assert all(fold(word) in words for word in entry["stages"].values())


@pytest.mark.parametrize("name", sorted(exports.profiles()))
def test_each_export_of_a_profile_recognises_its_own_headers(name):
    for export, declared in exports.profiles()[name].exports.items():
        if declared.beside:
            continue
        first = {column: names[0] for column, names in declared.columns.items()}
        prefix = next((p for p in declared.prefixes if p), "")
        bare = not prefix or "" in declared.prefixes
        headers = [h if bare else f"{prefix} - {h}" for h in first.values()]
        headers += [names[0] for names in declared.helpers.values()] + list(declared.known[:12])
        rule = Settings(files={"*": FileRule(profile=name, table=declared.table)})
        found = exports.recognise(f"{declared.files[0]}.csv", list(dict.fromkeys(headers)), rule)
        assert found, export
        assert found[0].profile == name
        assert found[0].table == declared.table


def test_the_fifteen_profiles_are_there_and_say_how_well_they_are_known():
    known = exports.catalogue()
    wanted = {
        *("plain", "salesforce_report", "salesforce_data_export", "hubspot", "pipedrive", "zoho"),
        *("dynamics365", "odoo", "espocrm", "suitecrm", "close", "freshsales", "sellsy"),
        *("koban", "bitrix24"),
    }
    assert wanted <= set(known["profile"])
    weak = set(known.loc[known["evidence"] == "weak", "profile"])
    assert {"koban", "freshsales", "suitecrm"} <= weak
    assert "hubspot" not in weak
    assert known["history"].str.len().min() > 0


def test_a_weak_profile_says_so_in_its_evidence():
    headers = ["Libellé", "Compte > Code", "Étape commerciale", "CA prévisionnel", "Commercial"]
    found = exports.recognise("x.csv", headers, NONE)[0]
    assert found.profile == "koban"
    assert "weak evidence" in found.evidence


def test_an_unknown_file_is_nothing():
    assert exports.recognise("data_dictionary.csv", ["Table", "Field", "Description"], NONE) == []
    assert exports.recognise("x.csv", ["a", "b"], NONE) == []
    assert exports.recognise("x.csv", [], NONE) == []
    assert exports.recognise("x.csv", ["", "  "], NONE) == []


def test_two_readings_that_matter_are_said_to_tie():
    # Name and stage alone: no CRM is more likely than another, and each reads them alike.
    found = exports.recognise("x.csv", ["Name", "Email"], NONE)
    assert not found or "tie" in found[0].evidence or "weak" in found[0].evidence


def test_settings_win_over_profiles():
    headers = ["Record ID", "Deal Name", "Deal Stage", "Amount", "ACV", "Deal owner"]
    pinned = Settings(
        columns={"opportunities": {"amount": "acv"}},
        values={"opportunities": {"status": {"Closed Won": "lost", "Zusage": "won"}}},
    )
    found = exports.recognise("deals.csv", headers, pinned)[0]
    assert found.columns["amount"] == "ACV"
    assert found.values["status"]["Closed Won"] == "lost"
    assert found.values["status"]["Zusage"] == "won"
    assert found.values["status"]["Closed Lost"] == "lost"

    as_leads = Settings(files={"deals*.csv": FileRule(table="accounts")})
    assert exports.recognise("deals.csv", headers, as_leads)[0].table == "accounts"
    ignored = Settings(files={"DEALS*": FileRule(ignore=True)})
    assert exports.recognise("deals.csv", headers, ignored) == []
    as_zoho = Settings(files={"deals.csv": FileRule(profile="zoho")})
    assert exports.recognise("folder/deals.csv", headers, as_zoho)[0].profile == "zoho"


def test_an_unknown_profile_names_the_nearest():
    pinned = Settings(files={"*": FileRule(profile="hubspt")})
    with pytest.raises(sp.errors.UnknownNameError, match="Did you mean 'hubspot'"):
        exports.recognise("deals.csv", ["Record ID"], pinned)


def test_a_repeated_field_gives_way_to_the_field_itself():
    headers = ["Opportunity ID", "Opportunity Name", "Stage", "Close Date (2)", "Close Date"]
    found = exports.recognise("report.csv", headers, NONE)[0]
    assert found.columns["expected_close_on"] == "Close Date"
    alone = exports.recognise("report.csv", [*headers[:4], "Fiscal Period"], NONE)[0]
    assert alone.columns["expected_close_on"] == "Close Date (2)"


def test_the_currency_beside_an_amount_is_found():
    headers = ["Opportunity Name", "Stage", "Close Date", "Total Amount Currency", "Total Amount"]
    assert (
        exports.recognise("r.csv", headers, NONE)[0].columns["currency"] == "Total Amount Currency"
    )


@pytest.mark.parametrize(
    ("written", "other"),
    [
        ("Date d’échéance", "Date d'echeance"),
        ("Prénom\xa0du contact", "prenom du contact"),
        ("E-Mail-Adresse", "e mail adresse"),
        ("STRASSE", "straße"),
        ("\ufeffId", "id"),
        ("Probability (%)", "Probability, %"),
    ],
)
def test_headers_fold_to_one_form(written, other):
    assert fold(written) == fold(other)


def test_words_run_together_match_too():
    assert squeeze("StageName") == squeeze("Stage Name") == squeeze("stage_name")
    assert unnumbered("Opportunity ID (2)") == "Opportunity ID"


def test_value_maps_only_use_values_that_exist():
    for name, crm in exports.profiles().items():
        for export, declared in crm.exports.items():
            table = sp.schema.table(declared.table)
            for column, values in declared.values.items():
                allowed = table.column(column).values
                if allowed:
                    assert set(values) <= set(allowed), (name, export, column)
                words = [fold(w) for said in values.values() for w in said]
                doubled = {w for w in words if words.count(w) > 1}
                same = {
                    w: {v for v, said in values.items() if w in map(fold, said)} for w in doubled
                }
                assert all(len(v) == 1 for v in same.values()), (name, export, column, same)
