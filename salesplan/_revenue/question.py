"""One question to the contract lines: whose rules, seen from when, split by what.

The book is looked at once to learn which rules can matter at all (is anything discounted,
paused, foreign?), so that the SQL of a plain book stays short.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from salesplan import dimensions
from salesplan._revenue.billing import Length, known_lengths
from salesplan._revenue.policy import Policy
from salesplan._revenue.presets import policy_of
from salesplan.crm import Crm
from salesplan.dimensions import Grouping
from salesplan.errors import one_of
from salesplan.periods import to_date

Known = Literal["now", "then"]

_LOOK = """
SELECT max(CASE WHEN discount > 0 AND (discount_ends_on IS NOT NULL
             OR lower(discount_kind) = 'once') THEN 1 ELSE 0 END) AS dated_discounts,
  max(CASE WHEN discount <> 0 THEN 1 ELSE 0 END) AS discounts,
  max(CASE WHEN trial_ends_on IS NOT NULL THEN 1 ELSE 0 END) AS trials,
  max(CASE WHEN plan <> '' THEN 1 ELSE 0 END) AS plans,
  max(CASE WHEN tax_amount <> 0 THEN 1 ELSE 0 END) AS tax,
  max(CASE WHEN cancelled_on IS NOT NULL OR cancel_requested_on IS NOT NULL
        THEN 1 ELSE 0 END) AS cancellations,
  max(CASE WHEN COALESCE(currency, $home) <> $home THEN 1 ELSE 0 END) AS currencies,
  max(CASE WHEN quantity < 0 OR unit_price < 0 OR discount > 1 OR tax_amount > unit_price
        THEN 1 ELSE 0 END) AS credits,
  CASE WHEN sum(GREATEST(abs(COALESCE(quantity, 1)), 1) * (1 + abs(COALESCE(discount, 0)))
      * CAST(abs(unit_price) + abs(COALESCE(tax_amount, 0)) AS DOUBLE)) > 1e9
    OR sum(abs(quantity)) > 1e11 THEN 1 ELSE 0 END AS large
FROM contract_lines
"""


@dataclass(frozen=True)
class Question:
    """Everything that decides the SQL of a table of recurring revenue."""

    crm: Crm
    policy: Policy
    as_of: dt.date
    known: Known
    grouping: Grouping
    only: Mapping[str, Any] | None
    traits: frozenset[str]
    lengths: dict[str, Length]
    words: tuple[str, ...]
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def home(self) -> str:
        """The reporting currency."""
        return self.crm.settings.currency

    @property
    def names(self) -> list[str]:
        """Names of the leading columns of the result."""
        return self.grouping.names

    @property
    def keys(self) -> list[str]:
        """Names of the groups inside the SQL, where no column can collide with them."""
        return [f"by_{i}" for i in range(len(self.names))]

    @property
    def named(self) -> str:
        """The groups under their own names, each followed by a comma."""
        return "".join(f'{k} AS "{n}", ' for k, n in zip(self.keys, self.names, strict=True))

    def listed(self, *names: str) -> str:
        """Join the groups and further columns with commas."""
        return ", ".join([*self.keys, *names])

    def ask(self, sql: str, **more: Any) -> pd.DataFrame:
        """Run SQL with the question's own parameters that it names."""
        wanted = {k: v for k, v in (self.params | more).items() if f"${k}" in sql}
        return self.crm.query(sql, **wanted)


def question(
    crm: Crm,
    *,
    policy: str | Policy | None = None,
    by: str | Sequence[str] | None = None,
    only: Mapping[str, Any] | None = None,
    as_of: str | dt.date | None = None,
    known: str = "now",
) -> Question:
    """Return the question that a caller's arguments ask."""
    crm.require("contract_lines", need="recurring revenue")
    one_of(known, ["now", "then"], "known")
    day = crm.as_of if as_of is None else to_date(as_of, "as_of")
    home = crm.settings.currency
    words = crm.once(_billing_words)
    return Question(
        crm=crm,
        policy=policy_of(policy),
        as_of=day,
        known=known,  # type: ignore[arg-type]
        grouping=dimensions.grouping(by, "contract_lines"),
        only=only,
        traits=crm.once(_traits),
        lengths=known_lengths(words),
        words=words,
        params={"as_of": day, "home": home}
        | {f"word_{i}": word for i, word in enumerate(words)}
        | dimensions.where(only, "contract_lines")[2],
    )


def _traits(crm: Crm) -> frozenset[str]:
    """Return which rules can matter in a book at all."""
    found = crm.query(_LOOK, home=crm.settings.currency).iloc[0]
    return frozenset(str(name) for name in found.index if found[name] == 1) | _tables(crm)


def _billing_words(crm: Crm) -> tuple[str, ...]:
    sql = "SELECT DISTINCT COALESCE(billing_period, '') AS word FROM contract_lines ORDER BY 1"
    return tuple(crm.query(sql)["word"])


def _tables(crm: Crm) -> frozenset[str]:
    """Return which side tables can matter."""
    found = {"pauses"} if crm.has("contract_pauses") else set()
    sql = "SELECT count(merged_into_id) AS n FROM accounts"
    return frozenset(found | ({"merges"} if int(crm.query(sql)["n"].iloc[0]) else set()))
