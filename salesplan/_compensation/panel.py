"""People and attainment as arrays, with the faults of both frames told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from salesplan._compensation import payout_periods, values
from salesplan._compensation.check_weights import as_tuple
from salesplan._compensation.goals import Goals, aligned
from salesplan._compensation.names import unknown
from salesplan._compensation.scheme import Scheme
from salesplan.errors import InputError, all_faults
from salesplan.periods import Period
from salesplan.scales import Floats, Units

Made = TypeVar("Made")
Numbers = TypeVar("Numbers", Floats, Units)

Codes = npt.NDArray[np.int64]
KNOWN = ("person_id", "team", "period", "measure", "actual", "target", "level")


@dataclass(frozen=True)
class Panel:
    """One simulation's input: a row of ``people`` is a spell (a person in one position).

    ``person``, ``period`` and ``measure`` number the rows of ``attainment``; -1 is none.
    """

    people: pd.DataFrame
    persons: pd.Index[str]
    spell_person: Codes
    periods: tuple[Period, ...]
    attainment: pd.DataFrame
    person: Codes
    period: Codes
    measure: Codes
    measures: tuple[str, ...]
    deals: pd.DataFrame | None = None
    leave: pd.DataFrame | None = None
    goals: Goals | None = None
    rates: pd.DataFrame | None = None
    memory: dict[object, Any] = field(default_factory=dict, repr=False, compare=False)

    def remembered(self, key: object, make: Callable[[], Made]) -> Made:
        """Return what was made for a key before: what-if runs read the same totals again."""
        if key not in self.memory:
            self.memory[key] = make()
        found: Made = self.memory[key]
        return found

    @property
    def shape(self) -> tuple[int, int]:
        """Number of persons and of periods."""
        return len(self.persons), len(self.periods)

    def by_person(self, values: Numbers) -> Numbers:
        """Return values of spells added up for each person."""
        if len(self.people) == len(self.persons):
            return values
        result = np.zeros(self.shape, values.dtype)
        np.add.at(result, self.spell_person, values)
        return result

    def with_attainment(self, attainment: pd.DataFrame) -> Panel:
        """Return the panel with other figures in the same rows."""
        return replace(self, attainment=attainment, memory={})


def align(
    scheme: Scheme,
    people: pd.DataFrame,
    attainment: pd.DataFrame,
    *,
    deals: pd.DataFrame | None = None,
    leave: pd.DataFrame | None = None,
    rates: pd.DataFrame | None = None,
) -> Panel:
    """Return people and attainment aligned on the payout periods of a scheme.

    Raises
    ------
    InputError
        With every fault of the frames: missing columns, two rows for one person, period and
        measure, periods longer than a payout period, unknown measures.
    """
    _require(people, ("person_id",), "people")
    _require(attainment, ("person_id", "period", "measure", "actual"), "attainment")
    people = _concerned(scheme, people).reset_index(drop=True)
    goals = aligned(scheme, attainment.reset_index(drop=True))
    rows = goals.rows
    spell_person, persons = pd.factorize(people["person_id"])
    labels, unique_labels = pd.factorize(rows["period"].astype("str"))
    names, measures = pd.factorize(rows["measure"])
    # A name is looked up once, not in each of its rows; -1 stays nobody.
    whose, mentioned = pd.factorize(rows["person_id"])
    person = np.append(persons.get_indexer(pd.Index(mentioned)), -1)[whose]
    found, faults = _payout_periods(scheme, [str(u) for u in unique_labels])
    faults += [*goals.faults, *_double_spells(people), *_double_rows(rows, person, labels, names)]
    faults += list(unknown(scheme, people, rows, [str(m) for m in measures]))
    faults += list(values.faults(scheme, people, rows, deals, leave))
    if faults:
        raise InputError(all_faults(_title(faults), faults))
    order = sorted(set(found))
    number = {p: i for i, p in enumerate(order)}
    period = np.array([number[p] for p in found], np.int64)[labels]
    return Panel(
        people,
        pd.Index(persons),
        spell_person.astype(np.int64),
        tuple(order),
        rows,
        person.astype(np.int64),
        period,
        names.astype(np.int64),
        tuple(str(m) for m in measures),
        deals,
        leave,
        goals,
        rates,
    )


def _concerned(scheme: Scheme, people: pd.DataFrame) -> pd.DataFrame:
    """Return the people a scheme is for."""
    for column, wanted in scheme.applies_to.items():
        _require(people, (column,), "people")
        people = people[people[column].isin(as_tuple(wanted))]
    return people


def _title(faults: list[str]) -> str:
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    return f"people and attainment have {count}:"


def _require(frame: pd.DataFrame, columns: tuple[str, ...], name: str) -> None:
    if not isinstance(frame, pd.DataFrame):
        raise InputError(f"{name} is a {type(frame).__name__}, not a DataFrame.")
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        has = ", ".join(map(str, frame.columns))
        raise InputError(f"{name} has no column {', '.join(missing)}. It has: {has}.")


def _payout_periods(scheme: Scheme, labels: list[str]) -> tuple[list[Period], list[str]]:
    found: list[Period] = []
    faults: list[str] = []
    for label in labels:
        try:
            found.append(_payout_period(scheme, label))
        except InputError as error:
            faults.append(str(error))
    return found, faults


def _payout_period(scheme: Scheme, label: str) -> Period:
    given = payout_periods.parsed(scheme, label)
    if payout_periods.is_longer(scheme, given):
        raise InputError(
            f"attainment for {label} cannot be split: {scheme.name!r} pays each "
            f"{scheme.pays_each}. Ask sp.kpi.attainment for period={scheme.pays_each!r}; a goal "
            "alone (no actual) is spread by [goals] of the scheme."
        )
    return payout_periods.holding(scheme, given)


def _double_spells(people: pd.DataFrame) -> Iterator[str]:
    keys = [c for c in ("person_id", "from_on") if c in people.columns]
    for row in people[people.duplicated(keys)].itertuples():
        yield (
            f"people has two rows for {row.person_id!r}. For a change of position give from_on "
            "and until_on."
        )


def _double_rows(rows: pd.DataFrame, person: Codes, labels: Codes, names: Codes) -> Iterator[str]:
    extra = [c for c in rows.columns if c not in KNOWN]
    key = (person * (labels.max(initial=0) + 1) + labels) * (names.max(initial=0) + 1) + names
    keys = pd.DataFrame({"key": key}) if not extra else rows[extra].assign(key=key)
    double = keys["key"].duplicated() if not extra else keys.duplicated()
    for i in np.flatnonzero(double.to_numpy() & (person >= 0)):
        r = rows.iloc[i]
        yield f"attainment has two rows for {r['person_id']!r}, {r['period']}, {r['measure']!r}."
