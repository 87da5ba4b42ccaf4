"""The bonus scheme: everything a plan document says, and nothing in code."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, Literal

import tomli_w
from pydantic import Field, ModelWrapValidatorHandler, model_validator

from salesplan import documents
from salesplan._compensation import around, checks
from salesplan._compensation.curve import Curve
from salesplan._compensation.reading import RANKS, Named
from salesplan._compensation.rules import Criterion, Gate, Spiff
from salesplan.errors import InputError, did_you_mean

Unit = Literal["month", "quarter", "half", "year"]


class Scheme(Named):
    """A bonus or commission scheme.

    Read one with :meth:`read` (TOML), :meth:`from_toml` (text) or :meth:`read_sheet` (Excel).
    Every rule that changes pay is an option here, named in the words of the trade.

    Examples
    --------
    >>> scheme = sp.compensation.Scheme.from_toml('''
    ... name = "Field 2026"
    ... [[criteria]]
    ... name = "bookings"
    ... measure = "bookings"
    ... weight = 1.0
    ... ''')
    >>> scheme.criteria[0].curve.scale(1.12).tolist()
    1.12
    """

    name: str = Field(min_length=1)
    currency: str = Field("EUR", pattern="^[A-Z]{3}$")
    valid_from: dt.date | None = None
    valid_until: dt.date | None = Field(None, description="excluded")
    applies_to: dict[str, str | tuple[str, ...]] = Field(
        default={}, description="column of people -> values the scheme is for, e.g. role"
    )
    fiscal_year_starts: int = Field(1, ge=1, le=12)
    pays_each: Unit = "quarter"
    period_weights: tuple[float, ...] = Field(
        (), description="share of the year's target pay in each period, e.g. 0.2, 0.2, 0.2, 0.4"
    )
    accrual: Literal["period", "year_to_date", "deficit_carried", "attainment_to_date"] = Field(
        "period",
        description="each period alone; entitlement of the year so far minus what was paid; a "
        "shortfall is added to the next period's goal; the period's own pay (or sales) at the "
        "attainment of the year so far",
    )
    accrual_over: Unit = Field(
        "year", description="what 'to date' and deficits start again with: a quarter to date"
    )
    true_up: Literal["none", "year_end", "year_end_if_more"] = Field(
        "none",
        description="with the year's last period: the whole year computed as one, minus what was "
        "earned; or only where that is more",
    )
    overpaid: Literal["deducted", "offset"] = Field(
        "deducted", description="negative pay is taken back at once, or from later pay only"
    )
    no_target: Literal["no_pay", "redistributed", "pays_target"] = Field(
        "no_pay", description="what a criterion without a goal pays"
    )
    negative: Literal["zero", "deducted"] = Field(
        "zero", description="pay for a negative actual (credit notes)"
    )
    weights_total: float = Field(1.0, gt=0, description="what the weights must sum to")

    target_pay: around.TargetPay = around.TargetPay()
    pay_currency: around.PayCurrency = around.PayCurrency()
    rounding: around.Rounding = around.Rounding()
    proration: around.Proration = around.Proration()
    goals: around.Goals = around.Goals()
    criteria: tuple[Criterion, ...] = Field(min_length=1)
    gates: tuple[Gate, ...] = ()
    score: Curve | None = Field(
        None,
        description="payout table of the total: the weighted sum of the criteria is read in it",
    )
    spiffs: tuple[Spiff, ...] = ()
    deductible: around.Deductible | None = None
    cap: around.Cap = around.Cap()
    windfall: around.Windfall | None = None
    pool: around.Pool | None = None
    payment_cap: around.PaymentCap | None = None
    instalments: tuple[float, ...] = Field(
        (), description="share paid with the period, the next, ...: 0.8, 0, 0.2 holds a fifth back"
    )
    draw: around.Draw | None = None
    ramp: around.Ramp = around.Ramp()
    clawback: around.Clawback | None = None

    @model_validator(mode="wrap")
    @classmethod
    def _all_faults(cls, values: Any, handler: ModelWrapValidatorHandler[Scheme]) -> Scheme:
        return checks.validated(values, handler, cls.__name__)

    @classmethod
    def read(cls, path: str | Path) -> Scheme:
        """Return the scheme of a TOML file, or raise with all of its faults."""
        return documents.read(path, cls)

    @classmethod
    def from_toml(cls, text: str, *, where: str = "scheme") -> Scheme:
        """Return the scheme that TOML text describes, or raise with all of its faults."""
        return documents.parse(checks.parsed(text, where), cls, where=where)

    def to_toml(self) -> str:
        """Return the TOML text that reads back to this scheme."""
        return tomli_w.dumps(self.model_dump(by_alias=True, exclude_defaults=True))

    @classmethod
    def read_sheet(cls, path: str | Path) -> Scheme:
        """Return the scheme of a workbook, or raise with all of its faults."""
        from salesplan._compensation.sheet import read_sheet

        return read_sheet(path)

    def write_sheet(self, path: str | Path) -> Path:
        """Write the scheme to a workbook that reads back to the same scheme."""
        from salesplan._compensation.sheet import write_sheet

        return write_sheet(self, path)

    @property
    def compares_people(self) -> bool:
        """Whether one person's pay depends on the others': a ranking, or a pool shared out."""
        reads = [c.curve.looks_at for c in self.criteria] + [g.reads for g in self.gates]
        return any(r in RANKS for r in reads) or (
            self.pool is not None and self.pool.pays == "exactly"
        )

    @property
    def rules(self) -> tuple[Criterion | Gate, ...]:
        """Everything that reads a measure of the attainment."""
        return (*self.criteria, *self.gates)

    def criterion(self, name: str) -> Criterion:
        """Return a criterion by name, or raise with the nearest one."""
        for criterion in self.criteria:
            if criterion.name == name:
                return criterion
        known = [c.name for c in self.criteria]
        raise InputError(f"{self.name} has no criterion {name!r}. {did_you_mean(name, known)}")

    def changed(self, **values: Any) -> Scheme:
        """Return the scheme with other values, checked again.

        Examples
        --------
        >>> scheme = sp.compensation.Scheme(name="A", criteria=[{"name": "calls", "weight": 1}])
        >>> scheme.changed(accrual="year_to_date").accrual
        'year_to_date'
        """
        dumped = self.model_dump(by_alias=True, exclude_defaults=True)
        return documents.parse({**dumped, **values}, type(self), where=self.name)

    def with_criterion(self, name: str, **values: Any) -> Scheme:
        """Return the scheme with other values of one criterion, checked again."""
        criteria = []
        for criterion in self.criteria:
            dumped = criterion.model_dump(by_alias=True, exclude_defaults=True)
            criteria.append({**dumped, **values} if criterion.name == name else dumped)
        self.criterion(name)
        return self.changed(criteria=criteria)

    def reweighted(self, **weights: float) -> Scheme:
        """Return the scheme with new weights; the others share the rest as before.

        Examples
        --------
        >>> two = [{"name": "a", "weight": 0.5}, {"name": "b", "weight": 0.5}]
        >>> scheme = sp.compensation.Scheme(name="A", criteria=two)
        >>> [c.weight for c in scheme.reweighted(a=0.7).criteria]
        [0.7, 0.3]
        """
        for name in weights:
            self.criterion(name)
        others = sum(c.weight or 0 for c in self.criteria if c.name not in weights)
        scale = (self.weights_total - sum(weights.values())) / others if others else 0.0
        criteria = []
        for c in self.criteria:
            dumped = c.model_dump(by_alias=True, exclude_defaults=True)
            if c.weight is not None:
                dumped["weight"] = weights.get(c.name, round(c.weight * scale, 12))
            criteria.append(dumped)
        return self.changed(criteria=criteria)
