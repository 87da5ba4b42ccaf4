"""Forecast and calibration: learnt chances, repeatable draws, intervals that hold."""

import datetime as dt
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import salesplan as sp
from salesplan import pipeline
from salesplan._pipeline import calibration, draws, forecast, nearness, odds
from salesplan._pipeline.future import CORRELATION
from salesplan._pipeline.past import BANDS
from salesplan.errors import InputError, UnknownNameError


def lives(seed=1, count=4000):
    """Deals of one stage that leave it after an even time, four in ten of them won."""
    rng = np.random.default_rng(seed)
    began = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 912, count), "D")
    lasts = pd.to_timedelta(rng.integers(1, 101, count), "D")
    won = rng.random(count) < 0.4
    frame = pd.DataFrame(
        {
            "opportunity_id": [f"O{i:05}" for i in range(count)],
            "created_on": began,
            "closed_on": began + lasts,
            "stage": np.where(won, "Won", "Lost"),
            "amount": 1000.0,
        }
    )
    is_open = frame["closed_on"] > "2026-06-30"
    frame.loc[is_open, ["stage", "closed_on"]] = ["Working", pd.NaT]
    stages = pd.DataFrame(
        {"stage": ["Working", "Won", "Lost"], "position": [1, 2, 3],
         "status": ["open", "won", "lost"]}
    )  # fmt: skip
    entered = frame[["opportunity_id", "created_on"]].set_axis(
        ["opportunity_id", "changed_at"], axis=1
    )
    ended = frame.loc[~is_open, ["opportunity_id", "closed_on", "stage"]].set_axis(
        ["opportunity_id", "changed_at", "stage"], axis=1
    )
    changes = pd.concat([entered.assign(stage="Working"), ended], ignore_index=True)
    changes["amount"] = 1000.0
    tables = {"opportunities": frame, "stages": stages, "stage_changes": changes}
    kept = {"opportunities": frame[frame["created_on"] <= "2026-06-30"]}
    kept["stage_changes"] = changes[
        changes["opportunity_id"].isin(kept["opportunities"].iloc[:, 0])
    ]
    return sp.from_frames(tables | kept, as_of="2026-06-30")


@cache
def steady():
    return lives()


def test_learnt_chances_are_those_of_the_process():
    deals = pipeline.forecast_deals(steady(), until="2026-07-31")  # 30 days ahead
    # Evenly spread ends up to day 100: of deals still open after t days, 30 / (100 - t) end in
    # the next 30 days, four in ten of them won.
    age = deals["age_days"].to_numpy()
    truth = 0.4 * np.minimum(1, 30 / np.maximum(100 - age, 30))
    known = age < 60
    gap = deals["won_probability"].to_numpy()[known] - truth[known]
    assert abs(gap.mean()) < 0.03
    assert np.abs(gap).max() < 0.09
    assert (deals["won_probability"] + deals["lost_probability"] <= 1 + 1e-9).all()


def test_forecast_of_a_steady_process():
    table = pipeline.forecast(steady(), until="2026-10-01", seed=3, measure="count")
    last = table.iloc[-1]
    # 4.4 deals begin each day and 40 % are won, so about 164 wins in 92 days.
    to_come = last["expected_count"] - last["won_count"]
    assert to_come == pytest.approx(4000 / 912 * 0.4 * 92, rel=0.1)
    assert table["expected_count"].is_monotonic_increasing
    parts = last[["open_count", "new_count"]].sum()
    assert last["expected_count"] == pytest.approx(parts + last["won_count"], rel=1e-9)
    assert last["low_count"] <= last["quarter_count"] <= last["median_count"]
    assert last["median_count"] <= last["three_quarter_count"] <= last["high_count"]


def test_the_same_seed_gives_the_same_draws():
    once, again = (
        pipeline.forecast(steady(), until="2026-09-01", seed=5, draws=200) for _ in range(2)
    )
    pd.testing.assert_frame_equal(once, again)
    other = pipeline.forecast(steady(), until="2026-09-01", seed=6, draws=200)
    assert not once.equals(other)


