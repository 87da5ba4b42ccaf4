"""What a file is by its first bytes, where that is not what its name says.

CRMs name a web page ``.xls`` and browsers save a login page as ``.csv``. Read as what they are
called, such files load as nonsense or end in a sentence about the wrong thing.
"""

from __future__ import annotations

import codecs
import re
import zipfile
from pathlib import Path

from salesplan.errors import ExportError

_START = 4096
_PASSWORD = "EncryptedPackage".encode("utf-16-le")
"""Name of the part of an Office file that holds a workbook locked by a password."""

_AS_WORKBOOK = "Open it in Excel or LibreOffice and save it as .xlsx."
_AS_TABLE = "Export the table as CSV or XLSX."

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_NO_TABLES = {
    rb"%PDF-": ("a PDF", _AS_TABLE),
    rb"\x89PNG|\xff\xd8\xff|GIF8": ("a picture", _AS_TABLE),
    rb"\x1f\x8b|7z\xbc\xaf|Rar!": ("a compressed file", "Unpack it and load what is in it."),
    rb"\{\\rtf": ("a text document", _AS_TABLE),
    rb"SQLite format 3": ("a database", _AS_TABLE),
    rb"\s*[\[{]\s*[{\"]": ("JSON", _AS_TABLE),
    rb"(?i)\s*<(?:!doctype html|html|head|body|table|meta|style)\b": ("a web page", ""),
    rb"\s*<\?xml": ("XML", _AS_WORKBOOK),
}


def check_text(path: Path) -> None:
    """Raise where a file that is called a text file is something else."""
    start = _beginning(path)
    if start.startswith(_ZIP):
        names = _names_a_workbook(path)
        to_do = "Name it .xlsx." if names else "Unpack it and load what is in it."
        raise _is(path, "a workbook" if names else "a zip archive", to_do)
    if start.startswith(_OLE):
        raise _is(path, "an Office file", "If it is a workbook, name it .xls.")
    _check_no_other(path, start)


def check_workbook(path: Path) -> None:
    """Raise where a file that is called a workbook is something else."""
    start = _beginning(path)
    if start.startswith(_OLE):
        if _PASSWORD in path.read_bytes():
            raise ExportError(
                f"{path.name} is locked by a password. Open it and save it without one."
            )
        return
    if start.startswith(_ZIP):
        if not _names_a_workbook(path):
            raise _is(path, "a zip archive without a workbook", "Unpack it and load what is in it.")
        return
    _check_no_other(path, start)
    if start and _reads_as_text(start):
        raise _is(path, "a text file", "Name it .csv.")


def _check_no_other(path: Path, start: bytes) -> None:
    for sign, (what, to_do) in _NO_TABLES.items():
        if re.match(sign, start):
            raise _is(path, what, to_do or _page(path))


def _page(path: Path) -> str:
    """Return what to do with a web page: one with a table is an export after all."""
    if b"<table" in path.read_bytes().lower():
        return f"It holds a table, as some CRMs export it. {_AS_WORKBOOK}"
    return "It may be the login page of the CRM: sign in and export again."


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as handle:
            return handle.read(_START).removeprefix(codecs.BOM_UTF8)
    except OSError as error:
        raise ExportError(f"{path.name} cannot be read: {error.strerror}.") from None


def _names_a_workbook(path: Path) -> bool:
    """Whether an archive has the parts of a workbook; a broken one is left to its reader."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.namelist()
    except zipfile.BadZipFile:
        return True
    return "[Content_Types].xml" in parts or "content.xml" in parts


def _reads_as_text(start: bytes) -> bool:
    """Whether bytes are text: no control signs but those that end lines and part cells."""
    return start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or not re.search(
        rb"[\x00-\x08\x0b\x0c\x0e-\x1f]", start
    )


def _is(path: Path, what: str, to_do: str) -> ExportError:
    return ExportError(f"{path.name} is {what}, not what its name says. {to_do}")
