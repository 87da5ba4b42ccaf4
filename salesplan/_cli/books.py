"""Commands about data: demo, load, check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import salesplan as sp
from salesplan._cli import console
from salesplan.crm import Crm

Exports = Annotated[Path, typer.Argument(help="Folder (or file) of CRM exports.")]
SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings file; by default salesplan.toml in the folder."),
]
AsOf = Annotated[
    str | None, typer.Option("--as-of", help="Date to look from, as 2026-09-30.", metavar="DATE")
]


def read(exports: Path, settings: Path | None, as_of: str | None = None, **options: object) -> Crm:
    """Return the Crm of an export folder, or of a book loaded earlier."""
    if exports.suffix == ".duckdb":
        return sp.open(exports, as_of=as_of)
    with console.progress(f"Loading {exports}") as tick:
        return sp.load(exports, settings=settings, as_of=as_of, progress=tick, **options)  # type: ignore[arg-type]


def demo(
    folder: Annotated[Path, typer.Argument(help="Folder to write to.")],
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 7,
    scale: Annotated[int, typer.Option(help="Times the size of the company.", min=1)] = 1,
) -> None:
    """Write the exports of a fictitious company."""
    with console.progress(f"Writing {folder}"):
        sp.demo.write(folder, seed=seed, scale=scale)
    console.say(f"Exports of the demo company are in {folder}.")


def load(
    exports: Exports,
    into: Annotated[Path, typer.Option(help="Book to write (a DuckDB file).")] = Path("crm.duckdb"),
    settings: SettingsFile = None,
    as_of: AsOf = None,
    pseudonymise: Annotated[
        bool, typer.Option("--pseudonymise", help="Replace names, mails and phones by tokens.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say which profile won for each file, and why.")
    ] = False,
) -> None:
    """Load CRM exports into a book."""
    with read(exports, settings, as_of, into=into, pseudonymise=pseudonymise) as crm:
        if explain:
            _explain(exports, crm)
        summary(crm)
    console.say(f"The book is {into}.")


def check(exports: Exports, settings: SettingsFile = None, as_of: AsOf = None) -> None:
    """Read CRM exports, say what was found in them, keep nothing. Exit code 1 on errors."""
    with read(exports, settings, as_of) as crm:
        summary(crm)
        if (crm.issues["severity"] == "error").any():
            raise typer.Exit(1)


def summary(crm: Crm) -> None:
    """Print what was read and what was found wrong with it."""
    loads = crm.loads
    wanted = [
        "file",
        "sheet",
        "table_name",
        "profile",
        "rows_read",
        "rows_loaded",
        "rows_quarantined",
    ]
    console.show(loads[wanted], f"Files read, as of {crm.as_of}")
    issues = crm.issues
    if len(issues):
        shown = ["severity", "rule", "table_name", "row_count", "example", "what_to_do"]
        console.show(issues[shown], "Issues")
    else:
        console.say("No issues.")


def _explain(exports: Path, crm: Crm) -> None:
    from salesplan.exports import explain, settings_toml

    console.show(explain(crm), "Which profile read which file, and why")
    console.say(f"\nTo pin this, put into {exports / 'salesplan.toml'}:\n")
    console.say(settings_toml(crm))
