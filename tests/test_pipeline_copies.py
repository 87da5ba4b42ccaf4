"""The waterfall out of dated copies of the deals: weekly exports, deleted deals."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

import salesplan as sp
from salesplan import pipeline
from salesplan.errors import MissingDataError, UnknownNameError

STAGES = pd.DataFrame(
    {"stage": ["Talk", "Offer", "Won", "Lost"], "position": [1, 2, 3, 4],
     "status": ["open", "open", "won", "lost"]}
)  # fmt: skip
WEEK = {"since": "2026-09-08", "until": "2026-09-15"}
EARLIER = """opportunity_id;stage;amount;owner_id;created_on;closed_on
D1;Talk;100;ada;2026-08-03;
D2;Talk;200;ada;2026-08-04;
D3;Offer;400;ben;2026-08-05;
D4;Offer;800;ben;2026-08-06;
"""
LATER = """opportunity_id;stage;amount;owner_id;created_on;closed_on
D1;Offer;150;ada;2026-08-03;
D2;Won;200;ada;2026-08-04;2026-09-10
D4;Offer;800;ada;2026-08-06;
D5;Talk;1600;ben;2026-09-11;
"""
BARS = {"start": (1500, 4), "created": (1600, 1), "increased": (50, 1), "won": (-200, 1),
        "deleted": (-400, 1), "end": (2550, 3)}  # fmt: skip


@pytest.fixture
def weekly(tmp_path):
    (tmp_path / "deals_2026-09-07.csv").write_text(EARLIER)
    (tmp_path / "deals_2026-09-14.csv").write_text(LATER)
    rows = "".join(
        f'\n[[stages]]\nstage = "{stage}"\nposition = {position}\nstatus = "{status}"\n'
        for stage, position, status in STAGES.itertuples(index=False)
    )
    (tmp_path / "salesplan.toml").write_text(rows)
    with sp.load(tmp_path) as crm:
        yield crm


def moves(bars):
    kept = bars[bars["deal_count"] > 0].set_index("movement")
    return {m: (row["amount"], row["deal_count"]) for m, row in kept.iterrows()}


@pytest.mark.parametrize("source", [None, "history", "snapshots"])
def test_two_weekly_exports_show_what_moved_and_what_was_deleted(weekly, source):
    bars = pipeline.waterfall(weekly, **WEEK, source=source)
    assert moves(bars) == BARS
    assert bars["reason"].isna().all()
    deals = pipeline.waterfall_deals(weekly, **WEEK, source=source).set_index("movement")
    assert deals.loc["deleted", ["opportunity_id", "amount"]].tolist() == ["D3", -400]


def test_the_copy_of_the_first_day_stands_for_the_start_where_no_evening_was_kept(weekly):
    bars = pipeline.waterfall(weekly, since="2026-09-07", until="2026-09-15", source="snapshots")
    assert moves(bars) == BARS


def test_copies_know_owners_too(weekly):
    bars = pipeline.waterfall(weekly, **WEEK, by="owner", source="snapshots")
    found = bars.set_index(["owner", "movement"])["amount"]
    assert (found["ben", "handed_over"], found["ada", "received"]) == (-800, 800)
    assert (found["ben", "deleted"], found["ben", "end"]) == (-400, 1600)


def test_a_period_that_no_copy_opens_says_so(weekly):
    bars = pipeline.waterfall(weekly, month="2026-09").set_index("movement")
    assert bars.loc["deleted", "reason"]
    assert np.isnan(bars.loc["deleted", "amount"])
    with pytest.raises(MissingDataError, match="none from 2026-09-01 or before"):
        pipeline.waterfall(weekly, month="2026-09", source="snapshots")
    with pytest.raises(UnknownNameError, match="'snapshots'"):
        pipeline.waterfall(weekly, **WEEK, source="snapshot")


def book_of(copies):
    """A book whose records are the last of some copies, with no history of changes."""
    parts = [frame.assign(snapshot_on=day) for day, frame in copies.items()]
    known = pd.concat(parts, ignore_index=True)
    last = copies[max(copies)]
    deals = last.drop(columns="status").assign(created_on="2026-01-01")
    return sp.from_frames(
        {"opportunities": deals, "opportunity_snapshots": known, "stages": STAGES},
        as_of=max(copies),
    )


def random_copies(seed):
    """Three copies of deals that come, go, change hands, amounts, stages and dates."""
    rng = np.random.default_rng(seed)
    copies = {}
    for day in ("2026-03-31", "2026-06-30", "2026-09-30"):
        ids = np.flatnonzero(rng.random(80) < 0.8)
        stage = rng.choice(STAGES["stage"], len(ids))
        due = pd.Timestamp("2026-06-01") + pd.to_timedelta(rng.integers(0, 200, len(ids)), "D")
        copies[day] = pd.DataFrame(
            {
                "opportunity_id": [f"D{i:02}" for i in ids],
                "stage": stage,
                "status": pd.Series(stage).map(STAGES.set_index("stage")["status"]),
                "amount": np.where(rng.random(len(ids)) < 0.1, np.nan,
                                   rng.integers(1, 10**6, len(ids)) / 100),
                "owner_id": rng.choice(["ada", "ben"], len(ids)),
                "expected_close_on": due,
                "closed_on": np.where(np.isin(stage, ["Won", "Lost"]), np.datetime64(day), None),
            }
        )  # fmt: skip
    return copies


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("due", [None, "2026-Q3"])
@pytest.mark.parametrize("by", [None, "owner"])
def test_a_waterfall_of_copies_balances_and_ends_where_the_copies_do(seed, due, by):
    copies = random_copies(seed)
    crm = book_of(copies)
    for first, last, quarter in (("2026-03-31", "2026-06-30", "2026-Q2"),
                                 ("2026-06-30", "2026-09-30", "2026-Q3")):  # fmt: skip
        bars = pipeline.waterfall(crm, quarter=quarter, due=due, by=by)
        groups = [part for _, part in bars.groupby("owner")] if by else [bars]
        for group in groups:
            whole = group.set_index("movement")["amount"]
            assert whole.sum() - 2 * whole["end"] == pytest.approx(0, abs=0.005)
        total = bars.groupby("movement")[["amount", "deal_count"]].sum()
        for movement, day in (("start", first), ("end", last)):
            wanted = in_view(copies[day], due)
            assert total.loc[movement, "deal_count"] == len(wanted)
            assert total.loc[movement, "amount"] == pytest.approx(wanted["amount"].sum())
        gone = in_view(copies[first], due)
        gone = gone[~gone["opportunity_id"].isin(copies[last]["opportunity_id"])]
        assert total.loc["deleted", "deal_count"] == len(gone)
        assert len(gone) or due


def in_view(copy, due):
    still = copy[copy["status"] == "open"]
    if due is None:
        return still
    day = still["expected_close_on"].dt.date
    return still[(day >= dt.date(2026, 7, 1)) & (day < dt.date(2026, 10, 1))]
