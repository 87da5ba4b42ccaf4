"""What every command shares: where it prints, how it shows a frame, how it counts work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from salesplan import tabular

out = Console(highlight=False, soft_wrap=False)
err = Console(stderr=True, highlight=False)

Tick = Callable[[str, int, int], None]


def show(frame: pd.DataFrame, title: str, *, lang: str = "en", currency: str = "EUR") -> None:
    """Print a frame as a table; CRM text cannot switch colours or links on."""
    table = Table(title=title, title_justify="left", header_style="bold")
    units = {str(c): tabular.unit(str(c), frame[c]) for c in frame.columns}
    digits = [tabular.digits(frame[name], what) for name, what in units.items()]
    for name, what in units.items():
        right = what in ("money", "rate", "count", "number")
        table.add_column(
            tabular.heading(name, lang),
            justify="right" if right else "left",
            overflow="fold",
            no_wrap=right,
        )
    for row in frame.itertuples(index=False, name=None):
        cells = (
            tabular.shown(value, what, lang=lang, currency=currency, digits=places)
            for value, what, places in zip(row, units.values(), digits, strict=True)
        )
        table.add_row(*(escape(_plain(cell)) for cell in cells))
    out.print(table)


def _plain(text: str) -> str:
    """Return text without control characters: an export must not drive the terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def say(text: str) -> None:
    """Print a sentence."""
    out.print(escape(_plain(text)), soft_wrap=True)


def path_line(path: Path) -> None:
    """Print a path alone on its line, unwrapped, so that it can be clicked or copied."""
    out.print(escape(str(path)), soft_wrap=True)


@contextmanager
def progress(what: str) -> Iterator[Tick]:
    """Show a progress bar; the work calls the returned function with (step, done, total)."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
    )
    with bar:
        task = bar.add_task(escape(what), total=None)

        def tick(step: str, done: int, total: int) -> None:
            bar.update(task, description=escape(step), completed=done, total=total)

        yield tick
