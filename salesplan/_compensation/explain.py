"""Where an amount comes from."""

from __future__ import annotations

from typing import Any


def text(
    simulation: Any, person_id: str | None, period: str | None, line: str | None, lang: str
) -> str:
    """Return sentences."""
    return ""
