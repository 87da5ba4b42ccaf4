"""What the engine adds up of open deals is what is said of them one by one."""

from functools import cache

import numpy as np
import pytest

import salesplan as sp
from benchmarks import _pipeline_book as book
from salesplan import pipeline
from salesplan.errors import InputError

GROUPS = [None, "owner", ["team", "stage"]]


@cache
def company():
    return sp.from_frames(book.frames(3000), as_of=book.AS_OF)


@pytest.mark.parametrize("by", GROUPS)
def test_health_counts_the_flags_of_each_deal(by):
    deals = pipeline.open_deals(company())
    table = pipeline.health(company(), by=by)
    k, n = (table.groupby("measure")[column].sum() for column in ("k", "n"))
    idle = deals["is_stalled"] | deals["is_untouched"]
    flags = {"ageing": deals["is_old"], "stalled": idle, "past_due": deals["is_past_due"]}
    for name, flag in flags.items():
        assert (k[name], n[name]) == (flag.sum(), len(deals)), name
        assert 0 < k[name] < n[name], name
    lacks = ["lacks_amount", "lacks_close_date", "lacks_next_step", "lacks_account", "is_untouched"]
    assert n["hygiene"] - k["hygiene"] == deals[lacks].to_numpy().sum()


@pytest.mark.parametrize("by", GROUPS)
def test_weighted_adds_up_chance_times_amount(by):
    deals = pipeline.open_deals(company())
    table = pipeline.weighted(company(), by=by)
    amount, p = deals["amount"], deals["probability"]
    assert table["weighted_amount"].sum() == pytest.approx((amount * p).sum())
    variance = (amount**2 * p * (1 - p)).sum()
    assert (table["deviation_amount"] ** 2).sum() == pytest.approx(variance)
    assert table["unpriced_count"].sum() == amount.isna().sum() > 0


def test_concentration_is_of_the_largest_deals_of_each_group():
    deals = pipeline.open_deals(company())
    table = pipeline.health(company(), by="owner").set_index(["measure", "owner"])["value"]
    for owner, amount in deals.groupby("owner")["amount"]:
        share = amount.nlargest(3).sum() / amount.sum()
        assert table["concentration", owner] == pytest.approx(share), owner


def test_the_same_question_gives_the_same_bits():
    first = pipeline.weighted(company(), by="team")
    again = pipeline.weighted(sp.from_frames(book.frames(3000), as_of=book.AS_OF), by="team")
    amounts = ["weighted_amount", "deviation_amount", "weighted_low_amount"]
    assert np.array_equal(first[amounts].to_numpy(), again[amounts].to_numpy())


def test_a_percentage_is_no_probability():
    tables = book.frames(300)
    stages = tables["stages"].assign(probability=tables["stages"]["probability"] * 100)
    crm = sp.from_frames(tables | {"stages": stages}, as_of=book.AS_OF)
    with pytest.raises(InputError, match="between 0 and 1"):
        pipeline.weighted(crm)


def test_an_account_that_the_book_does_not_hold_is_lacking():
    tables = book.frames(3000)
    tables["accounts"] = tables["accounts"][5:]
    crm = sp.from_frames(tables, as_of=book.AS_OF)
    lacking = pipeline.open_deals(crm)["lacks_account"].sum()
    hygiene = [pipeline.health(one).set_index("measure").loc["hygiene"] for one in (crm, company())]
    assert hygiene[1]["k"] - hygiene[0]["k"] == lacking > 0


def test_a_day_before_any_deal_has_no_groups():
    early = sp.paper.crm().at("2010-01-01")
    assert sp.pipeline.health(early, by="quarter").empty
    assert sp.pipeline.coverage(early, quarter="2010-Q1", by="quarter").empty


def test_deals_without_a_beginning_are_a_group_of_their_own():
    tables = book.frames(3000)
    tables["opportunities"].loc[::7, "created_on"] = None
    tables["stage_changes"] = tables["stage_changes"].iloc[:0]
    crm = sp.from_frames(tables, as_of=book.AS_OF)
    by_month = pipeline.weighted(crm, by="month")
    assert by_month["month"].isna().sum() == 1
    whole = pipeline.weighted(crm)
    for name in ("open_count", "open_amount", "weighted_amount"):
        assert by_month[name].sum() == pytest.approx(whole[name].sum())
