"""Faults of a scheme: every one of them at once, each with its place in the file."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from salesplan._compensation import check_curves, check_rules, check_weights
from salesplan._compensation.check_rules import PERIODS, unknown
from salesplan.errors import SettingsError

if TYPE_CHECKING:
    from salesplan._compensation.scheme import Scheme

Place = tuple[str | int, ...]
Fault = tuple[Place, str]


def parsed(text: str, where: str) -> dict[str, Any]:
    """Return the values of TOML text, or raise saying where it breaks."""
    if not isinstance(text, str) or (text.endswith(".toml") and "\n" not in text):
        raise SettingsError(
            f"from_toml takes TOML text. To read a file: Scheme.read({str(text)!r})."
        )
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{where} is not readable as TOML: {error}") from None


def validated(values: Any, handler: Callable[[Any], Scheme], title: str) -> Scheme:
    """Return the scheme, or raise with the faults of its form and of its sense together."""
    try:
        scheme = handler(values)
    except ValidationError as error:
        found = error.errors()
        form = [_again(fault) for fault in found if not _follows(fault, found)]
        sense = _sense_of_the_rest(values, error, handler)
        raise ValidationError.from_exception_data(title, form + sense) from None
    faults = [_detail(place, message) for place, message in every(scheme)]
    if faults:
        raise ValidationError.from_exception_data(title, faults)
    return scheme


def _follows(fault: Any, faults: list[Any]) -> bool:
    """Whether a list is too short only because its entries are faulty themselves."""
    place = fault["loc"]
    inside = (f["loc"] for f in faults if len(f["loc"]) > len(place))
    return fault["type"] == "too_short" and any(loc[: len(place)] == place for loc in inside)


def _sense_of_the_rest(
    values: Any, error: ValidationError, handler: Callable[[Any], Scheme]
) -> list[InitErrorDetails]:
    """Return the faults of sense once the malformed keys are left out, where that is possible."""
    pruned = copy.deepcopy(values)
    for fault in error.errors():
        _drop(pruned, fault["loc"])
    try:
        scheme = handler(pruned)
    except ValidationError:
        return []
    return [_detail(place, message) for place, message in every(scheme)]


def _drop(values: Any, place: Place) -> None:
    for part in place[:-1]:
        try:
            values = values[part]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(values, dict):
        values.pop(place[-1], None)


def _again(fault: Any) -> InitErrorDetails:
    if fault["type"] in ("extra_forbidden", "missing"):
        return InitErrorDetails(type=fault["type"], loc=fault["loc"], input=fault["input"])
    return _detail(fault["loc"], str(fault["msg"]).removeprefix("Value error, "))


def _detail(place: Place, message: str) -> InitErrorDetails:
    safe = message.replace("{", "(").replace("}", ")")
    return InitErrorDetails(type=PydanticCustomError("scheme", safe), loc=place, input=None)


def every(scheme: Scheme) -> Iterator[Fault]:
    """Yield every fault of sense."""
    yield from _dates(scheme)
    yield from _period_weights(scheme)
    yield from _goal_weights(scheme)
    yield from _pay_currency(scheme)
    yield from check_weights.faults(scheme)
    for i, criterion in enumerate(scheme.criteria):
        yield from check_curves.faults(criterion, ("criteria", i))
    yield from _names(scheme)
    yield from check_rules.faults(scheme)


def _dates(scheme: Scheme) -> Iterator[Fault]:
    if scheme.valid_from and scheme.valid_until and scheme.valid_from >= scheme.valid_until:
        yield ("valid_until",), f"{scheme.valid_until} is not after valid_from"
    dated: list[tuple[str, Any]] = [("criteria", scheme.criteria), ("spiffs", scheme.spiffs)]
    for key, rules in dated:
        for i, rule in enumerate(rules):
            if rule.since and rule.until and rule.since >= rule.until:
                yield (key, i, "until"), f"{rule.until} is not after since {rule.since}"


def _period_weights(scheme: Scheme) -> Iterator[Fault]:
    weights = scheme.period_weights
    wanted = PERIODS[scheme.pays_each]
    if weights and len(weights) != wanted:
        yield (
            ("period_weights",),
            f"has {len(weights)} values; a year of {scheme.pays_each}s has {wanted}",
        )
    elif weights and abs(sum(weights) - 1) > 1e-9:
        yield ("period_weights",), f"sum to {sum(weights):g}, not to 1"


def _goal_weights(scheme: Scheme) -> Iterator[Fault]:
    given, wanted = scheme.goals.weights, PERIODS[scheme.pays_each]
    place = ("goals", "weights")
    if (scheme.goals.longer == "weights") != bool(given):
        yield place, "stand with longer = 'weights', and only there"
    elif given and len(given) != wanted:
        yield place, f"has {len(given)} values; a year of {scheme.pays_each}s has {wanted}"
    elif given and (min(given) < 0 or sum(given) == 0):
        yield place, "must be numbers of 0 or more, and not all 0"


def _pay_currency(scheme: Scheme) -> Iterator[Fault]:
    rule = scheme.pay_currency
    by_deal = any(c.per == "deal" and not c.curve.is_money for c in scheme.criteria)
    yearly = by_deal or any(s.of == "target_pay" and s.rate for s in scheme.spiffs)
    if rule.column and rule.target_pay == "own" and yearly and isinstance(rule.rate_on, str):
        place = ("pay_currency", "rate_on")
        yield place, "must be a date: deals pay a share of the year's target pay"


def _names(scheme: Scheme) -> Iterator[Fault]:
    known = [c.name for c in scheme.criteria]
    lists: list[tuple[str, Any]] = [("criteria", scheme.criteria), ("gates", scheme.gates)]
    for key, rules in lists:
        names = [r.name for r in rules]
        for i, name in enumerate(names):
            if name in names[:i]:
                yield (key, i, "name"), f"{name!r} is used twice"
    for i, criterion in enumerate(scheme.criteria):
        for name in criterion.multiplies:
            if name not in known:
                yield ("criteria", i, "multiplies"), unknown(name, known)
