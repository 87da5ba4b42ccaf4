"""The waterfall balances for any history, and agrees with a slow reading of the same history."""

import datetime as dt
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import salesplan as sp
from salesplan import pipeline

STAGES = pd.DataFrame(
    {
        "stage": ["A", "B", "Won", "Lost", "Merged"],
        "position": [1, 2, 3, 4, 5],
        "status": ["open", "open", "won", "lost", "other"],
    }
)
STATUS = dict(zip(STAGES["stage"], STAGES["status"], strict=True))
FIRST, LAST = dt.date(2026, 1, 1), dt.date(2026, 6, 30)
SINCE, UNTIL = dt.date(2026, 3, 1), dt.date(2026, 5, 1)

RATES = pd.DataFrame(
    {"currency": "CHF", "rate_on": ["2026-01-01", "2026-04-01"], "rate": [0.91, 1.07]}
)


# A book holds two hundred deals, so that each example tries every combination of events.
books = st.integers(0, 2**32 - 1)


def history_of(seed, count=200):
    """Random lives of deals: (day, stage, amount, due, owner) per change, and a currency."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        steps = [
            (
                int(rng.integers(0, (LAST - FIRST).days + 1)),
                str(rng.choice(STAGES["stage"])),
                None if rng.random() < 0.2 else int(rng.integers(0, 1_000_000)) / 100,
                None if rng.random() < 0.2 else int(rng.integers(-30, 300)),
                str(rng.choice(["ada", "ben"])),
            )
            for _ in range(rng.integers(1, 6))
        ]
        steps.sort(key=lambda step: step[0])
        yield [(steps[0][0], "A", *steps[0][2:]), *steps[1:]], str(rng.choice(["EUR", "CHF"]))


@cache
def book(seed):
    """A Crm whose records are the last change of each deal, which always begins open."""
    rows, deals = [], []
    for number, (steps, currency) in enumerate(history_of(seed)):
        for seq, (day, stage, amount, due, owner) in enumerate(steps):
            when = FIRST + dt.timedelta(days=day)
            close = None if due is None else FIRST + dt.timedelta(days=due)
            rows.append((f"O{number}", when, seq, stage, amount, close, owner))
        end = rows[-1]
        closed = end[1] if STATUS[end[3]] != "open" else None
        deals.append((f"O{number}", end[3], end[6], end[4], end[5], currency,
                      FIRST + dt.timedelta(days=steps[0][0]), closed))  # fmt: skip
    names = ["opportunity_id", "changed_at", "seq", "stage", "amount", "expected_close_on"]
    history_frame = pd.DataFrame(rows, columns=[*names, "owner_id"])
    columns = ["opportunity_id", "stage", "owner_id", "amount", "expected_close_on", "currency",
               "created_on", "closed_on"]  # fmt: skip
    tables = {
        "opportunities": pd.DataFrame(deals, columns=columns),
        "stage_changes": history_frame,
        "stages": STAGES,
        "fx_rates": RATES,
    }
    return sp.from_frames(tables, as_of=LAST), rows


def slow_state(rows, day):
    """Stage of each deal at the end of a day, read one row after the other."""
    state = {}
    for deal, when, seq, stage, *_ in sorted(rows, key=lambda r: (r[0], r[1], r[2])):
        if when <= day:
            state[deal] = (seq, STATUS[stage])
    return {deal for deal, (_, status) in state.items() if status == "open"}


@given(books, st.sampled_from([None, "2026-04", "2026-Q2"]), st.sampled_from([None, "owner"]))
@settings(max_examples=5)
def test_every_waterfall_balances(seed, due, by):
    crm, _ = book(seed)
    bars = pipeline.waterfall(crm, since=SINCE, until=UNTIL, due=due, by=by)
    groups = [frame for _, frame in bars.groupby("owner")] if by else [bars]
    for group in groups:
        moves = group.set_index("movement").fillna({"amount": 0.0})
        for column in ("amount", "count_change"):
            through = moves[column].sum() - 2 * moves.loc["end", column]
            assert through == pytest.approx(0, abs=0.005), column


@given(books)
@settings(max_examples=5)
def test_start_and_end_are_the_open_deals_of_those_days(seed):
    crm, rows = book(seed)
    bars = pipeline.waterfall(crm, since=SINCE, until=UNTIL).set_index("movement")
    for name, day in (("start", SINCE - dt.timedelta(days=1)), ("end", UNTIL - dt.timedelta(1))):
        assert bars.loc[name, "deal_count"] == len(slow_state(rows, day)), name
        deals = pipeline.open_deals(crm, as_of=day)
        assert set(deals["opportunity_id"]) == slow_state(rows, day)
        assert bars.loc[name, "amount"] == pytest.approx(deals["amount"].sum(), abs=0.005)


@given(books, st.sampled_from([None, "2026-Q2"]))
@settings(max_examples=5)
def test_groups_add_up_to_the_whole_but_for_what_changed_hands(seed, due):
    crm, _ = book(seed)
    whole = pipeline.waterfall(crm, since=SINCE, until=UNTIL, due=due).set_index("movement")
    parts = pipeline.waterfall(crm, since=SINCE, until=UNTIL, due=due, by="owner")
    total = parts.groupby("movement")["amount"].sum()
    for name in set(total.index) - {"received", "handed_over", "deleted"}:
        assert total[name] == pytest.approx(whole.loc[name, "amount"], abs=0.005), name
    assert total.get("received", 0) == pytest.approx(-total.get("handed_over", 0), abs=0.005)


@given(books)
@settings(max_examples=5)
def test_the_deals_behind_the_bars_add_up_to_them(seed):
    crm, _ = book(seed)
    bars = pipeline.waterfall(crm, since=SINCE, until=UNTIL, due="2026-Q2").set_index("movement")
    deals = pipeline.waterfall_deals(crm, since=SINCE, until=UNTIL, due="2026-Q2")
    for name, amount in deals.groupby("movement")["amount"].sum().items():
        assert amount == pytest.approx(bars.loc[name, "amount"], abs=0.005), name


def test_an_earlier_load_shows_what_was_deleted(crm):
    frames = sp.paper.frames()
    earlier = sp.from_frames(frames, as_of="2026-06-30")
    left = frames["opportunities"][frames["opportunities"]["opportunity_id"] != "O8"]
    changes = frames["stage_changes"]
    later = sp.from_frames(
        frames
        | {"opportunities": left, "stage_changes": changes[changes["opportunity_id"] != "O8"]},
        as_of=sp.paper.AS_OF,
    )
    bars = pipeline.waterfall(later, quarter="2026-Q3", earlier=earlier).set_index("movement")
    assert bars.loc["deleted", ["amount", "deal_count"]].tolist() == [-9000, 1]
    assert bars["reason"].isna().all()
    by_history = pipeline.waterfall(crm, quarter="2026-Q3", earlier=earlier)
    assert by_history.set_index("movement").loc["end", "amount"] == 12000
    kept = pipeline.waterfall(later, quarter="2026-Q3", earlier=earlier, only={"team": "South"})
    assert kept.set_index("movement").loc["start", "amount"] == 11000


def test_a_deal_handed_over_changes_sides_not_the_total():
    frames = sp.paper.frames()
    changes = frames["stage_changes"].assign(owner_id=None)
    handed = pd.DataFrame(
        {"opportunity_id": ["O8"], "changed_at": ["2026-08-01"], "seq": [9], "stage": ["Proposal"],
         "amount": [9000], "owner_id": ["ada"]}
    )  # fmt: skip
    first = changes["opportunity_id"].eq("O8")
    changes["owner_id"] = changes["owner_id"].astype(object).mask(first, "cleo")
    frames["stage_changes"] = pd.concat([changes, handed], ignore_index=True)
    deals = frames["opportunities"].set_index("opportunity_id")
    deals.loc["O8", "owner_id"] = "ada"
    crm = sp.from_frames(frames | {"opportunities": deals.reset_index()}, as_of=sp.paper.AS_OF)
    bars = pipeline.waterfall(crm, quarter="2026-Q3", by="owner").set_index(["owner", "movement"])
    assert bars.loc[("Cleo Marin", "handed_over"), "amount"] == -9000
    assert bars.loc[("Ada Roth", "received"), "amount"] == 9000
    assert bars.loc[("Ada Roth", "end"), "amount"] == 9000


def test_slippage_by_hand(crm):
    slips = pipeline.slippage(crm, quarter="2026-Q3").set_index("definition")
    # Due at the end of June: O6 (won 15 August), O7 (lost 20 July), O8 (moved to September).
    assert slips.loc["not_closed", ["slipped_count", "due_count"]].tolist() == [1, 3]
    assert slips.loc["not_won", "slipped_amount"] == 11000
    assert slips.loc["past_own_date", "amount_rate"] == pytest.approx(0.5)
    assert slips.loc["ever_pushed", "slipped_count"] == 3  # O5, O8 and O9
    by_team = pipeline.slippage(crm, quarter="2026-Q3", by="team")
    assert by_team.groupby("definition")["due_count"].sum()["not_won"] == 3


def test_without_history_slippage_is_not_known():
    frames = sp.paper.frames()
    del frames["stage_changes"]
    crm = sp.from_frames(frames, as_of=sp.paper.AS_OF)
    slips = pipeline.slippage(crm, quarter="2026-Q3").set_index("definition")
    assert slips.loc["not_closed", "slip_rate"] != slips.loc["not_closed", "slip_rate"]
    assert "history of close dates" in slips.loc["not_closed", "reason"]
