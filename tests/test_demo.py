"""The demo company: the same bytes every time, and what its ledger promises."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import salesplan as sp
from salesplan._demo import chance, days
from salesplan._demo.contracts import MOVES
from salesplan.errors import InputError

DEMO = Path(__file__).parent.parent / "data" / "demo"
FOUR_MEGABYTES = 4_000_000
FED = (
    *("people", "accounts", "contacts", "contact_roles", "campaigns", "leads", "lead_touches"),
    *("opportunities", "credits", "stage_changes", "activities", "costs", "contract_lines"),
    *("contract_pauses", "targets", "payroll", "web_visits", "fx_rates", "stages"),
)


def digests(folder: Path) -> dict[str, str]:
    files = (p for p in sorted(folder.iterdir()) if p.is_file())
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    return sp.demo.write(tmp_path_factory.mktemp("demo") / "first")


@pytest.fixture(scope="module")
def known():
    return sp.demo.truth()


@pytest.fixture(scope="module")
def crm():
    return sp.load(DEMO)


# --- the folder ------------------------------------------------------------------------------


def test_the_committed_folder_is_what_the_command_writes(written):
    assert digests(written) == digests(DEMO)


def test_writing_again_over_the_old_files_changes_no_byte(written):
    before = digests(written)
    assert digests(sp.demo.write(written)) == before


def test_another_seed_is_another_company(written, tmp_path):
    other = digests(sp.demo.write(tmp_path, seed=8))
    here = digests(written)
    assert other.keys() == here.keys()
    same = {name for name in here if other[name] == here[name]}
    assert same <= {"README.md", "salesplan.toml", "campaigns.csv"}


def test_the_folder_stays_small(written):
    assert sum(p.stat().st_size for p in written.iterdir()) < FOUR_MEGABYTES


def test_files_look_as_a_european_company_exports_them(written):
    companies = (written / "companies.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        companies.decode("utf-8")
    assert "€" in companies.decode("cp1252")
    assert (written / "deals.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    first = (written / "deal_history.csv").read_text("utf-8").splitlines()[1]
    assert first.count(";") == 4
    assert re.fullmatch(r"\d+,\d\d", first.split(";")[3])


def test_twice_the_scale_is_twice_the_company(tmp_path):
    sp.demo.write(tmp_path, scale=2)
    for name in ("activities.csv", "deals.csv", "deal_history.csv", "leads.csv"):
        large, small = ((f / name).read_bytes().count(b"\n") for f in (tmp_path, DEMO))
        assert 1.85 < large / small < 2.15, name


@pytest.mark.parametrize(("given", "name"), [({"scale": 0}, "scale=0"), ({"seed": -1}, "seed=-1")])
def test_impossible_sizes_and_seeds_are_refused(given, name, tmp_path):
    with pytest.raises(InputError, match=name):
        sp.demo.write(tmp_path, **given)


# --- the ledger ------------------------------------------------------------------------------


def test_first_meetings_cost_between_20_and_400_euros(known):
    priced = known.channels.dropna(subset=["cost_per_first_meeting"])
    cost = priced["cost_per_first_meeting"]
    assert len(priced) == 8
    assert 18 < cost.min() < 22
    assert 380 < cost.max() < 420
    assert 18 < cost.max() / cost.min() < 22


def test_one_channel_has_meetings_and_no_cost(known):
    free = known.channels[known.channels["cost_per_first_meeting"].isna()]
    assert list(free["channel"]) == ["Social media"]
    assert free["held"].iloc[0] > 0


def test_meetings_held_swing_about_what_was_expected(known):
    gap = (known.channels["held"] - known.channels["expected_held"]).sum()
    assert abs(gap) < 4 * np.sqrt(known.channels["expected_held"].sum())


def test_one_meeting_in_five_is_missed(known):
    assert 0.18 < known.no_show_rate < 0.22


def test_two_fifths_of_the_hours_are_administration(known):
    share = known.work.set_index("kind")["share"]
    assert 0.37 < share["administration"] < 0.43
    assert share["travel"] > 0.05


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_no_month_loses_more_than_one_and_a_half_percent(seed):
    mrr = sp.demo.truth(seed=seed).mrr
    assert len(mrr) == 36
    for rate in ("logo_churn_rate", "mrr_churn_rate"):
        assert mrr[rate].between(0, 0.015).all()
        assert mrr[rate].mean() > 0.001


def test_the_ledger_balances_month_by_month(known):
    mrr = known.mrr
    moved = mrr[list(MOVES)].sum(axis=1)
    np.testing.assert_allclose(mrr["opening"] + moved, mrr["closing"], atol=1e-6)
    np.testing.assert_allclose(mrr["opening"].iloc[1:], mrr["closing"].iloc[:-1], atol=1e-6)
    parts = mrr[["closing_cloud", "closing_insight", "closing_care"]].sum(axis=1)
    np.testing.assert_allclose(parts, mrr["closing"], atol=1e-6)


def test_every_movement_happens(known):
    moved = known.mrr[list(MOVES)].abs().sum()
    assert (moved > 0).all(), moved


def test_revenue_comes_in_thirds(known):
    last = known.revenue[known.revenue["year"] == 2026].set_index("sale_type")["amount"]
    total = last.sum()
    assert 10e6 < total < 14e6
    for part in (["licence"], ["subscription"], ["support", "service"]):
        assert 0.26 < last[part].sum() / total < 0.40


def test_one_seller_is_truly_better(known):
    rates = known.sellers.set_index("person_id")["win_rate"]
    best = known.sellers.loc[known.sellers["is_best"], "person_id"].item()
    others = rates.drop(best)
    assert rates[best] > others.max() + 0.05
    assert others.max() - others.min() < 0.06


def test_pages_tell_who_will_meet():
    """Leads that read prices or asked for a demo before any meeting meet far more often."""
    company = sp.demo.company.build(7, 1)
    leads, visits = company.tables["leads"], company.tables["visits"]
    held = leads.set_index("lead")["held"]
    early = visits[visits["day"] <= visits["lead"].map(leads.set_index("lead")["created"])]
    keen = held.index.isin(early.loc[early["page"].isin([3, 4]), "lead"])
    assert (held[keen] >= 0).mean() > 1.25 * (held[~keen] >= 0).mean()


# --- loaded ----------------------------------------------------------------------------------


def test_every_row_is_loaded_or_kept_apart(crm):
    loads = crm.loads
    assert (loads["rows_read"] == loads["rows_loaded"] + loads["rows_quarantined"]).all()
    assert (loads["rows_loaded"] > 0).all()


RULES = {
    "duplicate id": "duplicate",
    "orphan account": "unmatched_key",
    "unknown stage": "unknown_stage",
    "negative amount": "negative_amount",
    "close before create": "closed_before_created",
    "unreadable amount": "unreadable_money",
    "missing amount": "won_without_amount",
    "impossible date": "unreadable_date",
    "unknown status": "unknown_status",
    "held in the future": "held_in_future",
    "unknown owner": "unmatched_key",
    "change after closing": "change_after_closing",
    "currency without a rate": "missing_fx_rate",
    "end before start": "ends_before_start",
}


@pytest.mark.parametrize(("fault", "rule"), RULES.items())
def test_planted_faults_are_found_with_their_count(crm, known, fault, rule):
    planted = known.faults.set_index("fault").loc[fault]
    found = crm.issues
    where = (found["rule"] == rule) & (found["table_name"] == planted["table_name"])
    if rule == "unmatched_key":
        where &= found["column_name"] == planted["column_name"]
    assert list(found.loc[where, "row_count"]) == [planted["row_count"]]


def test_every_table_a_metric_needs_is_fed(crm):
    assert all(crm.has(name) for name in FED)


def test_deals_keep_their_dates_and_outcome(crm):
    found = crm.query(
        "SELECT status, count(*) AS n, count(closed_on) AS closed, "
        "count(expected_close_on) AS expected FROM opportunities GROUP BY status"
    ).set_index("status")
    assert found.loc["open", "closed"] == 0
    assert found.loc["open", "expected"] == found.loc["open", "n"]
    assert found.loc["won", "closed"] == found.loc["won", "n"]
    assert found.loc["lost", "closed"] == found.loc["lost", "n"]


def test_recorded_costs_are_the_ledgers(crm, known):
    found = crm.query(
        "SELECT channel, sum(COALESCE(CAST(amount AS DOUBLE), 0)) AS amount, role, "
        "sum(hours) AS hours FROM costs WHERE month <= $day GROUP BY channel, role",
        day=crm.as_of,
    )
    rate = found["role"].map(crm.settings.cost_of_hour, na_action="ignore").fillna(0)
    found["cost"] = found["amount"] + rate * found["hours"].fillna(0)
    total = found.groupby("channel")["cost"].sum()
    expected = known.channels.set_index("channel")["cost"].drop("Social media")
    pd.testing.assert_series_equal(
        total.sort_index(), expected.sort_index(), check_names=False, atol=0.005
    )


def test_contracts_add_up_to_the_ledger_month_by_month(crm, known):
    """Lines in force on a month's last day, at that month's rate, in plain SQL."""
    found = crm.query("""
        SELECT m.last_day, sum(l.quantity * l.unit_price * (1 - l.discount) * COALESCE(r.rate, 1)
            / CASE l.billing_period WHEN 'year' THEN 12 WHEN 'quarter' THEN 3 ELSE 1 END) AS mrr,
          count(DISTINCT l.account_id) AS customers
        FROM (SELECT last_day(unnest(generate_series(DATE '2023-10-01', DATE '2026-09-01',
              INTERVAL 1 MONTH))) AS last_day) AS m
        JOIN contract_lines AS l ON l.billing_period <> 'once' AND l.starts_on <= m.last_day
          AND l.ends_on > m.last_day
        LEFT JOIN fx_rates AS r ON r.currency = l.currency AND r.rate_on <= m.last_day
          AND r.rate_on > m.last_day - INTERVAL 3 MONTH
        GROUP BY m.last_day ORDER BY m.last_day""")
    np.testing.assert_allclose(found["mrr"].astype(float), known.mrr["closing"], atol=0.01)
    assert list(found["customers"]) == list(known.mrr["customers"])


def test_the_bridge_finds_the_ledgers_movements(crm, known):
    """A pause is the only thing that the ledger keeps and the bridge takes out."""
    found = sp.revenue.mrr_movements(crm, since="2023-10-01", until="2026-10-01")
    truth = known.mrr
    np.testing.assert_allclose(
        found["closing_amount"], truth["closing"] - truth["paused"], atol=0.01
    )
    for move in ("new", "expansion_upsell", "price_increase", "fx"):
        np.testing.assert_allclose(found[f"{move}_amount"], truth[move], atol=0.01)
    np.testing.assert_allclose(found["price_decrease_amount"], -truth["price_decrease"], atol=0.01)
    calm = (truth["paused"] == 0) & (truth["paused"].shift(1, fill_value=0) == 0)
    for move, sign in (("churn", -1), ("contraction", -1), ("reactivation", 1)):
        here, there = found.loc[calm, f"{move}_amount"], sign * truth.loc[calm, move]
        np.testing.assert_allclose(here, there, atol=0.01)


def test_the_cheapest_and_dearest_channel_are_found(crm, known):
    found = sp.acquisition.cost_per_first_meeting(crm, seed=1).set_index("channel")
    true = known.channels.set_index("channel")["cost_per_first_meeting"]
    assert found["cost_per_first_meeting"].idxmin() == true.idxmin()
    assert found["cost_per_first_meeting"].idxmax() == true.idxmax()
    assert pd.isna(found.loc["Social media", "cost_per_first_meeting"])


# --- chance and days -------------------------------------------------------------------------


def test_draws_follow_their_law():
    draws = chance.Chance(1, "test")
    assert np.isclose(draws.happens(0.3, 40_000).mean(), 0.3, atol=0.01)
    picked = np.bincount(draws.pick((1, 3, 0, 4), 40_000), minlength=4) / 40_000
    np.testing.assert_allclose(picked, [0.125, 0.375, 0, 0.5], atol=0.01)
    spread = draws.spread((0, 10, 40), 40_000)
    assert np.isclose(np.median(spread), 10, atol=0.5)
    assert set(draws.between(3, 5, 1000)) == {3, 4, 5}
    assert sorted(draws.order(50)) == list(range(50))


def test_parts_draw_apart():
    first = chance.Chance(7, "a").unit(5)
    assert (first == chance.Chance(7, "a").unit(5)).all()
    assert (first != chance.Chance(7, "b").unit(5)).all()


def test_working_days_agree_with_numpy():
    every = np.arange(days.FIRST, days.LAST)
    named = every.astype("datetime64[D]")
    assert (
        days.weekday(every) == (named.astype(object)[0].weekday() + np.arange(len(every))) % 7
    ).all()
    assert (days.next_workday(every) == np.busday_offset(named, 0, "forward").astype(int)).all()
    ahead = days.from_work(days.to_work(every) + 7)
    assert (ahead == np.busday_offset(named, 7, "forward").astype(int)).all()
    assert (days.month_start(days.month_of(every)) <= every).all()
