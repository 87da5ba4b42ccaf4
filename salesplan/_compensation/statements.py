"""One statement for each person: what was reached, what it pays, what it would pay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from salesplan import formats
from salesplan._compensation import explain, missing
from salesplan._compensation.panel import Panel
from salesplan._compensation.simulate import run
from salesplan._compensation.simulation import Simulation
from salesplan.text import label

COLUMNS = ["person_id", "name", "target_amount", "payout_amount", "payout_rate", "statement"]


def statements(
    simulation: Simulation, *, lang: str = "en", what_if: Sequence[float] = (0.8, 1.0, 1.2)
) -> pd.DataFrame:
    """Return one written statement per person, with that person's own figures.

    Parameters
    ----------
    simulation
        What ``simulate`` returned.
    lang
        en, de or fr.
    what_if
        Attainments of every goal to show the pay of ("what I earn if"); empty for none. Left
        out where pay depends on the others' results (a ranking, a pool shared out).

    Returns
    -------
    DataFrame
        person_id, name, target_amount, payout_amount, payout_rate (NaN without target pay, and
        where the pay of no period is known), statement (plain text, several lines).

    Examples
    --------
    >>> scheme = sp.compensation.Scheme(name="A", pays_each="year",
    ...                                 criteria=[{"name": "calls", "weight": 1}])
    >>> people = pd.DataFrame({"person_id": ["ada"], "target_variable": [1000.0]})
    >>> done = pd.DataFrame({"person_id": ["ada"], "period": ["2026"], "measure": ["calls"],
    ...                      "actual": [9], "target": [10]})
    >>> letters = statements(sp.compensation.simulate(scheme, people, done), what_if=(1.0,))
    >>> print(letters["statement"][0])
    Variable pay statement: ada
    2026
      Calls 90% of the goal (9 of 10): 0% to 90% pays 90%, 90% of €1,000.00 = €900.00
    Total €900.00 for a target of €1,000.00 (90.0%)
    At 100% of every goal you earn €1,000.00 in 2026.
    """
    names = simulation.people.set_index("person_id")["name"]
    goal = simulation.panel.by_person(simulation.target_pay)
    # Where pay depends on the others' results, "what I earn if" has no answer.
    asked = () if simulation.scheme.compares_people else what_if
    would = {x: run(simulation.scheme, at_attainment(simulation, x)) for x in asked}
    unknown = missing.of_payouts(simulation).is_unknown
    rows = []
    for p, person in enumerate(simulation.persons):
        name = names.get(person)
        shown = person if formats.is_missing(name) else str(name)
        is_known = bool(simulation.totals[p].any()) or not unknown[p].any()
        paid = float(simulation.totals[p].sum() / simulation.scale)
        target = float(round(goal[p].sum(), 6))
        rate = paid / target if is_known and target > 0 else np.nan
        figures = (paid, target, rate) if is_known else None
        text = _statement(simulation, p, shown, figures, unknown[p], would, lang)
        rows.append((person, shown, target, paid, rate, text))
    return pd.DataFrame(rows, columns=COLUMNS).sort_values("person_id", ignore_index=True)


def _statement(
    simulation: Simulation,
    p: int,
    name: str,
    figures: tuple[float, float, float] | None,
    unknown: np.ndarray,
    would: dict[float, Simulation],
    lang: str,
) -> str:
    lines = [label("compensation.statement_title", lang, name=name)]
    for t, period in enumerate(simulation.period_labels):
        sentences = list(explain.of_cell(simulation, p, t, None, lang))
        lines += [period, *(f"  {s}" for s in sentences)] if sentences else []
    lacking = [simulation.period_labels[t] for t in np.flatnonzero(unknown)]
    if lacking:
        said = ", ".join(lacking)
        lines.append(label("compensation.statement_unknown", lang, periods=said))
    if figures:
        lines += [_total(simulation, figures, lang), *_if(simulation, p, would, lang)]
    return "\n".join(lines)


def _total(simulation: Simulation, figures: tuple[float, float, float], lang: str) -> str:
    paid, target, rate = figures
    return label(
        "compensation.statement_total",
        lang,
        amount=_money(simulation, paid, lang),
        target=_money(simulation, target, lang),
        rate=formats.rate(rate, lang),
    )


def _if(simulation: Simulation, p: int, would: dict[float, Simulation], lang: str) -> Iterator[str]:
    """Yield what the person would earn at other results."""
    span = _span(simulation)
    for x, other in would.items():
        amount = _money(simulation, float(other.totals[p].sum() / other.scale), lang)
        shown = formats.rate(x, lang, 0)
        yield label("compensation.statement_if", lang, rate=shown, amount=amount, period=span)


def _span(simulation: Simulation) -> str:
    labels = simulation.period_labels
    return labels[0] if len(labels) == 1 else f"{labels[0]} – {labels[-1]}"


def _money(simulation: Simulation, value: float, lang: str) -> str:
    scheme = simulation.scheme
    return formats.money(value, scheme.currency, lang, scheme.rounding.places)


def at_attainment(simulation: Simulation, reached: float) -> Panel:
    """Return the panel in which everyone reaches the same share of every goal."""
    panel = simulation.panel
    frame = panel.attainment
    lower = {c.source for c in simulation.scheme.criteria if c.better == "lower"}
    actual = frame["actual"].to_numpy(np.float64, na_value=np.nan)
    target = frame["target"].to_numpy(np.float64, na_value=np.nan)
    is_lower = frame["measure"].isin(lower).to_numpy(bool)
    wanted = np.where(is_lower, target / max(reached, 1e-9), target * reached)
    return panel.with_attainment(frame.assign(actual=np.where(np.isnan(target), actual, wanted)))
