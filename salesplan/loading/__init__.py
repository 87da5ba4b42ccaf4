"""From a folder of CRM exports to a Crm: text first, cast by proof, nothing lost.

Every file is read as text, recognised by its headers (``salesplan.exports``), cast in the
engine with the decimal sign and date order that its own values prove, and checked. What cannot
be loaded is kept in ``crm.quarantine`` with file and line, what looks wrong is counted in
``crm.issues``, and what a file leaves open stops the load with a question.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import duckdb

from salesplan import book
from salesplan import settings as settings_module
from salesplan.crm import Crm, open_book
from salesplan.errors import InputError
from salesplan.loading import finishing, recognition, snapshots, sources, staging, swap
from salesplan.loading.faults import Faults
from salesplan.loading.feeds import Feed
from salesplan.loading.finishing import Order
from salesplan.periods import to_date
from salesplan.settings import Settings

__all__ = ["load"]

Progress = Callable[[str, int, int], None]
"""Told what is being done, and which of how many files it concerns."""


def load(
    folder_or_files: str | Path | Iterable[str | Path],
    *,
    into: str | Path | None = None,
    settings: str | Path | Settings | None = None,
    as_of: str | dt.date | None = None,
    pseudonymise: bool = False,
    progress: Progress | None = None,
) -> Crm:
    """Return the Crm of a folder of CRM exports, with what the load found wrong in them.

    Parameters
    ----------
    folder_or_files
        A folder, a file, or several files (.csv, .tsv, .xlsx).
    into
        File to keep the book in; in memory where none is given. An earlier book there is
        replaced whole or not at all, and keeps its readers. The new book carries over its dated
        copies of the deals, for good; a book begun in a new file has none.
    settings
        ``salesplan.toml`` or a :class:`Settings`; the folder's own ``salesplan.toml`` where
        none is given.
    as_of
        Date the figures are looked at from. By default the settings' ``as_of``, else the
        latest day on which something happened (``crm.fact("as_of_rule")`` says which).
    pseudonymise
        Replace names, mails and phone numbers by tokens: the same value gets the same token
        within the load, and numbers stay as they are.
    progress
        Called with what is being done, the number of the file and the number of files.

    Returns
    -------
    Crm
        With ``loads`` (rows read = loaded + quarantined per file), ``issues``, ``quarantine``.

    Raises
    ------
    ExportError
        With every fault of the load: files that are empty, unreadable or of a kind nobody
        knows, columns that are missing, dates and numbers that could be read two ways.
    SettingsError
        For a settings file with faults.
    BookError
        If ``into`` cannot be written, or another load is writing it.
    """
    if isinstance(folder_or_files, str) and not folder_or_files:
        raise InputError("The folder to load has no name.")
    tell = progress or (lambda _what, _number, _of: None)
    chosen = _settings(settings, folder_or_files)
    day = to_date(as_of, "as_of") if as_of is not None else chosen.as_of
    before = None if into is None else Path(into)
    order = Order(chosen, day, pseudonymise, before)
    scratch = Path(tempfile.mkdtemp(prefix="salesplan-"))
    try:
        if into is None:
            engine = book.create()
            done = _fill(engine, folder_or_files, order, scratch, tell)
            assert done.as_of
            return Crm(engine, as_of=done.as_of, settings=done.settings)
        with swap.building(Path(into)) as engine:
            _fill(engine, folder_or_files, order, scratch, tell)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return open_book(into)


def _settings(
    given: str | Path | Settings | None, where: str | Path | Iterable[str | Path]
) -> Settings:
    if isinstance(given, Settings):
        return given
    if given is None and isinstance(where, str | Path):
        beside = Path(where) / "salesplan.toml"
        given = beside if beside.is_file() else None
    return settings_module.read(given)


def _fill(
    engine: duckdb.DuckDBPyConnection,
    where: str | Path | Iterable[str | Path],
    order: Order,
    scratch: Path,
    tell: Progress,
) -> Order:
    """Fill an empty book from exports; return as of when and how it is looked at."""
    faults = Faults()
    found = sources.files_in(where, faults)
    paths = [path for path in found if not sources.rule_for(path.name, order.settings).ignore]
    with sources.held_still(paths):
        return _filled(engine, paths, order, scratch, tell, faults)


def _filled(
    engine: duckdb.DuckDBPyConnection,
    paths: list[Path],
    order: Order,
    scratch: Path,
    tell: Progress,
    faults: Faults,
) -> Order:
    """Read the files into an empty book, or say everything that is wrong with them."""
    settings = order.settings
    opened = sources.open_all(paths, settings, scratch, faults)
    feeds = [f for s in opened for f in recognition.feeds(s, settings, faults)]
    for sentence in recognition.misnamed(feeds, settings):
        faults.add(sentence)
    if order.as_of is None and (days := snapshots.days_of_series(feeds)):
        order = replace(order, as_of=max(days.values()))
    feeds = snapshots.parted(feeds)
    unused = [s for s in opened if all(f.source is not s for f in feeds)]
    if not feeds and not faults.sentences:
        faults.add(recognition.nothing_known(opened))
    ready = [_decided(engine, feed, faults) for feed in feeds]
    faults.raise_any()
    staged: list[staging.Staged] = []
    for number, feed in enumerate(ready, 1):
        tell(f"{feed.source.label} -> {feed.table.name}", number, len(ready))
        staged.append(_staged(engine, feed, staged))
    tell("checks", len(ready), len(ready))
    return finishing.finish(engine, staged, unused, order)


def _decided(engine: duckdb.DuckDBPyConnection, feed: Feed, faults: Faults) -> Feed:
    """Return a feed whose styles are proved; note the questions where they are not."""
    decided = feed.decide(engine)
    for question in decided.questions():
        faults.add(question)
    return decided


def _staged(
    engine: duckdb.DuckDBPyConnection, feed: Feed, before: list[staging.Staged]
) -> staging.Staged:
    if all(s.feed.table.name != feed.table.name for s in before):
        staging.open_table(engine, feed.table.name)
    return staging.stage(engine, feed)
