"""The same movements from plain MRR figures, for companies that have no contract lines."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from salesplan import periods
from salesplan._revenue.movements import mrr_movements
from salesplan._revenue.policy import Policy
from salesplan._revenue.returns import returns, without_baseline
from salesplan.crm import Crm, from_frames
from salesplan.errors import InputError
from salesplan.settings import Settings

_NEEDED = ("account_id", "month", "mrr_amount")
_SMALLEST = 1e-6  # stands for "was a customer, nobody knows at what price"


def from_mrr(
    mrr: pd.DataFrame, *, history: pd.DataFrame | None = None, settings: Settings | None = None
) -> Crm:
    """Return a Crm whose contract lines are the rows of an MRR table.

    Every function of this module then works on a billing system's export of MRR per customer
    and month.

    Parameters
    ----------
    mrr
        One row per customer and month (and product, plan): ``account_id``, ``month`` (first
        day, or 2026-08), ``mrr_amount``; optional ``product``, ``plan``, ``quantity``. A
        month without a row is a month without MRR.
    history
        Customers who left before the first month: ``account_id``, ``left_month`` (empty where
        unknown), ``mrr_amount`` before leaving (empty where unknown), optional ``is_paused``.
    settings
        Settings; the defaults where none are given.

    Raises
    ------
    InputError
        For a missing column.

    Examples
    --------
    >>> table = pd.DataFrame({"account_id": ["A", "A"], "month": ["2026-01", "2026-02"],
    ...                       "mrr_amount": [100, 130]})
    >>> sp.revenue.mrr(from_mrr(table))["mrr_amount"].tolist()
    [100.0, 130.0]
    """
    missing = [name for name in _NEEDED if name not in mrr]
    if missing:
        raise InputError(f"mrr needs the column {missing[0]!r}. It has: {', '.join(mrr.columns)}.")
    if mrr.empty:
        raise InputError("mrr has no rows: give one row per customer and month.")
    lines = _lines(mrr)
    last = max(lines["ends_on"])
    tables = {"contract_lines": lines}
    if history is not None and len(history):
        earliest = lines.groupby("account_id")["starts_on"].min()
        first = {str(account): day for account, day in earliest.items()}
        past, pauses = _past(history, first, last)
        tables["contract_lines"] = pd.concat([past, lines], ignore_index=True)
        if len(pauses):
            tables["contract_pauses"] = pauses
    return from_frames(tables, as_of=last - dt.timedelta(days=1), settings=settings)


def _first_day(value: object) -> dt.date:
    if isinstance(value, str) and len(value) == len("2026-08"):
        return periods.month(value).since
    return pd.Timestamp(str(value)).date().replace(day=1)


def _lines(mrr: pd.DataFrame) -> pd.DataFrame:
    months = [_first_day(value) for value in mrr["month"]]
    quantity = mrr["quantity"] if "quantity" in mrr else pd.Series(1, index=mrr.index)
    return pd.DataFrame(
        {
            "line_id": [f"M{i}" for i in range(len(mrr))],
            "account_id": mrr["account_id"].astype(str).to_numpy(),
            "contract_id": mrr["account_id"].astype(str).to_numpy(),
            "product": mrr["product"].to_numpy() if "product" in mrr else "all",
            "plan": mrr["plan"].to_numpy() if "plan" in mrr else "",
            "starts_on": months,
            "ends_on": [periods.add_months(month, 1) for month in months],
            "quantity": quantity.to_numpy(),
            "unit_price": (mrr["mrr_amount"].astype(float) / quantity).to_numpy(),
            "billing_period": "month",
        }
    )


def _past(
    history: pd.DataFrame, first: dict[str, dt.date], last: dt.date
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a line per former customer; the paused and the unknown are paused lines.

    A pause has no window, which is what "still comes back" means for both.
    """
    lines, pauses = [], []
    unseen = periods.add_months(min(first.values()), -1)
    for i, row in enumerate(history.to_dict("records")):
        account = str(row["account_id"])
        back = first.get(account, last)
        known = not pd.isna(row.get("left_month"))
        left = _first_day(row["left_month"]) if known else unseen
        amount = row.get("mrr_amount")
        waits = not known or bool(row.get("is_paused") or False)
        lines.append(
            {
                "line_id": f"H{i}",
                "account_id": account,
                "contract_id": account,
                "product": "all",
                "plan": "",
                "starts_on": periods.add_months(left, -1),
                "ends_on": back if waits else left,
                "quantity": 1,
                "unit_price": _SMALLEST if pd.isna(amount) else float(amount),
                "billing_period": "month",
            }
        )
        if waits:
            pauses.append({"line_id": f"H{i}", "paused_on": left, "resumed_on": back})
    return pd.DataFrame(lines), pd.DataFrame(pauses)


