"""The bonus-scheme simulator: move a weight, see who wins and loses against last year."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import resources, util
from pathlib import Path
from typing import Any

from salesplan import periods
from salesplan._app.panel import Panel
from salesplan.compensation import Scheme
from salesplan.crm import Crm
from salesplan.errors import InputError

__all__ = ["from_environment", "serve", "simulator"]


def simulator(
    crm: Crm, schemes: Mapping[str, Scheme], *, year: str | int | None = None, lang: str = "en"
) -> Any:
    """Return the simulator as a widget, for a notebook cell.

    Parameters
    ----------
    crm
        A loaded Crm with people, targets and payroll.
    schemes
        Name -> scheme; the reader chooses among them.
    year
        Year of the figures; by default the last full (fiscal) year.
    lang
        en, de or fr.

    Raises
    ------
    MissingDataError
        Without people, targets or payroll.
    """
    if not schemes:
        raise InputError("The simulator needs a scheme. Read one with Scheme.read(path).")
    return Panel(crm, schemes, str(year or last_year(crm)), lang).view


def last_year(crm: Crm) -> str:
    """Return the label of the last (fiscal) year that is over.

    Examples
    --------
    >>> last_year(paper())
    '2025'
    """
    start = crm.settings.fiscal_year_starts
    now = periods.containing(crm.as_of, "year", fiscal=start > 1, fiscal_start=start)
    return now.label if now.last_day <= crm.as_of else now.previous().label


def serve(
    exports: str | Path,
    schemes: Sequence[str | Path],
    *,
    port: int = 8866,
    open_browser: bool = True,
) -> None:
    """Serve the simulator on this machine until it is stopped.

    Raises
    ------
    InputError
        If the ``app`` extra is not installed.
    """
    if util.find_spec("voila") is None:
        raise InputError("The app needs voila. Install it with: pip install 'salesplan[app]'")
    notebook = resources.files("salesplan") / "_app" / "simulator.ipynb"
    command = [
        sys.executable,
        "-m",
        "voila",
        str(notebook),
        f"--port={port}",
        "--Voila.ip=127.0.0.1",
        "--theme=light",
    ]
    command += [] if open_browser else ["--no-browser"]
    chosen = os.pathsep.join(str(Path(s).resolve()) for s in schemes)
    environment = {
        **os.environ,
        "SALESPLAN_EXPORTS": str(Path(exports).resolve()),
        "SALESPLAN_SCHEMES": chosen,
    }
    subprocess.run(command, env=environment, check=False)  # noqa: S603 - our own command


def from_environment() -> Any:
    """Return the simulator that ``serve`` asked for; the page's notebook calls this."""
    import salesplan

    exports = os.environ.get("SALESPLAN_EXPORTS", "data/demo")
    files = [Path(p) for p in os.environ.get("SALESPLAN_SCHEMES", "").split(os.pathsep) if p]
    read = {scheme.name: scheme for scheme in map(Scheme.read, files)}
    return simulator(salesplan.load(exports), read)
