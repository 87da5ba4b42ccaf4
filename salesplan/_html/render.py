"""Blocks become HTML; every text of the CRM passes through Jinja's escaping."""

from __future__ import annotations

from functools import cache, partial
from itertools import islice
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from salesplan import tabular, text
from salesplan._charts import theme
from salesplan._html.blocks import Block, Chart, Headlines, Note, Section, Table


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("salesplan", "_html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(
    title: str,
    sections: list[Section],
    *,
    subtitle: str,
    footer: str,
    brand: str,
    lang: str,
    currency: str,
) -> str:
    """Return a whole page: one file, nothing fetched, plotly.js in it once if it is needed."""
    charted = any(isinstance(b, Chart) for s in sections for b in s.blocks)
    word = partial(_word, lang=lang)
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            title=title,
            subtitle=subtitle,
            footer=footer,
            brand=brand,
            lang=lang,
            sections=sections,
            word=word,
            style=Markup(_source("page.css")),  # noqa: S704 - our own file
            plotly=Markup(get_plotlyjs()) if charted else "",  # noqa: S704 - the library's file
            render=partial(block_html, lang=lang, currency=currency),
        )
    )


def _source(name: str) -> str:
    loaded = _environment().loader
    assert loaded is not None
    return loaded.get_source(_environment(), name)[0]


def _word(key: str, lang: str) -> str:
    return text.label(f"page.{key}", lang)


def block_html(block: Block, *, lang: str, currency: str) -> Markup:
    """Return the HTML of one block."""
    template = _environment().get_template("blocks.html.j2")
    macros: Any = template.make_module({"word": partial(_word, lang=lang)})
    if isinstance(block, Headlines):
        return Markup(macros.headlines(block))  # noqa: S704
    if isinstance(block, Chart):
        return Markup(macros.chart(block, drawn(block, lang)))  # noqa: S704
    if isinstance(block, Note):
        return Markup(macros.note(block))  # noqa: S704
    return Markup(macros.table(block, *_cells(block, lang, currency)))  # noqa: S704


def drawn(block: Chart, lang: str) -> Markup:
    """Return a figure as a div; its id depends on its content, so files are reproducible."""
    figure = theme.localised(theme.harmless(block.figure), lang)
    config = {"displaylogo": False, "responsive": True, "displayModeBar": False}
    html = figure.to_html(
        full_html=False, include_plotlyjs=False, div_id=theme.identity(figure), config=config
    )
    return Markup(html)  # noqa: S704 - plotly escapes < and > inside its JSON


def _cells(table: Table, lang: str, currency: str) -> tuple[list[Any], list[Any], str]:
    frame = _without_empty_reason(table.frame)
    columns = [_column(table, str(name), lang) for name in frame.columns]
    shown = list(islice(frame.itertuples(index=False, name=None), table.rows))
    rows = [
        [
            (_cell(value, column, lang, currency), column)
            for value, column in zip(row, columns, strict=True)
        ]
        for row in shown
    ]
    hidden = len(frame) - len(shown)
    more = text.label("page.more_rows", lang, count=hidden) if hidden > 0 else ""
    return columns, rows, more


def _without_empty_reason(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame without its ``reason`` where every row has its value."""
    if "reason" in frame and frame["reason"].isin(["", None]).all() | frame["reason"].isna().all():
        return frame.drop(columns="reason")
    return frame


def _column(table: Table, name: str, lang: str) -> dict[str, Any]:
    values: pd.Series[Any] = table.frame[name]
    return {
        "unit": table.units.get(name) or tabular.unit(name, values),
        "heading": table.headings.get(name) or tabular.heading(name, lang),
        "tone": name == table.tones,
    }


_TONES = {"green": "good", "amber": "warning", "red": "bad", "error": "bad", "warning": "warning"}


def _cell(value: Any, column: dict[str, Any], lang: str, currency: str) -> tuple[str, str]:
    tone = _TONES.get(str(value), "plain") if column["tone"] else ""
    shown = tabular.shown(value, column["unit"], lang=lang, currency=currency)
    return _tone_word(shown, lang) if column["tone"] else shown, tone


def _tone_word(word: str, lang: str) -> str:
    known = f"page.tone_{word}" in text.catalogue()
    return text.label(f"page.tone_{word}", lang) if known else word
