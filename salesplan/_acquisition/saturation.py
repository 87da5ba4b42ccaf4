"""How fast a channel fills up: what twice the money brings, from its own months.

Leads of a month follow a Poisson law with log(mean) = level of the channel + elasticity x
log(spend) + season. An elasticity of 1 doubles the leads with the money, 0.5 adds 41 %. The
season is shared by all channels and fitted where two years are at hand; otherwise a busy
month with a large budget would look like a budget that works. Channels with few months lean
on the others (random effects, DerSimonian and Laird 1986).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesplan import stats
from salesplan._acquisition.arguments import resolved, words
from salesplan._acquisition.attribution import attribution_sql
from salesplan._acquisition.cost import cost_per_first_meeting
from salesplan._acquisition.parties import parties_sql
from salesplan._acquisition.spend import spend
from salesplan.crm import Crm
from salesplan.stats import Floats

COLUMNS = [
    "channel",
    "month_count",
    "monthly_cost",
    "monthly_lead_count",
    "elasticity",
    "elasticity_low",
    "elasticity_high",
    "basis",
    "average_cost",
    "marginal_cost",
    "reason",
]
_LEAST_MONTHS = 12
_LEAST_SPREAD = 0.05  # a budget that never moves cannot show what moving it does
_RANGE = (0.05, 0.99)
_SEASONED = 24


def saturation(
    crm: Crm,
    *,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    attribution: str = "recorded",
    source: str | None = None,
    assumed: float = 0.7,
) -> pd.DataFrame:
    """Return what the next first meeting costs in each channel, beside what one costs now.

    Formula: marginal cost = average cost / elasticity, where leads grow as spend to the power
    of the elasticity and the share of leads that is met stays as it is.

    Parameters
    ----------
    crm
        A loaded Crm.
    since, until, month, quarter, year
        Months to learn from; all that have started by default.
    attribution
        recorded, campaign, first, last or even (see `cost_per_first_meeting`).
    source
        costs or budgets.
    assumed
        Elasticity to take where no channel has history enough.

    Returns
    -------
    DataFrame
        channel, month_count (with spend), monthly_cost, monthly_lead_count, elasticity with
        its 95 % interval, basis (own: from its months, leaning on the others as far as chance
        explains their differences; pooled: of the other channels; assumed), average_cost and
        marginal_cost of a first meeting, reason. Only channels with recorded cost.

    Raises
    ------
    MissingDataError
        Without leads or activities.

    Examples
    --------
    >>> saturation(paper())[["channel", "basis", "average_cost", "marginal_cost"]].round(1)
         channel    basis  average_cost  marginal_cost
    0  cold call  assumed         130.0          185.7
    1      event  assumed         530.0          757.1
    2        web  assumed          60.0           85.7
    """
    span = resolved(crm, since, until, month, quarter, year)
    costs = cost_per_first_meeting(
        crm, since=span[0], until=span[1], attribution=attribution, source=source, draws=100, seed=0
    )
    months = _months(crm, span[0], span[1], attribution, source)
    known = costs.loc[costs["total_cost"].notna(), ["channel", "cost_per_first_meeting"]]
    usable = months.groupby("channel").filter(_tells)
    fitted = _fit(usable) if len(usable) else _nothing()
    table = known.merge(_levels(months), on="channel").merge(fitted, on="channel", how="left")
    return _completed(crm, table, fitted, assumed)


def _months(
    crm: Crm, since: dt.date | None, until: dt.date | None, attribution: str, source: str | None
) -> pd.DataFrame:
    """Return spend and leads of each channel and month that had spend."""
    paid = spend(crm, since=since, until=until, source=source)
    paid = paid[paid["started"].astype(bool)]
    paid = paid.groupby(["channel", "month"], as_index=False)[["cost"]].sum()
    leads = crm.query(
        f"""
        WITH {parties_sql("lead")}, {attribution_sql(attribution)}
        SELECT t.channel, CAST(date_trunc('month', p.created_on) AS DATE) AS month,
               CAST(sum(t.share) AS DOUBLE) AS leads
        FROM parties AS p JOIN attributed AS t ON t.party_id = p.party_id
        WHERE p.created_on <= $as_of
        GROUP BY t.channel, CAST(date_trunc('month', p.created_on) AS DATE)
        """,
        as_of=crm.as_of,
    )
    both = paid.merge(leads, on=["channel", "month"], how="left").fillna({"leads": 0.0})
    return both[both["cost"] > 0].sort_values(["channel", "month"], ignore_index=True)


def _tells(months: pd.DataFrame) -> bool:
    spread = float(np.log(months["cost"]).std(ddof=0))
    return len(months) >= _LEAST_MONTHS and spread > _LEAST_SPREAD and months["leads"].sum() > 0


def _levels(months: pd.DataFrame) -> pd.DataFrame:
    grouped = months.groupby("channel")
    columns = {"month_count": grouped.size(), "monthly_cost": grouped["cost"].mean()}
    table = pd.DataFrame(columns | {"monthly_lead_count": grouped["leads"].mean()})
    return table.rename_axis("channel").reset_index()


def _nothing() -> pd.DataFrame:
    return pd.DataFrame({"channel": [], "own": [], "error": []}).astype({"channel": object})


def _fit(months: pd.DataFrame) -> pd.DataFrame:
    """Return the elasticity of each channel and its standard error."""
    names = sorted(months["channel"].unique())
    is_channel = (months["channel"].to_numpy(object)[:, None] == np.array(names, object)).astype(
        float
    )
    logs = np.log(months["cost"].to_numpy(float))
    centre = is_channel.T @ logs / is_channel.sum(axis=0)
    parts = [is_channel, is_channel * (logs - is_channel @ centre)[:, None]]
    moment = pd.to_datetime(months["month"])
    if moment.nunique() >= _SEASONED:
        season = (moment.dt.month.to_numpy()[:, None] == np.arange(1, 13)).astype(float)
        parts.append(season[:, 1:] - season[:, :1])
    estimate, error = _poisson(np.hstack(parts), months["leads"].to_numpy(float))
    own = slice(len(names), 2 * len(names))
    return pd.DataFrame({"channel": names, "own": estimate[own], "error": error[own]})


def _poisson(design: Floats, count: Floats) -> tuple[Floats, Floats]:
    """Return coefficients and errors of a Poisson regression (log link), by Newton's method."""
    beta = np.linalg.lstsq(design, np.log(count + 0.5), rcond=None)[0]
    ridge = 1e-6 * np.eye(design.shape[1])
    for _ in range(50):
        mean = np.exp(np.clip(design @ beta, -30, 30))
        information = design.T @ (design * mean[:, None]) + ridge
        step = np.linalg.solve(information, design.T @ (count - mean))
        beta = beta + step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-9:
            break
    mean = np.exp(design @ beta)
    # Months vary more than a Poisson law says; errors grow by what is seen.
    freedom = max(len(count) - design.shape[1], 1)
    dispersion = max(1.0, float(np.sum((count - mean) ** 2 / np.maximum(mean, 1e-9)) / freedom))
    covariance = np.linalg.inv(design.T @ (design * mean[:, None]) + ridge) * dispersion
    return np.asarray(beta), np.sqrt(np.diag(covariance))


