"""The pipeline waterfall: from the start of a period to its end, every euro accounted for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesplan._pipeline.copies import Copies, around, require
from salesplan._pipeline.flow import By, Only
from salesplan._pipeline.frames import words
from salesplan._pipeline.movements import (
    AT_END,
    AT_START,
    COUNTED,
    MINUS,
    MOVEMENTS,
    PLUS,
    Sides,
    moved,
    sides_by_copies,
    sides_by_history,
    sides_by_snapshot,
)
from salesplan._pipeline.records import blind
from salesplan.crm import Crm
from salesplan.errors import InputError, one_of
from salesplan.stats import Floats
from salesplan.text import label

COLUMNS = ["movement", "title", "amount", "deal_count", "count_change", "unpriced_count", "reason"]
DEAL_COLUMNS = ["opportunity_id", "movement", "title", "amount"]

Due = tuple[dt.date, dt.date] | None
SOURCES = ("history", "snapshots")


@dataclass(frozen=True)
class Past:
    """Where the start of a period is known from, and the copies that show deleted deals."""

    source: str
    earlier: Crm | None
    kept: Copies


def past(crm: Crm, since: dt.date, until: dt.date, source: str | None, earlier: Crm | None) -> Past:
    """Return where to look: what is asked for, else history, else copies where there are any."""
    if since > crm.as_of:
        raise InputError(f"since={since} lies after {crm.as_of}, the day the figures are from.")
    if source is not None:
        one_of(source, SOURCES, "source")
    kept = around(crm, since, _last(crm, until))
    if source == "snapshots":
        require(kept, since)
    compared = kept.before is not None and kept.before != kept.after
    by_copies = source == "snapshots" or (
        source is None and compared and not crm.has("stage_changes")
    )
    return Past("snapshots" if by_copies else "history", earlier, kept)


def _last(crm: Crm, until: dt.date) -> dt.date:
    return min(until - dt.timedelta(days=1), crm.as_of)


def waterfall_table(
    crm: Crm, since: dt.date, until: dt.date, *, due: Due, by: By, only: Only, told: Past, lang: str
) -> pd.DataFrame:
    """Return one row per group and movement; amounts that leave the pipeline are negative."""
    sides = _sides(crm, since, until, by, only, told)
    wide = crm.query(_aggregate(sides, has_window=due is not None), **sides.params, **_bounds(due))
    wide = wide.rename(columns={key: key.removeprefix("g_") for key in sides.keys})
    assert (wide["worst_gap"].fillna(0) == 0).all(), "a deal's movements do not add up"
    names = [key.removeprefix("g_") for key in sides.keys]
    table = _long(wide, names, lang)
    _assert_balance(table, names)
    table = _with_reasons(table, _unknown(crm, since, due, told, lang))
    table = table.sort_values(names, kind="stable") if names else table
    return table[[*names, *COLUMNS]].reset_index(drop=True)


def deals_table(
    crm: Crm, since: dt.date, until: dt.date, *, due: Due, only: Only, told: Past, lang: str
) -> pd.DataFrame:
    """Return one row per deal and movement: the list behind each bar of the waterfall."""
    sides = _sides(crm, since, until, None, only, told)
    parts = " UNION ALL ".join(
        f"SELECT opportunity_id, '{_public(m)}' AS movement, {i} AS place, "
        f'CAST({_sign(m)} * "{m}" AS DOUBLE) AS amount FROM moved WHERE "{m}_n"'
        for i, m in enumerate((*AT_START, *AT_END))
    )
    query = f"WITH {moved(sides, has_window=due is not None)}\nSELECT * FROM ({parts}) AS listed"
    found = crm.query(query, **sides.params, **_bounds(due))
    place = {m: i for i, m in enumerate(MOVEMENTS)}
    found = found.assign(
        place=found["movement"].map(place),
        title=found["movement"].map({m: label(f"pipeline.moved_{m}", lang) for m in MOVEMENTS}),
    )
    return found.sort_values(["place", "opportunity_id"])[DEAL_COLUMNS].reset_index(drop=True)


def _sides(crm: Crm, since: dt.date, until: dt.date, by: By, only: Only, told: Past) -> Sides:
    last = _last(crm, until)
    if told.earlier is not None:
        return sides_by_snapshot(crm, told.earlier, last, by=by, only=only)
    if told.source == "snapshots":
        return sides_by_copies(crm, last, by=by, only=only, kept=told.kept)
    first = since - dt.timedelta(days=1)
    return sides_by_history(crm, first, last, by=by, only=only, kept=told.kept)


def _bounds(due: Due) -> dict[str, dt.date]:
    return {} if due is None else {"due_since": due[0], "due_until": due[1]}


def _public(movement: str) -> str:
    # Merged, disqualified, duplicate: gone without a win or a loss, like a deleted deal.
    return "deleted" if movement == "closed_otherwise" else movement


def _sign(movement: str) -> int:
    return -1 if _public(movement) in MINUS else 1


def _aggregate(sides: Sides, *, has_window: bool) -> str:
    names = (*AT_START, *AT_END)
    gap = " + ".join(
        f'{_sign(m)} * "{m}"' if m != "end" else '-1 * "end"' for m in names
    )  # fmt: skip
    sums = ", ".join(
        f'CAST(sum("{m}") AS DOUBLE) AS "{m}", CAST(sum("{m}_n") AS BIGINT) AS "{m}_n", '
        f'CAST(sum("{m}_u") AS BIGINT) AS "{m}_u"'
        for m in names
    )
    keys = ", ".join(sides.keys)
    tail = f"GROUP BY {keys} ORDER BY {keys}" if keys else ""
    return (
        f"WITH {moved(sides, has_window=has_window)},\nsided AS ({_sided(sides.keys, gap)})\n"
        f"SELECT {keys}{', ' if keys else ''}{sums}, CAST(max(abs(gap)) AS DOUBLE) AS worst_gap "
        f"FROM sided WHERE is_part {tail}"
    )


def _sided(keys: list[str], gap: str) -> str:
    names = (*AT_START, *AT_END)
    cast = [f'CAST("{m}_n" AS INTEGER) AS "{m}_n", CAST("{m}_u" AS INTEGER) AS "{m}_u"'
            for m in names]  # fmt: skip
    if not keys:
        values = ", ".join(f'"{m}", {c}' for m, c in zip(names, cast, strict=True))
        return f"SELECT {values}, {gap} AS gap, TRUE AS is_part FROM moved"
    halves = []
    for side, own in ((0, AT_START), (1, AT_END)):
        values = ", ".join(
            f'"{m}", {c}' if m in own else f'0 AS "{m}", 0 AS "{m}_n", 0 AS "{m}_u"'
            for m, c in zip(names, cast, strict=True)
        )
        group = ", ".join(f"{k}_{side} AS {k}" for k in keys)
        part = " OR ".join(f'"{m}_n"' for m in own)
        halves.append(f"SELECT {group}, {values}, {gap} AS gap, {part} AS is_part FROM moved")
    return " UNION ALL ".join(halves)


def _long(wide: pd.DataFrame, names: list[str], lang: str) -> pd.DataFrame:
    """Return one row per group and movement, the groups in their order."""
    signs = np.array([_sign(m) for m in MOVEMENTS])
    counted = np.array([m in COUNTED for m in MOVEMENTS])
    count = _folded(wide, "_n")
    table = wide.loc[wide.index.repeat(len(MOVEMENTS)), names].reset_index(drop=True)
    return table.assign(
        movement=words(list(MOVEMENTS) * len(wide)),
        title=words([label(f"pipeline.moved_{m}", lang) for m in MOVEMENTS] * len(wide)),
        amount=(_folded(wide, "").round(2) * signs + 0.0).ravel(),  # no minus zero
        deal_count=count.ravel().astype(np.int64),
        count_change=(count * signs * counted).ravel().astype(np.int64),
        unpriced_count=_folded(wide, "_u").ravel().astype(np.int64),
    )


def _folded(wide: pd.DataFrame, suffix: str) -> Floats:
    """Return groups x movements, deals that were closed otherwise among the deleted ones."""
    found = np.column_stack([wide[m + suffix].to_numpy(float) for m in MOVEMENTS])
    other = wide["closed_otherwise" + suffix].to_numpy(float)
    found = np.nan_to_num(found)
    found[:, MOVEMENTS.index("deleted")] += np.nan_to_num(other)
    return np.asarray(found, float)


def _assert_balance(table: pd.DataFrame, names: list[str]) -> None:
    """Hold the identity start + everything = end in each group, for money and for counts."""
    keys = [table[n] for n in names] or [pd.Series(0, table.index)]
    sign = np.where(table["movement"] == "end", -1, 1)
    for column in ("amount", "count_change"):
        left = (table[column] * sign).groupby(keys, dropna=False).sum()
        assert (left.abs() < 0.005).all(), f"the waterfall's {column} does not balance"


def _unknown(crm: Crm, since: dt.date, due: Due, told: Past, lang: str) -> dict[str, str]:
    """Return, per movement, why it cannot be told from this book."""
    if told.earlier is not None or told.source == "snapshots":
        return {}
    found = {} if told.kept.before else {"deleted": label("pipeline.unknown_deleted", lang)}
    no_past = blind(crm, since - dt.timedelta(days=1))
    kept = crm.query(
        "SELECT count(amount) AS amounts, count(expected_close_on) AS dates FROM stage_changes"
    ).iloc[0]
    if no_past or kept["amounts"] == 0:
        reason = label("pipeline.unknown_amounts", lang)
        found |= dict.fromkeys(("start", "increased", "decreased"), reason)
    if due is not None and (no_past or kept["dates"] == 0):
        found |= dict.fromkeys(("moved_in", "moved_out"), label("pipeline.unknown_dates", lang))
    if no_past:
        found["reopened"] = label("pipeline.unknown_reopened", lang)
    return found


def _with_reasons(table: pd.DataFrame, unknown: dict[str, str]) -> pd.DataFrame:
    reason = words([unknown.get(m) for m in table["movement"]])
    # What a book cannot show is no zero; but what it does show (a merged deal) stands.
    blank = reason.notna() & (table["deal_count"] == 0)
    return table.assign(reason=reason, amount=table["amount"].mask(blank))


__all__ = ["COLUMNS", "MINUS", "MOVEMENTS", "PLUS", "deals_table", "waterfall_table"]
