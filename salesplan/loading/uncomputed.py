"""Cells of a workbook that hold no value: errors, and formulas that nothing ever computed.

Excel keeps the last result beside each formula; a program that writes workbooks may not. Such a
cell reads as empty, and an empty amount must not pass for one that nobody filled in.
"""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_ELEMENT = {name: re.compile(rf"<(?:\w+:)?{name}\s([^>]*)>") for name in ("sheet", "Relationship")}
_ATTRIBUTE = re.compile(r"(?:\w+:)?(\w+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_OPEN = rb'<c r="([A-Z]{1,3}\d+)"[^>]*'
_FORMULA = re.compile(_OPEN + rb">\s*<f[^>]*?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>")
_ERROR = re.compile(_OPEN + rb'\bt="e"[^>]*>(?:<f[^>]*?(?:/>|>[^<]*</f>))?<v>(?!#N/A)')


@dataclass(frozen=True)
class Uncomputed:
    """How many cells of a sheet have no value of their own, and the first of them."""

    count: int
    first: str


def by_sheet(path: Path, names: Iterable[str]) -> dict[str, Uncomputed]:
    """Return those of some sheets that hold such cells; #N/A says "missing" itself.

    Of a workbook that keeps its sheets in another way nothing is said: it can be read all the same.
    """
    if not zipfile.is_zipfile(path):
        return {}
    with zipfile.ZipFile(path) as archive:
        parts = _parts(archive)
        found = {n: _uncomputed(archive.read(parts[n])) for n in names if n in parts}
    return {name: cells for name, cells in found.items() if cells}


def _parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return sheet -> its part of the archive; read by pattern, as no parser trusts the XML."""
    related = _attributes(archive, "xl/_rels/workbook.xml.rels", "Relationship")
    targets = {one.get("Id", ""): one.get("Target", "") for one in related}
    listed = set(archive.namelist())
    sheets = _attributes(archive, "xl/workbook.xml", "sheet")
    parts = {one.get("name", ""): _place(targets.get(one.get("id", ""), "")) for one in sheets}
    return {name: part for name, part in parts.items() if part in listed}


def _attributes(archive: zipfile.ZipFile, part: str, element: str) -> list[dict[str, str]]:
    text = archive.read(part).decode("utf-8", "replace") if part in archive.namelist() else ""
    return [
        {name: html.unescape(one or other) for name, one, other in _ATTRIBUTE.findall(said)}
        for said in _ELEMENT[element].findall(text)
    ]


def _place(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)


def _uncomputed(sheet: bytes) -> Uncomputed | None:
    cells = [m[1] for m in _FORMULA.finditer(sheet)] if b"<f" in sheet else []
    cells += [m[1] for m in _ERROR.finditer(sheet)] if b't="e"' in sheet else []
    return Uncomputed(len(cells), cells[0].decode()) if cells else None
