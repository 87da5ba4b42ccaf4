"""Exports that nobody tuned the library for: what is read, what is said, what is asked."""

from __future__ import annotations

import pytest

import salesplan as sp
from salesplan.errors import ExportError
from salesplan.settings import Settings


@pytest.fixture
def load(tmp_path):
    """Write files into a folder and load it."""

    def loaded(files: dict[str, str], **options) -> sp.Crm:
        for name, text in files.items():
            coding = "utf-16" if name.endswith(".tsv") else "utf-8"
            (tmp_path / name).write_text(text, encoding=coding)
        return sp.load(tmp_path, **options)

    return loaded


def issue(crm: sp.Crm, rule: str):
    return crm.issues[crm.issues["rule"] == rule]


LINE = "line_id,customer,start date,price,billing cycle,currency\nL1,A,2026-01-01,10,monthly,"


@pytest.mark.parametrize("said", ["usd", "US Dollar", "US-Dollar", "USD - US Dollar", "Dollar US"])
def test_currencies_in_words_become_codes(load, said):
    crm = load({"subscriptions.csv": LINE + said}, settings=Settings(currency="USD"))
    assert crm.table("contract_lines")["currency"].tolist() == ["USD"]
    assert issue(crm, "unknown_currency").empty


def test_a_dollar_sign_alone_is_asked_about(load):
    crm = load({"subscriptions.csv": LINE + "$"})
    assert issue(crm, "unknown_currency")["row_count"].tolist() == [1]


MIXED = f"{LINE}SEK\nL2,B,2026-01-01,10,monthly,EUR\n"


def test_a_missing_rate_says_both_ways_out(load):
    to_do = issue(load({"subscriptions.csv": MIXED}), "missing_fx_rate")["what_to_do"]
    assert 'currency = "SEK"' in to_do.iloc[0]


def test_a_book_all_in_one_foreign_currency_is_one_of_that_currency(load):
    deal = "Deal Name,Deal Stage,Amount,Currency,Close Date\nA,Closed Won,70,SEK,2026-02-01\n"
    crm = load({"subscriptions.csv": f"{LINE}SEK\n", "deals.csv": deal})
    assert (crm.settings.currency, crm.fact("currency")) == ("SEK", "SEK")
    assert sp.revenue.mrr(crm)["mrr_amount"].tolist()[-1] == 10
    assert crm.query("SELECT home_amount FROM deal_money")["home_amount"].tolist() == [70]
    assert issue(crm, "missing_fx_rate").empty
    assert issue(crm, "currency_derived")[["severity", "example"]].to_numpy().tolist() == [
        ["note", "SEK"]
    ]


def test_a_kept_book_knows_its_currency(load, tmp_path):
    load({"subscriptions.csv": f"{LINE}SEK\n"}, into=tmp_path / "book.duckdb")
    assert sp.open(tmp_path / "book.duckdb").settings.currency == "SEK"


@pytest.mark.parametrize(
    "lines",
    [
        MIXED,
        f"{LINE}SEK\nL2,B,2026-01-01,10,monthly,\n",
        f"{LINE}SEK\nL2,B,2026-01-01,10,monthly,USD\n",
    ],
)
def test_several_currencies_stay_a_question(load, lines):
    crm = load({"subscriptions.csv": lines})
    assert crm.settings.currency == "EUR"
    assert not issue(crm, "missing_fx_rate").empty


def test_a_currency_that_is_given_stands(load):
    crm = load({"subscriptions.csv": f"{LINE}SEK\n"}, settings=Settings(currency="EUR"))
    assert issue(crm, "missing_fx_rate")["row_count"].tolist() == [1]


def test_customers_are_older_than_what_they_buy(load):
    accounts = "account_id,account name,industry,signup_date\nA,Acme,Steel,2023-05-01\n"
    lines = "subscription_id,account_id,start_date,end_date,mrr\n1,A,2024-11-02,,10\n"
    crm = load({"accounts.csv": accounts, "subscriptions.csv": lines})
    assert str(crm.as_of) == "2024-11-02"


def test_costs_without_an_amount_are_said(load):
    headers = "Campaign_ID,Channel_Used,Acquisition_Cost,Clicks,Impressions,Date\n"
    crm = load({"marketing.csv": headers + "1,Web,$9,1,2,2021-01-01\n"})
    found = issue(crm, "column_not_found").iloc[0]
    assert (found["table_name"], found["column_name"]) == ("costs", "amount")
    assert "[columns.costs] amount" in found["what_to_do"]


