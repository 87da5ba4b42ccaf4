"""A scheme as a workbook that a non-programmer fills, and back to the same scheme.

One sheet holds single values by name, one sheet each for criteria, gates and spiffs has a row
per rule, and one sheet holds the tables of curves (points, tiers, levels, matrices).
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from salesplan import documents
from salesplan._compensation.scheme import Scheme
from salesplan.errors import InputError, SettingsError

LISTS = ("criteria", "gates", "spiffs")
FIRST = {"criteria": ["name", "measure", "weight", "scope", "better", "curve.kind"]}
HEADINGS = {"Scheme": ["key", "value"], "Tables": ["rule", "key", "values"]}

_HEAD = PatternFill("solid", fgColor="E5E7EB")


def write_sheet(scheme: Scheme, path: str | Path) -> Path:
    """Write a scheme to a workbook; ``read_sheet`` gives the same scheme back."""
    book = openpyxl.Workbook()
    values = scheme.model_dump(by_alias=True, exclude_defaults=True, mode="python")
    single, tables = _taken_apart({k: v for k, v in values.items() if k not in LISTS}, "scheme")
    top = _sheet(book, "Scheme", HEADINGS["Scheme"])
    for key, value in single.items():
        _append(top, [key, value])
    for name in LISTS:
        rows = [_taken_apart(rule, f"{name}.{rule['name']}") for rule in values.get(name, ())]
        _write_rules(book, name, [single for single, _ in rows])
        tables += [table for _, more in rows for table in more]
    last = _sheet(book, "Tables", HEADINGS["Tables"])
    for rule, key, row in tables:
        _append(last, [rule, key, *row])
    del book["Sheet"]
    target = Path(path)
    book.save(target)
    return target


def _sheet(book: Any, name: str, heading: list[str]) -> Worksheet:
    sheet: Worksheet = book.create_sheet(name.capitalize())
    _append(sheet, heading)
    for position, cell in enumerate(sheet[1], 1):
        cell.font, cell.fill = Font(bold=True), _HEAD
        cell.alignment = Alignment(vertical="top")
        sheet.column_dimensions[get_column_letter(position)].width = 22
    sheet.freeze_panes = "A2"
    return sheet


def _write_rules(book: Any, name: str, rows: list[dict[str, Any]]) -> None:
    columns = list(dict.fromkeys([*FIRST.get(name, ["name"]), *(k for row in rows for k in row)]))
    sheet = _sheet(book, name, columns)
    for row in rows:
        _append(sheet, [row.get(column) for column in columns])


def _append(sheet: Worksheet, values: list[Any]) -> None:
    sheet.append(values)
    for cell in sheet[sheet.max_row]:
        if isinstance(cell.value, str):
            cell.data_type = "s"  # a name that starts with = stays a name, never a formula


Table = tuple[str, str, list[Any]]


def _taken_apart(values: dict[str, Any], rule: str) -> tuple[dict[str, Any], list[Table]]:
    """Return single values by dotted key, and the rows of what is a list."""
    single: dict[str, Any] = {}
    tables: list[Table] = []
    for key, value in values.items():
        if "." in key:
            raise InputError(f"{rule}: the name {key!r} holds a dot, which a sheet cannot carry.")
        if isinstance(value, dict) and value:
            inner, more = _taken_apart(value, rule)
            single.update({f"{key}.{k}": v for k, v in inner.items()})
            tables += [(r, f"{key}.{k}", row) for r, k, row in more]
        elif isinstance(value, (list, tuple)):
            tables += [(rule, key, _row(item)) for item in value]
        elif isinstance(value, dict):
            single[key] = "{}"
        else:
            single[key] = value
    return single, tables


def _row(item: Any) -> list[Any]:
    if isinstance(item, dict):
        return [part for key, value in item.items() for part in (f"{key}:", value)]
    return list(item) if isinstance(item, (list, tuple)) else [item, "."]


def read_sheet(path: str | Path) -> Scheme:
    """Return the scheme of a workbook, or raise with all of its faults."""
    try:
        book = openpyxl.load_workbook(path, data_only=True)
    except FileNotFoundError:
        raise SettingsError(f"{path} does not exist.") from None
    except Exception as error:  # openpyxl raises many kinds for a file that is no workbook
        raise SettingsError(f"{path} is not readable as a workbook: {error}") from None
    missing = [n for n in ("Scheme", "Criteria") if n not in book.sheetnames]
    if missing:
        raise SettingsError(f"{path} has no sheet {', '.join(missing)}.")
    values: dict[str, Any] = {}
    for key, value in _body(book["Scheme"]):
        _put(values, str(key), value)
    for name in LISTS:
        if name.capitalize() in book.sheetnames:
            rules = _rules(book[name.capitalize()])
            values.update({name: rules} if rules else {})
    if "Tables" in book.sheetnames:
        _fill_tables(values, book["Tables"], str(path))
    return documents.parse(values, Scheme, where=str(path))


def _body(sheet: Worksheet) -> list[tuple[Any, ...]]:
    rows = [tuple(row) for row in sheet.iter_rows(min_row=2, values_only=True)]
    return [row[:2] if sheet.title == "Scheme" else row for row in rows if row and row[0]]


def _rules(sheet: Worksheet) -> list[dict[str, Any]]:
    columns = [str(c.value) for c in sheet[1]]
    rules = []
    for row in _body(sheet):
        rule: dict[str, Any] = {}
        for key, value in zip(columns, row, strict=False):
            if value is not None and value != "":
                _put(rule, key, value)
        rules.append(rule)
    return rules


def _put(values: dict[str, Any], key: str, value: Any) -> None:
    *parents, last = key.split(".")
    for parent in parents:
        values = values.setdefault(parent, {})
    if isinstance(value, dt.datetime):
        value = value.date()
    values[last] = {} if value == "{}" else value


def _fill_tables(values: dict[str, Any], sheet: Worksheet, where: str) -> None:
    for rule, key, *cells in _body(sheet):
        target = _owner(values, str(rule), where)
        *parents, last = str(key).split(".")
        for parent in parents:
            target = target.setdefault(parent, {})
        row = list(cells)
        while row and row[-1] is None:
            row.pop()
        target.setdefault(last, []).append(_item(row))


def _owner(values: dict[str, Any], rule: str, where: str) -> dict[str, Any]:
    if rule == "scheme":
        return values
    kind, _, name = rule.partition(".")
    for candidate in values.get(kind, []):
        if str(candidate.get("name")) == name:
            found: dict[str, Any] = candidate
            return found
    raise SettingsError(f"{where}: sheet Tables names {rule!r}, which no other sheet has.")


def _item(row: list[Any]) -> Any:
    if row and isinstance(row[0], str) and row[0].endswith(":"):
        return {str(k)[:-1]: v for k, v in zip(row[::2], row[1::2], strict=False)}
    return row[0] if len(row) == 2 and row[1] == "." else row
