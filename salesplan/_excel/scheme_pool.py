"""The pool of a scheme as a sheet: claims, what is there, and whole cents shared out of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from salesplan import scales
from salesplan._excel.scheme_lines import BEFORE_CAPS
from salesplan._excel.sheet import Sheet, column_cells

SHEET = "Pool"
Rows = dict[Any, list[int]]
_CLAIMS = (*BEFORE_CAPS, "deductible", "cap", "windfall")
_COLUMNS = ("period", "person_id", "pool", "pool_amount", "claim_amount", "asked_amount")
_SHARED = ("part_units", "whole_units", "rest_units", "rest_rank", "paid_amount")


def pool_sheet(simulation: Any, lines: pd.DataFrame) -> Sheet | None:
    """Return the sheet of a pool, or None where there is none to compute.

    Under year-to-date pay a pool is filled and shared out anew each period, less what was paid:
    its lines stand as simulated.
    """
    scheme = simulation.scheme
    if scheme.pool is None or scheme.accrual == "year_to_date" or simulation.pools.empty:
        return None
    keys = ["person_id", "period"]
    cells = lines[lines["kind"].isin(_CLAIMS)].groupby(keys, sort=False).indices
    at = np.flatnonzero(lines["kind"].isin(_CLAIMS).to_numpy())
    rows: Rows = {key: at[inside].tolist() for key, inside in cells.items()}
    people = pd.MultiIndex.from_frame(simulation.pools[keys])
    frame = simulation.pools[people.isin([*rows])].reset_index(drop=True)
    frame = _computed(frame, lines, rows, scheme)
    place = list(lines.columns).index("amount")
    claims = [_claim(rows[p, t], place) for p, t in frame[keys].itertuples(index=False, name=None)]
    return Sheet(frame, formulas={"claim_amount": claims, **_formulas(scheme, len(frame))})


def _claim(rows: Sequence[int], place: int) -> str:
    return f"=MAX(0,{'+'.join(column_cells('Lines', place, row, 1) for row in rows)})"


def _computed(frame: pd.DataFrame, lines: pd.DataFrame, rows: Rows, scheme: Any) -> pd.DataFrame:
    """Return the sheet's figures, as the formulas give them."""
    places, amount = int(scheme.rounding.places), lines["amount"].to_numpy()
    keys = frame[["person_id", "period"]].itertuples(index=False, name=None)
    claim = [max(float(amount[list(rows[key])].sum()), 0.0) for key in keys]
    frame = frame.assign(claim_amount=np.round(claim, places))
    groups = [frame["period"], frame["pool"]]
    asked = frame["claim_amount"].groupby(groups).transform("sum").round(places)
    unit = 10.0**places
    some = asked.where(asked > 0, 1.0)
    part = frame["claim_amount"] * unit / some * frame["pool_amount"]
    whole = np.floor(part + 1e-7)
    rest = (part - whole).round(6)
    rank = (-rest).groupby(groups).rank(method="first")
    missing = pd.Series(scales.to_units(part.groupby(groups).transform("sum"), 0), frame.index)
    missing = missing - whole.groupby(groups).transform("sum")
    paid = (whole + (rank <= missing)) / unit
    if scheme.pool.pays == "at_most":
        paid = paid.where(asked > frame["pool_amount"], frame["claim_amount"])
    values = (asked, part, whole, rest, rank, paid.where(asked > 0, frame["claim_amount"]))
    return frame.assign(**dict(zip((_COLUMNS[-1], *_SHARED), values, strict=True)))


def _formulas(scheme: Any, count: int) -> dict[str, list[str | None]]:
    def cells(column: str) -> str:
        return column_cells(SHEET, (*_COLUMNS, *_SHARED).index(column), 0, count)

    places = int(scheme.rounding.places)
    same = f"EXACT({cells('period')},[period])*({cells('pool')}=[pool])"
    rest, mine = cells("rest_units"), "[rest_units]"
    earlier = f"({rest}={mine})*(ROW({rest})<ROW({mine}))"
    part, whole = (f"SUMPRODUCT({same}*{cells(c)})" for c in ("part_units", "whole_units"))
    is_enough = "[asked_amount]<=[pool_amount]" if scheme.pool.pays == "at_most" else "FALSE"
    share = f"([whole_units]+([rest_rank]<=ROUND({part},0)-{whole}))/{10**places}"
    said = {
        "asked_amount": f"=ROUND(SUMPRODUCT({same}*{cells('claim_amount')}),{places})",
        "part_units": f"=IF([asked_amount]>0,[claim_amount]*{10**places}/[asked_amount]"
        "*[pool_amount],0)",
        "whole_units": "=INT([part_units]+1E-7)",
        "rest_units": "=ROUND([part_units]-[whole_units],6)",
        "rest_rank": f"=1+SUMPRODUCT({same}*(({rest}>{mine})+{earlier}))",
        "paid_amount": f"=IF(OR([asked_amount]<=0,{is_enough}),[claim_amount],{share})",
    }
    return {column: [formula] * count for column, formula in said.items()}


def pool_lines(pool: Sheet | None, lines: pd.DataFrame, places: int) -> dict[int, str]:
    """Return the formula of each pool line: what the sheet pays less the claim."""
    if pool is None:
        return {}
    frame, found = pool.frame, {}
    place = {name: list(frame.columns).index(name) for name in ("paid_amount", "claim_amount")}
    at = {key: i for i, key in enumerate(zip(frame["person_id"], frame["period"], strict=True))}
    change = (frame["paid_amount"] - frame["claim_amount"]).round(places)
    keys = list(zip(lines["person_id"], lines["period"], strict=True))
    for row in np.flatnonzero((lines["kind"] == "pool").to_numpy()):
        here = at.get(keys[row])
        if here is not None and np.isclose(change[here], lines["amount"].iloc[row], atol=1e-9):
            cells = [column_cells(SHEET, place[c], here, 1) for c in place]
            found[int(row)] = f"=ROUND({cells[0]}-{cells[1]},{places})"
    return found
