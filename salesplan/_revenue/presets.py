"""What each vendor does, read from presets.toml where every choice names its source."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from salesplan._revenue.policy import Policy
from salesplan.errors import InputError, one_of


@cache
def _choices() -> dict[str, dict[str, dict[str, Any]]]:
    text = (resources.files("salesplan") / "_revenue" / "presets.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def presets() -> dict[str, Policy]:
    """Return the named policies: the package's own first, then one per vendor.

    Examples
    --------
    >>> presets()["stripe"].discounts
    'forever'
    """
    named = {"salesplan": Policy()}
    for name, choices in _choices().items():
        options = {switch: choice["option"] for switch, choice in choices.items()}
        named[name] = Policy(name=name, **options)
    return named


def sources(name: str) -> pd.DataFrame:
    """Return why a preset chooses what it chooses.

    Columns: switch, option, source.

    Examples
    --------
    >>> sources("playbook").iloc[0].to_dict()["option"]
    'month_start'
    """
    chosen = _choices()[one_of(name, list(_choices()), "preset")]
    rows = [(switch, str(c["option"]), c["source"]) for switch, c in chosen.items()]
    return pd.DataFrame(rows, columns=["switch", "option", "source"])


def policy_of(policy: str | Policy | None) -> Policy:
    """Return a policy from its preset's name, from itself, or the package's own.

    Examples
    --------
    >>> policy_of("maxio").reactivation_days
    90
    """
    if policy is None:
        return Policy()
    if isinstance(policy, Policy):
        return policy
    if not isinstance(policy, str):
        raise InputError(
            f"policy={policy!r} is a {type(policy).__name__}. Give a preset's name or a Policy."
        )
    return presets()[one_of(policy, list(presets()), "policy")]
