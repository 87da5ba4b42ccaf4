"""Open deals, velocity and slippage against a slow reading of random histories, row by row."""

import datetime as dt
from itertools import pairwise

import numpy as np
import pytest
from test_pipeline_moves import SINCE, STATUS, UNTIL, book

from salesplan import pipeline
from salesplan.stats import wilson

DAYS = (dt.date(2026, 3, 31), dt.date(2026, 5, 15), dt.date(2026, 6, 30))
AMOUNT, DUE = 4, 5
RATE = {"EUR": 1.0, "CHF": {1: 0.91, 4: 1.07}}


def lives(seed):
    """Each deal's rows in time, and its currency."""
    crm, rows = book(seed)
    found = {}
    for row in sorted(rows, key=lambda r: (r[0], r[1], r[2])):
        found.setdefault(row[0], []).append(row)
    currency = crm.table("opportunities").set_index("opportunity_id")["currency"]
    return crm, {deal: (steps, currency[deal]) for deal, steps in found.items()}


def known(steps, day, column):
    """The value of a column on a day: the last one given, the record's if nothing came after."""
    given = [s[column] for s in steps if s[1] <= day and s[column] is not None]
    if steps[-1][1] <= day or all(s[column] is None for s in steps):
        return steps[-1][column]
    return given[-1] if given else None


def rate(currency, day):
    return 1.0 if currency == "EUR" else RATE["CHF"][4 if day >= dt.date(2026, 4, 1) else 1]


def read(steps, currency, day):
    """What a deal was on a day: status, stage, its visit, amount, pushes, dates."""
    past = [s for s in steps if s[1] <= day]
    visits = []
    for step in past:
        if not visits or visits[-1][0] != step[3]:
            visits.append((step[3], step[1]))
    dates = [s[DUE] for s in past if s[DUE] is not None]
    pushes = sum((b.year, b.month) > (a.year, a.month) for a, b in pairwise(dates))
    status = STATUS[past[-1][3]]
    amount = known(steps, day, AMOUNT)
    ended = past[-1][1] if status != "open" else None
    worth = None if amount is None else round(amount * rate(currency, ended or day), 2)
    return {"status": status, "stage": past[-1][3], "visits": visits, "amount": worth,
            "due": known(steps, day, DUE), "pushes": pushes if dates else None,
            "began": past[0][1], "ended": ended}  # fmt: skip


def deals_on(seed, day):
    crm, all_lives = lives(seed)
    began = {d: life for d, life in all_lives.items() if life[0][0][1] <= day}
    return crm, {d: read(*life, day) for d, life in began.items()}


def same(found, wanted):
    return found.tolist() == pytest.approx(
        [np.nan if w is None else w for w in wanted], nan_ok=True
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("day", DAYS)
def test_open_deals(seed, day):
    crm, deals = deals_on(seed, day)
    table = pipeline.open_deals(crm, as_of=day)
    mine = [deals[d] for d in table["opportunity_id"]]
    assert len(mine) == sum(d["status"] == "open" for d in deals.values()) > 20
    assert table["stage"].tolist() == [d["stage"] for d in mine]
    assert same(table["amount"], [d["amount"] for d in mine])
    assert same(table["age_days"], [(day - d["began"]).days for d in mine])
    assert same(table["stage_days"], [(day - d["visits"][-1][1]).days for d in mine])
    assert same(table["push_count"], [d["pushes"] for d in mine])
    late = [None if d["due"] is None else max((day - d["due"]).days, 0) for d in mine]
    assert same(table["past_due_days"], late)
    stays, cycles = pace(deals)
    for name, q in (("typical", 0.5), ("slow", 0.9)):
        wanted = [np.quantile(stays[d["stage"]], q) if d["stage"] in stays else None for d in mine]
        assert same(table[f"{name}_stage_days"], wanted)
        assert same(table[f"{name}_age_days"], [np.quantile(cycles, q)] * len(mine))


def pace(deals):
    """How long won deals stayed in each stage, and took in all."""
    stays, cycles = {}, []
    for deal in deals.values():
        if deal["status"] == "won":
            cycles.append((deal["ended"] - deal["began"]).days)
            for (stage, entered), (_, left) in pairwise(deal["visits"]):
                stays.setdefault(stage, []).append((left - entered).days)
    return stays, cycles


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("cycle", ["mean", "median"])
def test_velocity(seed, day, cycle):
    crm, deals = deals_on(seed, day)
    found = pipeline.velocity(crm, as_of=day, cycle=cycle).iloc[0]
    won = [d for d in deals.values() if d["status"] == "won"]
    closed = [d for d in deals.values() if d["status"] in ("won", "lost")]
    amounts = [d["amount"] for d in won if d["amount"] is not None]
    cycles = [(d["ended"] - d["began"]).days for d in won]
    middle = np.mean(cycles) if cycle == "mean" else np.median(cycles)
    still = sum(d["status"] == "open" for d in deals.values())
    assert (found["opportunity_count"], found["win_count"]) == (still, len(won))
    assert found["average_amount"] == pytest.approx(np.mean(amounts), abs=0.005)
    assert found["cycle_days"] == pytest.approx(middle)
    day_amount = still * np.mean(amounts) * len(won) / len(closed) / middle
    assert found["day_amount"] == pytest.approx(day_amount, rel=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_slippage(seed):
    last = UNTIL - dt.timedelta(days=1)
    crm, before = deals_on(seed, SINCE - dt.timedelta(days=1))
    _, after = deals_on(seed, last)
    due = [d for d, was in before.items()
           if was["status"] == "open" and was["due"] and SINCE <= was["due"] < UNTIL]  # fmt: skip
    slipped = {
        "not_closed": [d for d in due if after[d]["status"] == "open"],
        "not_won": [d for d in due if after[d]["status"] != "won"],
        "ever_pushed": [d for d in after.values() if d["pushes"]],
    }
    table = pipeline.slippage(crm, since=SINCE, until=UNTIL).set_index("definition")
    for name, deals in slipped.items():
        n = len(due) if name != "ever_pushed" else sum(
            d["pushes"] is not None for d in after.values())  # fmt: skip
        assert table.loc[name, ["slipped_count", "due_count"]].tolist() == [len(deals), n], name
        low, high = wilson(np.array([len(deals)]), np.array([n]))
        interval = table.loc[name, ["slip_rate_low", "slip_rate_high"]].tolist()
        assert interval == pytest.approx([low[0], high[0]])
    assert len(due) > 10
