"""Signals from the customer: proposals opened and pages read, where activities record them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from salesplan import dimensions
from salesplan._pipeline.flow import Day, Only
from salesplan._pipeline.states import day_of, states
from salesplan.crm import Crm
from salesplan.errors import MissingDataError

KINDS = (
    "proposal opened",
    "proposal read",
    "document opened",
    "document viewed",
    "quote viewed",
    "page read",
    "page viewed",
    "e-mail opened",
    "e-mail clicked",
)
"""Kinds of activity that the customer makes, in the words CRMs use for them."""

COLUMNS = [
    "opportunity_id",
    "account",
    "owner",
    "stage",
    "amount",
    "signal_count",
    "recent_count",
    "last_signal_on",
    "quiet_days",
]


def signals_table(
    crm: Crm, *, as_of: Day, kinds: Sequence[str], recent_days: int, only: Only
) -> pd.DataFrame:
    """Return one row per open deal with signals, most recent first."""
    known = states(crm, deals=day_of(crm, as_of))
    kept, joins, values = dimensions.where(only, "opportunities", alias="d")
    wanted = [_folded(kind) for kind in kinds]
    if not _any(crm, wanted):
        raise MissingDataError(
            f"No activity is of the kinds {', '.join(kinds)}. Name the kinds that your CRM uses: "
            'signals(crm, kinds=["Proposal Opened"]).'
        )
    return crm.query(
        f"""WITH {known.ctes},
signals AS (
  SELECT opportunity_id, count(*) AS signal_count, max(CAST(starts_at AS DATE)) AS last_on,
    count(*) FILTER (WHERE date_diff('day', CAST(starts_at AS DATE), CAST($deals_day AS DATE))
      <= $recent) AS recent_count
  FROM activities
  WHERE {_FOLD} IN (SELECT unnest($kinds)) AND CAST(starts_at AS DATE) <= CAST($deals_day AS DATE)
  GROUP BY opportunity_id
)
SELECT d.opportunity_id, COALESCE(x.name, d.account_id) AS account,
  COALESCE(p.label, d.owner_id) AS owner, d.stage, CAST(d.reporting_amount AS DOUBLE) AS amount,
  CAST(s.signal_count AS BIGINT) AS signal_count, CAST(s.recent_count AS BIGINT) AS recent_count,
  s.last_on AS last_signal_on,
  CAST(date_diff('day', s.last_on, CAST($deals_day AS DATE)) AS BIGINT) AS quiet_days
FROM deals AS d JOIN signals AS s ON s.opportunity_id = d.opportunity_id
LEFT JOIN accounts AS x ON x.account_id = d.account_id
LEFT JOIN person_labels AS p ON p.person_id = d.owner_id {joins}
WHERE d.status = 'open' AND {kept}
ORDER BY s.last_on DESC, d.opportunity_id""",
        kinds=wanted,
        recent=recent_days,
        **known.params,
        **values,
    )


_FOLD = "replace(replace(lower(kind), '_', ' '), '-', ' ')"


def _folded(kind: str) -> str:
    return kind.lower().replace("_", " ").replace("-", " ")


def _any(crm: Crm, wanted: list[str]) -> bool:
    found = crm.query(
        f"SELECT count(*) AS n FROM activities WHERE {_FOLD} IN (SELECT unnest($kinds))",
        kinds=wanted,
    )
    return bool(found["n"].iloc[0])
