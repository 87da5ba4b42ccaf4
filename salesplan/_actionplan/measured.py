"""How many of one step it took for one of the next: measured on the last months."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from salesplan import dimensions, stats
from salesplan.amounts import deal_amount
from salesplan.crm import Crm
from salesplan.errors import InputError, did_you_mean

STEPS = ("deals", "proposals", "meetings", "calls", "opportunities", "leads")
PARENT = {
    "deals": "revenue",
    "proposals": "deals",
    "meetings": "proposals",
    "calls": "meetings",
    "opportunities": "deals",
    "leads": "opportunities",
}
"""What each step is counted per: proposals per deal won, meetings per proposal, ..."""

COLUMNS = ["step", "per", "count", "base", "ratio", "ratio_low", "ratio_high", "source", "reason"]

PROPOSAL_WORDS = ("%proposal%", "%quote%", "%angebot%", "%offre%", "%devis%", "%offer%")
_FEWEST = 5


def ratios(
    crm: Crm,
    since: dt.date,
    until: dt.date,
    *,
    only: Mapping[str, Any] | None = None,
    given: Mapping[str, float] | None = None,
    proposal_stage: str | None = None,
) -> pd.DataFrame:
    """Return, for every step, how many of it were needed for one of the step it serves.

    A rate (deals per proposal) has a Wilson interval, a number per piece (meetings per
    proposal) an exact Poisson one, the average deal a normal one on its mean.
    """
    counts = _counts(crm, since, until, only, proposal_stage)
    rows = [
        _amount_row(counts),
        _inverse_rate("proposals", "deals", counts["won_of_proposals"], counts["proposals"]),
        _per_piece("meetings", "proposals", counts["meetings"], counts["proposals"]),
        _per_piece("calls", "meetings", counts["calls"], counts["meetings"]),
        _inverse_rate("opportunities", "deals", counts["won"], counts["closed"]),
        _inverse_rate("leads", "opportunities", counts["converted"], counts["leads"]),
    ]
    found = pd.DataFrame(rows, columns=COLUMNS)
    return _with_given(found, given or {})


def _with_given(found: pd.DataFrame, given: Mapping[str, float]) -> pd.DataFrame:
    """Put the caller's own ratios in place of measured ones; they carry no interval."""
    for step, ratio in given.items():
        if step not in STEPS:
            raise InputError(f"ratios names {step!r}. {did_you_mean(step, STEPS)}")
        if not ratio > 0:
            raise InputError(f"ratios: {step} must be above 0, not {ratio}.")
        at = found["step"] == step
        found.loc[at, ["ratio", "ratio_low", "ratio_high"]] = float(ratio)
        found.loc[at, ["source", "reason"]] = ["given", ""]
    return found


def _counts(
    crm: Crm,
    since: dt.date,
    until: dt.date,
    only: Mapping[str, Any] | None,
    proposal_stage: str | None,
) -> dict[str, float]:
    period = {"since": since, "until": until, "as_of": crm.as_of}
    deals = _deal_counts(crm, period, only, proposal_stage)
    kept, joins, values = dimensions.where(only, "activities")
    work = crm.query(
        f"""SELECT CAST(count(CASE WHEN t.kind = 'call' THEN 1 END) AS BIGINT) AS calls,
  CAST(count(CASE WHEN t.kind IN ('meeting', 'demo') THEN 1 END) AS BIGINT) AS meetings
FROM activities AS t {joins}
WHERE COALESCE(t.status, 'held') = 'held' AND CAST(t.starts_at AS DATE) >= $since
  AND CAST(t.starts_at AS DATE) < $until AND CAST(t.starts_at AS DATE) <= $as_of AND {kept}""",
        **period,
        **values,
    )
    return deals | _lead_counts(crm, period, only) | _first(work, "calls", "meetings")


