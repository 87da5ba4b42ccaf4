"""Files in the shapes of public sample data, as strangers keep them: loaded without settings."""

from __future__ import annotations

import pytest

import salesplan as sp
from salesplan.errors import ExportError


@pytest.fixture
def load(tmp_path):
    """Write files into a folder and load it."""

    def loaded(files: dict[str, str], **options) -> sp.Crm:
        for name, text in files.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        return sp.load(tmp_path, **options)

    return loaded


MIXED = """deal_id,customer_id,rep_id,deal_amount,stage,created_date,expected_close_date,won_date
D1,C1,R1,100,Closed Won,2026-01-05,20/02/2026,02-14-2026
D2,C2,R2,50,Proposal,25/01/2026,2026/04/01,
D3,C3,R1,70,Closed Won,03-04-2026,05/04/2026,03-31-2026
"""


def test_dates_in_two_orders_are_told_apart_by_their_sign(load):
    crm = load({"deals.csv": MIXED})
    deals = crm.table("opportunities").sort_values("opportunity_id")
    days = deals[["created_on", "expected_close_on", "closed_on"]].astype("str").to_numpy()
    assert days[:, 0].tolist() == ["2026-01-05", "2026-01-25", "2026-03-04"]
    assert days[:2, 1].tolist() == ["2026-02-20", "2026-04-01"]
    assert days[2].tolist() == ["2026-03-04", "2026-04-05", "2026-03-31"]
    assert "date order dmy with /; date order mdy with -" in crm.loads["evidence"].iloc[0]
    assert deals["owner_id"].tolist() == ["R1", "R2", "R1"]
    assert deals["amount"].tolist() == [100, 50, 70]


def test_two_orders_with_one_sign_stay_a_question(load):
    with pytest.raises(ExportError, match="has the day first"):
        load({"deals.csv": MIXED.replace("05/04/2026", "04/30/2026")})


def test_an_order_that_one_sign_leaves_open_stays_a_question(load):
    doubt = MIXED.replace("25/01/2026", "2026-01-25").replace("20/02/2026", "03.04.2026")
    with pytest.raises(ExportError, match="date_order"):
        load({"deals.csv": doubt.replace("02-14-2026", "14-02-2026")})


STAGES = {
    "07-Closed Won": "won",
    "3. Proposal (60%)": "open",
    "Stage 2 - Qualification": "open",
    "Closed Lost: price": "lost",
    "Won - renewal": "won",
    "5 - Our own step": "other",
    "Negotiation / Lost": "other",
}


def test_numbers_and_remarks_around_a_stage_do_not_hide_it(load):
    rows = "".join(f"{i},{stage},10,2026-01-0{i + 1}\n" for i, stage in enumerate(STAGES))
    crm = load({"deals.csv": f"Deal ID,Stage,Amount,Created Date\n{rows}"})
    found = crm.table("opportunities").set_index("stage")["status"].to_dict()
    assert found == STAGES
    unknown = crm.issues[crm.issues["rule"] == "unknown_stage"]
    assert sorted(unknown["example"]) == ["5 - Our own step", "Negotiation / Lost"]


def test_a_list_of_leads_with_a_value_is_no_list_of_deals(load):
    leads = "lead_id,created_at,customer_name,source,status,estimated_value\n"
    crm = load({"leads.csv": f"{leads}L1,2026-01-05,Ada,Web,new,100\n"})
    assert crm.counts == {**dict.fromkeys(crm.counts, 0), "leads": 1}


def test_a_contract_value_is_that_of_the_whole_term(load):
    lines = "CustomerName,ContractStartDate,ContractEndDate,ContractValue,BookingDate\n"
    crm = load(
        {"contracts.csv": f"{lines}Acme,2026-01-01,2027-01-01,1200,2025-12-10\n"},
        as_of="2026-03-31",
    )
    line = crm.table("contract_lines").iloc[0]
    assert (line["billing_period"], line["quantity"], line["unit_price"]) == ("term", 1, 1200)
    assert sp.revenue.mrr(crm)["mrr_amount"].tolist()[-1] == 100


def test_arr_at_month_ends_is_not_added_up_over_the_months(load):
    days = ["2026-01-31", "2026-02-28", "2026-03-31"]
    rows = "".join(f"C{c},{day},{1200 * c},5,2027-01-01\n" for day in days for c in (1, 2))
    header = "customer_id,month_end_date,arr_usd,seats,contract_end_date\n"
    crm = load({"subscriptions.csv": header + rows})
    assert sp.revenue.mrr(crm)["mrr_amount"].tolist() == [300, 300, 300]
    assert str(crm.as_of) == "2026-03-31"


@pytest.mark.parametrize(
    ("said", "period"),
    [("every month", "month"), ("1 year", "year"), ("months", "month"), ("12 months", "year")],
)
def test_a_billing_period_in_words(load, said, period):
    lines = "subscription_id,customer_id,subscription_start,price,interval\n"
    crm = load({"subscriptions.csv": f"{lines}S1,C1,2026-01-01,10,{said}\n"})
    assert crm.table("contract_lines")["billing_period"].tolist() == [period]


DEALS = "Deal ID,Deal Name,Deal Stage,Amount,Close Date,Create Date,Deal Owner\n"
TWO = "1,A,Closed Won,100,2026-02-01,2026-01-01,Ann\n2,B,Closed Lost,50,2026-02-03,2026-01-01,Ben\n"


