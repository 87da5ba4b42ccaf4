"""The hand-written SQL and pandas of the benchmark give the same figures as ours."""

from functools import cache

import pytest

import salesplan as sp
from benchmarks import _pipeline_book as book
from benchmarks import _pipeline_rivals as rivals
from benchmarks.pipeline import QUARTER

FACTS = ["amount", "probability", "age_days", "typical_age_days", "slow_age_days", "stage_days",
         "typical_stage_days", "slow_stage_days", "inactive_days", "push_count",
         "past_due_days"]  # fmt: skip


@cache
def company():
    tables = book.frames(3000)
    return sp.from_frames(tables, as_of=book.AS_OF), tables


def test_open_deals():
    crm, tables = company()
    ours = sp.pipeline.open_deals(crm).set_index("opportunity_id")
    bare = crm.query(rivals.OPEN_DEALS).set_index("opportunity_id")
    frame = rivals.open_deals(tables)
    assert len(ours) > 100
    for name in FACTS:
        mine = ours[name].to_numpy(float)
        assert bare[name].to_numpy(float) == pytest.approx(mine, nan_ok=True), name
        assert frame[name].to_numpy(float) == pytest.approx(mine, nan_ok=True), name
    for name in ("has_account", "has_next_step"):
        lacks = ours["lacks_" + name.removeprefix("has_")].tolist()
        assert [not has for has in bare[name]] == [not has for has in frame[name]] == lacks


def test_health():
    crm, tables = company()
    table = sp.pipeline.health(crm).set_index("measure")
    ours = table["value"].to_dict()
    bare, frame = crm.query(rivals.HEALTH).iloc[0].to_dict(), rivals.health(tables)
    ours["deviation"] = sp.pipeline.weighted(crm)["deviation_amount"].iloc[0]
    assert bare == pytest.approx(ours)
    assert frame == pytest.approx(ours)
    assert min(ours.values()) > 0


def test_waterfall():
    crm, tables = company()
    bars = sp.pipeline.waterfall(crm, **QUARTER).set_index("movement")
    bare, frame = crm.query(rivals.WATERFALL).iloc[0].to_dict(), rivals.waterfall(tables)
    for name in ("start", "created", "increased", "decreased", "won", "lost", "end"):
        sign = -1 if name in ("won", "lost") else 1
        assert bare[name] == frame[name] == pytest.approx(sign * bars.loc[name, "amount"]), name
        if f"{name}_count" in bare:
            count = bars.loc[name, "deal_count"]
            assert bare[f"{name}_count"] == frame[f"{name}_count"] == count > 0, name
