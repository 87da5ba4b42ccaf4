"""How accounts are put into segments: by the CRM's own words, or computed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from salesplan.documents import Document

UNSEGMENTED = "unsegmented"
"""Segment of the accounts that no rule and no computation reaches."""


class SegmentRule(Document):
    """Accounts that meet every condition given belong to the segment; the first rule wins."""

    segment: str = Field(min_length=1)
    status: tuple[str, ...] = Field((), description="one of these statuses")
    tags: tuple[str, ...] = Field((), description="at least one of these tags")
    country: tuple[str, ...] = ()
    industry: tuple[str, ...] = ()
    potential_from: float | None = Field(None, description="potential at least this much")
    employees_from: int | None = Field(None, description="at least so many employees")

    @model_validator(mode="after")
    def _says_something(self) -> SegmentRule:
        if not self.model_fields_set - {"segment"}:
            raise ValueError(
                f"the rule of segment {self.segment!r} has no condition: add status, tags, "
                "country, industry, potential_from or employees_from"
            )
        return self


class Abc(Document):
    """Accounts in the order of what they bring; the first ones that make up a share are A."""

    shares: tuple[float, ...] = Field((0.80, 0.95), description="share that each class reaches")
    names: tuple[str, ...] = ("A", "B", "C")

    @model_validator(mode="after")
    def _fits(self) -> Abc:
        rising = all(0 < a < b for a, b in zip(self.shares, (*self.shares[1:], 1.0), strict=True))
        if not self.shares or not rising:
            raise ValueError("shares must rise between 0 and 1, as in [0.80, 0.95]")
        if len(self.names) != len(self.shares) + 1 or len(set(self.names)) < len(self.names):
            raise ValueError(f"names must be {len(self.shares) + 1} different ones")
        return self


class Matrix(Document):
    """Potential of an account against the share of it that the company has.

    ``names`` holds one row per class of potential, the lowest first, and in it one name per
    class of share, the lowest first.
    """

    potential: tuple[float, ...] = Field((), description="limits; the median where empty")
    share: tuple[float, ...] = Field((0.5,), description="limits of revenue / potential")
    names: tuple[tuple[str, ...], ...] = (("bronze", "silver"), ("silver", "gold"))

    @model_validator(mode="after")
    def _fits(self) -> Matrix:
        rows, columns = max(1, len(self.potential)) + 1, len(self.share) + 1
        if len(self.names) != rows or any(len(row) != columns for row in self.names):
            raise ValueError(f"names must be {rows} rows of {columns} names each")
        for limits in (self.potential, self.share):
            if list(limits) != sorted(set(limits)):
                raise ValueError("limits must rise")
        return self


class Segmentation(Document):
    """The rules first; what they leave open is computed, or stays as the CRM has it."""

    rules: tuple[SegmentRule, ...] = ()
    method: Literal["none", "abc", "matrix"] = "none"
    measure: Literal["revenue", "margin"] = "revenue"
    months: int = Field(12, ge=1, description="months up to as_of that are looked at")
    margins: dict[str, float] = Field(
        default={}, description="sale type -> margin, beside gross_margin"
    )
    abc: Abc = Abc()
    matrix: Matrix = Matrix()

    @property
    def says_anything(self) -> bool:
        """Whether the settings ask for segments at all."""
        return bool(self.rules) or self.method != "none"