@dataclass(frozen=True)
class _Pooled:
    mean: float
    between: float  # variance between channels beyond chance
    error: float


def _pool(fitted: pd.DataFrame) -> _Pooled:
    own, weight = fitted["own"].to_numpy(float), 1 / fitted["error"].to_numpy(float) ** 2
    fixed = float(np.sum(weight * own) / np.sum(weight))
    excess = float(np.sum(weight * (own - fixed) ** 2)) - (len(own) - 1)
    scale = float(np.sum(weight) - np.sum(weight**2) / np.sum(weight))
    between = max(0.0, excess / scale) if scale > 0 else 0.0
    random = 1 / (1 / weight + between)
    return _Pooled(float(np.sum(random * own) / random.sum()), between, float(random.sum() ** -0.5))


def _completed(crm: Crm, table: pd.DataFrame, fitted: pd.DataFrame, assumed: float) -> pd.DataFrame:
    if len(fitted):
        pooled = _pool(fitted)
        trust = pooled.between / (pooled.between + table["error"] ** 2)
        value = (trust * table["own"] + (1 - trust) * pooled.mean).fillna(pooled.mean)
        lone = np.sqrt(pooled.error**2 + pooled.between)
        variance = trust * table["error"] ** 2 + (1 - trust) ** 2 * pooled.error**2
        error = variance.fillna(lone**2) ** 0.5
        basis = np.where(table["own"].notna(), "own", "pooled")
    else:
        value = pd.Series(assumed, table.index)
        error, basis = pd.Series(np.nan, table.index), np.full(len(table), "assumed")
    reasons = {"own": "", "pooled": "reason_pooled", "assumed": "reason_assumed"}
    table = table.assign(
        elasticity=value.clip(*_RANGE),
        elasticity_low=(value - stats.Z95 * error).clip(0.0, 1.0),
        elasticity_high=(value + stats.Z95 * error).clip(0.0, 1.0),
        basis=basis,
        average_cost=table["cost_per_first_meeting"],
        reason=[words(crm, reasons[b]) if reasons[b] else "" for b in basis],
    )
    table["marginal_cost"] = table["average_cost"] / table["elasticity"]
    return table.sort_values("channel", ignore_index=True)[COLUMNS]
