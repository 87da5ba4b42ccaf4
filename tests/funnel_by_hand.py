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


def known(deal: dict, *, after_close: str) -> tuple[str, int | None, list, list]:
    """What the deal is on the day looked from, when it closed, the rows that count, the rest."""
    status, closed = STATUS[deal["stage"]], deal["closed"]
    if status != "open" and closed is None:
        same = [row[0] for row in deal["rows"] if row[2] == deal["stage"]]
        closed = max(same) if same else None
    if status != "open" and closed is not None and day(closed) > AS_OF:
        status = "open"
    rows = sorted((row for row in deal["rows"] if day(row[0]) <= AS_OF), key=_place)
    closings = [row for row in rows if STATUS[row[2]] == status != "open"]
    late = [row for row in rows if closings and _place(row) > _place(closings[-1])]
    kept = rows if after_close == "keep" else [row for row in rows if row not in late]
    return status, closed, kept, late


def followed(deal: dict, *, after_close: str, window: int | None) -> dict:
    """What is known of one deal on the day looked from: stages visited, in order, and its end."""
    status, closed, kept, late = known(deal, after_close=after_close)
    closings = [row for row in kept if STATUS[row[2]] == status != "open"]
    visits = [
        (row[0], POSITION[row[2]])
        for row in kept
        if STATUS[row[2]] == "open" or STATUS[row[2]] == status == "won"
    ]
    if status == "won" and not closings:
        visits.append((closed, 4))
    if status == "open" and not kept and STATUS[deal["stage"]] == "open":
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


def stays(deal: dict, *, visits: str, after_close: str, begin: int | None) -> dict[int, tuple]:
    """By position: day of entry, days there, those before ``begin`` and whether it is over."""
    moves = _moves(deal, after_close)
    if not moves:
        return {}
    ends = [*(move[0] for move in moves[1:]), (AS_OF - START).days]
    found: dict[int, list] = {}
    before = None
    for place, ((when, position, is_open), end) in enumerate(zip(moves, ends, strict=True)):
        is_late = begin is not None and deal["created"] < begin
        if is_late and place == 0 and (when == begin or not _rows(deal)):
            when = deal["created"] if position == 1 or not is_open else None
        piece = (when, end, place < len(moves) - 1)
        if is_open and visits == "latest" and position != before:
            found[position] = [piece]
        elif is_open:
            found.setdefault(position, []).append(piece)
        before = position
    return {position: _added(pieces, begin) for position, pieces in found.items()}


def _rows(deal: dict) -> list:
    return [row for row in deal["rows"] if day(row[0]) <= AS_OF]


def _moves(deal: dict, after_close: str) -> list[tuple]:
    """Each move as day, position and whether the stage is an open one."""
    status, closed, kept, _ = known(deal, after_close=after_close)
    moves = [(when, POSITION[name], STATUS[name] == "open") for when, _, name in kept]
    if status == "open" and not _rows(deal) and STATUS[deal["stage"]] == "open":
        moves.append((deal["created"], POSITION[deal["stage"]], True))
    if status != "open" and not any(STATUS[row[2]] == status for row in _rows(deal)):
        moves.append((closed, POSITION[deal["stage"]], False))
    return moves


def _added(pieces: list[tuple], begin: int | None) -> tuple:
    entries, ends = ([piece[i] for piece in pieces] for i in (0, 1))
    is_over = all(piece[2] for piece in pieces)
    if None in entries or None in ends:
        return (None if None in entries else min(entries), None, None, is_over)
    days = [max(end - entry, 0) for entry, end in zip(entries, ends, strict=True)]
    unseen = [
        0 if begin is None else max(min(begin - 1 - entry, length), 0)
        for entry, length in zip(entries, days, strict=True)
    ]
    return (min(entries), sum(days), sum(unseen), is_over)
