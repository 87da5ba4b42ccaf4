"""What can go wrong, said in one sentence: what, where, what to do.

Bad data never raises: it becomes a row of ``crm.issues``. Only a wrong call, a wrong
settings file or a file that cannot be read at all ends in one of these errors.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class SalesplanError(Exception):
    """Any error that salesplan raises on purpose; its text is meant for the user."""


class InputError(SalesplanError, ValueError):
    """A call with an argument that cannot be served."""


class UnknownNameError(InputError, LookupError):
    """A name (column, measure, segment, ...) that nothing answers to."""


class SettingsError(SalesplanError, ValueError):
    """A settings or scheme file with faults; all of them are listed."""


class ExportError(SalesplanError):
    """Export files that cannot be loaded; all faults of the load are listed."""


class MissingDataError(SalesplanError, LookupError):
    """A metric whose tables are not in the exports; names the export to add."""


class BookError(SalesplanError):
    """A book (the DuckDB file of a load) that cannot be opened or replaced."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint naming the nearest known word, or the known words if none is near.

    Examples
    --------
    >>> did_you_mean("win_rat", ["win_rate", "mrr"])
    "Did you mean 'win_rate'?"
    >>> did_you_mean("zzz", ["win_rate", "mrr"])
    'Known: mrr, win_rate.'
    """
    words = sorted(set(known))
    by_folded = {w.casefold(): w for w in words}
    near = difflib.get_close_matches(word.casefold(), list(by_folded), n=1, cutoff=0.6)
    if near:
        return f"Did you mean '{by_folded[near[0]]}'?"
    return f"Known: {', '.join(words)}." if words else "None is known."


def one_of(word: str, known: Sequence[str], what: str) -> str:
    """Return ``word`` if it is one of ``known``, else raise with the nearest one.

    Examples
    --------
    >>> one_of("reached", ["visited", "reached", "strict"], "mode")
    'reached'
    >>> one_of("reach", ["visited", "reached", "strict"], "mode")
    Traceback (most recent call last):
    ...
    salesplan.errors.UnknownNameError: mode='reach' is unknown. Did you mean 'reached'?
    """
    if word in known:
        return word
    raise UnknownNameError(f"{what}={word!r} is unknown. {did_you_mean(str(word), known)}")


def all_faults(title: str, faults: Sequence[str]) -> str:
    """Return one message that lists every fault, so that one run shows them all.

    Examples
    --------
    >>> print(all_faults("settings.toml has 2 faults:", ["a", "b"]))
    settings.toml has 2 faults:
      - a
      - b
    """
    return "\n".join([title, *(f"  - {fault}" for fault in faults)])
