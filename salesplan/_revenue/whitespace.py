"""White space: which customers lack which product line, ranked by what customers like them own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from salesplan import dimensions, stats
from salesplan._revenue.movements import with_tables
from salesplan._revenue.policy import Policy
from salesplan._revenue.question import Question, question
from salesplan._revenue.sold import as_signed, sold_sql
from salesplan.crm import Crm

COLUMNS = (
    "account_id", "account", "owner", "product", "owned", "k", "n", "rate", "rate_low", "rate_high",
    "typical_amount", "expected_amount", "rank",
)  # fmt: skip


def white_space(
    crm: Crm,
    *,
    like: str | Sequence[str] = ("segment", "industry"),
    minimum: int = 5,
    only: Mapping[str, Any] | None = None,
    policy: str | Policy | None = None,
    as_of: str | dt.date | None = None,
) -> pd.DataFrame:
    """Return the product lines that customers do not own yet, the likeliest first.

    Like accounts are the other customers with the same ``like`` attributes; where fewer than
    ``minimum`` are alike, all other customers stand in (``likeness`` says which). Of ``n``
    like customers ``k`` own the product: rate = k / n. The expected amount is that rate times
    the median yearly value (TCV for one-off products) among the owners.

    Parameters
    ----------
    crm
        The CRM.
    like
        Attributes of an account that make customers alike.
    minimum
        Fewest like customers to go by.
    only
        Dimensions of contract lines to keep.
    policy, as_of
        Rules and date of view.

    Returns
    -------
    pandas.DataFrame
        One row per customer and missing product: ``account_id``, ``account``, ``owner``,
        ``product``, ``owned`` (products it has), ``likeness``, ``k``, ``n``, ``rate`` with its
        Wilson interval, ``typical_amount``, ``expected_amount``, ``rank`` (1 first, by
        expected amount).

    Examples
    --------
    >>> gaps = sp.revenue.white_space(paper(), like="segment", minimum=1)
    >>> gaps[["account_id", "product", "k", "n"]].to_dict("records")
    [{'account_id': 'A2', 'product': 'Plus', 'k': 1, 'n': 1},
     {'account_id': 'A3', 'product': 'Plus', 'k': 1, 'n': 2}]
    """
    q = as_signed(question(crm, policy=policy, only=only, as_of=as_of))
    frame = pd.DataFrame(q.ask(_sql(q, like), minimum=minimum))
    rated = stats.with_rate(frame, "k", "n", "rate")
    rated["expected_amount"] = rated["rate"] * rated["typical_amount"]
    ordered = rated.sort_values(
        ["expected_amount", "rate", "account_id", "product"], ascending=[False, False, True, True]
    ).reset_index(drop=True)
    ordered["rank"] = range(1, len(ordered) + 1)
    result = ordered[[*COLUMNS[:5], "likeness", *COLUMNS[5:]]]
    result.attrs.update(policy=q.policy.note, as_of=q.as_of.isoformat())
    return result


def _sql(q: Question, like: str | Sequence[str]) -> str:
    traits = dimensions.grouping(like, "accounts", alias="a")
    alike = " || '|' || ".join(d.sql for d in traits.dimensions) or "''"
    tables = sold_sql(q) | {
        "holdings": """
        SELECT customer, product, CAST(sum(CASE WHEN nature = 'one_off' THEN tcv ELSE acv END)
          AS DOUBLE) AS value
        FROM sold WHERE starts_on <= $as_of AND (stops_on IS NULL OR stops_on > $as_of)
        GROUP BY customer, product""",
        "owners": f"""
        SELECT h.customer, {alike} AS alike, a.name AS account, p.label AS owner,
          STRING_AGG(h.product, ', ' ORDER BY h.product) AS owned
        FROM holdings AS h LEFT JOIN accounts AS a ON a.account_id = h.customer {traits.joins}
        LEFT JOIN person_labels AS p ON p.person_id = a.owner_id
        GROUP BY h.customer, {alike}, a.name, p.label""",
        "peers": "SELECT alike, COUNT(*) AS customers FROM owners GROUP BY alike",
        "bought": """
        SELECT o.alike, h.product, COUNT(*) AS k, median(h.value) AS typical
        FROM holdings AS h JOIN owners AS o ON o.customer = h.customer
        GROUP BY o.alike, h.product""",
        "everyone": """
        SELECT product, COUNT(*) AS k, median(value) AS typical,
          (SELECT COUNT(*) FROM owners) AS customers FROM holdings GROUP BY product""",
    }
    return with_tables(tables, _GAPS)


_GAPS = """
        SELECT o.customer AS account_id, o.account, o.owner, e.product, o.owned,
          CASE WHEN p.customers - 1 >= $minimum THEN 'like' ELSE 'all' END AS likeness,
          CAST(CASE WHEN p.customers - 1 >= $minimum THEN COALESCE(b.k, 0) ELSE e.k END AS BIGINT)
            AS k,
          CAST(CASE WHEN p.customers - 1 >= $minimum THEN p.customers ELSE e.customers END - 1
            AS BIGINT) AS n,
          CAST(CASE WHEN p.customers - 1 >= $minimum THEN b.typical ELSE e.typical END AS DOUBLE)
            AS typical_amount
        FROM owners AS o CROSS JOIN everyone AS e
        JOIN peers AS p ON p.alike = o.alike
        LEFT JOIN bought AS b ON b.alike = o.alike AND b.product = e.product
        LEFT JOIN holdings AS h ON h.customer = o.customer AND h.product = e.product
        WHERE h.customer IS NULL"""
