"""What a first meeting of each channel is worth: its chance to be won, times what a win earns."""

from __future__ import annotations

import pandas as pd

from salesplan._acquisition.attribution import attribution_sql
from salesplan._acquisition.parties import parties_sql
from salesplan.crm import Crm


def worth_per_meeting(crm: Crm, *, attribution: str = "recorded") -> pd.DataFrame:
    """Return the gross margin that a first held meeting brings in the end, per channel.

    Formula: P(won) x amount of a won deal x gross margin. Both are drawn towards the average
    of all channels as if it had been seen ``thresholds.small_sample`` times, so that three
    lucky meetings do not win a budget. Parties whose deal is still open are left out.

    Returns
    -------
    DataFrame
        channel, decided_count (n), won_count (k), win_rate and deal_amount (both shrunk),
        value_per_meeting (reporting currency, gross margin).

    Examples
    --------
    >>> worth_per_meeting(paper())[["channel", "won_count", "decided_count"]].values.tolist()
    [['event', 2.0, 2.0], ['web', 2.0, 2.0]]
    """
    crm.require("leads", "activities", need="Worth of a meeting")
    found = crm.query(
        f"""
        WITH {parties_sql("lead")}, {attribution_sql(attribution)}, pending AS (
          SELECT DISTINCT p.party_id
          FROM party_deals AS p JOIN opportunities AS o ON o.opportunity_id = p.opportunity_id
          WHERE o.status = 'open' OR o.closed_on > $as_of
        )
        SELECT t.channel, CAST(sum(t.share) AS DOUBLE) AS decided_count,
               CAST(COALESCE(sum(t.share) FILTER (WHERE w.party_id IS NOT NULL), 0) AS DOUBLE)
                 AS won_count,
               CAST(COALESCE(sum(t.share * CAST(w.amount AS DOUBLE)), 0) AS DOUBLE) AS won_amount
        FROM firsts AS f
        JOIN attributed AS t ON t.party_id = f.party_id
        LEFT JOIN wins AS w ON w.party_id = f.party_id
        LEFT JOIN pending AS q ON q.party_id = f.party_id
        WHERE f.held_on IS NOT NULL AND (q.party_id IS NULL OR w.party_id IS NOT NULL)
        GROUP BY t.channel
        ORDER BY t.channel
        """,
        as_of=crm.as_of,
    )
    seen = crm.settings.thresholds.small_sample
    total = found[["decided_count", "won_count", "won_amount"]].sum()
    rate = total["won_count"] / total["decided_count"] if total["decided_count"] else 0.0
    deal = total["won_amount"] / total["won_count"] if total["won_count"] else 0.0
    found["win_rate"] = (found["won_count"] + seen * rate) / (found["decided_count"] + seen)
    found["deal_amount"] = (found["won_amount"] + seen * deal) / (found["won_count"] + seen)
    margin = crm.settings.gross_margin
    return found.assign(value_per_meeting=found["win_rate"] * found["deal_amount"] * margin).drop(
        columns="won_amount"
    )
