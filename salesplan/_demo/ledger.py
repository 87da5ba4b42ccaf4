"""The truth behind the exports, from the generator's own books rather than from the files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from salesplan._demo import money_spent, plan, sold
from salesplan._demo.chance import NONE
from salesplan._demo.company import Company
from salesplan._demo.contracts import MOVES
from salesplan._demo.days import LAST, MONTHS, month_of, month_start
from salesplan._demo.faults import FAULTS
from salesplan._demo.rates import rate_of_month
from salesplan._demo.walk import passing
from salesplan._demo.work import DEMO, HELD, KINDS, MEETING, NO_SHOW

_RECURRING = ("Cloud", "Insight", "Care")


@dataclass(frozen=True)
class Truth:
    """What a metric should find, up to chance where it estimates a law.

    Attributes
    ----------
    channels
        Per channel: cost, leads, first meetings held and expected, true cost of one.
    mrr
        Per month: opening, each movement, closing (contracts in force on the last day, at
        its exchange rate, net of discounts), customers, churn rates, and how much of the
        closing was at rest in a pause.
    stages
        Per stage of the sales pipeline: true chance to reach the next one, for deals with
        new customers of an average seller.
    sellers
        Per seller: mean true chance to win the deals that the seller owns.
    revenue
        Per fiscal year and sale type: revenue earned, in euros.
    faults
        Per planted fault: file, table, column and rows.
    no_show_rate
        Share of past meetings and demos, cancelled ones aside, to which nobody came.
    work
        Share of the hours written down for each kind of work.
    """

    channels: pd.DataFrame
    mrr: pd.DataFrame
    stages: pd.DataFrame
    sellers: pd.DataFrame
    revenue: pd.DataFrame
    faults: pd.DataFrame
    no_show_rate: float
    work: pd.DataFrame


def truth_of(company: Company) -> Truth:
    """Return the truth of a company."""
    return Truth(
        channels=money_spent.true_cost(company.prospecting, company.tables["costs"]),
        mrr=_mrr(company),
        stages=_stages(),
        sellers=_sellers(company),
        revenue=_revenue(company),
        faults=_faults(),
        no_show_rate=_no_show_rate(company.tables["activities"]),
        work=_work(company.tables["activities"]),
    )


def _mrr(company: Company) -> pd.DataFrame:
    rows = pd.DataFrame(company.book.ledger.rows)
    rows = rows[rows["month"] < MONTHS]
    euros = rows.pivot_table(index="month", columns="move", values="cents", aggfunc="sum") / 100
    count = rows.pivot_table(index="month", columns="move", values="accounts", aggfunc="sum")
    frame = pd.DataFrame({"month": _dates(euros.index.to_numpy()), "opening": euros["opening"]})
    for move in MOVES:
        frame[move] = euros[move].fillna(0.0) if move in euros else 0.0
    frame["closing"] = euros["closing"]
    for product, name in enumerate(_RECURRING):
        frame[f"closing_{name.lower()}"] = euros[f"closing {product}"]
    frame["customers"] = count["closing"].astype("int64")
    frame["customers_lost"] = count["churn"].fillna(0).astype("int64")
    frame["paused"] = _paused(company)
    before = frame["customers"].shift(1).fillna(frame["customers"].iloc[0])
    frame["logo_churn_rate"] = frame["customers_lost"] / before
    frame["mrr_churn_rate"] = -frame["churn"] / frame["opening"]
    return frame.reset_index(drop=True)


def _paused(company: Company) -> list[float]:
    """Return the recurring revenue at rest on the last day of each month."""
    lines = company.tables["lines"]
    rests = company.tables["pauses"].merge(lines, on="line")
    per_month = rests["price"] * rests["quantity"] / np.array(sold.MONTHS_BILLED)[rests["billing"]]
    euros = per_month * (100 - rests["discount"]) / 10_000
    last_days = month_start(np.arange(1, MONTHS + 1)) - 1
    at_rest = [(rests["paused"] <= day) & (rests["resumed"] > day) for day in last_days]
    rates = [rate_of_month(rests["currency"].to_numpy(), month) for month in range(MONTHS)]
    return [float((euros * r)[rest].sum()) for rest, r in zip(at_rest, rates, strict=True)]


def _dates(months: np.ndarray) -> pd.Series[pd.Timestamp]:
    return pd.Series(pd.to_datetime(month_start(months), unit="D"), index=months)


def _stages() -> pd.DataFrame:
    skipped = np.array(plan.SKIPPING)
    step = skipped + (1 - skipped) * np.array(plan.PASSING)
    frame = pd.DataFrame({"stage": plan.STAGES[:5], "step_rate": step})
    frame["win_rate"] = np.cumprod(step[::-1])[::-1]
    return frame


def _sellers(company: Company) -> pd.DataFrame:
    deals = company.deals.frame
    skipped = np.array(plan.SKIPPING)
    won = np.prod(skipped + (1 - skipped) * passing(deals), axis=1)
    frame = pd.DataFrame({"person_id": [f"P{100 + o}" for o in deals["owner"]], "won": won})
    grouped = frame.groupby("person_id")["won"]
    found = pd.DataFrame({"deals": grouped.size(), "win_rate": grouped.mean()}).reset_index()
    number = found["person_id"].str[1:].astype(int) - 100
    found["is_best"] = number % len(plan.PATTERN) == plan.BEST_SELLER
    return found


def _revenue(company: Company) -> pd.DataFrame:
    """Return revenue: what is sold once on its day, what recurs month by month."""
    rows = pd.DataFrame(company.book.ledger.rows)
    parts = []
    for product in range(len(_RECURRING)):
        months = rows[rows["move"] == f"closing {product}"]
        parts.append(_by_year(months["month"], months["cents"], product))
    once = company.tables["lines"]
    once = once[(once["product"] >= plan.CORE) & (once["start"] <= LAST)]
    for product in (plan.CORE, plan.CONNECT, plan.SERVICES):
        sold = once[once["product"] == product]
        parts.append(_by_year(month_of(sold["start"]), sold["price"], product))
    frame = pd.concat(parts).groupby(["year", "sale_type"])["amount"].sum().reset_index()
    return frame[frame["year"] > 2023].reset_index(drop=True)


def _by_year(months: object, cents: pd.Series[float], product: int) -> pd.DataFrame:
    frame = pd.DataFrame({"year": 2024 + np.asarray(months) // 12})
    frame["sale_type"] = plan.SALE_TYPES[product]
    frame["amount"] = cents.to_numpy() / 100
    return frame


def _faults() -> pd.DataFrame:
    columns = ["name", "file", "table", "column", "rows", "meaning"]
    rows = [[getattr(fault, column) for column in columns] for fault in FAULTS]
    names = ["fault", "file", "table_name", "column_name", "row_count", "meaning"]
    return pd.DataFrame(rows, columns=names)


def _no_show_rate(work: pd.DataFrame) -> float:
    met = work[work["kind"].isin([MEETING, DEMO]) & (work["day"] <= LAST)]
    missed = int((met["status"] == NO_SHOW).sum())
    return missed / (missed + int((met["status"] == HELD).sum()))


def _work(work: pd.DataFrame) -> pd.DataFrame:
    done = work[(work["status"] == HELD) & (work["minutes"] != NONE)]
    hours = done.groupby("kind")["minutes"].sum() / 60
    frame = pd.DataFrame({"kind": [KINDS[k].lower() for k in hours.index], "hours": hours})
    frame["share"] = frame["hours"] / frame["hours"].sum()
    return frame.reset_index(drop=True)
