"""Self-contained pages: one HTML file with charts, tables and nothing to fetch.

An export takes frames and figures and writes a file; it cannot compute. Text that comes from
a CRM is escaped everywhere, and a content-security policy keeps the page from loading
anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from salesplan._html.blocks import (
    Block,
    Chart,
    Headline,
    Headlines,
    Note,
    Section,
    Table,
    Tone,
)
from salesplan._html.render import page
from salesplan.files import write_text

__all__ = [
    "Block",
    "Chart",
    "Headline",
    "Headlines",
    "Note",
    "Section",
    "Table",
    "Tone",
    "page",
    "write",
]


def write(
    path: str | Path,
    sections: Sequence[Section],
    *,
    title: str,
    subtitle: str = "",
    footer: str = "",
    brand: str = "salesplan",
    lang: str = "en",
    currency: str = "EUR",
) -> Path:
    """Write a page and return its path.

    Parameters
    ----------
    path
        File to write; its folder is made if need be.
    sections
        Chapters in order; the contents list is made of their titles.
    title, subtitle, footer, brand
        Texts around the chapters.
    lang, currency
        Language of labels and numbers, currency of amounts.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> section = Section("deals", "Deals", blocks=[Note("<b>5</b> won", "good")])
    >>> written = write(f"{folder}/page.html", [section], title="Review")
    >>> "&lt;b&gt;5&lt;/b&gt; won" in written.read_text("utf-8")
    True
    """
    content = page(
        title,
        list(sections),
        subtitle=subtitle,
        footer=footer,
        brand=brand,
        lang=lang,
        currency=currency,
    )
    return write_text(path, content)
