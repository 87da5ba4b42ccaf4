"""The second funnel, after the sale: what becomes of customers, as far as contracts tell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from salesplan import dimensions, stats
from salesplan._funnel.arguments import group_by, inside, once, resolved, words
from salesplan.crm import Crm
from salesplan.errors import InputError

STEPS = ("onboarded", "adopted", "upsold", "cross_sold", "renewed")

COLUMNS = ["stage", "n", "k", "rate", "rate_low", "rate_high", "waiting_count", "reason"]

_LINES = """
lines AS (
  SELECT c.line_id, c.account_id, c.opportunity_id, c.product, c.sale_type, c.starts_on,
    COALESCE(c.booked_on, c.starts_on) AS sold_on, c.ends_on, c.replaces_line_id,
    LEAST(c.ends_on, c.cancelled_on) AS stops_on
  FROM contract_lines AS c
  WHERE c.account_id IS NOT NULL AND COALESCE(c.booked_on, c.starts_on) <= CAST($as_of AS DATE)
), firsts AS (
  SELECT account_id, line_id
  FROM (
    SELECT account_id, line_id, row_number() OVER (
      PARTITION BY account_id ORDER BY sold_on, starts_on, line_id) AS place
    FROM lines
  ) AS ranked WHERE place = 1
), customers AS (
  SELECT l.* FROM firsts AS f JOIN lines AS l ON l.line_id = f.line_id
), terms AS (
  SELECT e.account_id, max(CASE WHEN n.line_id IS NOT NULL THEN 1 ELSE 0 END) AS is_renewed
  FROM lines AS e
  LEFT JOIN lines AS n ON n.account_id = e.account_id AND n.line_id <> e.line_id
    AND (n.replaces_line_id = e.line_id OR (n.product IS NOT DISTINCT FROM e.product
      AND n.starts_on > e.starts_on
      AND n.starts_on BETWEEN e.ends_on - CAST($gap_days AS INTEGER)
                          AND e.ends_on + CAST($gap_days AS INTEGER)))
  WHERE e.sale_type IN ('subscription', 'support', 'service')
    AND e.ends_on <= CAST($as_of AS DATE)
  GROUP BY e.account_id
), later AS (
  SELECT l.account_id, CASE
      WHEN o.deal_type IN ('upsell', 'cross_sell', 'renewal') THEN o.deal_type
      WHEN l.replaces_line_id IS NOT NULL OR max(CASE WHEN p.ends_on BETWEEN
          l.starts_on - CAST($gap_days AS INTEGER) AND l.starts_on + CAST($gap_days AS INTEGER)
        THEN 1 ELSE 0 END) = 1 THEN 'renewal'
      WHEN count(p.line_id) > 0 THEN 'upsell' ELSE 'cross_sell' END AS kind
  FROM lines AS l
  JOIN firsts AS f ON f.account_id = l.account_id AND f.line_id <> l.line_id
  LEFT JOIN lines AS p ON p.account_id = l.account_id AND p.line_id <> l.line_id
    AND p.product IS NOT DISTINCT FROM l.product AND p.starts_on < l.starts_on
  LEFT JOIN opportunities AS o ON o.opportunity_id = l.opportunity_id
  GROUP BY l.account_id, l.line_id, l.replaces_line_id, o.deal_type
), grown AS (
  SELECT account_id, max(CASE WHEN kind = 'upsell' THEN 1 ELSE 0 END) AS is_upsold,
    max(CASE WHEN kind = 'cross_sell' THEN 1 ELSE 0 END) AS is_cross_sold
  FROM later GROUP BY account_id
)"""


def bow_tie(
    crm: Crm,
    *,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    by: str | Sequence[str] | None = None,
    adoption_days: int = 90,
    gap_days: int = 31,
    only: Mapping[str, Any] | None = None,
    as_of: str | dt.date | None = None,
) -> pd.DataFrame:
    """Return what share of new customers was onboarded, stayed, bought more and renewed.

    The funnel that begins where the sales funnel ends. Its steps do not follow one another,
    so each has its own customers below the line; those who cannot have got there yet wait in
    ``waiting_count`` instead of counting as failures.

    - ``onboarded``: the first contract line has come into force, of all new customers.
    - ``adopted``: still a customer ``adoption_days`` after that, of those who started that long
      ago.
    - ``upsold``: bought more of a product they had; ``cross_sold``: bought another product; of
      those onboarded. The deal's type decides where it is given, else the product.
    - ``renewed``: a recurring line followed or replaced the one that ended (within ``gap_days``
      of its end), of customers with a recurring line whose term is over.

    Parameters
    ----------
    crm
        The exports, with contract lines.
    since, until, month, quarter, year
        Period of the first sale to the customer; all time if none is given.
    by
        Dimension or dimensions of the first line: product, segment, owner, ``quarter`` ...
    adoption_days
        Days after which a customer who is still there has adopted the product.
    gap_days
        Days around the end of a term in which a new line counts as its renewal.
    only
        Dimension -> value or values to keep.
    as_of
        Date to look from; the load's if not given.

    Returns
    -------
    DataFrame
        The dimensions, ``stage``, ``n``, ``k``, ``rate`` with its Wilson interval,
        ``waiting_count`` and ``reason``.

    Raises
    ------
    MissingDataError
        Where no export fed the contract lines.

    Notes
    -----
    Lines without a customer are left out. Usage is not in a contract: "adopted" says that the
    customer stayed, no more.

    Examples
    --------
    >>> sp.funnel.bow_tie(paper())[["stage", "n", "k", "rate", "waiting_count"]].round(2)
            stage  n  k  rate  waiting_count
    0   onboarded  4  4   1.0              0
    1     adopted  3  3   1.0              1
    2      upsold  4  2   0.5              0
    3  cross_sold  4  0   0.0              0
    4     renewed  1  0   0.0              3
    """
    if adoption_days < 1 or gap_days < 0:
        raise InputError("adoption_days must be at least 1 and gap_days at least 0.")
    crm = crm if as_of is None else crm.at(as_of)
    crm.require("contract_lines", need="bow_tie")
    grouping = dimensions.grouping(by, "contract_lines", date="c.sold_on")
    condition, joins, params = dimensions.where(only, "contract_lines")
    since_on, until_on = resolved(crm, since, until, month, quarter, year)
    sql = f"""
