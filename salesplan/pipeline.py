"""Pipeline health: open deals, coverage, velocity, waterfall, forecast and its calibration."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd

from salesplan._pipeline import risks
from salesplan._pipeline.open_deals import FACTS, facts
from salesplan.crm import Crm


def open_deals(
    crm: Crm,
    *,
    as_of: str | dt.date | None = None,
    only: Mapping[str, Any] | None = None,
    lang: str | None = None,
) -> pd.DataFrame:
    """Return the open deals, each with its age, its pace, its risks and what it lacks."""
    found = risks.with_flags(facts(crm, as_of=as_of, only=only), crm.settings.thresholds)
    worded = risks.with_words(found, lang or crm.settings.language)
    return worded[[*FACTS, *risks.FLAGS, "risk_count", "risks"]]
