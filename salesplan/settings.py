"""What a company says about itself once: currency, stages, cadences, costs, thresholds.

Read from ``salesplan.toml``. Every value has a default that a European SME would accept,
so an empty file (or none) is fine; an unknown key is an error that names the nearest one.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from salesplan import documents
from salesplan._settings.files import FileRule as FileRule
from salesplan._settings.files import known_columns
from salesplan._settings.segments import Segmentation
from salesplan.documents import Document

Share = float


class Stage(Document):
    """One stage of a pipeline, mapped to what it means."""

    stage: str
    status: Literal["open", "won", "lost", "other"]
    pipeline: str = ""
    position: int | None = None
    probability: float | None = Field(None, ge=0, le=1)


class Cadence(Document):
    """How often a segment is called and met in a year, and how long that takes."""

    calls: float = Field(ge=0, description="calls a year and account")
    meetings: float = Field(ge=0, description="meetings a year and account")
    minutes_per_call: float = Field(15, gt=0)
    minutes_per_meeting: float = Field(60, gt=0)
    travel_minutes_per_meeting: float = Field(0, ge=0)

    @property
    def account_hours(self) -> float:
        """Hours a year that one account takes, travel included."""
        meeting = self.minutes_per_meeting + self.travel_minutes_per_meeting
        return (self.calls * self.minutes_per_call + self.meetings * meeting) / 60


class WorkingTime(Document):
    """The hours of a seller's year, and the share that is not selling."""

    hours_per_year: float = Field(1600, gt=0)
    hours_per_week: float = Field(40, gt=0)
    working_weeks: float = Field(44, gt=0, le=53)
    administration_share: Share = Field(0.40, ge=0, lt=1)
    travel_share: Share = Field(0.0, ge=0, lt=1)


class Thresholds(Document):
    """Limits behind every traffic light; each is shown beside the light."""

    coverage_amber: float = 3.0
    coverage_red: float = 2.0
    stalled_days: int = 21
    pushes: int = Field(2, ge=1, description="pushes of the close date that make a risk")
    age_percentile: float = Field(0.90, gt=0, lt=1)
    concentration_amber: Share = 0.30
    concentration_red: Share = 0.50
    past_due_amber: Share = 0.10
    past_due_red: Share = 0.25
    ageing_amber: Share = 0.25
    ageing_red: Share = 0.50
    stalled_amber: Share = 0.20
    stalled_red: Share = 0.40
    pace_amber: float = Field(0.90, gt=0, description="pace against a year before, or the year's")
    pace_red: float = Field(0.75, gt=0)
    largest_deals: int = Field(3, ge=1, description="deals that concentration adds up")
    hygiene_amber: Share = 0.90
    hygiene_red: Share = 0.75
    small_sample: int = 30
    no_show_rate: Share = 0.20
    churn_low: Share = 0.0
    churn_high: Share = 0.01
    goal_share_low: Share = 0.70
    goal_share_high: Share = 0.80


def _default_cadences() -> dict[str, Cadence]:
    return {
        "gold": Cadence(calls=8, meetings=3),
        "silver": Cadence(calls=4, meetings=1),
        "bronze": Cadence(calls=2, meetings=0),
    }


class Settings(Document):
    """Everything in ``salesplan.toml``.

    Examples
    --------
    >>> Settings().currency, Settings().cadence["gold"].meetings
    ('EUR', 3.0)
    """

    company: str = ""
    currency: str = Field("EUR", pattern="^[A-Z]{3}$")
    language: Literal["en", "de", "fr"] = "en"
    fiscal_year_starts: int = Field(1, ge=1, le=12, description="month number")
    as_of: dt.date | None = Field(None, description="date the figures are looked at from")

    files: dict[str, FileRule] = Field(default={}, description="file pattern -> how to read it")
    columns: dict[str, dict[str, str]] = Field(
        default={}, description="table -> column -> header in the export"
    )
    values: dict[str, dict[str, dict[str, str]]] = Field(
        default={}, description="table -> column -> value in the export -> value to use"
    )
    constants: dict[str, dict[str, str]] = Field(
        default={}, description="table -> column -> value of every row"
    )
    missing: tuple[str, ...] = Field((), description="more texts that stand for an empty cell")
    stages: tuple[Stage, ...] = ()

    cadence: dict[str, Cadence] = Field(default_factory=_default_cadences)
    working_time: WorkingTime = WorkingTime()
    hourly_cost: dict[str, float] = Field(
        default={"default": 65.0}, description="role -> loaded cost of an hour"
    )
    gross_margin: Share = Field(0.80, gt=0, le=1)
    segments: Segmentation = Segmentation()
    thresholds: Thresholds = Thresholds()
    key_account_segments: tuple[str, ...] = Field(
        default=("gold",), description="segments whose accounts are key accounts"
    )

    @field_validator("columns", "values", "constants")
    @classmethod
    def _known_columns(cls, tables: dict[str, dict[str, object]]) -> dict[str, dict[str, object]]:
        return known_columns(tables)

    def cost_of_hour(self, role: str | None) -> float:
        """Return the loaded cost of an hour of a role."""
        return self.hourly_cost.get(role or "", self.hourly_cost.get("default", 0.0))


def read(path: str | Path | None) -> Settings:
    """Return the settings of a file, or the defaults where none is given."""
    return Settings() if path is None else documents.read(path, Settings)
