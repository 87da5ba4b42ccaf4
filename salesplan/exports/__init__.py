"""Export files of CRMs: which CRM wrote a file, and how its columns are to be read.

The loader asks :func:`recognise` what a file is; a file may feed several tables.
"""

from __future__ import annotations

from salesplan.exports.profile import Profile, profile, profiles
from salesplan.exports.recognise import ROW_KEY, Recognised, file_rule, recognise

__all__ = [
    "ROW_KEY",
    "Profile",
    "Recognised",
    "file_rule",
    "profile",
    "profiles",
    "recognise",
]
