"""Export files of CRMs: which CRM wrote a file, and how its columns are to be read.

The loader asks :func:`recognise` what a file is (a file may feed several tables) and
:func:`selection` for the SQL that turns its cells into the columns of a table, as text. Once
all files are in, :func:`settle` puts right what only the CRM's habits explain, and
:func:`complete` adds what needs the as-of date: history from dated copies, and segments.
"""

from __future__ import annotations

from salesplan.exports import segments
from salesplan.exports.cells import Cell, Selection
from salesplan.exports.currencies import reported_in
from salesplan.exports.explanation import catalogue, explain, settings_toml
from salesplan.exports.pinned import headers_not_found
from salesplan.exports.profile import Profile, profiles
from salesplan.exports.recognised import ROW_KEY, Recognised
from salesplan.exports.recognition import file_rule, nearly, recognise
from salesplan.exports.settling import complete, settle
from salesplan.exports.shapes import selection

__all__ = [
    "ROW_KEY",
    "Cell",
    "Profile",
    "Recognised",
    "Selection",
    "catalogue",
    "complete",
    "explain",
    "file_rule",
    "headers_not_found",
    "nearly",
    "profiles",
    "recognise",
    "reported_in",
    "segments",
    "selection",
    "settings_toml",
    "settle",
]
