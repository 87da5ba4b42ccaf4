"""The command line: the same words as the library, exit code 0, 1 (a fault) or 2 (usage)."""

from __future__ import annotations

import sys

import typer
from rich.markup import escape

import salesplan
from salesplan._cli import books, console, plans
from salesplan.errors import SalesplanError

app = typer.Typer(
    help="From a folder of CRM exports to sales decisions.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
for command in (
    books.demo,
    books.load,
    books.check,
    plans.review,
    plans.simulate,
    plans.app,
    plans.schema,
):
    app.command()(command)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"salesplan {salesplan.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True),
) -> None:
    """From a folder of CRM exports to sales decisions."""


def main() -> None:
    """Run a command; a fault is a sentence on the error stream, never a traceback."""
    try:
        app()
    except SalesplanError as error:
        console.err.print(f"[bold red]Error:[/] {escape(str(error))}", soft_wrap=True)
        sys.exit(1)
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(130)
    except Exception as error:
        console.err.print(
            f"[bold red]Error:[/] {escape(f'{type(error).__name__}: {error}')}\n"
            "This is a fault of salesplan, not of your files. Please report it with the command "
            "you ran; python -X dev -m salesplan shows the details.",
            soft_wrap=True,
        )
        if sys.flags.dev_mode:
            raise
        sys.exit(1)
