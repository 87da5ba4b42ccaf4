"""Deals as they stood at each load: history for CRMs that export none.

Each load adds one dated copy of the deals; the copies of earlier loads are carried over from
the book that it replaces and kept for good, deals deleted since among them: what was reported
of a past month stays what it was. They take some ten bytes a deal and load; loading into a new
file begins anew. Several exports in one folder with a date in their names, such as
``deals_2026-09-07.csv``, are copies too: all but the latest only say how deals stood then.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import duckdb

from salesplan import book, schema
from salesplan.errors import SalesplanError
from salesplan.loading import sql
from salesplan.loading.feeds import Feed
from salesplan.settings import Settings

_DATE = re.compile(r"(?<!\d)(20\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)")
_TABLE = "opportunity_snapshots"
_EARLIER = "earlier_book"
_COPIED = tuple(c for c in schema.table(_TABLE).names if c != "snapshot_on")


def date_in(name: str) -> dt.date | None:
    """Return the date that a file name carries.

    Examples
    --------
    >>> date_in("deals_2026-09-07.csv"), date_in("deals.csv")
    (datetime.date(2026, 9, 7), None)
    """
    found = _DATE.search(name)
    try:
        return dt.date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def days_of_series(feeds: Sequence[Feed]) -> dict[int, dt.date]:
    """Return source -> day where the exports of deals are dated copies of one, else {}."""
    deals = [f for f in feeds if f.table.name == "opportunities"]
    days = {f.source.number: day for f in deals if (day := date_in(f.source.file))}
    alike = len({f.source.headers for f in deals}) == 1
    return days if alike and len(days) == len(deals) > 1 else {}


def parted(feeds: Sequence[Feed]) -> list[Feed]:
    """Return the feeds, the earlier ones of a series of dated exports fed into snapshots."""
    days = days_of_series(feeds)
    if not days:
        return list(feeds)
    latest = max(days.values())
    return [
        _copy(f, day)
        if f.table.name == "opportunities" and (day := days[f.source.number]) and day < latest
        else f
        for f in feeds
    ]


def _copy(feed: Feed, day: dt.date) -> Feed:
    known = feed.recognised
    columns = {c: h for c, h in known.columns.items() if c in _COPIED}
    constants = {c: v for c, v in known.constants.items() if c in _COPIED}
    return replace(
        feed,
        recognised=replace(
            known,
            table=_TABLE,
            columns=columns,
            constants={**constants, "snapshot_on": day.isoformat()},
        ),
    )


def take(
    engine: duckdb.DuckDBPyConnection,
    as_of: dt.date,
    before: Path | None,
    settings: Settings,
) -> None:
    """Copy the deals of this load as they stand, and carry over the copies of earlier loads."""
    if before is not None and book.version_of(before).is_file():
        _carry_over(engine, before, as_of, settings)
    engine.execute(f"DELETE FROM {_TABLE} WHERE snapshot_on = ?", [as_of])
    columns = ", ".join(f'"{c}"' for c in _COPIED)
    engine.execute(
        f"INSERT INTO {_TABLE} (snapshot_on, {columns}) "
        f"SELECT CAST(? AS DATE), {columns} FROM opportunities",
        [as_of],
    )
    engine.execute(f"""
        UPDATE {_TABLE} AS o SET status = s.status
        FROM stages AS s
        WHERE s.stage = o.stage AND o.status IS NULL
            AND COALESCE(s.pipeline, '') IN ('', COALESCE(o.pipeline, ''))
    """)


def _carry_over(
    engine: duckdb.DuckDBPyConnection, before: Path, as_of: dt.date, settings: Settings
) -> None:
    """Copy the snapshots of an earlier book of the same company and currency.

    A book of an older salesplan may lack columns, or the whole table; what it has is kept.
    Rows go from book to book within the engine: years of daily loads are millions of them.
    """
    file = sql.text(str(book.version_of(before)))
    try:
        engine.execute(f"ATTACH {file} AS {_EARLIER} (READ_ONLY)")
    except duckdb.Error:
        return
    with _detaching(engine), suppress(duckdb.Error, SalesplanError, ValueError, KeyError):
        facts = dict(engine.execute(f"SELECT name, value FROM {_EARLIER}.book").fetchall())
        earlier = Settings.model_validate_json(facts["settings"])
        if (earlier.company, earlier.currency) == (settings.company, settings.currency):
            _insert_earlier(engine, as_of)


@contextmanager
def _detaching(engine: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Let go of the earlier book at the end: it is about to be replaced."""
    try:
        yield
    finally:
        engine.execute(f"DETACH {_EARLIER}")


def _insert_earlier(engine: duckdb.DuckDBPyConnection, as_of: dt.date) -> None:
    held = engine.execute(
        "SELECT column_name FROM duckdb_columns() WHERE database_name = ? AND table_name = ?",
        [_EARLIER, _TABLE],
    ).fetchall()
    columns = [c for c in schema.table(_TABLE).columns if (c.name,) in held]
    names = ", ".join(f'"{c.name}"' for c in columns)
    casts = ", ".join(f'CAST("{c.name}" AS {c.sql_type})' for c in columns)
    engine.execute(
        f"INSERT INTO {_TABLE} ({names}) SELECT {casts} FROM {_EARLIER}.{_TABLE} "
        f"WHERE snapshot_on < ? AND snapshot_on NOT IN (SELECT k.snapshot_on FROM {_TABLE} AS k)",
        [as_of],
    )
