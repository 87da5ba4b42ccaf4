"""The rules of the funnel in plain Python, one deal at a time: slow, and easy to check by eye."""

from __future__ import annotations

import datetime as dt

import pandas as pd

import salesplan as sp

OPEN = ("A", "B", "C")
STATUS = {"A": "open", "B": "open", "C": "open", "Won": "won", "Lost": "lost"}
POSITION = {"A": 1, "B": 2, "C": 3, "Won": 4, "Lost": 0}
START = dt.date(2026, 1, 1)
AS_OF = START + dt.timedelta(days=60)


def day(number: int) -> dt.date:
    return START + dt.timedelta(days=number)


def crm_of(deals: list[dict]) -> sp.Crm:
    """The same deals as a Crm: each has stage, created, closed and rows (day, seq, stage)."""
    opportunities = pd.DataFrame(
        {
            "opportunity_id": [f"O{i}" for i in range(len(deals))],
            "stage": [d["stage"] for d in deals],
            "created_on": [day(d["created"]) for d in deals],
            "closed_on": [None if d["closed"] is None else day(d["closed"]) for d in deals],
            "owner_id": [f"P{i % 3}" for i in range(len(deals))],
        }
    )
    rows = [
        (f"O{i}", day(when), seq, stage)
        for i, deal in enumerate(deals)
        for when, seq, stage in deal["rows"]
    ]
    history = pd.DataFrame(rows, columns=["opportunity_id", "changed_at", "seq", "stage"])
    stages = pd.DataFrame({"stage": list(STATUS), "status": list(STATUS.values())})
    stages["position"] = range(1, len(stages) + 1)
    tables = {"opportunities": opportunities, "stages": stages, "stage_changes": history}
    return sp.from_frames(tables, as_of=AS_OF)


def followed(deal: dict, *, after_close: str, window: int | None) -> dict:
    """What is known of one deal on the day looked from: stages visited, in order, and its end."""
    status, closed = STATUS[deal["stage"]], deal["closed"]
    known = [row for row in deal["rows"] if day(row[0]) <= AS_OF]
    if status != "open" and closed is None:
        same = [row[0] for row in deal["rows"] if row[2] == deal["stage"]]
        closed = max(same) if same else None
    if status != "open" and closed is not None and day(closed) > AS_OF:
        status = "open"
    known = sorted(known, key=_place)
    closings = [row for row in known if STATUS[row[2]] == status != "open"]
    late = [row for row in known if closings and _place(row) > _place(closings[-1])]
    kept = known if after_close == "keep" else [row for row in known if row not in late]
    visits = [
        (row[0], POSITION[row[2]])
        for row in kept
        if STATUS[row[2]] == "open" or STATUS[row[2]] == status == "won"
    ]
    if status == "won" and not closings:
        visits.append((closed, 4))
    if status == "open" and not known and STATUS[deal["stage"]] == "open":
        visits.append((deal["created"], POSITION[deal["stage"]]))
    ended = status != "open"
    if window is not None:
        limit = deal["created"] + window
        visits = [(when, p) for when, p in visits if when is not None and when <= limit]
        ended = ended and closed is not None and closed <= limit
        mature = day(limit) <= AS_OF
    else:
        mature = True
    return {
        "positions": [p for _, p in visits],
        "ended": ended,
        "mature": mature,
        "late": len(late),
    }


def _place(row: tuple) -> tuple:
    when, seq, stage = row
    return (when, seq, STATUS[stage] != "open", POSITION[stage])


def in_order(positions: list[int]) -> int:
    reached = 0
    for position in positions:
        if position == reached + 1:
            reached += 1
    return reached


def counts(deals: list[dict], mode: str, *, after_close: str, window: int | None) -> list[dict]:
    """The rows of ``sp.funnel.conversion``, counted deal by deal."""
    states = [followed(deal, after_close=after_close, window=window) for deal in deals]
    mature = [s for s in states if s["mature"]]
    at = {
        "visited": lambda s, p: p in s["positions"],
        "reached": lambda s, p: max([*s["positions"], 1]) >= p,
        "strict": lambda s, p: in_order(s["positions"]) >= p,
    }
    table = []
    for p in range(1, 5):
        here = [s for s in mature if at[mode](s, p)]
        onward = [s for s in here if p < 4 and at[mode](s, p + 1)]
        rest = [s for s in here if p < 4 and s not in onward]
        beyond = [s for s in rest if max([*s["positions"], 0]) > p]
        stuck = [s for s in rest if max([*s["positions"], 0]) <= p]
        table.append(
            {
                "n": len(here),
                "k": len(onward) if p < 4 else None,
                "open_count": sum(not s["ended"] for s in stuck),
                "lost_count": sum(s["ended"] for s in stuck),
                "skipped_count": len(beyond),
                **{f"{m}_count": sum(at[m](s, p) for s in mature) for m in at},
                "immature_count": len(states) - len(mature),
                "ignored_count": sum(s["late"] for s in states),
            }
        )
    return table
