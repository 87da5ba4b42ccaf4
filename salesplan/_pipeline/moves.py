"""Questions about how the pipeline moved: the waterfall, the deals behind it, and slippage."""

from __future__ import annotations

import pandas as pd

from salesplan._pipeline.flow import By, Day, Only, due_window, quarter_of
from salesplan._pipeline.slippage import slippage_table
from salesplan._pipeline.waterfall import deals_table, past, waterfall_table
from salesplan.crm import Crm


def waterfall(
    crm: Crm,
    *,
    by: By = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    since: Day = None,
    until: Day = None,
    due: str | None = None,
    only: Only = None,
    earlier: Crm | None = None,
    source: str | None = None,
    lang: str | None = None,
) -> pd.DataFrame:
    """Return how open pipeline went from the start of a period to its end.

    Start + created + reopened + increased + moved in + received - won - lost - decreased -
    moved out - handed over - deleted + exchange rates = end; asserted per deal to the cent,
    and for every group. Deals that came into view count with their amount at the end; deals
    that left while still open with their amount at the start.

    Parameters
    ----------
    month, quarter, year, since, until
        Period; the current (fiscal) quarter where not given, up to the book's day.
    due
        A period such as ``2026-Q4``: only deals expected to close in it are in view, and
        close dates that cross its borders move deals in and out. All open deals otherwise.
    by, only
        Groups. A deal whose owner (or other group) changed is handed over by one and
        received by the other.
    earlier
        The Crm of an earlier load: the start is then what that load said, and deleted deals
        show.
    source
        Without ``earlier``: ``history`` (stage changes; where none were exported, the loader
        makes them of copies of several days) or ``snapshots`` (the copy of the evening before
        the period, else of its first day, else the latest earlier one, against that of its
        end). History where not given, or snapshots where there is none. Deals that a copy from
        the start shows and a later one does not are deleted, in both.

    Returns
    -------
    DataFrame
        Columns of ``by``; ``movement``, ``title``; ``amount`` signed; ``deal_count``;
        ``count_change``, signed, 0 for changes of amount; ``unpriced_count``, deals among
        them that count as 0 for want of an amount or rate; ``reason`` where the exports
        cannot tell (``amount`` is then NaN).

    Raises
    ------
    MissingDataError
        For ``source="snapshots"`` without copies of both ends.

    Examples
    --------
    >>> bars = waterfall(paper(), quarter="2026-Q3")
    >>> bars.loc[bars["deal_count"] > 0, ["movement", "amount", "deal_count"]]
       movement   amount  deal_count
    0     start  24000.0           4
    1   created   3000.0           2
    6       won -13000.0           2
    7      lost  -2000.0           1
    13      end  12000.0           3
    """
    window = quarter_of(
        crm, None, month=month, quarter=quarter, year=year, since=since, until=until
    )
    return waterfall_table(
        crm, window.since, window.until, due=due_window(crm, due), by=by, only=only,
        told=past(crm, window.since, window.until, source, earlier),
        lang=lang or crm.settings.language,
    )  # fmt: skip


def waterfall_deals(
    crm: Crm,
    *,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    since: Day = None,
    until: Day = None,
    due: str | None = None,
    only: Only = None,
    earlier: Crm | None = None,
    source: str | None = None,
    lang: str | None = None,
) -> pd.DataFrame:
    """Return the deals behind each bar of the waterfall.

    Parameters are those of `waterfall`.

    Returns
    -------
    DataFrame
        ``opportunity_id``, ``movement``, ``title``, ``amount`` signed; a deal that moved in
        several ways has several rows.

    Examples
    --------
    >>> moves = waterfall_deals(paper(), quarter="2026-Q3")
    >>> moves.loc[moves["movement"] == "won", ["opportunity_id", "amount"]]
      opportunity_id  amount
    6             O5 -6000.0
    7             O6 -7000.0
    """
    window = quarter_of(
        crm, None, month=month, quarter=quarter, year=year, since=since, until=until
    )
    return deals_table(
        crm, window.since, window.until, due=due_window(crm, due), only=only,
        told=past(crm, window.since, window.until, source, earlier),
        lang=lang or crm.settings.language,
    )  # fmt: skip


def slippage(
    crm: Crm,
    *,
    by: By = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    since: Day = None,
    until: Day = None,
    only: Only = None,
    earlier: Crm | None = None,
    lang: str | None = None,
) -> pd.DataFrame:
    """Return the share of due deals that slipped, under each definition in use.

    Due are the deals that at the start of the period were open and expected to close in it.
    ``not_closed``: still open at the end; ``not_won``: not won by then, lost ones included;
    ``past_own_date``: closed after, moved beyond, or open past the date given at the start;
    ``ever_pushed``: of all deals so far, those whose close date ever moved to a later month.

    Returns
    -------
    DataFrame
        Columns of ``by``; ``definition``, ``title``, ``slipped_count``, ``due_count``,
        ``slip_rate`` with its interval, amounts and ``amount_rate``; ``reason`` where the
        exports keep no history of close dates (rates are then NaN).

    Examples
    --------
    >>> slips = slippage(paper(), quarter="2026-Q3")
    >>> slips[["definition", "slipped_count", "due_count"]]
          definition  slipped_count  due_count
    0     not_closed              1          3
    1        not_won              2          3
    2  past_own_date              1          3
    3    ever_pushed              3         10
    """
    window = quarter_of(
        crm, None, month=month, quarter=quarter, year=year, since=since, until=until
    )
    return slippage_table(
        crm, window.since, window.until, by=by, only=only, earlier=earlier,
        lang=lang or crm.settings.language,
    )  # fmt: skip
