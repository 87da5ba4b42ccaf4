"""The forecast: won so far, plus open deals by their chances, plus deals not yet created."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesplan._pipeline.arithmetic import check_counts, check_share
from salesplan._pipeline.draws import new_wins, open_wins
from salesplan._pipeline.flow import Only
from salesplan._pipeline.frames import words
from salesplan._pipeline.newcomers import Stream, streams
from salesplan._pipeline.odds import Placed, learn, place
from salesplan._pipeline.open_deals import facts
from salesplan._pipeline.past import spans, standing
from salesplan._pipeline.states import States, states
from salesplan.crm import Crm
from salesplan.errors import InputError, one_of
from salesplan.periods import split
from salesplan.stats import Floats
from salesplan.text import label

MEASURES = ("amount", "count")
_YEARS_AHEAD = 10
COLUMNS = [
    "until_on",
    "won_{u}",
    "open_{u}",
    "new_{u}",
    "expected_{u}",
    "low_{u}",
    "quarter_{u}",
    "median_{u}",
    "three_quarter_{u}",
    "high_{u}",
    "reason",
]


@dataclass(frozen=True)
class Outlook:
    """All that a forecast is drawn from, as known at the end of a day.

    ``is_part`` says that only some groups are asked for: deals yet to come have none.
    """

    open_deals: pd.DataFrame
    placed: Placed
    streams: list[Stream]
    won: pd.Series[float]
    ends: list[dt.date]
    is_taught: bool
    is_part: bool


def outlook(crm: Crm, since: dt.date, until: dt.date, day: dt.date, only: Only) -> Outlook:
    """Return what is known on a day of what will be won in [since, until)."""
    _check_window(since, until, day)
    known = states(crm, deals=day)
    odds = learn(spans(crm, day))
    open_deals = facts(crm, as_of=day, only=only).join(standing(crm, known), on="opportunity_id")
    coming = streams(crm, known, day, until, odds) if not only else []
    ends = [min(m.until, until) for m in split(day + dt.timedelta(days=1), until, "month")]
    horizons = [float((end - day).days - 1) for end in ends]
    placed = place(open_deals, odds, horizons)
    won = _won_so_far(crm, known, since, until)
    return Outlook(open_deals, placed, coming, won, ends, bool(odds), bool(only))


def _check_window(since: dt.date, until: dt.date, day: dt.date) -> None:
    if until <= day + dt.timedelta(days=1):
        raise InputError(f"until={until} does not lie after {day}, the day we look from.")
    if until.year - day.year > _YEARS_AHEAD:
        raise InputError(
            f"until={until} lies more than {_YEARS_AHEAD} years after {day}: no past tells of that."
        )
    if since > day + dt.timedelta(days=1):
        raise InputError(
            f"since={since} lies after {day}, the day we look from. Forecast until then and "
            "until the end, and take the difference."
        )


def _won_so_far(crm: Crm, known: States, since: dt.date, until: dt.date) -> pd.Series[float]:
    """Return amount and count of what is won, and how much of it has no amount.

    Wins without any amount among them are worth no one knows what, not nothing.
    """
    won = crm.query(
        known.select(
            "SELECT CAST(CASE WHEN count(*) = 0 THEN 0 ELSE sum(reporting_amount) END AS DOUBLE) "
            "AS amount, CAST(count(*) AS DOUBLE) AS count, "
            "CAST(count(*) - count(reporting_amount) AS DOUBLE) AS unpriced FROM deals "
            "WHERE status = 'won' AND closed_on >= $since AND closed_on < $until"
        ),
        since=since,
        until=until,
        **known.params,
    )
    return won.iloc[0].astype(float)


def forecast_table(
    view: Outlook, *, measure: str, draws: int, seed: int, level: float,
    correlation: float, lang: str,
) -> pd.DataFrame:  # fmt: skip
    """Return one row per month end: what is won by then, in parts and with intervals."""
    one_of(measure, MEASURES, "measure")
    check_share(correlation, "correlation", inclusive=True)
    check_share(level, "level", inclusive=False)
    check_counts(draws=draws)
    rng = np.random.default_rng(seed)
    amounts = worth(view.open_deals, measure)
    chances = view.placed.chance("won")
    usable = ~np.isnan(chances).any(axis=1) & ~np.isnan(amounts)
    doubt = view.placed.doubt(chances)
    now = open_wins(chances[usable], doubt[usable], amounts[usable], draws, correlation, rng)
    later = np.zeros_like(now)
    for stream in view.streams:
        drawn = np.ones(1) if measure == "count" else stream.priced
        later += new_wins(stream, draws, drawn, rng)
    table = _quantiles(view, float(view.won[measure]), now, later, level, measure)
    table[_unknown(view, bool(usable.any()), measure)] = np.nan
    reason = _reason(view, chances, amounts, measure, lang)
    return table.assign(reason=words([reason] * len(table)))


def _unknown(view: Outlook, any_usable: bool, measure: str) -> list[str]:
    """Return the columns that nobody can fill: what is not known is not 0."""
    parts = {
        "won": np.isnan(view.won[measure]),
        "open": len(view.open_deals) > 0 and not any_usable,
        "new": not view.is_part and (not view.streams or _is_unpriced(view, measure)),
    }
    missing = [f"{part}_{{u}}" for part, is_missing in parts.items() if is_missing]
    return [name.format(u=measure) for name in (missing and [*missing, *COLUMNS[4:-1]])]


def _is_unpriced(view: Outlook, measure: str) -> bool:
    """Whether deals yet to come will be won, for amounts that nobody knows."""
    coming = [len(stream.priced) for stream in view.streams if stream.wins.sum() > 0]
    return measure == "amount" and bool(coming) and not any(coming)


def deals_table(view: Outlook) -> pd.DataFrame:
    """Return one row per open deal: its chances by the end of the period, and what taught them."""
    kept = ["opportunity_id", "owner_id", "pipeline", "stage", "amount", "age_days", "stage_days"]
    number = view.placed.place
    marks = view.placed.marks
    won = view.placed.chance("won")[:, -1]
    return view.open_deals[kept].assign(
        won_probability=won,
        lost_probability=view.placed.chance("lost")[:, -1],
        expected_amount=view.open_deals["amount"] * won,
        learnt_from=words([marks[n].stage or "age" if n >= 0 else None for n in number]),
        since_days=[marks[n].age_days if n >= 0 else np.nan for n in number],
        sample_count=[marks[n].closed_count if n >= 0 else 0.0 for n in number],
        crm_probability=view.open_deals["probability"],
    )


def worth(open_deals: pd.DataFrame, measure: str) -> Floats:
    """Return what each deal counts for: its amount, or one."""
    if measure == "count":
        return np.ones(len(open_deals))
    return open_deals["amount"].to_numpy(float)


def _quantiles(
    view: Outlook, won: float, now: Floats, later: Floats, level: float, measure: str
) -> pd.DataFrame:
    total = won + now + later
    low, q1, mid, q3, high = np.quantile(
        total, [0.5 - level / 2, 0.25, 0.5, 0.75, 0.5 + level / 2], axis=0
    )
    values = [won, now.mean(0), later.mean(0), total.mean(0), low, q1, mid, q3, high]
    names = [c.format(u=measure) for c in COLUMNS[1:-1]]
    ends = pd.to_datetime(pd.Series(view.ends)) - pd.Timedelta(days=1)
    return pd.DataFrame({"until_on": ends} | dict(zip(names, values, strict=True)))


def _reason(view: Outlook, chances: Floats, amounts: Floats, measure: str, lang: str) -> str | None:
    if not view.is_taught:
        return label("pipeline.too_few_closed", lang)
    left_out = {
        "left_out_won_unpriced": int(view.won["unpriced"]) if measure == "amount" else 0,
        "left_out_unpriced": int(np.isnan(amounts).sum()),
        "left_out_unplaced": int(np.isnan(chances[:, 0]).sum()),
        "no_won_amounts": int(_is_unpriced(view, measure)),
    }
    said = [label(f"pipeline.{key}", lang, count=count) for key, count in left_out.items() if count]
    return " ".join(said) or None
