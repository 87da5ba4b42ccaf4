"""What is wrong with an open deal, as yes or no and in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from salesplan.settings import Thresholds
from salesplan.text import label


@dataclass(frozen=True)
class Risk:
    """A risk: its flag in the frame, its key in the texts, the number that its text shows."""

    flag: str
    key: str
    number: str = ""


RISKS: tuple[Risk, ...] = (
    Risk("is_past_due", "pipeline.risk_past_due", "past_due_days"),
    Risk("is_stalled", "pipeline.risk_stalled", "inactive_days"),
    Risk("is_untouched", "pipeline.risk_untouched"),
    Risk("is_slow_in_stage", "pipeline.risk_slow_in_stage", "stage_days"),
    Risk("is_old", "pipeline.risk_old", "age_days"),
    Risk("is_pushed", "pipeline.risk_pushed", "push_count"),
    Risk("lacks_amount", "pipeline.risk_lacks_amount"),
    Risk("lacks_close_date", "pipeline.risk_lacks_close_date"),
    Risk("lacks_next_step", "pipeline.risk_lacks_next_step"),
    Risk("lacks_account", "pipeline.risk_lacks_account"),
    Risk("lacks_promoter", "pipeline.risk_lacks_promoter"),
)
"""Every risk, gravest first."""

FLAGS = [risk.flag for risk in RISKS]


def with_flags(facts: pd.DataFrame, limits: Thresholds) -> pd.DataFrame:
    """Add one yes-or-no column per risk; what the CRM does not record raises no flag."""
    worked = facts["has_activities"]
    never = worked & facts["last_activity_on"].isna()
    return facts.assign(
        is_past_due=facts["past_due_days"] > 0,
        is_stalled=worked & (facts["inactive_days"] >= limits.stalled_days),
        is_untouched=never,
        is_slow_in_stage=facts["stage_days"] > facts["slow_stage_days"],
        is_old=facts["age_days"] > facts["slow_age_days"],
        is_pushed=facts["push_count"] >= limits.pushes,
        lacks_amount=~(facts["amount"] > 0),
        lacks_close_date=facts["expected_close_on"].isna(),
        lacks_next_step=~facts["has_next_step"],
        lacks_account=~facts["has_account"],
        lacks_promoter=facts["has_roles"] & ~facts["has_promoter"],
    )


def with_words(flagged: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Add ``risk_count`` and ``risks``: the risks of each deal in words, gravest first."""
    count = flagged[FLAGS].to_numpy(bool).sum(axis=1)
    said = np.full(len(flagged), "", object)
    for risk in RISKS:
        at = np.flatnonzero(flagged[risk.flag])
        said[at] += _phrases(flagged, at, risk, lang)
    words = pd.Series([text.removesuffix(_BETWEEN) for text in said], flagged.index, dtype="str")
    return flagged.assign(risk_count=count, risks=words)


_BETWEEN = "; "


def _phrases(
    flagged: pd.DataFrame, at: npt.NDArray[np.int64], risk: Risk, lang: str
) -> str | npt.NDArray[np.object_]:
    """Return what is said of each deal; deals with the same number share their phrase."""
    text = label(risk.key, lang) + _BETWEEN
    if not risk.number:
        return text
    before, _, after = text.partition("{number}")
    numbers, place = np.unique(flagged[risk.number].to_numpy(float)[at], return_inverse=True)
    phrases = [f"{before}{number:.0f}{after}" for number in numbers.tolist()]
    return np.array(phrases, object)[place]
