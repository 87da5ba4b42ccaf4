"""Exports that begin late: what is known of older deals counts from that day on, and it is said."""

import datetime as dt

import pandas as pd
import pytest

import salesplan as sp

STAGES = pd.DataFrame(
    {"stage": ["A", "B", "Won", "Lost"], "status": ["open", "open", "won", "lost"]}
).assign(position=[1, 2, 3, 4])


def crm_of(deals, rows, as_of="2026-04-11"):
    frame = pd.DataFrame(deals, columns=["opportunity_id", "created_on", "stage", "closed_on"])
    history = pd.DataFrame(rows, columns=["opportunity_id", "changed_at", "stage"])
    tables = {"stages": STAGES, "opportunities": frame, "stage_changes": history.assign(seq=0)}
    return sp.from_frames(tables, as_of=as_of)


# What is still there on 1 March, with its whole history, and what came later.
SURVIVORS = crm_of(
    [
        ("D1", "2026-02-01", "B", None),
        ("D2", "2026-02-19", "B", None),
        ("D3", "2026-03-02", "B", None),
        ("D4", "2026-03-05", "A", None),
        ("D5", "2026-01-10", "B", None),
    ],
    [
        ("D1", "2026-02-01", "A"),
        ("D1", "2026-03-11", "B"),
        ("D2", "2026-02-19", "A"),
        ("D2", "2026-03-21", "B"),
        ("D3", "2026-03-02", "A"),
        ("D3", "2026-03-12", "B"),
        ("D4", "2026-03-05", "A"),
        ("D5", "2026-01-10", "A"),
        ("D5", "2026-02-20", "B"),
    ],
)


def test_stays_that_began_before_the_records_join_late():
    """In A, by days there: D1 seen from 27 to 38, D2 from 9 to 30, D3 to 10, D4 still at 37."""
    curve = sp.funnel.stage_survival(SURVIVORS, observed_since="2026-03-01")
    curve = curve[curve["stage"] == "A"].set_index("day")
    assert curve.loc[[10, 30, 38], "at_risk"].tolist() == [3, 3, 1]
    assert curve.loc[[10, 30, 38], "survival"].tolist() == pytest.approx([2 / 3, 4 / 9, 0])
    row = sp.funnel.time_in_stage(SURVIVORS, observed_since="2026-03-01").iloc[0]
    # D5 had left A before: it is on record only because it lived on.
    assert row[["n", "left_count", "late_count", "undated_count"]].tolist() == [4, 3, 2, 0]
    assert row[["q25_days", "median_days", "q75_days"]].tolist() == [10, 30, 38]
    assert row["observed_since"] == dt.date(2026, 3, 1)
    assert "begins on 2026-03-01: 2 older stays" in row["reason"]


def test_taken_at_face_value_the_survivors_look_slower():
    row = sp.funnel.time_in_stage(SURVIVORS).iloc[0]
    assert (row["n"], row["median_days"], row["late_count"]) == (5, 38, 0)
    assert row["observed_since"] is None


def test_win_probability_of_late_records_by_hand():
    """Seen from 27 to a win at 38, from 9 to a loss at 30, to a win at 10, open at 37."""
    deals = [
        ("W1", "2026-02-01", "Won", "2026-03-11"),
        ("W2", "2026-02-19", "Lost", "2026-03-21"),
        ("W3", "2026-03-02", "Won", "2026-03-12"),
        ("W4", "2026-03-05", "A", None),
    ]
    crm = crm_of(deals, [])
    frame = sp.funnel.win_probability(crm, horizons=[10, 30, 38], observed_since="2026-03-01")
    assert frame["won_rate"].tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3 + 4 / 9])
    assert frame["lost_rate"].tolist() == pytest.approx([0, 2 / 9, 2 / 9])
    assert frame["late_count"].tolist() == [2, 2, 2]


def export_begun_in_march():
    """Before March nothing is on record; on the first day comes the state of every deal."""
    deals = [(f"N{i}", f"2026-03-{i:02}", "B", None) for i in range(2, 22)]
    rows = [(f"N{i}", f"2026-03-{i:02}", "A") for i in range(2, 22)]
    rows += [(f"N{i}", f"2026-03-{i + 9:02}", "B") for i in range(2, 22)]
    deals += [(f"Q{i}", "2026-02-01", "B", None) for i in range(3)]
    rows += [(f"Q{i}", "2026-03-01", "A") for i in range(3)]
    rows += [(f"Q{i}", "2026-03-11", "B") for i in range(3)]
    deals += [("R", "2026-01-15", "B", None)]
    rows += [("R", "2026-03-01", "B")]
    return crm_of(deals, rows)


def test_a_history_that_begins_late_is_found_and_said():
    frame = sp.funnel.time_in_stage(export_begun_in_march()).set_index("stage")
    assert frame["observed_since"].tolist() == [dt.date(2026, 3, 1)] * 2
    # The three older deals were in A since their creation, 38 days before they left it.
    assert frame.loc["A", ["n", "late_count", "undated_count", "median_days"]].tolist() == [
        23,
        3,
        0,
        9,
    ]
    curve = sp.funnel.stage_survival(export_begun_in_march()).set_index(["stage", "day"])
    assert curve.loc[("A", 38), ["at_risk", "events"]].tolist() == [3, 3]
    # Nobody knows when R came to B.
    assert frame.loc["B", ["n", "undated_count"]].tolist() == [23, 1]
    assert "nobody knows when they began or ended: 1" in frame.loc["B", "reason"]


def test_one_old_deal_is_no_late_start():
    deals = [(f"N{i}", f"2026-03-{i:02}", "B", None) for i in range(2, 22)]
    rows = [(f"N{i}", f"2026-03-{i:02}", "A") for i in range(2, 22)]
    crm = crm_of([*deals, ("R", "2025-01-15", "B", None)], [*rows, ("R", "2026-03-20", "B")])
    assert sp.funnel.time_in_stage(crm)["observed_since"].isna().all()


def test_a_late_start_is_looked_for_on_each_day_looked_from(crm):
    early = sp.funnel.time_in_stage(crm, as_of="2026-03-31")
    assert early["observed_since"].isna().all()
    assert sp.funnel.time_in_stage(crm)["late_count"].eq(0).all()