WITH {_LINES}
SELECT {grouping.select} {_counts()}
FROM customers AS c
JOIN contract_lines AS t ON t.line_id = c.line_id
LEFT JOIN terms AS r ON r.account_id = c.account_id
LEFT JOIN grown AS g ON g.account_id = c.account_id {once(grouping.joins, joins)}
WHERE {condition} AND {inside("c.sold_on")}
{group_by(grouping)}
"""
    params |= {"as_of": crm.as_of, "since": since_on, "until": until_on}
    counts = crm.query(sql, adoption_days=adoption_days, gap_days=gap_days, **params)
    return _steps(crm, counts, grouping.names)


_STARTED = "c.starts_on <= CAST($as_of AS DATE) AND COALESCE(c.stops_on > c.starts_on, TRUE)"
_LIMIT = "c.starts_on + CAST($adoption_days AS INTEGER)"
_OLD_ENOUGH = f"{_STARTED} AND {_LIMIT} <= CAST($as_of AS DATE)"

# stage -> (who is below the line, who of them got there)
_RULES = {
    "onboarded": ("c.starts_on <= CAST($as_of AS DATE)", _STARTED),
    "adopted": (_OLD_ENOUGH, f"COALESCE(c.stops_on >= {_LIMIT}, TRUE)"),
    "upsold": (_STARTED, "g.is_upsold = 1"),
    "cross_sold": (_STARTED, "g.is_cross_sold = 1"),
    "renewed": ("r.account_id IS NOT NULL", "r.is_renewed = 1"),
}


def _counts() -> str:
    parts = []
    for stage, (base, got_there) in _RULES.items():
        parts += [
            f"CAST(count(*) FILTER (WHERE {base}) AS BIGINT) AS {stage}_n",
            f"CAST(count(*) FILTER (WHERE ({base}) AND {got_there}) AS BIGINT) AS {stage}_k",
        ]
    return ", ".join(["CAST(count(*) AS BIGINT) AS customers", *parts])


def _steps(crm: Crm, counts: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    parts = [
        counts[keys].assign(
            stage=stage,
            place=place,
            n=counts[f"{stage}_n"],
            k=counts[f"{stage}_k"],
            waiting_count=counts["customers"] - counts[f"{stage}_n"],
        )
        for place, stage in enumerate(STEPS)
    ]
    whole = stats.with_rate(pd.concat(parts, ignore_index=True))
    whole["reason"] = [words(crm, "reason_nobody_yet") if not n else "" for n in whole["n"]]
    return whole.sort_values([*keys, "place"], ignore_index=True)[[*keys, *COLUMNS]]