def test_won_so_far_counts_from_the_start_named():
    won = (
        steady()
        .query(
            "SELECT count(*) AS n FROM opportunities "
            "WHERE status = 'won' AND closed_on >= '2026-06-01'"
        )["n"]
        .iloc[0]
    )
    table = pipeline.forecast(
        steady(), until="2026-08-01", since="2026-06-01", seed=1, measure="count"
    )
    assert table["won_count"].iloc[-1] == won


def test_correlation_widens_and_keeps_the_mean():
    alone, together = (
        pipeline.forecast(steady(), until="2026-08-01", seed=2, correlation=r).iloc[-1]
        for r in (0.0, 0.3)
    )
    width = alone["high_amount"] - alone["low_amount"]
    assert together["high_amount"] - together["low_amount"] > 1.5 * width
    assert together["expected_amount"] == pytest.approx(alone["expected_amount"], rel=0.05)


def test_draws_of_open_deals_follow_their_chances():
    rng = np.random.default_rng(0)
    chances = np.array([[0.2, 0.5], [0.0, 1.0]])
    totals = draws.open_wins(chances, np.zeros((2, 2)), np.array([10.0, 1.0]), 20000, 0.0, rng)
    assert totals.mean(axis=0) == pytest.approx([2.0, 6.0], abs=0.1)
    assert (totals[:, 1] >= totals[:, 0]).all()  # what is won stays won


def test_draws_keep_the_means_of_chances_in_doubt_and_of_certain_ones():
    """A chance known badly is drawn wider, not nearer to one half; a certain win is always won."""
    rng = np.random.default_rng(0)
    chances, amounts = np.array([[0.05], [0.9], [1.0]]), np.array([100.0, 10.0, 1.0])
    totals = draws.open_wins(chances, np.full((3, 1), 0.5), amounts, 40000, 0.0, rng)
    assert totals.mean() == pytest.approx(0.05 * 100 + 0.9 * 10 + 1.0, abs=0.4)
    assert (totals[:, 0] % 10 == 1).all()


def past_of(rows):
    """Lives of one stage, counted, as they come from the engine."""
    names = ["outcome", "stay_days", "span_days", "deal_count", "band"]
    past = pd.DataFrame(rows, columns=names)
    return past.assign(kind="", stage="A", is_staying=past["outcome"].isna())


def waiting_for(days, bands):
    """Open deals that have been in the stage for so many days."""
    return pd.DataFrame(
        {"kind": "", "stage": "A", "stage_days": days, "age_days": 1.0, "band": bands}
    )


def test_a_landmark_needs_enough_closed_deals():
    assert odds.learn(past_of([("won", 5, 9, 29.0, -1)])) == {}
    learnt = odds.learn(past_of([("won", 5, 9, 30.0, -1)]))
    placed = odds.place(waiting_for([4.0, 50.0], [-1, -1]), learnt, [4.0, 5.0])
    assert placed.marks[0].closed_count == 30
    assert placed.marks[0].age_days == 4  # the last day on which all thirty were there
    assert placed.chance("won").tolist() == [[0.0, 1.0], [0.0, 1.0]]


def test_a_deal_left_behind_in_its_stage_is_not_given_the_chances_of_those_that_moved_on():
    """Of 400 deals most leave the stage at once for a quick win; some stay behind for long."""
    rows = [("won", 2, 12, 300.0, -1), ("won", 20, 200, 60.0, -1), ("lost", 20, 200, 40.0, -1)]
    learnt = odds.learn(past_of(rows))
    placed = odds.place(waiting_for([1.0, 2.0, 19.0, 500.0], [-1] * 4), learnt, [20.0, 181.0])
    chance = placed.chance("won")
    assert chance[0, 0] == pytest.approx(0.75)  # three quarters are still there after a day
    assert chance[1:, 0].tolist() == [0.0] * 3  # after two days only the slow ones
    assert chance[2:, 1] == pytest.approx([0.6, 0.6])  # who waits on begins anew with the last
    assert (placed.chance("lost") + chance <= 1).all()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["won", "lost", "other", None]), st.integers(0, 60),
            st.integers(0, 60), st.integers(1, 50), st.integers(-1, BANDS - 1),
        ), min_size=1, max_size=40,
    ),
    st.integers(0, 90),
    st.integers(-1, BANDS - 1),
)  # fmt: skip
def test_chances_are_chances_and_grow(rows, age, band):
    past = past_of([(end, stay, stay + more, float(n), b) for end, stay, more, n, b in rows])
    learnt = odds.learn(past)
    placed = odds.place(waiting_for([float(age)], [band]), learnt, [0.0, 1.0, 30.0, 400.0])
    chances = np.array([placed.chance(name)[0] for name in odds.OUTCOMES])
    if not learnt:
        assert np.isnan(chances).all()
        return
    assert (chances >= 0).all()
    assert (chances <= 1).all()
    assert (chances.sum(axis=0) <= 1 + 1e-9).all()
    assert (np.diff(chances, axis=1) >= 0).all()
    assert placed.marks[0].closed_count >= min(nearness.ENOUGH, past["deal_count"].sum()) - 1e-9


