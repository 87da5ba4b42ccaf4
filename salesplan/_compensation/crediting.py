"""Who gets credit for a deal, and how a goal is spread over periods."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from salesplan import scales
from salesplan.errors import InputError, all_faults

CREDITED = ["deal_id", "person_id", "credit_role", "share", "amount", "credited_amount"]


def credit(
    deals: pd.DataFrame,
    splits: pd.DataFrame,
    *,
    shadow: Collection[str] = (),
    rounding: scales.Mode = "half_up",
    places: int = 2,
) -> pd.DataFrame:
    """Return what each person is credited with from shared deals.

    Credited amount = deal amount x share. The shares of a deal sum to 1, save for shadow
    (overlay) roles, which are credited on top and named in ``shadow``. A deal without a split
    belongs to its ``person_id``.

    Parameters
    ----------
    deals
        ``deal_id``, ``amount``, and ``person_id`` for deals that are not split; other columns
        (``on_date``, ``measure``, product, ...) are carried along.
    splits
        ``deal_id``, ``person_id``, ``share`` and, for shadow credit, ``credit_role``.
    shadow
        Roles credited on top of the 100 %.
    rounding, places
        How a credited amount becomes cents.

    Returns
    -------
    DataFrame
        deal_id, person_id, credit_role, share (0..1), amount, credited_amount, then the other
        columns of ``deals``.

    Raises
    ------
    InputError
        Listing every deal whose shares do not sum to 1, or that does not exist.

    Examples
    --------
    >>> deals = pd.DataFrame({"deal_id": ["D1"], "amount": [15_000.0]})
    >>> splits = pd.DataFrame({"deal_id": ["D1", "D1"], "person_id": ["a", "b"],
    ...                        "share": [0.6, 0.4]})
    >>> credit(deals, splits)["credited_amount"].tolist()
    [9000.0, 6000.0]
    """
    given = splits.assign(credit_role=splits.get("credit_role", pd.Series("", splits.index)))
    given["credit_role"] = given["credit_role"].fillna("")
    faults = _faults(deals, given, shadow)
    if faults:
        raise InputError(all_faults("splits cannot be credited:", faults))
    whole = _unsplit(deals, given)
    shares = pd.concat([given[["deal_id", "person_id", "credit_role", "share"]], whole])
    carried = deals.drop(columns=["person_id"], errors="ignore")
    table = shares.merge(carried, on="deal_id", how="inner")
    money = table["amount"].to_numpy(np.float64) * table["share"].to_numpy(np.float64)
    table["credited_amount"] = scales.rounded(money, places, rounding)
    others = [c for c in table.columns if c not in CREDITED]
    order = ["deal_id", "credit_role", "person_id"]
    return table.sort_values(order, ignore_index=True)[[*CREDITED, *others]]


def _faults(deals: pd.DataFrame, splits: pd.DataFrame, shadow: Collection[str]) -> list[str]:
    faults = [
        f"deal {deal!r} is not in deals."
        for deal in sorted(set(splits["deal_id"]) - set(deals["deal_id"]))
    ]
    if (splits["share"] < 0).any():
        faults.append("a share is negative.")
    main = splits[~splits["credit_role"].isin(list(shadow))]
    for deal, total in main.groupby("deal_id")["share"].sum().items():
        if abs(total - 1) > 1e-9:
            faults.append(
                f"shares of deal {deal!r} sum to {total:g}, not to 1. Name a role that is "
                "credited on top in shadow=."
            )
    return faults


def _unsplit(deals: pd.DataFrame, splits: pd.DataFrame) -> pd.DataFrame:
    columns = ["deal_id", "person_id", "credit_role", "share"]
    if "person_id" not in deals.columns:
        return pd.DataFrame(columns=columns)
    whole = deals[~deals["deal_id"].isin(splits["deal_id"]) & deals["person_id"].notna()]
    return whole[["deal_id", "person_id"]].assign(credit_role="", share=1.0)[columns]


def spread(
    target: float, periods: Sequence[str], *, weights: Sequence[float] | None = None
) -> pd.DataFrame:
    """Return a year's goal spread over its periods, evenly or by weight, to the cent.

    Parameters
    ----------
    target
        Goal of the year.
    periods
        Labels of the periods, in order.
    weights
        Share of each period; even where none are given.

    Returns
    -------
    DataFrame
        period, target, to_date_target, to_date_rate (0..1 of the year).

    Examples
    --------
    >>> spread(1_000_000, ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"])["to_date_rate"].tolist()
    [0.25, 0.5, 0.75, 1.0]
    """
    shares = np.ones(len(periods)) if weights is None else np.asarray(weights, np.float64)
    if len(shares) != len(periods) or shares.sum() <= 0:
        raise InputError(f"weights has {len(shares)} values for {len(periods)} periods.")
    units = scales.shared_units(shares / shares.sum() * float(target))
    frame = pd.DataFrame({"period": list(periods), "target": units / 100})
    frame["to_date_target"] = np.cumsum(units) / 100
    frame["to_date_rate"] = frame["to_date_target"] / float(target) if target else np.nan
    return frame
