"""Which step of the sales chain a calendar entry belongs to, by its kind and what it is for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from salesplan.errors import InputError, one_of

STEPS = ("prospecting", "qualification", "proposal", "closing", "administration", "other")
SELLING = ("prospecting", "qualification", "proposal", "closing")
SUBJECTS = ("lead", "deal", "account")

DEFAULT: Mapping[str, str] = {
    "prospecting": "prospecting",
    "call": "prospecting",
    "call:deal": "qualification",
    "meeting": "prospecting",
    "meeting:lead": "qualification",
    "meeting:deal": "closing",
    "demo": "qualification",
    "proposal": "proposal",
    "negotiation": "closing",
    "administration": "administration",
    "e-mail": "administration",
    "travel": "administration",
}
"""Kind of activity, or kind:subject, -> step; the lead is the subject before the deal."""


def step_sql(steps: Mapping[str, str] | None, alias: str = "t") -> tuple[str, dict[str, Any]]:
    """Return the SQL of an activity's step, and its parameters; unknown kinds are ``other``."""
    chosen = {**DEFAULT, **(steps or {})}
    cases, params = [], {}
    exact_first = sorted(chosen.items(), key=lambda item: ":" not in item[0])
    for at, (name, step) in enumerate(exact_first):
        kind, _, subject = name.partition(":")
        one_of(step, STEPS, f"steps[{name!r}]")
        if subject and subject not in SUBJECTS:
            raise InputError(f"steps[{name!r}]: after ':' comes {', '.join(SUBJECTS)}.")
        params[f"step_kind_{at}"] = kind
        condition = f"{alias}.kind = $step_kind_{at}"
        condition += f" AND {_about(subject, alias)}" if subject else ""
        cases.append(f"WHEN {condition} THEN '{step}'")
    return f"CASE {' '.join(cases)} ELSE 'other' END", params


def _about(subject: str, alias: str) -> str:
    deal, lead = f"{alias}.opportunity_id IS NOT NULL", f"{alias}.lead_id IS NOT NULL"
    return {
        "deal": f"({deal} AND NOT ({lead}))",
        "lead": lead,
        "account": f"{alias}.account_id IS NOT NULL AND NOT ({deal}) AND NOT ({lead})",
    }[subject]
