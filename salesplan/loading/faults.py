"""Everything wrong with a load, collected so that one run shows it all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from salesplan.errors import ExportError, SalesplanError, all_faults

Result = TypeVar("Result")


class Faults:
    """Sentences about files that cannot be loaded."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def add(self, sentence: str) -> None:
        """Note one fault; the same sentence counts once."""
        if sentence not in self.sentences:
            self.sentences.append(sentence)

    def guard(self, call: Callable[[], Result]) -> Result | None:
        """Return what ``call`` returns; note the fault and return None if it raises one."""
        try:
            return call()
        except SalesplanError as error:
            self.add(str(error))
            return None

    def raise_any(self) -> None:
        """Raise one error that lists every fault, if there is one."""
        if len(self.sentences) == 1:
            raise ExportError(self.sentences[0])
        if self.sentences:
            count = len(self.sentences)
            raise ExportError(all_faults(f"The exports have {count} faults:", self.sentences))
