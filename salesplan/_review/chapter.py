"""What a chapter is, and what every chapter knows: the Crm, the quarter, the language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from salesplan import formats, tabular, text
from salesplan.compensation import Scheme
from salesplan.crm import Crm
from salesplan.excel import Sheet
from salesplan.html import Block, Note, Section
from salesplan.periods import Period, add_months


@dataclass(frozen=True)
class Review:
    """The quarter under review, as one looks at it on the day of the figures."""

    crm: Crm
    quarter: Period
    lang: str
    scheme: Scheme | None = None

    @property
    def currency(self) -> str:
        """Reporting currency."""
        return self.crm.settings.currency

    @property
    def year_back(self) -> dt.date:
        """First day of the twelve months that end with the quarter."""
        return add_months(self.quarter.until, -12)

    @property
    def until(self) -> dt.date:
        """End of the quarter (excluded), or the day after the figures if that is earlier."""
        return min(self.quarter.until, self.crm.as_of + dt.timedelta(days=1))

    def word(self, key: str, **values: object) -> str:
        """Return a text of the review in its language."""
        return text.label(f"review.{key}", self.lang, **values)

    def shown(self, unit: str, value: float) -> str:
        """Return a figure in its unit as a reader of the language expects it."""
        kind = tabular.measured(unit)
        if kind == "money":
            return formats.compact(value, self.currency, self.lang)
        return tabular.shown(value, kind, lang=self.lang, digits=1 if kind == "rate" else 2)


@dataclass(frozen=True)
class Chapter:
    """A section of the page, its sheets of the workbook, and the measures it defines."""

    section: Section
    sheets: Mapping[str, Sheet] = field(default_factory=dict)
    measures: Sequence[str] = ()


def chapter(
    review: Review,
    key: str,
    blocks: Sequence[Block],
    sheets: Mapping[str, Sheet] | None = None,
    measures: Sequence[str] = (),
) -> Chapter:
    """Return a chapter whose title and first sentence are texts of the review.

    Page and workbook tell the package's own words (lights, kinds of sale) in its language.
    """
    told = {
        name: replace(sheet, frame=tabular.in_words(sheet.frame, review.lang))
        for name, sheet in (sheets or {}).items()
    }
    section = Section(key, review.word(f"{key}_title"), review.word(f"{key}_intro"), list(blocks))
    return Chapter(section, told, measures)


def missing(review: Review, key: str, reason: str) -> Chapter:
    """Return the chapter that stands in where the exports lack a table: it says which one."""
    note = Note(review.word("missing", reason=reason), "warning")
    return chapter(review, key, [note])