def test_hours_of_people_are_a_cost_too(load):
    crm = load({"costs.csv": "month,channel,hours,role\n2026-01-01,Web,10,sdr\n"})
    assert issue(crm, "column_not_found").empty


def test_a_file_that_lacks_one_column_says_which(load):
    text = "date,customer_id,mrr,plan\n2024-01-01,C1,10,Pro\n"
    with pytest.raises(ExportError, match=r"contract_lines, but starts_on is missing.*ignore"):
        load({"saas_mrr.csv": text})
    deals = "Deal Name,Deal Stage,Amount,Close Date\nA,Won,10,2026-01-01\n"
    told = issue(load({"saas_mrr.csv": text, "deals.csv": deals}), "unused_file").iloc[0]
    assert told["file"] == "saas_mrr.csv"
    assert '[columns.contract_lines] starts_on = "..."' in told["what_to_do"]


META = (
    "Reporting starts,Reporting ends,Campaign name,Campaign delivery,Results,Impressions,"
    '"Amount spent (EUR)",Link clicks\n'
)
CAMPAIGNS = (
    "2026-08-01,2026-08-31,Autumn,active,20,18000,200.50,250\n"
    "2026-08-01,2026-08-31,Fair,active,5,12000,99.50,150\n"
)


def test_a_row_of_totals_among_campaigns_is_no_cost(load):
    crm = load({"report.csv": META + "2026-08-01,2026-08-31,,,,30000,300,400\n" + CAMPAIGNS})
    costs = crm.table("costs")
    assert costs["amount"].sum() == 300
    assert costs["channel"].unique().tolist() == ["Meta Ads"]
    assert issue(crm, "total")["example"].iloc[0].startswith("line 2:")


def test_a_cost_without_a_campaign_is_a_cost_all_the_same(load):
    crm = load({"report.csv": META + "2026-08-01,2026-08-31,,,,30000,300.01,400\n" + CAMPAIGNS})
    assert crm.table("costs")["amount"].sum() == 600.01


GOOGLE = """Campaign report
"September 1, 2026 - September 3, 2026"
Day,Campaign state,Campaign,Currency code,Clicks,Impr.,CTR,Cost,Conversions,Cost / conv.
2026-09-01,Enabled,Brand,EUR,120,"1,234",9.72%,62.40,4.00,15.60
2026-09-02,Enabled,Brand,EUR,100,"1,000",10.00%,"1,050.00",3.50,14.29
Total: Campaigns, --, --,EUR,220,"2,234",9.85%,"1,112.40",7.50,148.32
"""


def test_titles_above_and_totals_below_a_report_of_advertising(load):
    costs = load({"Campaign report.csv": GOOGLE}).table("costs")
    assert costs["amount"].tolist() == [62.4, 1050.0]
    assert costs["impressions"].tolist() == [1234, 1000]
    assert costs["enquiries"].tolist() == [4.0, 3.5]


LINKEDIN = (
    "Campaign Performance Report (in UTC)\n"
    '"Report Start: August 1, 2026, 12:00 AM"\n'
    '"Report End: August 31, 2026, 11:59 PM"\n'
    '"Date Generated: September 2, 2026, 8:01 AM"\n\n'
    "Start Date (in UTC)\tCampaign Group Name\tCampaign Name\tTotal Spent\tImpressions\tClicks\t"
    "Leads\n"
    "8/1/2026\tQ3\tABM\t48.21\t5,210\t31\t2\n"
    "8/14/2026\tQ3\tABM\t1,051.79\t4,900\t28\t1\n"
)


def test_a_short_table_below_many_titles(load):
    costs = load({"report.tsv": LINKEDIN}).table("costs")
    assert costs["amount"].tolist() == [48.21, 1051.79]
    assert costs["channel"].unique().tolist() == ["LinkedIn Ads"]


ACCOUNTS = "account_id,name,industry,country\n501,Acme,Steel,DE\n502,Beta,Steel,FR\n"
DEAL = "Deal ID,Deal Name,Account ID,Deal Stage,Amount,Close Date\n"