def issue(crm: sp.Crm, rule: str):
    return crm.issues[crm.issues["rule"] == rule]


@pytest.mark.parametrize("said", ["Total,,,150,,,", ",Grand Total,,150,,,", "Gesamtsumme,,,150,,,"])
def test_totals_below_a_list_are_no_row_of_it(load, said):
    crm = load({"deals.csv": f"{DEALS}{TWO}{said}\n"})
    assert crm.table("opportunities")["amount"].sum() == 150
    assert issue(crm, "total")[["severity", "row_count"]].to_numpy().tolist() == [["note", 1]]
    assert not (crm.issues["severity"] == "error").any()


def test_a_last_row_is_a_total_only_if_it_adds_up(load):
    lines = "customer,start date,mrr\nAcme,2026-01-01,10\nTotal,2026-01-01,20\n"
    assert load({"mrr.csv": lines}).counts["contract_lines"] == 2  # a customer called Total
    crm = load({"mrr.csv": f"{lines}Sum,2026-01-01,30\n"})
    assert crm.table("contract_lines")["account_id"].tolist() == ["Acme", "Total"]


def test_an_incomplete_row_that_is_no_total_stays_an_error(load):
    crm = load({"deals.csv": f"{DEALS}{TWO}3,Total Energy Ltd,,150,2026-02-03,2026-01-01,Ben\n"})
    assert issue(crm, "empty")["severity"].tolist() == ["error"]


def test_hundreds_of_own_fields_do_not_hide_what_a_file_is(load):
    own = [f"Custom field {i}" for i in range(293)]
    header = f"{DEALS.strip()},{','.join(own)}\n"
    rows = "".join(f"{row}{',x' * len(own)}\n" for row in TWO.splitlines())
    crm = load({"export.csv": header + rows})
    assert crm.counts["opportunities"] == 2


def test_ticks_in_words_tell_won_from_lost_whatever_the_stages_are_called(load):
    rows = "1,Eins,9,2026-02-01,Yes,Wahr\n2,Zwei,9,2026-02-02,No,Oui\n3,Drei,9,2026-12-01,nee,No\n"
    crm = load({"deals.csv": f"Deal ID,Stage,Amount,Close Date,Is Won,Is Closed\n{rows}"})
    assert crm.table("opportunities")["status"].tolist() == ["won", "lost", "open"]


@pytest.mark.parametrize(
    "nothing", ["0000-00-00", "0000-00-00 00:00:00", "1900-01-00", "00/00/0000"]
)
def test_the_day_of_databases_for_no_day_is_no_day(load, nothing):
    crm = load({"deals.csv": DEALS + TWO.replace("2026-02-03", nothing)})
    assert crm.quarantine.empty
    assert crm.table("opportunities")["closed_on"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    "said",
    [
        "Sun Feb 01 2026 10:00:00 GMT+0100 (CET)",
        "2026-02-01T23:30:00+02:00",
        "2026-02-01 10:00:00 UTC",
        "01-Feb-2026",
    ],
)
def test_the_clock_of_the_wall_counts_in_every_time_zone(load, said):
    crm = load({"deals.csv": DEALS + TWO.replace("2026-02-01", said)})
    assert str(crm.table("opportunities")["closed_on"].iloc[0].date()) == "2026-02-01"


def test_digits_as_india_groups_them(load):
    rows = TWO.replace(",50,", ",7.5,").replace(",100,", ',"₹4,50,664",')
    crm = load({"deals.csv": DEALS + rows})
    assert crm.table("opportunities")["amount"].tolist() == [450664, 7.5]


def test_headers_without_rows_are_said(load):
    with pytest.raises(ExportError, match="headers and no rows"):
        load({"deals.csv": DEALS})


def test_rows_of_which_none_can_be_used_are_said(load):
    with pytest.raises(ExportError, match=r"deals.csv, line 2, empty: 1,A,,100"):
        load({"deals.csv": f"{DEALS}1,A,,100,2026-02-01,2026-01-01,Ann\n"})


def test_the_day_and_the_hours_of_a_meeting_are_joined(load):
    header = "Meeting ID,Host,Account,Meeting Date,Start Time,End Time\n"
    text = "M1,Ann,Acme,2026-02-03,09:30,10:15\n"
    meeting = load({"meetings.csv": header + text}).table("activities").iloc[0]
    assert str(meeting["starts_at"]) == "2026-02-03 09:30:00"
    assert meeting["minutes"] == 45


def test_quotas_and_payouts_of_numbered_sellers(load):
    crm = load(
        {
            "quotas.csv": "rep_id,quarter,quota_amount\nR1,Q1 2026,5000\n",
            "commission_payouts.csv": "rep_id,month,commission_amount\nR1,2026-01,120.50\n",
            "deals.csv": DEALS + TWO,
        }
    )
    goals = crm.table("targets")[["person_id", "period", "measure", "target"]]
    assert goals.to_numpy().tolist() == [["R1", "2026-Q1", "bookings", 5000]]
    assert "[constants.targets] measure" in issue(crm, "measure_assumed")["what_to_do"].iloc[0]
    assert crm.table("payroll")[["person_id", "paid_variable"]].to_numpy().tolist() == [
        ["R1", 120.5]
    ]
