"""How long activities took: from a duration, hours and minutes apart, or start and end."""

from __future__ import annotations

import pytest

import salesplan as sp

HUBSPOT = """Record ID,Meeting name,Meeting start time,Meeting end time,Meeting outcome,Owner
1,Demo,2026-01-05 09:00,2026-01-05 09:45,COMPLETED,Ada
2,Fair,2026-01-06 00:00,2026-01-07 00:00,COMPLETED,Ada
3,Typo,2026-01-07 09:00,2026-02-07 09:45,COMPLETED,Ada
4,Turned,2026-01-08 10:00,2026-01-08 09:00,COMPLETED,Ada
"""
SUITECRM = """ID,name,date_start,date_end,duration_hours,duration_minutes,status,assigned_user_id
m1,Visit,2026-01-05 09:00:00,2026-01-05 10:30:00,1,30,Held,u1
m2,Call,2026-01-05 11:00:00,2026-01-05 12:00:00,0,15,Held,u1
m3,Call,2026-01-05 12:00:00,,12,0,Held,u1
"""


@pytest.fixture
def load(tmp_path):
    def loaded(name: str, text: str) -> sp.Crm:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return sp.load(tmp_path, as_of="2026-02-28")

    return loaded


def test_start_and_end_make_a_duration_where_both_can_be_right(load):
    crm = load("meetings.csv", HUBSPOT)
    minutes = crm.table("activities").set_index("activity_id")["minutes"]
    assert minutes.dropna().to_dict() == {"1": 45}
    counts = crm.issues.set_index("rule")["row_count"]
    assert counts[["longer_than_a_day", "negative_duration"]].tolist() == [1, 1]


def test_a_duration_given_stands_above_the_end_and_counts_its_hours(load):
    activities = load("meetings.csv", SUITECRM).table("activities")
    assert activities["minutes"].tolist() == [90, 15, 720]
