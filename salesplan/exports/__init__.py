"""Export files of CRMs: which CRM wrote a file, and how its columns are to be read.

The loader asks :func:`recognise` what a file is (a file may feed several tables) and
:func:`selection` for the SQL that turns its cells into the columns of a table, as text.
"""

from __future__ import annotations

from salesplan.exports.cells import Cell, Selection
from salesplan.exports.profile import Profile, profile, profiles
from salesplan.exports.recognise import ROW_KEY, Recognised, file_rule, recognise
from salesplan.exports.shapes import selection

__all__ = [
    "ROW_KEY",
    "Cell",
    "Profile",
    "Recognised",
    "Selection",
    "file_rule",
    "profile",
    "profiles",
    "recognise",
    "selection",
]