def test_deals_learn_from_deals_of_about_their_size():
    """Small deals are mostly won, large ones mostly lost, the middle lies between."""
    rows = []
    for band in range(BANDS):
        won = 180 - 10 * band
        rows += [("won", 10, 10, float(won), band), ("lost", 10, 10, float(190 - won), band)]
    learnt = odds.learn(past_of(rows))
    placed = odds.place(waiting_for([3.0] * 4, [0, 9, BANDS - 1, -1]), learnt, [7.0])
    small, middle, large, unpriced = placed.chance("won")[:, 0]
    assert small == pytest.approx(180 / 190, abs=0.12)
    assert large == pytest.approx(10 / 190, abs=0.12)
    assert middle == pytest.approx(90 / 190, abs=0.01)
    assert unpriced == pytest.approx(95 / 190)


def test_what_is_left_out_is_said():
    frames = {name: steady().table(name) for name in ("opportunities", "stages", "stage_changes")}
    unpriced = frames["opportunities"]["status"].eq("open")
    frames["opportunities"].loc[unpriced, "amount"] = None
    frames["stage_changes"]["amount"] = None
    crm = sp.from_frames(frames, as_of="2026-06-30")
    table = pipeline.forecast(crm, until="2026-08-01", seed=1, draws=100)
    assert f"{unpriced.sum()} open deals without an amount" in table["reason"].iloc[0]
    assert table[["open_amount", "expected_amount", "high_amount"]].isna().all(axis=None)
    assert table[["won_amount", "new_amount"]].notna().all(axis=None)
    with pytest.raises(UnknownNameError, match="'count'"):
        pipeline.forecast(crm, until="2026-08-01", seed=1, measure="counts")


def altered(change):
    """The steady company with its deals changed."""
    frames = {name: steady().table(name) for name in ("opportunities", "stages", "stage_changes")}
    frames["opportunities"] = change(frames["opportunities"].copy())
    frames["stage_changes"]["amount"] = None
    return sp.from_frames(frames, as_of="2026-06-30")


def test_wins_without_an_amount_are_unknown_not_nothing():
    crm = altered(lambda deals: deals.assign(amount=None))
    table = pipeline.forecast(crm, until="2026-08-01", seed=1, draws=100)
    assert table.filter(like="_amount").isna().all(axis=None)
    assert "won deals without an amount" in table["reason"].iloc[0]
    assert table["reason"].iloc[0].endswith("The won deals carry no amount.")
    counted = pipeline.forecast(crm, until="2026-08-01", seed=1, draws=100, measure="count")
    assert counted["reason"].isna().all()
    assert counted["expected_count"].iloc[-1] > 0
    tried = pipeline.calibration(crm, months=1, every=6, seed=1, draws=20)
    assert tried["actual_amount"].isna().all()
    assert np.isnan(pipeline.calibration_scores(tried)["coverage_rate"].iloc[0])


def test_nothing_open_still_has_deals_to_come():
    """On the last evening every deal was closed; the next ones begin tomorrow."""
    crm = altered(lambda deals: deals[deals["status"] != "open"])
    last = pipeline.forecast(crm, until="2026-10-01", seed=1, draws=100).iloc[-1]
    assert last["open_amount"] == 0
    assert last["new_amount"] > 0
    assert last["expected_amount"] == pytest.approx(last["won_amount"] + last["new_amount"])
    assert pd.isna(last["reason"])


