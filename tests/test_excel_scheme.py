"""The workbook of a scheme computes: to the library's cents, and on when a figure changes."""

from __future__ import annotations

import openpyxl
import pandas as pd
import pytest
from compensation_schemes import example
from office import recalculated

import salesplan as sp

PEOPLE = pd.DataFrame({"person_id": ["=1+1", "ben"], "target_variable": [10_000, 8_000.5]})
RULES = """
name = "Field"
pays_each = "quarter"
accrual = "{accrual}"
[[criteria]]
name = "bookings"
weight = 0.7
cap_share = 2.0
curve = {{ threshold = 0.8, start = "zero", accelerators = [{{ from = 1.0, times = 1.5 }}] }}
[[criteria]]
name = "calls"
weight = 0.3
curve = {{ kind = "steps", points = [[0.5, 0.25], [1.0, 1.0]] }}
"""


def figures(first: float) -> pd.DataFrame:
    rows = [
        ("=1+1", "2026-Q1", "bookings", first, 100.0),
        ("=1+1", "2026-Q1", "calls", 50.0, 100.0),
        ("=1+1", "2026-Q2", "bookings", 93.3, 100.0),
        ("=1+1", "2026-Q2", "calls", 120.0, 100.0),
        ("ben", "2026-Q1", "bookings", 80.0, 100.0),
        ("ben", "2026-Q1", "calls", 49.0, 100.0),
        ("ben", "2026-Q2", "bookings", 400.0, 100.0),
        ("ben", "2026-Q2", "calls", 100.0, 100.0),
    ]
    return pd.DataFrame(rows, columns=["person_id", "period", "measure", "actual", "target"])


def simulated(first: float, accrual: str = "period") -> sp.compensation.Simulation:
    scheme = sp.compensation.Scheme.from_toml(RULES.format(accrual=accrual))
    return sp.compensation.simulate(scheme, PEOPLE, figures(first))


def payouts(sheets: dict) -> list[float]:
    return [row[6] for row in sheets["Payouts"][3:-1]]


def changed(path, row: int, column: str, value: float) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book["Lines"]
    place = next(c.column for c in sheet[3] if c.value == column)
    sheet.cell(row, place).value = value
    book.save(path)


@pytest.mark.parametrize("accrual", ["period", "year_to_date"])
def test_a_changed_actual_changes_the_pay_as_a_new_simulation_would(tmp_path, accrual):
    before, after = simulated(80.0, accrual), simulated(117.7, accrual)
    path = sp.excel.scheme_workbook(tmp_path / "plan.xlsx", before)
    again = recalculated(path, tmp_path)
    assert payouts(again) == before.payouts["payout_amount"].tolist()
    lines = before.lines.reset_index(drop=True)
    row = lines.index[(lines["line"] == "bookings") & (lines["person_id"] == "=1+1")][0] + 4
    changed(path, row, "Actual", 117.7)
    if accrual == "year_to_date":  # the second quarter's figure is that of the year so far
        changed(path, row + 2, "Actual", 117.7 + 93.3)
    new = recalculated(path, tmp_path)
    assert payouts(new) == after.payouts["payout_amount"].tolist()
    assert new["Cost"][-1][3] == pytest.approx(after.total_amount, abs=1e-6)


@pytest.mark.parametrize("seed", [*range(6), 38, 42])
def test_any_scheme_recomputes_to_the_cent(tmp_path, seed):
    rules, people, attainment, _ = example(seed)
    scheme = sp.compensation.Scheme.model_validate(rules)
    simulation = sp.compensation.simulate(scheme, people, attainment)
    path = sp.excel.scheme_workbook(tmp_path / "plan.xlsx", simulation)
    again = recalculated(path, tmp_path)
    assert payouts(again) == simulation.payouts["payout_amount"].tolist()
    assert not any(isinstance(c, str) and c.startswith("#") for r in again["Lines"] for c in r)


def test_what_a_formula_cannot_say_is_marked(tmp_path):
    lines = sp.excel.scheme_sheets(simulated(80.0), "en")["Lines"]
    assert lines.frame["is_live"].all()
    gate = '\n[[gates]]\nname = "enough"\ncriterion = "calls"\nat_least = 0.5\n'
    scheme = sp.compensation.Scheme.from_toml(RULES.format(accrual="period") + gate)
    gated = sp.compensation.simulate(scheme, PEOPLE, figures(80.0))
    frame = sp.excel.scheme_sheets(gated, "en")["Lines"].frame
    blocked = frame["gate"] != ""
    assert blocked.any()
    assert not frame.loc[blocked & (frame["after_cap_amount"] > 0), "is_live"].any()


