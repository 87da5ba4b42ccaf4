"""The sliders: one weight per criterion (together 100 %), threshold and accelerator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from salesplan import text
from salesplan.compensation import Scheme

_STEP = 0.01
_WIDE = widgets.Layout(width="98%")


class Controls:
    """Sliders of a scheme; ``changed`` is called with the scheme they describe."""

    def __init__(self, scheme: Scheme, changed: Callable[[Scheme], None], lang: str) -> None:
        self.scheme, self._changed, self._lang = scheme, changed, lang
        self._moving = False
        weighted = [c for c in scheme.criteria if c.weight is not None]
        self.weights = {c.name: self._slider(c.label(lang), c.weight or 0.0) for c in weighted}
        self.thresholds = {
            c.name: self._slider(
                self._word("threshold", name=c.label(lang)), c.curve.threshold or 0.0
            )
            for c in weighted
            if c.curve.kind == "linear"
        }
        for name, slider in self.weights.items():
            slider.observe(lambda event, name=name: self._weigh(name, event["new"]), names="value")
        for slider in self.thresholds.values():
            slider.observe(lambda _: self._tell(), names="value")
        self.view = widgets.VBox(
            [
                self._title("weights"),
                *self.weights.values(),
                self._title("thresholds"),
                *self.thresholds.values(),
            ],
            layout=widgets.Layout(width="22rem", flex="0 0 auto"),
        )

    def _word(self, key: str, **values: Any) -> str:
        return text.label(f"app.{key}", self._lang, **values)

    def _title(self, key: str) -> Any:
        return widgets.HTML(f"<b>{self._word(key)}</b>")

    def _slider(self, label: str, value: float) -> Any:
        return widgets.FloatSlider(
            value=value,
            min=0.0,
            max=1.0,
            step=_STEP,
            description=label,
            readout_format=".0%",
            continuous_update=False,
            layout=_WIDE,
            style={"description_width": "8rem"},
        )

    def _weigh(self, name: str, weight: float) -> None:
        """Move the other weights so that they sum to the whole, then tell."""
        if self._moving:
            return
        self._moving = True
        try:
            moved = self._current().reweighted(**{name: weight})
            for criterion in moved.criteria:
                if criterion.name in self.weights and criterion.name != name:
                    self.weights[criterion.name].value = criterion.weight
            self.scheme = moved
        finally:
            self._moving = False
        self._tell()

    def _current(self) -> Scheme:
        scheme = self.scheme
        for name, slider in self.thresholds.items():
            curve = scheme.criterion(name).curve
            if (curve.threshold or 0.0) != slider.value:
                values = curve.model_dump(by_alias=True, exclude_defaults=True)
                scheme = scheme.with_criterion(
                    name, curve={**values, "threshold": slider.value or None}
                )
        return scheme

    def _tell(self) -> None:
        if not self._moving:
            self.scheme = self._current()
            self._changed(self.scheme)
