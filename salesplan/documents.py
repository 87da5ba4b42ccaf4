"""TOML files read into pydantic models, with every fault named by its TOML path.

Settings, CRM profiles and bonus schemes are all files that people write by hand. A fault is
told the same way everywhere: which file, which key, what is wrong, which key is nearest.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from salesplan.errors import SettingsError, all_faults, did_you_mean


class Document(BaseModel):
    """A part of a hand-written file: unknown keys are faults, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Model = TypeVar("Model", bound=BaseModel)


def read(path: str | Path, model: type[Model]) -> Model:
    """Return the model that a TOML file describes, or raise with all of its faults."""
    return parse(_read_toml(Path(path)), model, where=str(path))


def parse(values: Mapping[str, Any], model: type[Model], *, where: str) -> Model:
    """Return the model that plain values describe, or raise with all of their faults.

    Examples
    --------
    >>> class Goal(Document):
    ...     target: float
    >>> parse({"targt": 3}, Goal, where="goal.toml")
    Traceback (most recent call last):
    ...
    salesplan.errors.SettingsError: goal.toml has 2 faults:
      - target: is missing.
      - targt: is no key here. Did you mean 'target'?
    """
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        raise SettingsError(told(error, model, where=where)) from None


def told(error: ValidationError, model: type[BaseModel], *, where: str, whole: str = "file") -> str:
    """Return one text that names every fault pydantic found in a model.

    ``whole`` is what a fault of no single key is said to be of.
    """
    faults = [_sentence(fault, model, whole) for fault in error.errors()]
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    return all_faults(f"{where} has {count}:", faults)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(f"{path} does not exist.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not readable as TOML: {error}") from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from None


def _sentence(fault: Any, model: type[BaseModel], whole: str) -> str:
    path = _toml_path(fault["loc"]) or whole
    if fault["type"] == "extra_forbidden":
        key = str(fault["loc"][-1])
        return f"{path}: is no key here. {did_you_mean(key, _keys_at(model, fault['loc'][:-1]))}"
    if fault["type"] == "missing":
        return f"{path}: is missing."
    message = str(fault["msg"]).removeprefix("Value error, ")
    message = message if message.endswith((".", "?")) else f"{message}."
    return f"{path}: {message}{_nearest_option(fault)}"


def _nearest_option(fault: Any) -> str:
    """Return the option that a misspelt word is near to, if the key takes one of a few words."""
    if fault["type"] != "literal_error" or not isinstance(fault["input"], str):
        return ""
    hint = did_you_mean(fault["input"], re.findall(r"'([^']*)'", fault["ctx"]["expected"]))
    return f" {hint}" if hint.startswith("Did you mean") else ""


def _toml_path(location: tuple[str | int, ...]) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _keys_at(model: type[BaseModel], location: tuple[str | int, ...]) -> list[str]:
    """Return the keys that a place in the file may hold; [] where that is not known."""
    for part in location:
        inner = (
            _models_in(model.model_fields[part].annotation) if part in model.model_fields else []
        )
        model = inner[0] if inner else model
    return [field.alias or name for name, field in model.model_fields.items()]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]
