"""Blocks become HTML; every text of the CRM passes through Jinja's escaping."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from salesplan import text
from salesplan._charts import theme
from salesplan._html.blocks import Block, Chart, Headlines, Note, Section, Table
from salesplan._html.table import laid_out


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
            style=Markup(_style(":root { {colours} } {table} {page}")),  # noqa: S704 - our files
            plotly=Markup(get_plotlyjs()) if charted else "",  # noqa: S704 - the library's file
            render=partial(block_html, lang=lang, currency=currency),
        )
    )


def shown(block: Table, *, lang: str, currency: str) -> Markup:
    """Return a table that brings its own look, for a page that is not ours."""
    # said twice, so that it outweighs what JupyterLab says of every table
    style = Markup(_style(".salesplan.salesplan { {colours} {table} }"))  # noqa: S704 - our files
    laid = laid_out(block, lang, currency, more="more_rows_here")
    table = Markup(_macros(lang).table(block, laid))  # noqa: S704
    return Markup('<div class="salesplan"><style>{}</style>{}</div>').format(style, table)


def _style(rules: str) -> str:
    """Return rules with our style sheets filled in."""
    for name in ("colours", "page", "table"):
        rules = rules.replace(f"{{{name}}}", _source(f"{name}.css"))
    return rules


def _source(name: str) -> str:
    loaded = _environment().loader
    assert loaded is not None
    return loaded.get_source(_environment(), name)[0]


def _word(key: str, lang: str) -> str:
    return text.label(f"page.{key}", lang)


def block_html(block: Block, *, lang: str, currency: str) -> Markup:
    """Return the HTML of one block."""
    macros = _macros(lang)
    if isinstance(block, Headlines):
        return Markup(macros.headlines(block))  # noqa: S704
    if isinstance(block, Chart):
        return Markup(macros.chart(block, drawn(block, lang)))  # noqa: S704
    if isinstance(block, Note):
        return Markup(macros.note(block))  # noqa: S704
    return Markup(macros.table(block, laid_out(block, lang, currency)))  # noqa: S704


def _macros(lang: str) -> Any:
    template = _environment().get_template("blocks.html.j2")
    return template.make_module({"word": partial(_word, lang=lang)})


def drawn(block: Chart, lang: str) -> Markup:
    """Return a figure as a div; its id depends on its content, so files are reproducible."""
    figure = theme.localised(theme.harmless(block.figure), lang)
    config = {"displaylogo": False, "responsive": True, "displayModeBar": False}
    html = figure.to_html(
        full_html=False, include_plotlyjs=False, div_id=theme.identity(figure), config=config
    )
    return Markup(html)  # noqa: S704 - plotly escapes < and > inside its JSON
