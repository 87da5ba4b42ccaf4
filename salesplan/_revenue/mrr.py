"""MRR, ARR, customers and ARPA at the close of each month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from salesplan._revenue.movements import mrr_movements
from salesplan._revenue.policy import Policy
from salesplan.crm import Crm


def mrr_of(movements: pd.DataFrame) -> pd.DataFrame:
    """Return MRR, ARR and ARPA from a bridge; ARPA is NULL while nobody pays."""
    moved = {"is_open"} | {c for c in movements if str(c).endswith(("_amount", "_count"))}
    groups = [c for c in movements if c not in moved]
    frame = movements[groups].copy()
    frame["mrr_amount"] = movements["closing_amount"]
    frame["arr_amount"] = (movements["closing_amount"] * 12).round(6)
    frame["customer_count"] = movements["closing_count"]
    paying = movements["closing_count"].where(movements["closing_count"] > 0, np.nan)
    frame["arpa_amount"] = movements["closing_amount"] / paying
    frame["is_open"] = movements["is_open"]
    frame.attrs.update(movements.attrs)
    return frame


def mrr(
    crm: Crm,
    *,
    by: str | Sequence[str] | None = None,
    only: Mapping[str, Any] | None = None,
    since: str | dt.date | None = None,
    until: str | dt.date | None = None,
    month: str | None = None,
    quarter: str | None = None,
    year: str | int | None = None,
    policy: str | Policy | None = None,
    known: str = "now",
    as_of: str | dt.date | None = None,
) -> pd.DataFrame:
    """Return what recurs a month, at the close of each month."""
    asked = {"by": by, "only": only, "policy": policy, "known": known, "as_of": as_of}
    span = {"since": since, "until": until, "month": month, "quarter": quarter, "year": year}
    return mrr_of(mrr_movements(crm, **asked, **span))  # type: ignore[arg-type]
