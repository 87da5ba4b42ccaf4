"""Commands about decisions: review, simulate, app, schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

import salesplan as sp
from salesplan._cli import console
from salesplan._cli.books import AsOf, Exports, SettingsFile, read
from salesplan.errors import one_of

_PEOPLE = ["name", "team", "old_amount", "new_amount", "delta_amount", "outcome"]
_GOALS = ["line", "k", "n", "at_goal_rate", "reading"]

Lang = Annotated[str | None, typer.Option("--lang", help="en, de or fr.")]


def review(
    exports: Exports,
    quarter: Annotated[str, typer.Option(help="2026-Q3, or FY2026-Q4 in fiscal quarters.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")] = Path("reports"),
    settings: SettingsFile = None,
    as_of: AsOf = None,
    lang: Lang = None,
    scheme: Annotated[
        Path | None, typer.Option("--scheme", help="Bonus scheme to try on the year's figures.")
    ] = None,
) -> None:
    """Write the quarterly plan review: one page and one workbook."""
    sp.periods.quarter(quarter)  # a wrong quarter is told before a long load
    chosen = sp.compensation.Scheme.read(scheme) if scheme else None
    with read(exports, settings, as_of) as crm:
        language = lang or crm.settings.language
        with console.progress(f"Reviewing {quarter}") as tick:
            written = sp.review.write(
                crm, quarter=quarter, folder=out, lang=language, scheme=chosen, progress=tick
            )
        console.say(_quality(crm))
    for path in written:
        console.path_line(path)


def _quality(crm: sp.Crm) -> str:
    loads, issues = crm.loads, crm.issues
    read_rows, kept = int(loads["rows_read"].sum()), int(loads["rows_loaded"].sum())
    apart = int(loads["rows_quarantined"].sum())
    files = loads["file"].nunique()
    return (
        f"{files} {'file' if files == 1 else 'files'}: "
        f"{read_rows:,} rows read = {kept:,} loaded + {apart:,} quarantined; "
        f"{len(issues)} kinds of issue. As of {crm.as_of}."
    )


def simulate(
    scheme: Annotated[Path, typer.Argument(help="Scheme file (TOML).")],
    exports: Exports,
    year: Annotated[str, typer.Option(help="Year to simulate on, as 2025 or FY2025.")],
    settings: SettingsFile = None,
    out: Annotated[Path | None, typer.Option("--out", help="Workbook to write.")] = None,
) -> None:
    """Simulate a bonus scheme on a year's figures and compare it with what was paid."""
    chosen = sp.compensation.Scheme.read(scheme)
    with read(exports, settings) as crm:
        tested = sp.scenario.backtest(crm, chosen, year=year)
    console.show(tested.compared[_PEOPLE], f"{chosen.name} on {year}, beside what was paid")
    console.show(tested.outcome, "Who wins and who loses")
    console.show(tested.diagnosis.goal[_GOALS], "Who reaches the goals")
    if out:
        console.path_line(sp.review.write_backtest(tested, out))


def app(
    exports: Exports = Path("data/demo"),
    scheme: Annotated[
        list[Path] | None, typer.Option("--scheme", help="Scheme file; may be given several times.")
    ] = None,
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8866,
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
) -> None:
    """Open the bonus-scheme simulator in the browser."""
    from salesplan import app as simulator

    chosen = scheme or sorted(Path("data/schemes").glob("*.toml"))
    simulator.serve(exports, chosen, port=port, open_browser=browser)


def schema(
    what: Annotated[
        str, typer.Argument(help="tables, settings, scheme, profiles or measures.")
    ] = "tables",
) -> None:
    """Print the data dictionary, a JSON Schema for editors, or what the package knows."""
    one_of(what, ["tables", "settings", "scheme", "profiles", "measures"], "what")
    if what == "scheme":
        typer.echo(json.dumps(sp.compensation.Scheme.model_json_schema(), indent=2))
    elif what == "settings":
        typer.echo(json.dumps(sp.settings.Settings.model_json_schema(), indent=2))
    elif what == "measures":
        console.show(sp.kpi.catalogue()[["name", "unit", "good", "definition"]], "Measures")
    elif what == "profiles":
        from salesplan.exports import catalogue

        console.show(catalogue(), "CRM profiles")
    else:
        from salesplan.loading.dictionary import markdown

        typer.echo(markdown())
