"""Exports that are not one row per thing: histories and amounts that need unfolding.

Each shape turns a recognised file into a :class:`Selection` for the loader.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from salesplan.exports.cells import Cell, Selection, expressions, literal, scales
from salesplan.exports.recognised import Recognised

BACKFILLED = ("opportunity_history", "field_history")
"""Shapes of histories that hold no row for the creation of a deal."""

STAGE_OF_DEAL = "(stage of the deal)"
"""Stage of a change that names none; replaced by the deal's own once all files are loaded."""


def selection(found: Recognised, cell: Cell) -> Selection:
    """Return the columns, the join and the filter that turn a file into rows of its table.

    Parameters
    ----------
    found
        What :func:`~salesplan.exports.recognise` said about the file.
    cell
        Header -> SQL of its cell as text, NULL where it is empty.
    """
    return SHAPES[found.shape](found, cell)


def _plain(found: Recognised, cell: Cell) -> Selection:
    return Selection(expressions(found, cell), scales(found))


def _date_entered(found: Recognised, cell: Cell) -> Selection:
    """Unpivot ``Date entered "<Stage> (<Pipeline>)"``: one row per stage that was entered."""
    rows = ", ".join(f"({i}, {literal(stage)})" for i, (_, stage, _) in enumerate(found.wide))
    cases = " ".join(f"WHEN {i} THEN {cell(header)}" for i, (header, *_) in enumerate(found.wide))
    changed_at = f"CASE entered.n {cases} END"
    columns = {
        **expressions(found, cell),
        "changed_at": changed_at,
        "stage": "entered.stage",
        "seq": "CAST(entered.n + 1 AS VARCHAR)",
    }
    entered = f"CROSS JOIN (VALUES {rows}) AS entered(n, stage)"
    return Selection(columns, join=entered, where=f"{changed_at} IS NOT NULL")


def _opportunity_history(found: Recognised, cell: Cell) -> Selection:
    """One row per save; saves of the same second keep the order of their ids."""
    return _numbered(expressions(found, cell))


def _numbered(columns: dict[str, str]) -> Selection:
    tie = f"PARTITION BY {columns['opportunity_id']} ORDER BY {columns['changed_at']}"
    order = f"row_number() OVER ({tie}, {columns['seq']})" if "seq" in columns else "NULL"
    return Selection({**columns, "seq": f"CAST({order} AS VARCHAR)"})


_FIELDS = {
    "amount": ("Amount",),
    "expected_close_on": ("CloseDate",),
    "probability": ("Probability",),
}


def _field_history(found: Recognised, cell: Cell) -> Selection:
    """One row per field changed; a row about another field carries the stage of its time."""
    columns = expressions(found, cell)
    what, old = cell(found.helpers["field"]), cell(found.helpers["old_value"])
    new = columns["stage"]
    deal, order = columns["opportunity_id"], f"{columns['changed_at']}, {columns['seq']}"
    over = f"PARTITION BY {deal} ORDER BY {order}"
    is_stage = f"{what} IN ('StageName', 'Stage', 'Phase', 'Étape')"
    before = f"last_value(CASE WHEN {is_stage} THEN {new} END IGNORE NULLS) OVER ({over})"
    after = (
        f"first_value(CASE WHEN {is_stage} THEN {old} END IGNORE NULLS) OVER ({over} "
        "ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)"
    )
    stage = f"COALESCE({before}, {after}, {literal(STAGE_OF_DEAL)})"
    for column, names in _FIELDS.items():
        listed = ", ".join(map(literal, names))
        columns[column] = f"CASE WHEN {what} IN ({listed}) THEN {new} END"
    return _numbered({**columns, "stage": stage})


def _value_period(found: Recognised, cell: Cell) -> Selection:
    """Bring monthly amounts to a year: a deal of 100 a month is worth 1,200, not 100."""
    plain = _plain(found, cell)
    if "amount" not in plain.columns:
        return plain
    amount, listed = plain.columns["amount"], ", ".join(map(literal, _MONTHLY))
    is_monthly = f"lower({cell(found.helpers['value_period'])}) IN ({listed})"
    digits = f"regexp_replace({amount}, '[^0-9.-]', '', 'g')"  # the CRM writes a decimal point
    yearly = f"CAST(TRY_CAST({digits} AS DECIMAL(18, 2)) * 12 AS VARCHAR)"
    columns = {
        **plain.columns,
        "amount": f"CASE WHEN {is_monthly} THEN COALESCE({yearly}, {amount}) ELSE {amount} END",
    }
    return replace(plain, columns=columns)


_MONTHLY = ("monthly", "month", "per month", "monatlich", "mensuel", "par mois")


SHAPES: dict[str, Callable[[Recognised, Cell], Selection]] = {
    "plain": _plain,
    "date_entered": _date_entered,
    "opportunity_history": _opportunity_history,
    "field_history": _field_history,
    "value_period": _value_period,
}
"""Every shape that a profile may name."""
