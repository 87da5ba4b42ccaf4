"""What holds for every history: counts equal a slow count, nothing is lost, funnels shrink."""

import pandas as pd
import pytest
from funnel_by_hand import AS_OF, STATUS, counts, crm_of, day, stays
from hypothesis import given, settings
from hypothesis import strategies as st

import salesplan as sp
from salesplan._funnel import history, plain_stays, stagemap, states
from salesplan.dimensions import grouping

ROWS = st.lists(
    st.tuples(st.integers(0, 70), st.integers(0, 2), st.sampled_from(list(STATUS))), max_size=6
)
DEALS = st.lists(
    st.fixed_dictionaries(
        {
            "stage": st.sampled_from(list(STATUS)),
            "created": st.integers(0, 40),
            "closed": st.none() | st.integers(0, 70),
            "rows": ROWS,
        }
    ),
    min_size=1,
    max_size=25,
)
# Each example builds a Crm: fewer examples with more deals in each see as much for less time.
settings.register_profile("few", parent=settings.get_profile("house"), max_examples=6)
FEW = settings.get_profile("few")

COLUMNS = [
    "n",
    "k",
    "open_count",
    "lost_count",
    "skipped_count",
    "visited_count",
    "reached_count",
    "strict_count",
    "immature_count",
    "ignored_count",
]


def as_rows(frame: pd.DataFrame) -> list[dict]:
    rows = frame[COLUMNS].astype(object).to_dict("records")
    return [{key: None if pd.isna(v) else int(v) for key, v in row.items()} for row in rows]


@settings(max_examples=15)
@given(
    DEALS,
    st.sampled_from(["visited", "reached", "strict"]),
    st.sampled_from(["ignore", "keep"]),
    st.none() | st.integers(1, 50),
)
def test_counts_equal_a_slow_count(deals, mode, after_close, window):
    frame = sp.funnel.conversion(
        crm_of(deals), mode=mode, after_close=after_close, window_days=window
    )
    assert as_rows(frame) == counts(deals, mode, after_close=after_close, window=window)


@FEW
@given(DEALS)
def test_reading_plain_deals_fast_gives_what_reading_each_row_gives(deals):
    crm = crm_of(deals)
    stages = stagemap.stage_map(crm, "test")
    arguments = {"only": None, "window_days": None, "after_close": "ignore"}
    fast = states.cohort_states(
        crm, stages, (None, None), grouping(None, "opportunities"), **arguments
    )
    slow = states.cohort_states(
        crm, stages, (None, None), grouping(None, "opportunities"), row_by_row=True, **arguments
    )
    order = [name for name in fast.columns if name not in ("deals", "ignored_count")]
    pd.testing.assert_frame_equal(
        fast.sort_values(order, ignore_index=True), slow.sort_values(order, ignore_index=True)
    )


@settings(max_examples=15)
@given(
    DEALS,
    st.sampled_from(["cumulative", "latest"]),
    st.sampled_from(["ignore", "keep"]),
    st.none() | st.integers(0, 60),
)
def test_stays_equal_a_slow_count_read_either_way(deals, visits, after_close, begin):
    crm = crm_of(deals)
    slow = [stays(d, visits=visits, after_close=after_close, begin=begin) for d in deals]
    expected = [
        (f"O{i}", position, *stay)
        for i, of_deal in sorted(enumerate(slow), key=lambda pair: f"O{pair[0]}")
        for position, stay in sorted(of_deal.items())
    ]
    for row_by_row in (False, True):
        assert stays_found(crm, visits, after_close, begin, row_by_row) == expected


def stays_found(crm, visits, after_close, begin, row_by_row):
    stages = stagemap.stage_map(crm, "test")
    late = begin is not None
    sql = plain_stays.stays(
        stages, visits, "now", after_close, begins_late=late, row_by_row=row_by_row
    )
    frame = crm.query(
        f"WITH {stages.sql}, {history.deals(crm)}, {sql} "
        "SELECT opportunity_id, position, CAST(entered_on - DATE '2026-01-01' AS BIGINT) AS day, "
        "days, CASE WHEN days IS NOT NULL THEN late_days END AS late_days, is_over FROM stays "
        "ORDER BY opportunity_id, position",
        as_of=crm.as_of,
        **stages.params,
        **({"begin": day(begin)} if late else {}),
    )
    rows = frame.astype(object).itertuples(index=False)
    return [tuple(None if pd.isna(value) else value for value in row) for row in rows]


