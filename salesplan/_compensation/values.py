"""Values that no pay can be computed from: text or no end where a number belongs, no such date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from salesplan._compensation.scheme import Scheme

MOST = 1e15
"""Above this a figure cannot be told to the cent, and nobody sells it."""

PRESENT = ("hired_on", "left_on", "from_on", "until_on")


def faults(
    scheme: Scheme,
    people: pd.DataFrame,
    rows: pd.DataFrame,
    deals: pd.DataFrame | None,
    leave: pd.DataFrame | None,
) -> Iterator[str]:
    """Yield what is wrong in the columns that pay is computed from."""
    missing = int(people["person_id"].isna().sum())
    if missing:
        yield f"people has {missing} rows without a person_id."
    yield from _numbers("people", people, _of_people(scheme))
    yield from _dates("people", people, PRESENT)
    yield from _backwards(people)
    yield from _overlaps(people)
    if "level" not in rows.columns:
        yield from _numbers("attainment", rows, ("actual", "target"))
    if deals is not None:
        yield from _numbers("deals", deals, ("amount", "credit", "paid_amount"))
        yield from _dates("deals", deals, ("on_date", "cancelled_on"))
    if leave is not None:
        yield from _dates("leave", leave, ("starts_on", "ends_on"))


def _of_people(scheme: Scheme) -> list[str]:
    """Return the columns of people that a scheme computes with."""
    named = ["fte", *(rule.target.column for rule in scheme.rules)]
    if scheme.target_pay.amount is None:
        named.append(scheme.target_pay.column)
    if scheme.deductible is not None:
        named.append(scheme.deductible.column)
    if scheme.windfall is not None:
        named.append(scheme.windfall.of)
    return list(dict.fromkeys(named))


def _numbers(name: str, frame: pd.DataFrame, columns: Iterable[str]) -> Iterator[str]:
    for column in (c for c in columns if c in frame.columns):
        given = frame[column]
        number = pd.to_numeric(given, errors="coerce").astype("float64")
        text = given[given.notna() & number.isna()]
        if len(text):
            yield f"{name}.{column} holds text, not numbers: {str(text.iloc[0])!r}."
        if (number.abs() > MOST).any():
            yield f"{name}.{column} holds {number[number.abs() > MOST].iloc[0]:g}, beyond {MOST:g}."
        if name == "people" and (number < 0).any():
            yield f"people.{column} holds {number.min():g}, below 0."
        elif column == "fte" and not number.dropna().between(0, 2).all():
            odd = number[~number.isna() & ~number.between(0, 2)].iloc[0]
            yield f"{name}.fte holds {odd:g}; full time is 1 and 80 % is 0.8."


def _dates(name: str, frame: pd.DataFrame, columns: Iterable[str]) -> Iterator[str]:
    for column in (c for c in columns if c in frame.columns):
        given = frame[column]
        if pd.api.types.is_datetime64_any_dtype(given):
            continue
        found = pd.to_datetime(given, errors="coerce", format="mixed")
        wrong = given[given.notna() & found.isna()]
        if len(wrong):
            yield f"{name}.{column}: {str(wrong.iloc[0])!r} is not a date. Write it as 2026-09-30."


def _backwards(people: pd.DataFrame) -> Iterator[str]:
    """Yield people who leave before they come."""
    for first, last in (("hired_on", "left_on"), ("from_on", "until_on")):
        if {first, last} <= set(people.columns):
            since, until = (
                pd.to_datetime(people[c], errors="coerce", format="mixed") for c in (first, last)
            )
            for person in people.loc[since > until, "person_id"]:
                yield f"people: {last} of {person!r} is before {first}."


def _overlaps(people: pd.DataFrame) -> Iterator[str]:
    """Yield people with two positions at once: their pay would count twice."""
    if (
        not {"from_on", "until_on"} <= set(people.columns)
        or not people["person_id"].duplicated(keep=False).any()
    ):
        return
    spells = pd.DataFrame(
        {c: pd.to_datetime(people[c], errors="coerce", format="mixed") for c in PRESENT[2:]}
    ).assign(person_id=people["person_id"])
    spells = spells.sort_values(["person_id", "from_on"], kind="stable", na_position="first")
    last = spells.groupby("person_id", sort=False)["until_on"].shift()
    first = spells["person_id"] != spells["person_id"].shift()
    open_end = ~first & spells["until_on"].shift().isna()
    since = spells["from_on"].to_numpy("datetime64[ns]")
    overlap = open_end | pd.Series(since < last.to_numpy("datetime64[ns]"), spells.index)
    for person in dict.fromkeys(spells.loc[np.asarray(overlap), "person_id"]):
        yield f"people has two positions of {person!r} at once: from_on comes before until_on."
