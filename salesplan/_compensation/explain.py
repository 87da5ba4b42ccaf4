"""Where an amount comes from, told in sentences in English, German or French."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from salesplan._compensation import missing
from salesplan._compensation.curve_words import how, money, number, rate
from salesplan._compensation.line import Line
from salesplan.errors import InputError, did_you_mean
from salesplan.text import label

if TYPE_CHECKING:
    from salesplan._compensation.simulation import Simulation


def text(
    simulation: Simulation, person_id: str | None, period: str | None, line: str | None, lang: str
) -> str:
    """Return one sentence for each line asked for."""
    known = {"person_id": simulation.persons, "period": simulation.period_labels}
    for name, value in (("person_id", person_id), ("period", period)):
        if value is not None and value not in known[name]:
            raise InputError(f"{name}={value!r} is unknown. {did_you_mean(value, known[name])}")
    if line is not None and line not in simulation.line_names:
        hint = did_you_mean(line, simulation.line_names)
        raise InputError(f"line={line!r} is unknown. {hint}")
    return "\n".join(_sentences(simulation, person_id, period, line, lang))


def _sentences(
    simulation: Simulation, person_id: str | None, period: str | None, line: str | None, lang: str
) -> Iterator[str]:
    cells = itertools.product(enumerate(simulation.persons), enumerate(simulation.period_labels))
    for (p, who), (t, when) in cells:
        if person_id in (None, who) and period in (None, when):
            yield from of_cell(simulation, p, t, line, lang)


def of_cell(simulation: Simulation, p: int, t: int, line: str | None, lang: str) -> Iterator[str]:
    """Yield the sentences of one person and period."""
    offset = len(simulation.units) - len(simulation.found)
    spells = np.flatnonzero(simulation.panel.spell_person == p)
    for s in spells:
        if offset and line in (None, "target_pay"):
            base = simulation.units[0, s, t] / simulation.scale
            yield f"{label('compensation.target_pay', lang)} = {money(simulation, base, lang)}"
        for position, found in enumerate(simulation.found):
            if line in (None, found.criterion.name) and found.holds[s, t]:
                units = simulation.units[position + offset, s, t]
                yield _of_line(simulation, found, int(s), t, int(units), lang)
    for name, units in simulation.adjustments.items():
        if line in (None, name) and units[p, t]:
            paid = units[p, t] / simulation.scale
            yield f"{_adjustment(simulation, name, lang)} = {money(simulation, paid, lang)}"


def _adjustment(simulation: Simulation, name: str, lang: str) -> str:
    if name in {spiff.name for spiff in simulation.scheme.spiffs}:
        return label("compensation.spiff", lang, name=name)
    pool = simulation.scheme.pool
    if name == "pool" and pool is not None and pool.pays == "exactly":
        return label("compensation.pool_share", lang)
    return label(f"compensation.{name}", lang)


def _of_line(simulation: Simulation, line: Line, s: int, t: int, units: int, lang: str) -> str:
    clauses = [
        *_whence(simulation, line, s, t, lang),
        *how(simulation, line, s, t, lang),
        *_then(simulation, line, s, t, lang),
    ]
    if line.has_no_goal[s, t] and not units:
        clauses = []  # what a gate would have done to nothing is no news
    amount = money(simulation, units / simulation.scale, lang)
    colon = (" : " if lang == "fr" else ": ") if clauses else ""
    return f"{_what(line, s, t, lang)}{colon}{', '.join(clauses)} = {amount}"


def _whence(simulation: Simulation, line: Line, s: int, t: int, lang: str) -> Iterator[str]:
    """Yield where the goal comes from, if from that of a longer period."""
    panel = simulation.panel
    if missing.has_own_goal(line.criterion):
        whole = missing.goal_periods(panel, line.criterion.source)[panel.spell_person[s], t]
        if whole:
            yield label("compensation.goal_share", lang, period=whole)


def _what(line: Line, s: int, t: int, lang: str) -> str:
    figures, name = line.figures, line.criterion.label(lang)
    if line.has_no_goal[s, t]:
        return label("compensation.no_goal", lang, name=name)
    actual = number(figures.actual[s, t], lang)
    if figures.rank is not None and not np.isnan(figures.rank[s, t]):
        return _place(line, s, t, actual, lang)
    if line.criterion.curve.looks_at == "attainment" and not np.isnan(figures.target[s, t]):
        return label(
            "compensation.of_goal",
            lang,
            name=name,
            attainment=rate(figures.attainment[s, t], lang),
            actual=actual,
            target=number(figures.target[s, t], lang),
        )
    return label("compensation.reached", lang, name=name, actual=actual)


def _place(line: Line, s: int, t: int, actual: str, lang: str) -> str:
    figures = line.figures
    assert figures.rank is not None
    assert figures.count is not None
    place, count = (number(n[s, t], lang) for n in (figures.rank, figures.count))
    name = line.criterion.label(lang)
    return label("compensation.place", lang, name=name, place=place, count=count, actual=actual)


def _then(simulation: Simulation, line: Line, s: int, t: int, lang: str) -> Iterator[str]:
    """Yield what caps, gates and the accrual did to the line."""
    before, after = line.before_cap[s, t], line.after_cap[s, t]
    if line.criterion.effect == "adds" and abs(after - before) > 0.005:
        key = "compensation.capped" if after < before else "compensation.raised"
        yield label(key, lang, value=money(simulation, after, lang))
    state = str(line.gate[s, t])
    if state:
        word, _, gate = state.partition(" by ")
        yield label(f"compensation.{word}", lang, gate=gate)
    scheme = simulation.scheme
    if scheme.accrual in ("year_to_date", "attainment_to_date"):
        span = label(f"compensation.{scheme.accrual_over}_so_far", lang)
        yield label(f"compensation.{scheme.accrual}", lang, span=span)