@pytest.mark.parametrize(
    ("said", "found", "rule"),
    [
        ("502;503", "502", "matched_by_first"),
        ("Beta; Gamma", "502", "matched_by_first"),
        ("501.0", "501", "matched_by_spelling"),
        ("503;502", "503;502", "unmatched_key"),
        ("501.5", "501.5", "unmatched_key"),
    ],
)
def test_an_account_among_several_and_as_a_decimal(load, said, found, rule):
    crm = load({"accounts.csv": ACCOUNTS, "deals.csv": f"{DEAL}1,A,{said},Won,5,2026-02-01\n"})
    assert crm.table("opportunities")["account_id"].tolist() == [found]
    assert rule in set(crm.issues["rule"])


def test_mrr_by_month_is_not_added_up_over_the_months(load, tmp_path):
    rows = [(month, c) for month in range(1, 7) for c in range(5) if (c, month < 4) != (2, False)]
    text = "".join(f"2024-{month:02}-01,C{c},{100 + c},Pro\n" for month, c in rows)
    columns = '[columns.contract_lines]\nstarts_on = "date"\n'
    (tmp_path / "salesplan.toml").write_text(columns)
    crm = load({"saas_mrr.csv": f"date,customer_id,mrr,plan\n{text}"})
    mrr = sp.revenue.mrr(crm)
    assert mrr["mrr_amount"].tolist() == [510, 510, 510, 408, 408, 408]
    assert issue(crm, "line_of_one_month")["row_count"].tolist() == [27]


def test_lines_that_begin_on_other_days_go_on(load):
    text = "customer_id,signup_date,monthly_fee\nA,2024-01-01,10\nA,2024-03-15,20\nB,2024-02-01,5\n"
    crm = load({"subscriptions.csv": text})
    assert crm.table("contract_lines")["ends_on"].isna().all()
    assert issue(crm, "line_of_one_month").empty


FOOTER = """

"Opportunity Report"
"Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved."
"Generated By:  Eva 01/09/2026 08:00"
"""


def test_the_footer_of_a_report_is_no_error(load):
    deal = '"Opportunity Name","Stage","Amount","Close Date"\n"A","Closed Won","5","2026-02-01"'
    crm = load({"report.csv": deal + FOOTER})
    assert crm.counts["opportunities"] == 1
    found = issue(crm, "missing_columns")
    assert found[["severity", "row_count"]].to_numpy().tolist() == [["warning", 3]]


def test_a_row_with_too_few_cells_is_an_error(load):
    deal = "Opportunity Name,Stage,Amount,Close Date\nA,Closed Won,5,2026-02-01\nB,Closed\n"
    assert issue(load({"report.csv": deal}), "missing_columns")["severity"].tolist() == ["error"]


def test_customers_repeated_by_their_orders_are_no_fault(load):
    orders = "Order ID,Order Date,Customer ID,Customer,Product,Sales\n"
    lines = "1,2026-01-05,A,Acme,Chair,80\n2,2026-01-06,A,Acme,Table,20\n"
    both = {"orders.csv": {"table": ["contract_lines", "accounts"]}}
    crm = load({"orders.csv": orders + lines}, settings=Settings(files=both))
    assert crm.counts["accounts"] == 1
    assert issue(crm, "duplicate")["severity"].tolist() == ["note"]
    assert not (crm.issues["severity"] == "error").any()


@pytest.mark.parametrize("header", ["IsDeleted", "Gelöscht am", "deleted_at"])
def test_what_lies_in_the_recycle_bin_does_not_count(load, header):
    said = "true" if header == "IsDeleted" else "2026-03-01"
    rows = f"D1,Closed Won,100,2026-02-01,\nD2,Closed Won,900,2026-02-02,{said}\nD3,New,5,,false\n"
    crm = load({"deals.csv": f"Deal ID,Stage,Amount,Close Date,{header}\n{rows}"})
    assert crm.table("opportunities")["amount"].tolist() == [100, 5]
    assert crm.quarantine[["line", "rule"]].to_numpy().tolist() == [[3, "deleted in the CRM"]]
    found = issue(crm, "deleted_in_the_CRM")
    assert found[["severity", "row_count", "column_name"]].to_numpy().tolist() == [
        ["note", 1, header]
    ]
    assert header not in str(issue(crm, "unused_columns")["example"].tolist())