def test_names_of_people_stay_text(tmp_path):
    path = sp.excel.scheme_workbook(tmp_path / "plan.xlsx", simulated(80.0))
    cell = openpyxl.load_workbook(path)["Lines"]["A4"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


LOTS = """
name = "Lots"
pays_each = "month"
accrual = "year_to_date"
accrual_over = "quarter"
[[criteria]]
name = "units"
curve = { kind = "per_unit", rate = 500, each = 20, whole_units = true }
"""
COLUMNS = ["person_id", "period", "measure", "actual", "target"]


def monthly(april: float) -> sp.compensation.Simulation:
    units = {"2026-01": 30.0, "2026-02": 15.0, "2026-03": 10.0, "2026-04": april}
    rows = [("ann", month, "units", n, None) for month, n in units.items()]
    done = pd.DataFrame(rows, columns=COLUMNS).astype({"target": float})
    scheme = sp.compensation.Scheme.from_toml(LOTS)
    return sp.compensation.simulate(scheme, pd.DataFrame({"person_id": ["ann"]}), done)


def test_full_lots_and_a_quarter_to_date_recompute(tmp_path):
    # 30 units are one lot; 45 are two; 55 still two; April starts again with two.
    assert monthly(40.0).payouts["payout_amount"].tolist() == [500, 500, 0, 1000]
    path = sp.excel.scheme_workbook(tmp_path / "plan.xlsx", monthly(40.0))
    assert payouts(recalculated(path, tmp_path)) == [500, 500, 0, 1000]
    changed(path, 7, "Actual", 79.0)
    assert payouts(recalculated(path, tmp_path)) == monthly(79.0).payouts["payout_amount"].tolist()


@pytest.mark.parametrize("reads", ["actual", "attainment"])
def test_a_commission_by_tiers_recomputes(tmp_path, reads):
    bounds = {"actual": [0, 200_000], "attainment": [0, 0.8]}[reads]
    tiers = [{"from": b, "rate": r} for b, r in zip(bounds, (0.05, 0.08), strict=True)]
    curve = {"kind": "tiers", "pays": "commission", "reads": reads, "tiers": tiers}
    scheme = sp.compensation.Scheme(
        name="Tiers", pays_each="year", criteria=[{"name": "sales", "curve": curve}]
    )
    people = pd.DataFrame({"person_id": ["ann"]})

    def paid(sales: float) -> sp.compensation.Simulation:
        done = pd.DataFrame([("ann", "2026", "sales", sales, 250_000.0)], columns=COLUMNS)
        return sp.compensation.simulate(scheme, people, done)

    path = sp.excel.scheme_workbook(tmp_path / "plan.xlsx", paid(100_000.0))
    changed(path, 4, "Actual", 260_000.0)
    assert payouts(recalculated(path, tmp_path)) == [paid(260_000.0).total_amount] == [14_800.0]


# Places, scores and pools ----------------------------------------------------------------------

STAFF = pd.DataFrame(
    {
        "person_id": ["ann", "ben", "cid", "dot", "eva"],
        "target_variable": [10_000.0, 12_000.0, 8_000.0, 10_000.0, 9_000.0],
        "team": ["north", "north", "south", "south", "south"],
    }
)
LADDER = {"kind": "steps", "reads": "rank", "points": [[1, 2.0], [2, 1.2], [3, 0.4]]}
TENTHS = {"kind": "steps", "reads": "rank_share", "points": [[0, 2.0], [0.5, 1.0], [0.8, 0.0]]}
TABLE = {"kind": "steps", "points": [[0.8, 0.5], [0.95, 0.9], [1.05, 1.5]]}
TWO = [{"name": "sales", "weight": 0.6}, {"name": "calls", "weight": 0.4}]


def only_sales(**values):
    return {"criteria": [{"name": "sales", "weight": 1.0} | values]}


AGAINST = {
    "places": only_sales(curve=LADDER),
    "the worse of equal places": only_sales(curve=LADDER, ranking={"ties": "worse"}),
    "shared places": only_sales(curve=LADDER, ranking={"ties": "shared"}),
    "places in a team, by the actual": only_sales(
        curve=LADDER, ranking={"among": ["team"], "of": "actual"}
    ),
    "part of the ranks": only_sales(curve=TENTHS),
    "a score": {"criteria": TWO, "score": TABLE},
    "a score of the year to date": {"criteria": TWO, "score": TABLE, "accrual": "year_to_date"},
    "a score in money": {"criteria": TWO, "score": TABLE | {"pays": "amount"}},
    "a score of places": {
        "criteria": [{"name": "sales", "weight": 0.6, "curve": LADDER}, TWO[1]],
        "score": TABLE,
    },
    "a pool that is short": only_sales() | {"pool": {"amount": 9_000.01}},
    "a pool shared out": only_sales() | {"pool": {"amount": 13_000, "pays": "exactly"}},
    "a pool of each team": {"criteria": TWO, "score": TABLE}
    | {"pool": {"amount": 3_333.33, "scope": "team"}},
    "capped and rounded attainment": only_sales(
        cap_attainment=1.05, round_attainment=2, curve={"accelerators": [{"from": 1, "times": 3}]}
    ),
    "lower is better": only_sales(better="lower", cap_attainment=1.5),
}


def against(rules, ann: float) -> sp.compensation.Simulation:
    sales = {"ann": [ann, 90.0], "ben": [110.0, 80.0], "cid": [90.0, 100.0]}
    sales |= {"dot": [101.7, 99.0], "eva": [90.0, 70.0]}
    rows = [
        (person, f"2026-Q{q}", "sales", figure, 100.0)
        for person, figures in sales.items()
        for q, figure in enumerate(figures, 1)
    ]
    rows += [(p, f"2026-Q{q}", "calls", 95.0, 100.0) for p in sales for q in (1, 2)]
    scheme = sp.compensation.Scheme.model_validate({"name": "Against"} | rules)
    return sp.compensation.simulate(scheme, STAFF, pd.DataFrame(rows, columns=COLUMNS))


@pytest.mark.parametrize("name", AGAINST)
def test_what_hangs_on_others_follows_a_changed_actual(tmp_path, name):
    new = 111.3 if "in a team" in name else 104.3
    before, after = against(AGAINST[name], 90.0), against(AGAINST[name], new)
    assert payouts_of(before) != payouts_of(after)
    path = sp.excel.scheme_workbook(tmp_path / "plan.xlsx", before)
    assert payouts(recalculated(path, tmp_path)) == payouts_of(before)
    lines = sp.excel.scheme_sheets(before)["Lines"].frame
    assert lines["is_live"].all()
    changed(path, 4, "Actual", new)  # the first line: what ann sold in the first quarter
    if "year to date" in name:
        second = lines.index[(lines["period"] == "2026-Q2") & (lines["line"] == "sales")][0]
        changed(path, second + 4, "Actual", new + 90.0)
    assert payouts(recalculated(path, tmp_path)) == payouts_of(after)


def payouts_of(simulation) -> list[float]:
    return simulation.payouts["payout_amount"].tolist()


def test_what_is_in_the_pool_may_be_changed(tmp_path):
    rules = AGAINST["a pool that is short"]
    path = sp.excel.scheme_workbook(tmp_path / "plan.xlsx", against(rules, 90.0))
    book = openpyxl.load_workbook(path)
    sheet = book["Pool"]
    place = next(c.column for c in sheet[3] if c.value == "Pool amount")
    for row in range(4, sheet.max_row + 1):
        sheet.cell(row, place).value = 7_000.07
    book.save(path)
    wanted = against(only_sales() | {"pool": {"amount": 7_000.07}}, 90.0)
    assert payouts(recalculated(path, tmp_path)) == payouts_of(wanted)


def test_a_pool_of_the_year_to_date_stands_as_simulated(tmp_path):
    rules = AGAINST["a pool that is short"] | {"accrual": "year_to_date"}
    simulation = against(rules, 90.0)
    sheets = sp.excel.scheme_sheets(simulation)
    assert "Pool" not in sheets
    pool = sheets["Lines"].frame["kind"] == "pool"
    assert pool.any()
    assert not sheets["Lines"].frame.loc[pool, "is_live"].any()
    path = sp.excel.scheme_workbook(tmp_path / "plan.xlsx", simulation)
    assert payouts(recalculated(path, tmp_path)) == payouts_of(simulation)
