"""A simulated scheme as a workbook that computes: change an actual and the pay follows.

A formula is written only where it gives the library's own figure: of criteria, places, scores
and pools. What gates, caps on the total and offsets did stands as computed, and the column
``is_live`` says which is which.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from salesplan import text
from salesplan._excel.book import write
from salesplan._excel.curve_cells import CurveCells
from salesplan._excel.scheme_lines import formulas, is_live, with_pool_rows
from salesplan._excel.scheme_places import SHEET as PLACES
from salesplan._excel.scheme_places import Places
from salesplan._excel.scheme_pool import SHEET as POOL
from salesplan._excel.scheme_pool import pool_lines, pool_sheet
from salesplan._excel.scheme_score import ScoreTable
from salesplan._excel.sheet import Sheet, column_cells

LINES, PAYOUTS, CURVES = "Lines", "Payouts", "Curves"


class Simulated(Protocol):
    """What is needed of a simulation."""

    @property
    def scheme(self) -> Any:
        """The rules."""

    @property
    def lines(self) -> pd.DataFrame:
        """One row per person, period and line."""

    @property
    def payouts(self) -> pd.DataFrame:
        """One row per person and period."""

    @property
    def pools(self) -> pd.DataFrame:
        """One row per period and person with what is in the pool."""

    @property
    def cost(self) -> pd.DataFrame:
        """One row per period."""


def scheme_workbook(path: str | Path, simulation: Simulated, *, lang: str = "en") -> Path:
    """Write a simulation as a workbook whose pay is computed from its actuals and goals.

    The sheets are Payouts (sums of lines), Lines (attainment, place, curve, caps, amount), Pool
    (claims and what is shared out) and Places (pay by place, where equals share it) if the
    scheme has them, Curves (the straight pieces that the lines look up), Cost (sums by period)
    and Scheme (the rules).

    Parameters
    ----------
    path
        File to write; it appears whole or not at all.
    simulation
        What :func:`salesplan.compensation.simulate` returned.
    lang
        Language of the headings: en, de or fr.

    Returns
    -------
    Path
        The file. Recomputed by Excel or LibreOffice, it gives the library's cents.

    Examples
    --------
    >>> import tempfile
    >>> scheme = sp.compensation.Scheme(name="A", pays_each="year",
    ...                                 criteria=[{"name": "bookings", "weight": 1}])
    >>> people = pd.DataFrame({"person_id": ["ada"], "target_variable": [10_000]})
    >>> done = pd.DataFrame({"person_id": ["ada"], "period": ["2026"], "measure": ["bookings"],
    ...                      "actual": [112], "target": [100]})
    >>> simulation = sp.compensation.simulate(scheme, people, done)
    >>> sp.excel.scheme_workbook(tempfile.mkdtemp() + "/plan.xlsx", simulation).name
    'plan.xlsx'
    """
    sheets = scheme_sheets(simulation, lang)
    return write(
        path,
        sheets,
        title=simulation.scheme.name,
        lang=lang,
        currency=simulation.scheme.currency,
    )


def scheme_sheets(simulation: Simulated, lang: str = "en") -> dict[str, Sheet]:
    """Return the sheets of a simulation, in the order in which they are read.

    Their names are the same in every language, as the formulas speak of them.
    """
    scheme = simulation.scheme
    score = [] if scheme.score is None else [ScoreTable(scheme.score)]
    curves = CurveCells([*scheme.criteria, *score], CURVES, lang)
    live = _live(simulation, curves, _places(simulation, lang))
    sheets = {
        PAYOUTS: _payouts(simulation, live[LINES].frame),
        **live,
        CURVES: Sheet(curves.frame),
        "Cost": _cost(simulation),
    }
    titled = {
        name: replace(
            sheet,
            title=text.label(f"sheet.{name.lower()}", lang),
            note=text.label(f"sheet.{name.lower()}_note", lang),
        )
        for name, sheet in sheets.items()
    }
    note = text.label("sheet.rules_note", lang)
    return {**titled, "Scheme": Sheet(_rules(simulation), simulation.scheme.name, note)}


def _places(simulation: Simulated, lang: str) -> Places:
    """Return the lines as they are shown, with places where a rule reads them."""
    scheme, frame = simulation.scheme, simulation.lines.reset_index(drop=True)
    if scheme.pool is not None:
        frame = with_pool_rows(frame, simulation.pools)
    return Places(scheme, frame, simulation.payouts, lang)


def _live(simulation: Simulated, curves: CurveCells, places: Places) -> dict[str, Sheet]:
    """Return the sheet of the lines with its formulas, and those they look into."""
    scheme, frame = simulation.scheme, places.frame
    written = formulas(scheme, frame, curves, places)
    pool = pool_sheet(simulation, frame)
    for row, formula in pool_lines(pool, frame, int(scheme.rounding.places)).items():
        written["amount"][row] = formula
    shown = frame.copy()
    shown.insert(len(shown.columns) - 1, "is_live", is_live(written["amount"]))
    sheets = {LINES: Sheet(shown, totals=("amount",), formulas=written)}
    if pool is not None:
        sheets[POOL] = pool
    if len(places.pay):
        sheets[PLACES] = Sheet(places.pay)
    return sheets


def _payouts(simulation: Simulated, lines: pd.DataFrame) -> Sheet:
    frame, places = simulation.payouts.reset_index(drop=True), simulation.scheme.rounding.places
    added = _sum_where(LINES, lines, "amount", ("person_id", "period"))
    return Sheet(
        frame,
        totals=("target_amount", "payout_amount"),
        rates={"payout_rate": ("payout_amount", "target_amount")},
        formulas={"payout_amount": [f"=ROUND({added},{places})"] * len(frame)},
    )


def _cost(simulation: Simulated) -> Sheet:
    frame, amounts = simulation.cost, ("target_amount", "payout_amount")
    added = {c: "=" + _sum_where(PAYOUTS, simulation.payouts, c, ("period",)) for c in amounts}
    return Sheet(
        frame,
        totals=amounts,
        rates={"payout_rate": ("payout_amount", "target_amount")},
        formulas={column: [formula] * len(frame) for column, formula in added.items()},
    )


def _sum_where(sheet: str, frame: pd.DataFrame, column: str, same: Sequence[str]) -> str:
    """Return the sum over the rows of a sheet whose keys are those of this row.

    SUMIFS would take a name such as ``=1+1`` or ``A*`` for a condition of its own.
    """
    equal = (f"EXACT({_range(sheet, frame, key)},[{key}])" for key in same)
    return f"SUMPRODUCT({'*'.join([*equal, _range(sheet, frame, column)])})"


def _range(sheet: str, frame: pd.DataFrame, column: str) -> str:
    """Return the cells of a column of another sheet."""
    place = list(frame.columns).index(column)
    return column_cells(sheet, place, 0, len(frame))


def _rules(simulation: Simulated) -> pd.DataFrame:
    rules: str = simulation.scheme.to_toml()
    return pd.DataFrame({"rules": rules.splitlines()}, dtype="str")
