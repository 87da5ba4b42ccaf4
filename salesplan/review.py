"""The quarterly plan review: one page and one workbook that a board can read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from salesplan import excel, formats, html
from salesplan._review import (
    acquisition,
    compensation,
    effort,
    funnel,
    headlines,
    pipeline,
    quality,
    revenue,
)
from salesplan._review.chapter import Chapter, Review, missing
from salesplan._review.definitions import definitions
from salesplan.compensation import Scheme
from salesplan.crm import Crm
from salesplan.errors import InputError, MissingDataError, one_of
from salesplan.periods import Period
from salesplan.periods import quarter as named_quarter
from salesplan.scenario import Backtest

__all__ = ["write", "write_backtest"]

_CHAPTERS: tuple[tuple[str, Callable[[Review], Chapter]], ...] = (
    ("headlines", headlines.headlines),
    ("revenue", revenue.revenue),
    ("pipeline", pipeline.pipeline),
    ("funnel", funnel.funnel),
    ("acquisition", acquisition.acquisition),
    ("effort", effort.effort),
    ("compensation", compensation.compensation),
    ("quality", quality.quality),
)


def write(
    crm: Crm,
    *,
    quarter: str,
    folder: str | Path,
    lang: str = "en",
    scheme: Scheme | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> tuple[Path, Path]:
    """Write the quarterly plan review and return the paths of its page and its workbook.

    A chapter whose tables are not in the exports says which export it needs; the others are
    still produced. The same Crm gives the same files, byte for byte.

    Parameters
    ----------
    crm
        A loaded Crm.
    quarter
        2026-Q3, or FY2026-Q4 in fiscal quarters.
    folder
        Where to write; made if need be.
    lang
        en, de or fr.
    scheme
        A bonus scheme to simulate on the last full fiscal year; without one the chapter on
        pay shows how many people reach their goals.
    progress
        Called with (chapter, done, total).

    Raises
    ------
    InputError
        If ``quarter`` is not a quarter, or the folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> page, workbook = write(paper(), quarter="2026-Q3", folder=tempfile.mkdtemp())
    >>> page.name, workbook.name
    ('review-2026-Q3.html', 'review-2026-Q3.xlsx')
    """
    one_of(lang, list(formats.LANGUAGES), "lang")
    period = named_quarter(quarter, fiscal_start=crm.settings.fiscal_year_starts)
    _check_begun(crm, period)
    review = Review(crm.told_in(lang), period, lang, scheme)
    chapters = _chapters(review, progress)
    title = review.word("title", quarter=period.label)
    target = Path(folder)
    page = html.write(
        target / f"review-{period.label}.html",
        [c.section for c in chapters],
        title=title,
        subtitle=_subtitle(review),
        footer=review.word("footer"),
        brand=crm.settings.company or "salesplan",
        lang=lang,
        currency=review.currency,
    )
    sheets = {name: sheet for c in chapters for name, sheet in c.sheets.items()}
    workbook = excel.write(
        target / f"review-{period.label}.xlsx",
        sheets,
        title=title,
        lang=lang,
        currency=review.currency,
    )
    return page, workbook


def _check_begun(crm: Crm, period: Period) -> None:
    if period.since > crm.as_of:
        raise InputError(
            f"{period.label} begins on {period.since}, after the day of the figures, {crm.as_of}. "
            f"Ask for {formats.quarter(crm.as_of)} or an earlier quarter, or load newer exports."
        )


def _chapters(review: Review, progress: Callable[[str, int, int], None] | None) -> list[Chapter]:
    done: list[Chapter] = []
    for number, (key, build) in enumerate(_CHAPTERS):
        if progress:
            progress(review.word(f"{key}_title"), number, len(_CHAPTERS))
        try:
            done.append(build(review))
        except MissingDataError as error:
            done.append(missing(review, key, str(error)))
    measures = [name for c in done for name in c.measures]
    return [*done, definitions(review, measures)]


def _subtitle(review: Review) -> str:
    first, last = (
        formats.date(d, review.lang) for d in (review.quarter.since, review.quarter.last_day)
    )
    as_of = formats.date(review.crm.as_of, review.lang)
    return review.word("subtitle", first=first, last=last, as_of=as_of)


def write_backtest(tested: Backtest, path: str | Path, *, lang: str = "en") -> Path:
    """Write a back-test as a workbook: who wins and loses, and the pay that computes itself.

    Parameters
    ----------
    tested
        What :func:`salesplan.scenario.backtest` returned.
    path
        File to write; it appears whole or not at all.
    lang
        Language of the headings: en, de or fr.

    Returns
    -------
    Path
        The file: People (old and new pay), Outcome (winners and losers), Goals (who reaches
        them), then the sheets of :func:`salesplan.excel.scheme_workbook`.
    """
    totals = ("old_amount", "new_amount", "delta_amount")
    sheets = {
        "People": excel.Sheet(
            tested.compared, f"{tested.scheme.name}, {tested.year}", totals=totals
        ),
        "Outcome": excel.Sheet(tested.outcome),
        "Goals": excel.Sheet(tested.diagnosis.goal),
        **excel.scheme_sheets(tested.simulation, lang),
    }
    return excel.write(
        path, sheets, title=tested.scheme.name, lang=lang, currency=tested.scheme.currency
    )