def test_a_deal_closed_on_no_known_day_teaches_nothing():
    def undated(deals):
        return deals.assign(closed_on=pd.NaT)

    frames = {"opportunities": undated(steady().table("opportunities"))}
    crm = sp.from_frames(frames | {"stages": steady().table("stages")}, as_of="2026-06-30")
    table = pipeline.forecast(crm, until="2026-08-01", seed=1, draws=100)
    assert table["reason"].str.startswith("Too few").all()
    with pytest.raises(InputError, match="No won deal says when"):
        pipeline.calibration(crm, seed=1)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"until": "2026-07-01"}, "does not lie after 2026-06-30"),
        ({"until": "9999-12-31"}, "more than 10 years"),
        ({"since": "2026-08-01"}, "take the difference"),
        ({"draws": 0}, "draws=0 is too few"),
        ({"level": 1.0}, "no share"),
    ],
)
def test_a_forecast_of_no_time_is_refused(options, told):
    with pytest.raises(InputError, match=told):
        pipeline.forecast(steady(), **({"until": "2026-10-01", "seed": 1} | options))


@pytest.mark.parametrize("options", [{"every": 0}, {"months": -1}])
def test_a_calibration_that_never_moves_on_is_refused(options):
    with pytest.raises(InputError, match="Give 1 or more"):
        pipeline.calibration(steady(), seed=1, **options)


def sized(count, seed):
    """Deals of one stage without memory: the larger, the slower and the less often won.

    Returns the company, and each deal's true chance to be won within the next 31 days.
    """
    rng = np.random.default_rng(seed)
    began = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 912, count), "D")
    amount = np.round(np.exp(rng.normal(9.0, 1.0, count)), 2)
    size = amount.argsort().argsort() / count
    chance, days = 0.6 - 0.4 * size, 20 + 60 * size
    closed = began + pd.to_timedelta(np.ceil(rng.exponential(days)).astype(int), "D")
    is_open = closed > "2026-06-30"
    stage = np.select([is_open, rng.random(count) < chance], ["Working", "Won"], "Lost")
    frame = pd.DataFrame(
        {"opportunity_id": [f"O{i:05}" for i in range(count)], "created_on": began,
         "closed_on": closed.where(~is_open), "stage": stage, "amount": amount}
    )  # fmt: skip
    stages = pd.DataFrame(
        {"stage": ["Working", "Won", "Lost"], "position": [1, 2, 3],
         "status": ["open", "won", "lost"]}
    )  # fmt: skip
    crm = sp.from_frames({"opportunities": frame, "stages": stages}, as_of="2026-06-30")
    return crm, pd.Series(chance * (1 - np.exp(-31 / days)), frame["opportunity_id"])


def misses(count):
    """Return how far chances were off in three companies, and how far their forecasts were."""
    off, said, true = [], 0.0, 0.0
    for seed in range(3):
        crm, chances = sized(count, seed)
        deals = pipeline.forecast_deals(crm, until="2026-08-01")
        truth = deals["opportunity_id"].map(chances)
        off.append(((deals["won_probability"] - truth) ** 2).mean())
        said, true = said + deals["expected_amount"].sum(), true + (truth * deals["amount"]).sum()
    return float(np.sqrt(np.mean(off))), said / true - 1


def test_the_larger_the_book_the_nearer_the_truth():
    """Chances that differ by size are found, and what is forecast of them is not too high."""
    (few, bias_of_few), (many, bias_of_many) = misses(400), misses(6400)
    assert many < 0.03
    assert many < 0.6 * few
    assert abs(bias_of_many) < 0.06
    assert abs(bias_of_many) < abs(bias_of_few)


def test_a_forecast_without_a_past_is_unknown_not_nothing():
    table = pipeline.forecast(sp.paper.crm(), until="2027-01-01", seed=1)
    assert table["reason"].str.startswith("Too few").all()
    assert table["won_amount"].notna().all()
    assert table[["open_amount", "new_amount", "expected_amount"]].isna().all(axis=None)


