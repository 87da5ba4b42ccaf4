"""Questions about tenders, key accounts, the people behind deals, and their signals."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from salesplan._pipeline.flow import Day, Only, trailing
from salesplan._pipeline.mapping import mapping_table
from salesplan._pipeline.signals import KINDS, signals_table
from salesplan._pipeline.tenders import split_table
from salesplan.crm import Crm


def tenders(
    crm: Crm,
    *,
    split: str = "tender",
    as_of: Day = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    since: Day = None,
    until: Day = None,
    only: Only = None,
    lang: str | None = None,
) -> pd.DataFrame:
    """Return how tenders fare beside other deals: won how often, how fast, at what cost.

    Cost is hours of activities that took place x cost of an hour of the person's role; work
    on lost deals is part of what a win costs.

    Parameters
    ----------
    split
        ``tender``, or ``key_account`` (segments named in the settings).
    month, quarter, year, since, until
        Period in which deals closed; the last twelve months where not given.

    Returns
    -------
    DataFrame
        Two rows: win rate with counts and interval, ``won_amount``, median cycle, hours and
        cost in all, per closed deal and per win; ``reason``.

    Examples
    --------
    >>> table = tenders(paper(), split="key_account")
    >>> table[["kind", "win_count", "closed_count", "worked_hours", "win_cost"]].round(2)
                  kind  win_count  closed_count  worked_hours  win_cost
    0      key_account          3             3          3.00     65.00
    1  not_key_account          2             4          2.75     89.38
    """
    window = trailing(crm, as_of, month=month, quarter=quarter, year=year, since=since, until=until)
    return split_table(crm, window, split=split, only=only, lang=lang or crm.settings.language)


def account_mapping(
    crm: Crm, *, as_of: Day = None, only: Only = None, lang: str | None = None
) -> pd.DataFrame:
    """Return who is known on each open deal of key accounts, by role, and since when.

    Parameters
    ----------
    only
        Groups to keep; deals of key accounts (segments named in the settings) where not
        given, ``{}`` for all.

    Returns
    -------
    DataFrame
        One row per open deal: contacts who decide, influence, promote and oppose, the day
        each role was last touched, ``mapped_share`` of the first three roles,
        ``first_contact`` (before or after the publication of a tender), ``gaps`` in words.

    Raises
    ------
    MissingDataError
        Where no export gives the roles of contacts.

    Examples
    --------
    >>> account_mapping(paper())
    Traceback (most recent call last):
    ...
    salesplan.errors.MissingDataError: Account mapping needs contact_roles ...
    """
    return mapping_table(crm, as_of=as_of, only=only, lang=lang or crm.settings.language)


def signals(
    crm: Crm,
    *,
    as_of: Day = None,
    kinds: Sequence[str] = KINDS,
    recent_days: int = 14,
    only: Only = None,
) -> pd.DataFrame:
    """Return open deals whose customers opened proposals or read pages, the latest first.

    Parameters
    ----------
    kinds
        Kinds of activities that count as signals; capitals, ``_`` and ``-`` do not matter.
    recent_days
        Days that count as recent.

    Returns
    -------
    DataFrame
        One row per open deal with signals: ``signal_count``, ``recent_count``,
        ``last_signal_on``, ``quiet_days`` since.

    Raises
    ------
    MissingDataError
        Where no activity is of such a kind.

    Examples
    --------
    >>> signals(paper(), kinds=["meeting"])[["opportunity_id", "signal_count", "quiet_days"]]
      opportunity_id  signal_count  quiet_days
    0             O9             1          41
    1             O8             1          91
    """
    return signals_table(crm, as_of=as_of, kinds=kinds, recent_days=recent_days, only=only)