@FEW
@given(DEALS, st.sampled_from(["visited", "reached", "strict"]))
def test_every_deal_at_a_stage_is_accounted_for(deals, mode):
    steps = sp.funnel.conversion(crm_of(deals), mode=mode).iloc[:-1]
    parts = ["k", "open_count", "lost_count", "skipped_count"]
    assert steps[parts].sum(axis=1).tolist() == steps["n"].tolist()


@FEW
@given(DEALS, st.sampled_from(["reached", "strict"]))
def test_a_funnel_never_grows(deals, mode):
    n = sp.funnel.conversion(crm_of(deals), mode=mode)["n"].tolist()
    assert n == sorted(n, reverse=True)
    assert n[0] <= len(deals)


@FEW
@given(DEALS)
def test_strict_is_within_visited_is_within_reached(deals):
    frame = sp.funnel.conversion(crm_of(deals))
    assert (frame["strict_count"] <= frame["visited_count"]).all()
    assert (frame["visited_count"] <= frame["reached_count"]).all()


@FEW
@given(DEALS)
def test_groups_add_up_to_the_whole(deals):
    crm = crm_of(deals)
    whole, parts = sp.funnel.conversion(crm), sp.funnel.conversion(crm, by=["owner", "month"])
    for column in ("n", "open_count", "lost_count", "overall_n", "ignored_count"):
        assert parts.groupby("position")[column].sum().tolist() == whole[column].tolist()


@FEW
@given(DEALS)
def test_owner_at_entry_is_the_owner_now_where_no_row_names_one(deals):
    crm = crm_of(deals)
    now = sp.funnel.conversion(crm, by="owner")
    entry = sp.funnel.conversion(crm, by="owner", owner="entry")
    for column in ("n", "k", "open_count", "lost_count", "skipped_count"):
        assert entry[column].astype("Int64").tolist() == now[column].astype("Int64").tolist()


@FEW
@given(DEALS)
def test_each_stage_is_left_once_whatever_the_period(deals):
    crm = crm_of(deals)
    whole = sp.funnel.conversion(crm, population="period")
    months = sp.funnel.conversion(crm, population="period", by="month")
    assert months.groupby("position")["n"].sum().reindex(
        whole["position"], fill_value=0
    ).tolist() == (whole["n"].tolist())
    assert (whole["open_count"] == 0).all()


@FEW
@given(DEALS)
def test_a_later_look_never_changes_a_closed_window(deals):
    """A cohort whose window is over keeps its figures, whatever happens afterwards."""
    crm = crm_of(deals)
    earlier = sp.funnel.conversion(crm, window_days=10, until="2026-01-21", as_of=AS_OF)
    # What is known now must not leak into the past: rows after the window are added.
    extra = [{**deal, "rows": [*deal["rows"], (55, 9, "B")]} for deal in deals if deal["rows"]]
    rest = [deal for deal in deals if not deal["rows"]]
    open_only = all(STATUS[deal["stage"]] == "open" for deal in deals)
    if open_only:
        later = sp.funnel.conversion(crm_of(extra + rest), window_days=10, until="2026-01-21")
        assert later[["n", "k"]].equals(earlier[["n", "k"]])


@FEW
@given(DEALS)
def test_win_rates_share_their_numerator(deals):
    crm = crm_of(deals)
    closed = sp.funnel.win_rate(crm)
    created = sp.funnel.win_rate(crm, basis="created")
    assert closed["k"].tolist() == created["k"].tolist()
    assert closed["n"].iloc[0] == closed["k"].iloc[0] + closed["lost_count"].iloc[0]
    assert created["n"].iloc[0] == len(deals)


@FEW
@given(DEALS, st.sampled_from(["closed", "created"]))
def test_win_rates_of_groups_add_up_to_the_whole(deals, basis):
    crm = crm_of(deals)
    whole = sp.funnel.win_rate(crm, basis=basis)
    parts = sp.funnel.win_rate(crm, basis=basis, by=["owner", "month"])
    for column in ("k", "n", "lost_count", "open_count", "other_count", "undated_count"):
        assert parts[column].sum() == whole[column].iloc[0]


@FEW
@given(DEALS, st.sampled_from(["cumulative", "latest"]))
def test_the_latest_visit_is_no_longer_than_all_visits(deals, visits):
    crm = crm_of(deals)
    if not any(deal["rows"] for deal in deals):
        with pytest.raises(sp.errors.MissingDataError):
            sp.funnel.time_in_stage(crm, visits=visits)
        return
    frame = sp.funnel.time_in_stage(crm, visits=visits)
    assert (frame["n"] == frame["left_count"] + frame["still_there_count"]).all()
    quartiles = frame[["q25_days", "median_days", "q75_days"]].to_numpy(float)
    assert all(sorted(q for q in row if q == q) == [q for q in row if q == q] for row in quartiles)
