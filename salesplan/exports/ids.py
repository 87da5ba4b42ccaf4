"""Ids as CRMs write them, brought to one form so that two exports meet.

Salesforce shows the same id with 15 characters in a report and 18 in a data export; Zoho puts
``zcrm_`` before its own; Dynamics wraps a GUID in braces or writes it in capitals.
"""

from __future__ import annotations

_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def salesforce_18(text: str) -> str:
    """Return a Salesforce id of 15 characters with its three check characters.

    Each check character says which of five characters are capitals, so that the long form
    can be compared where capitals are lost.

    Examples
    --------
    >>> salesforce_18("0061r00000Abcde")
    '0061r00000AbcdeAAB'
    """
    if len(text) != 15 or not (text.isascii() and text.isalnum()):
        return text
    chunks = (text[0:5], text[5:10], text[10:15])
    return text + "".join(
        _CHECK[sum(1 << i for i, c in enumerate(chunk) if c.isupper())] for chunk in chunks
    )


def folded_id(text: str, rule: str) -> str:
    """Return the SQL that brings an id to one form by the rule of its CRM.

    The id's own SQL may be long, so it is written once and named in a lambda.
    """
    if rule == "plain":
        return text
    return f"list_transform([{text}], lambda id: {_FOLDED[rule]('id')})[1]"


def _zoho(text: str) -> str:
    bare = f"CASE WHEN starts_with({text}, 'zcrm_') THEN substr({text}, 6) ELSE {text} END"
    return f"NULLIF({bare}, '0')"  # its analytics writes 0 where there is no deal


def _guid(text: str) -> str:
    bare = f"lower(trim({text}, '{{}}'))"
    shape = "'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'"
    return f"CASE WHEN regexp_full_match({bare}, {shape}) THEN {bare} ELSE {text} END"


def _salesforce(text: str) -> str:
    # Ids begin with a three-character kind, then the server: digits among letters. A name of
    # fifteen letters (an account shown by name) must not grow three more.
    is_short = (
        f"length({text}) = 15 AND regexp_full_match({text}, '[a-z0-9A-Z]{{5}}0[a-zA-Z0-9]{{9}}')"
    )
    checks = " || ".join(_check_character(text, start) for start in (1, 6, 11))
    return f"CASE WHEN {is_short} THEN {text} || {checks} ELSE {text} END"


def _check_character(text: str, start: int) -> str:
    bits = " + ".join(
        f"CASE WHEN substr({text}, {start + i}, 1) BETWEEN 'A' AND 'Z' THEN {1 << i} ELSE 0 END"
        for i in range(5)
    )
    return f"substr('{_CHECK}', 1 + {bits}, 1)"


_FOLDED = {"salesforce": _salesforce, "zoho": _zoho, "guid": _guid}
