"""The settings file of the demo company, and the page that lists the planted faults."""

from __future__ import annotations

from pathlib import Path

from salesplan._demo import plan
from salesplan._demo.faults import FAULTS
from salesplan.files import write_text

_HEAD = f"""# How the exports of {plan.COMPANY} are read. Every line is optional but the stages.
company = "{plan.COMPANY}"
currency = "EUR"
language = "en"
fiscal_year_starts = 10
as_of = 2026-09-30
gross_margin = 0.78

[files]
"deals.csv" = {{ profile = "hubspot", date_order = "dmy", decimal = "," }}
"companies.csv" = {{ profile = "hubspot", date_order = "dmy", decimal = "," }}
# Costs carry the first of each month only, which cannot prove where the day stands.
"costs.csv" = {{ date_order = "dmy" }}

# How often a segment is called and met in a year.
[cadence.gold]
calls = 8
meetings = 3
travel_minutes_per_meeting = 60
[cadence.silver]
calls = 4
meetings = 1
travel_minutes_per_meeting = 45
[cadence.bronze]
calls = 2
meetings = 0

[working_time]
hours_per_year = 1600
administration_share = 0.40

[hourly_cost]
"""


def _stages() -> list[str]:
    lines: list[str] = []
    of_pipelines = (
        (plan.PIPELINES[0], plan.STAGES, plan.STAGE_PROBABILITY),
        (plan.PIPELINES[1], plan.RENEWAL_STAGES, plan.RENEWAL_PROBABILITY),
    )
    for pipeline, stages, probabilities in of_pipelines:
        for position, (stage, chance) in enumerate(zip(stages, probabilities, strict=True), 1):
            lines += _stage(pipeline, stage, position, chance)
    return lines


def _stage(pipeline: str, stage: str, position: int, probability: float) -> list[str]:
    status = {1.0: "won", 0.0: "lost"}.get(probability, "open")
    return [
        "",
        "[[stages]]",
        f'pipeline = "{pipeline}"',
        f'stage = "{stage}"',
        f"position = {position}",
        f'status = "{status}"',
        f"probability = {probability}",
    ]


def settings_text() -> str:
    """Return salesplan.toml."""
    costs = [f'"{role}" = {cost}' for role, cost in plan.HOURLY_COST.items()]
    return _HEAD + "\n".join([*costs, *_stages(), ""])


_README = f"""# Exports of {plan.COMPANY}, a fictitious company

A software company with 14 sellers in 3 teams and three fiscal years of history up to
30 September 2026 (its year starts in October). `salesplan demo data/demo` writes this folder
again, byte for byte; `--scale 100` writes a company a hundred times as large.

Text files use `;`, decimal commas and dd.mm.yyyy. `companies.csv` is cp1252, the others are
UTF-8 (`deals.csv` with a byte order mark). `contracts.xlsx` and `finance.xlsx` come from
finance. Eight channels have a recorded cost; social media has leads but no cost, and one
campaign has a cost but has not started.

## Planted faults

Each must show up in `crm.issues`; `sp.demo.truth().faults` has the same list.

| fault | file | column | rows | meaning |
|---|---|---|---:|---|
"""


def readme_text() -> str:
    """Return README.md."""
    rows = [f"| {f.name} | {f.file} | {f.column} | {f.rows} | {f.meaning} |" for f in FAULTS]
    return _README + "\n".join([*rows, ""])


def write(folder: Path) -> None:
    """Write the settings and the guide."""
    write_text(folder / "salesplan.toml", settings_text())
    write_text(folder / "README.md", readme_text())
