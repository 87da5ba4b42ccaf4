"""Slippage: deals that did not close when they were said to, under each definition in use."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from salesplan import dimensions
from salesplan._pipeline import stays
from salesplan._pipeline.arithmetic import divide
from salesplan._pipeline.copies import around
from salesplan._pipeline.flow import By, Only
from salesplan._pipeline.frames import words
from salesplan._pipeline.movements import Sides, sides_by_history, sides_by_snapshot
from salesplan._pipeline.records import blind
from salesplan._pipeline.states import states
from salesplan.crm import Crm
from salesplan.stats import with_rate
from salesplan.text import label

COLUMNS = [
    "definition",
    "title",
    "slipped_count",
    "due_count",
    "slip_rate",
    "slip_rate_low",
    "slip_rate_high",
    "slipped_amount",
    "due_amount",
    "amount_rate",
    "reason",
]
DEFINITIONS = ("not_closed", "not_won", "past_own_date", "ever_pushed")

# Lost in the period is closed, hence no slip, unless the forecast meant "won".
_RULES = {
    "not_closed": "still_open",
    "not_won": "COALESCE(status_1, '') <> 'won'",
    "past_own_date": "ended_on > due_on OR (still_open AND (moved_on > due_on OR due_on < $last))",
}


def slippage_table(
    crm: Crm, since: dt.date, until: dt.date, *, by: By, only: Only, earlier: Crm | None, lang: str
) -> pd.DataFrame:
    """Return one row per group and definition."""
    last = min(until - dt.timedelta(days=1), crm.as_of)
    if earlier is None:
        kept = around(crm, since, last)
        first = since - dt.timedelta(days=1)
        sides = sides_by_history(crm, first, last, by=by, only=only, kept=kept)
    else:
        sides = sides_by_snapshot(crm, earlier, last, by=by, only=only)
    bounds = {"since": since, "until": until, "last": last}
    wide = crm.query(_due_sql(sides), **sides.params, **bounds)
    names = [key.removeprefix("g_") for key in sides.keys]
    wide = wide.rename(columns={f"g_{n}": n for n in names})
    pushed = _ever_pushed(crm, last, by, only, names)
    if names:  # a group with nothing due still has its row
        wide = pushed[names].merge(wide, how="outer", on=names)
    parts = [_long(wide, names, d) for d in _RULES]
    table = with_rate(
        pd.concat([*parts, pushed], ignore_index=True), "slipped_count", "due_count", "slip_rate"
    )
    unknown = earlier is None and _is_unknown(crm, since)
    return _explained(table, names, unknown, lang)


def _due_sql(sides: Sides) -> str:
    keys = ", ".join(f"a.{k}" for k in sides.keys)
    names = ", ".join(sides.keys)
    sums = ", ".join(
        f"CAST(count(*) FILTER (WHERE {rule}) AS BIGINT) AS {name}_k, "
        f"CAST(sum(CASE WHEN {rule} THEN amount END) AS DOUBLE) AS {name}_amount"
        for name, rule in _RULES.items()
    )
    return f"""WITH {sides.ctes},
due AS (
  SELECT {keys}{", " if keys else ""}CAST(a.expected_close_on AS DATE) AS due_on,
    CAST(CAST(a.amount AS DECIMAL(19, 2)) * CAST(a.rate AS DECIMAL(18, 6)) AS DECIMAL(18, 2))
      AS amount,
    b.status AS status_1, COALESCE(b.status = 'open', FALSE) AS still_open,
    CAST(b.closed_on AS DATE) AS ended_on, CAST(b.expected_close_on AS DATE) AS moved_on
  FROM opening AS a LEFT JOIN closing AS b ON b.opportunity_id = a.opportunity_id
  WHERE a.status = 'open' AND a.is_kept AND CAST(a.expected_close_on AS DATE) >= $since
    AND CAST(a.expected_close_on AS DATE) < $until
)
SELECT {names}{", " if names else ""}count(*) AS due_count,
  CAST(sum(amount) AS DOUBLE) AS due_amount, {sums}
FROM due {f"GROUP BY {names} ORDER BY {names}" if names else ""}"""


def _long(wide: pd.DataFrame, names: list[str], definition: str) -> pd.DataFrame:
    return wide[names].assign(
        definition=definition,
        slipped_count=wide[f"{definition}_k"].fillna(0).astype("int64"),
        due_count=wide["due_count"].fillna(0).astype("int64"),
        slipped_amount=wide[f"{definition}_amount"],
        due_amount=wide["due_amount"],
    )


def _ever_pushed(crm: Crm, last: dt.date, by: By, only: Only, names: list[str]) -> pd.DataFrame:
    """Return the share of all deals so far whose close date was ever moved to a later month."""
    known = states(crm, history=True, deals=last)
    groups = dimensions.grouping(by, "opportunities", alias="d", date="d.began_on")
    kept, kept_joins, values = dimensions.where(only, "opportunities", alias="d")
    joins = " ".join(dict.fromkeys((groups.joins, kept_joins)))
    keys = groups.columns.rstrip(", ")
    found = crm.query(
        f"""WITH {known.ctes},
{stays.pushes("TRUE")},
counted AS (
  SELECT {groups.select}d.reporting_amount AS amount,
    COALESCE(d.push_count, u.push_count) AS push_count
  FROM deals AS d LEFT JOIN pushes AS u ON u.opportunity_id = d.opportunity_id {joins}
  WHERE {kept}
)
SELECT {groups.columns}CAST(count(*) FILTER (WHERE push_count > 0) AS BIGINT) AS slipped_count,
  CAST(count(push_count) AS BIGINT) AS due_count,
  CAST(sum(CASE WHEN push_count > 0 THEN amount END) AS DOUBLE) AS slipped_amount,
  CAST(sum(CASE WHEN push_count IS NOT NULL THEN amount END) AS DOUBLE) AS due_amount
FROM counted {f"GROUP BY {keys} ORDER BY {keys}" if keys else ""}""",
        **known.params,
        **values,
    )
    return found.assign(definition="ever_pushed")[
        [*names, "definition", "slipped_count", "due_count", "slipped_amount", "due_amount"]
    ]


def _is_unknown(crm: Crm, since: dt.date) -> bool:
    if blind(crm, since - dt.timedelta(days=1)):
        return True
    return crm.missing("stage_changes", "expected_close_on")


def _explained(table: pd.DataFrame, names: list[str], unknown: bool, lang: str) -> pd.DataFrame:
    hidden = unknown & (table["definition"] != "ever_pushed")
    rates = ["slip_rate", "slip_rate_low", "slip_rate_high"]
    table[rates] = table[rates].mask(hidden)
    table = table.assign(
        title=table["definition"].map({d: label(f"pipeline.slip_{d}", lang) for d in DEFINITIONS}),
        slipped_amount=table["slipped_amount"].where(table["slipped_count"] > 0, 0.0).mask(hidden),
    )
    amount_rate = divide(table["slipped_amount"], table["due_amount"])
    reason = [_reason(h, n, lang) for h, n in zip(hidden, table["due_count"], strict=True)]
    place = table["definition"].map({d: i for i, d in enumerate(DEFINITIONS)})
    table = table.assign(amount_rate=amount_rate, reason=words(reason), place=place)
    return table.sort_values([*names, "place"])[[*names, *COLUMNS]].reset_index(drop=True)


def _reason(is_hidden: Any, due: int, lang: str) -> str | None:
    if is_hidden:
        return label("pipeline.unknown_dates", lang)
    return label("pipeline.nothing_due", lang) if due == 0 else None