def test_a_calibrated_process_calibrates():
    table = pipeline.calibration(steady(), every=2, months=2, measure="count", draws=300, seed=1)
    found = pipeline.calibration_scores(table).set_index("method")
    assert len(table) >= 6
    assert table["is_inside"].mean() >= 0.6
    assert found.loc["forecast", "brier"] < found.loc["last_year", "brier"]
    assert found.loc["crm", "brier"] != found.loc["crm", "brier"]  # this CRM has no probability
    curve = pipeline.reliability(steady(), every=4, months=2)
    mine = curve[curve["method"] == "forecast"]
    inside = (mine["won_rate_low"] - 0.05 <= mine["predicted_rate"]) & (
        mine["predicted_rate"] <= mine["won_rate_high"] + 0.05
    )
    assert inside.mean() >= 0.75


def test_calibration_never_sees_the_future():
    """Cutting the book off at an origin changes nothing of what was forecast there."""
    crm, day = steady(), "2025-12-31"
    whole = pipeline.forecast_deals(crm, as_of=day, until="2026-04-01")
    deals = crm.table("opportunities")
    deals = deals[deals["created_on"] <= day].copy()
    later = deals["closed_on"] > day
    deals.loc[later, ["stage", "status"]] = ["Working", "open"]
    deals.loc[later, "closed_on"] = pd.NaT
    changes = crm.table("stage_changes")
    cut = sp.from_frames(
        {"opportunities": deals, "stages": crm.table("stages"),
         "stage_changes": changes[changes["changed_at"] < "2026-01-01"]},
        as_of=day,
    )  # fmt: skip
    then = pipeline.forecast_deals(cut, until="2026-04-01")
    pd.testing.assert_frame_equal(whole, then)


@cache
def demo_views():
    """The demo company seen from every month end that has a year of wins behind it."""
    crm = sp.load(Path(__file__).parent.parent / "data" / "demo")
    days = calibration.origins(crm, None, 1, 1)
    return crm, [(day, calibration.trial(crm, day, 3, None).view) for day in days]


@pytest.mark.parametrize("measure", ["amount", "count"])
def test_intervals_hold_on_the_demo_company_as_often_as_they_say(measure):
    """The 80 % interval holds in 70 to 90 % of rolling origins, a month and a quarter on."""
    crm, views = demo_views()
    held = {0: [], 2: []}
    for day, view in views:
        table = forecast.forecast_table(
            view, measure=measure, draws=500, seed=1, level=0.8,
            correlation=CORRELATION, lang="en",
        )  # fmt: skip
        for i in held:
            if view.ends[i] <= crm.as_of + dt.timedelta(days=1):
                won = calibration.won_between(
                    crm, day + dt.timedelta(days=1), view.ends[i], measure, None
                )
                row = table.iloc[i]
                held[i].append(row[f"low_{measure}"] <= won <= row[f"high_{measure}"])
    assert min(len(found) for found in held.values()) >= 20
    for found in held.values():
        assert 0.7 <= np.mean(found) <= 0.9


def test_new_deals_that_begin_on_the_first_are_not_spread_over_the_month():
    """Renewals opened on the 1st and won 60 days on: a quarter wins those of its first month."""
    months = pd.date_range("2024-01-01", "2026-06-01", freq="MS").repeat(6)
    frame = pd.DataFrame(
        {"opportunity_id": [f"R{i:03}" for i in range(len(months))], "created_on": months,
         "closed_on": months + pd.Timedelta(days=60), "stage": "Won", "amount": 100.0}
    )  # fmt: skip
    is_open = frame["closed_on"] > "2026-06-30"
    frame.loc[is_open, ["stage", "closed_on"]] = ["Due", pd.NaT]
    stages = pd.DataFrame({"stage": ["Due", "Won"], "position": [1, 2], "status": ["open", "won"]})
    crm = sp.from_frames({"opportunities": frame, "stages": stages}, as_of="2026-06-30")
    last = pipeline.forecast(crm, until="2026-10-01", seed=1, measure="count").iloc[-1]
    # Opened on 1 July and 1 August, won on 30 August and 30 September: six each.
    assert last["new_count"] == pytest.approx(12, abs=0.8)


def test_a_past_too_short_for_trials_has_no_curve():
    curve = pipeline.reliability(sp.paper.crm())
    assert curve.empty
    assert list(curve.columns) == list(pipeline.reliability(steady(), every=4, months=2).columns)
    assert sp.charts.calibration(curve).data