def movements_of(
    mrr: pd.DataFrame,
    *,
    history: pd.DataFrame | None = None,
    by: str | None = None,
    policy: str | Policy | None = None,
) -> pd.DataFrame:
    """Return the MRR bridge of a table of MRR per customer and month; see ``from_mrr``.

    Examples
    --------
    >>> table = pd.DataFrame({"account_id": ["A", "A", "B"],
    ...     "month": ["2026-01", "2026-02", "2026-01"], "mrr_amount": [100, 100, 40]})
    >>> movements_of(table).loc[1, ["opening_amount", "churn_amount", "closing_amount"]].tolist()
    [140.0, 40.0, 100.0]
    """
    crm = from_mrr(mrr, history=history)
    first = min(_first_day(value) for value in mrr["month"])
    return mrr_movements(crm, by=by, since=first, policy=policy)


def returns_of(
    mrr: pd.DataFrame, *, history: pd.DataFrame, policy: str | Policy | None = None
) -> pd.DataFrame:
    """Return who came back in a table of MRR per customer and month, and with how much.

    A customer is back within the policy's window (``winback``), after it
    (``returning_new_business``), from a pause that no window closes (``restart``), or with a
    former life of which date or amount is missing (``unknown``).

    Parameters
    ----------
    mrr
        One row per customer and month, as for ``from_mrr``.
    history
        Customers who left before: ``account_id``, ``left_month`` and ``mrr_amount`` (both
        empty where unknown), optional ``is_paused``.
    policy
        A preset, a ``Policy`` with its window of return, or None for the package's own rules.

    Returns
    -------
    DataFrame
        One row per return: month, account_id, movement (reactivation or new), return_kind,
        away_months, mrr_amount, and, where known, baseline_amount (MRR before leaving),
        restored_amount (up to it) and above_amount (more than it); amounts a month.

    Raises
    ------
    InputError
        For a table without rows or without a column it needs; names the column.

    Notes
    -----
    Source: the published win-back policies: window inclusive, a restart after a pause without
    limit, what is not known flagged instead of guessed.

    Examples
    --------
    >>> table = pd.DataFrame({"account_id": ["A"], "month": ["2026-05"], "mrr_amount": [120]})
    >>> past = pd.DataFrame({"account_id": ["A"], "left_month": ["2026-02"], "mrr_amount": [100]})
    >>> back = returns_of(table, history=past)
    >>> back[["return_kind", "away_months", "restored_amount", "above_amount"]].values.tolist()
    [['winback', 3, 100.0, 20.0]]
    """
    for name in ("account_id", "left_month", "mrr_amount"):
        if name not in history:
            known = ", ".join(str(column) for column in history)
            raise InputError(f"history needs the column {name!r}. It has: {known}.")
    found = returns(from_mrr(mrr, history=history), policy=policy)
    unknown = history[history["left_month"].isna() | history["mrr_amount"].isna()]
    return without_baseline(found, set(unknown["account_id"].astype(str)))
