"""Deals as they stood at each load: history for CRMs that export none.

Each load adds one dated copy of the deals; the copies of earlier loads are carried over from
the book that it replaces. Several exports in one folder with a date in their names, such as
``deals_2026-09-07.csv``, are copies too: all but the latest only say how deals stood then.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd

from salesplan import book, schema
from salesplan.errors import SalesplanError
from salesplan.loading.feeds import Feed
from salesplan.settings import Settings

_DATE = re.compile(r"(?<!\d)(20\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)")
_TABLE = "opportunity_snapshots"
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
    """
    try:
        frame, earlier = _snapshots_of(book.version_of(before), as_of)
    except (duckdb.Error, SalesplanError, ValueError, KeyError):
        return
    same = (earlier.company, earlier.currency) == (settings.company, settings.currency)
    known = engine.execute(f"SELECT DISTINCT snapshot_on FROM {_TABLE}").fetchall()
    fresh = frame[~frame["snapshot_on"].dt.date.isin([day for (day,) in known])]
    if same and not fresh.empty:
        book.insert_frame(engine, _TABLE, fresh)


def _snapshots_of(file: Path, as_of: dt.date) -> tuple[pd.DataFrame, Settings]:
    old = book.attached(file)
    try:
        facts = dict(old.execute("SELECT name, value FROM book").fetchall())
        frame = old.execute(f"SELECT * FROM {_TABLE} WHERE snapshot_on < ?", [as_of]).df()
    finally:
        old.close()
    return frame, Settings.model_validate_json(facts["settings"])