def _deal_counts(
    crm: Crm, period: dict[str, Any], only: Mapping[str, Any] | None, stage: str | None
) -> dict[str, float]:
    kept, joins, values = dimensions.where(only, "opportunities")
    likes = {f"word_{i}": w for i, w in enumerate([stage] if stage else PROPOSAL_WORDS)}
    named = " OR ".join(f"lower(c.stage) LIKE lower(${name})" for name in likes)
    money = deal_amount(crm)
    rows = crm.query(
        f"""WITH offered AS (
  SELECT c.opportunity_id FROM stage_changes AS c WHERE {named}
  UNION
  SELECT a.opportunity_id FROM activities AS a
  WHERE a.kind = 'proposal' AND COALESCE(a.status, 'held') = 'held'
)
SELECT CAST({money.amount} AS DOUBLE) AS amount, t.status = 'won' AS is_won,
  f.opportunity_id IS NOT NULL AS is_offered
FROM opportunities AS t LEFT JOIN offered AS f ON f.opportunity_id = t.opportunity_id
{money.join} {joins}
WHERE t.status IN ('won', 'lost') AND t.closed_on >= $since AND t.closed_on < $until
  AND t.closed_on <= $as_of AND {kept}""",
        **period,
        **likes,
        **values,
    )
    won, offered = rows["is_won"].astype(bool), rows["is_offered"].astype(bool)
    amounts = rows.loc[won, "amount"].dropna()
    return {
        "closed": float(len(rows)),
        "won": float(won.sum()),
        "proposals": float(offered.sum()),
        "won_of_proposals": float((won & offered).sum()),
        "amount_count": float(len(amounts)),
        "amount_mean": float(amounts.mean()) if len(amounts) else float("nan"),
        "amount_error": float(amounts.std() / len(amounts) ** 0.5)
        if len(amounts) > 1
        else float("nan"),
    }


def _lead_counts(
    crm: Crm, period: dict[str, Any], only: Mapping[str, Any] | None
) -> dict[str, float]:
    try:
        kept, joins, values = dimensions.where(only, "leads")
    except InputError:  # a filter that leads do not know says nothing about them
        kept, joins, values = "TRUE", "", {}
    found = crm.query(
        f"""SELECT CAST(count(*) AS BIGINT) AS leads,
  CAST(count(t.opportunity_id) AS BIGINT) AS converted
FROM leads AS t {joins}
WHERE t.created_on >= $since AND t.created_on < $until AND t.created_on <= $as_of AND {kept}""",
        **period,
        **values,
    )
    return _first(found, "leads", "converted")


def _first(found: pd.DataFrame, *names: str) -> dict[str, float]:
    return {name: float(found[name].iloc[0]) for name in names}


def _amount_row(counts: dict[str, float]) -> list[Any]:
    mean, error, n = counts["amount_mean"], counts["amount_error"], counts["amount_count"]
    low, high = mean - stats.Z95 * error, mean + stats.Z95 * error
    ratio = [1 / x if x > 0 else np.nan for x in (mean, high, low)]
    return ["deals", "revenue", n, mean * n, *ratio, "measured", _why(n)]


def _inverse_rate(step: str, per: str, successes: float, trials: float) -> list[Any]:
    if successes == 0:
        return [step, per, trials, successes, np.nan, np.nan, np.nan, "measured", _why(0)]
    low, high = (float(bound[0]) for bound in stats.wilson([successes], [trials]))
    ratio = [trials / successes, 1 / high, 1 / low]
    return [step, per, trials, successes, *ratio, "measured", _why(successes)]


def _per_piece(step: str, per: str, count: float, base: float) -> list[Any]:
    if base == 0 or count == 0:
        return [step, per, count, base, np.nan, np.nan, np.nan, "measured", _why(0)]
    from scipy.special import chdtri  # upper quantiles of chi-square, without scipy.stats

    low, high = chdtri(2 * count, 0.975) / 2, chdtri(2 * count + 2, 0.025) / 2
    return [step, per, count, base, count / base, low / base, high / base, "measured", _why(base)]


def _why(count: float) -> str:
    if count == 0:
        return "nothing to measure it on: give it in ratios="
    return "" if count >= _FEWEST else f"measured on {count:.0f} only"
