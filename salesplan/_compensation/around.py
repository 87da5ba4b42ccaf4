"""What stands around the criteria: base, rounding, caps, draws, presence, ramp, clawback."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import Field, model_validator

from salesplan._compensation.curve import Curve
from salesplan.documents import Document
from salesplan.scales import Mode

Per = Literal["period", "year"]


class TargetPay(Document):
    """What a person earns at 100 % of every goal."""

    column: str = Field("target_variable", description="column of people")
    share: float = Field(1.0, gt=0, description="0.20 of a base_salary column, for instance")
    amount: float | None = Field(None, ge=0, description="one amount for everyone instead")
    per: Per = "year"


class Rounding(Document):
    """How amounts become cents: each line, each payout, or each deal."""

    places: int = Field(2, ge=0, le=4)
    mode: Mode = "half_up"
    each: Literal["line", "payout", "deal"] = Field(
        "line",
        description="payout rounds the total once and shares the cents among its lines",
    )
    multiple: float | None = Field(
        None, gt=0, description="payouts come in multiples of 0.05, 10 or 100; a line of its own"
    )


class Proration(Document):
    """What presence in part of a period does to pay and goal."""

    method: Literal["days", "months", "none"] = "days"
    last_day: Literal["included", "excluded"] = Field(
        "included", description="whether the leaving day counts"
    )
    months: Literal["exact", "started", "full"] = Field(
        "full", description="which months count: by days, those begun, those complete"
    )
    places: int | None = Field(None, ge=0, le=8, description="decimals of the factor")
    acts_on: Literal["pay", "target", "both"] = "pay"
    part_time: Literal["in_target", "pay", "target", "both"] = Field(
        "in_target", description="in_target: the person's target pay is already part-time"
    )
    leave: Literal["pay", "target", "both", "ignored"] = "both"
    leave_free_days: int = Field(0, ge=0, description="days of leave a period that cost nothing")


class Goals(Document):
    """What becomes of goals that are set for longer periods than the scheme pays in."""

    longer: Literal["even", "days", "weights", "refused"] = Field(
        "even",
        description="equal shares for the payout periods, by their days, by weights (the season), "
        "or a fault. A mean (totals = 'mean') is asked for in each period as it is",
    )
    weights: tuple[float, ...] = Field(
        (), description="weight of each payout period of the year, with longer = 'weights'"
    )


class PayCurrency(Document):
    """People who are paid in another currency than the plan is measured in."""

    column: str = Field(
        "", description="column of people with their currency; empty where all have the plan's"
    )
    rate_on: dt.date | Literal["first_day", "last_day"] = Field(
        "last_day", description="day whose rate converts: of each payout period, or one for all"
    )
    target_pay: Literal["plan", "own"] = Field(
        "own", description="the currency that target pay is stated in: the plan's or their own"
    )


class Cap(Document):
    """The most that the criteria pay together."""

    share: float | None = Field(None, gt=0, description="of the target pay")
    amount: float | None = Field(None, gt=0, description="money in a period")
    amount_per_year: float | None = Field(None, gt=0, description="money in a year")


class Deductible(Document):
    """What the criteria must earn before anything is paid: a salary set off against commission."""

    amount: float | None = Field(None, gt=0, description="money, the same for everyone")
    column: str = Field("", description="column of people instead, such as base_salary")
    share: float = Field(1.0, gt=0, description="times the column: 1.095 with charges")
    per: Per = Field("period", description="what the amount, or the column, is for")

    @model_validator(mode="after")
    def _one_way(self) -> Deductible:
        if (self.amount is None) == (not self.column):
            raise ValueError("needs either amount or column")
        return self


class PaymentCap(Document):
    """The most that is paid out in one period; the rest waits or lapses."""

    share: float | None = Field(None, gt=0, description="of the target pay of the period")
    amount: float | None = Field(None, gt=0)
    carry_over: bool = Field(True, description="whether the rest is paid in later periods")
    cumulative: bool = Field(
        False, description="what earlier periods of the year left under the cap may be used"
    )
    released: Literal["later", "year_end"] = Field(
        "later",
        description="the rest is paid as later periods leave room, or all of it with the last "
        "period of the year (or of accrual_over)",
    )


class Windfall(Document):
    """Pay above a multiple is looked at: paid in part, and flagged."""

    times: float = Field(3.0, gt=0)
    of: str = Field("target_pay", description="target_pay, or a column of people with an average")
    pays: float = Field(0.0, ge=0, le=1, description="share of the part above that is paid")


class Pool(Document):
    """Money that funds a period, of the company or of each team.

    What people earn is their claim on it: when it is short, everyone is cut by the same share;
    with ``pays = "exactly"`` all of it is shared out in proportion to the claims.
    """

    amount: float | None = Field(None, ge=0, description="pool of a period")
    measure: str | None = Field(None, description="measure that fills it")
    above: float = Field(0.0, description="part of the measure that fills nothing")
    share: float = Field(1.0, gt=0, description="share of the rest that fills the pool")
    pays: Literal["at_most", "exactly"] = Field(
        "at_most", description="claims are cut to the pool, or the whole pool is shared out"
    )
    scope: Literal["company", "team"] = Field("company", description="one pool, or each team's")
    curve: Curve | None = Field(
        None,
        description="how full it is by the measure: a share of amount, an amount, or a commission",
    )


class Draw(Document):
    """An advance: pay never falls below it while it runs."""

    amount: float | None = Field(None, gt=0, description="advance for each payout period")
    amounts: tuple[float, ...] = Field(
        (), description="advance for a person's first, second, ... period instead"
    )
    kind: Literal["recoverable", "non_recoverable", "deferred"] = Field(
        "recoverable",
        description="repaid from pay above the draw; never repaid; repaid from recover_from on",
    )
    periods: int | None = Field(None, ge=1, description="number of periods with a draw")
    recover_from: int | None = Field(None, ge=1, description="first period of repayment")
    recover_share: float = Field(1.0, gt=0, le=1, description="most of the surplus taken at once")
    recovers_below_draw: bool = Field(
        False, description="whether repayment may take pay below the draw"
    )
    applies_to: dict[str, str | tuple[str, ...]] = Field(default={})

    @model_validator(mode="after")
    def _one_way(self) -> Draw:
        if (self.amount is None) == (not self.amounts):
            raise ValueError("needs either amount or amounts")
        if any(amount < 0 for amount in self.amounts):
            raise ValueError("amounts must not be negative")
        return self

    def of(self, number: int) -> float:
        """Return the advance of a person's period with a draw, counted from 0."""
        if self.periods is not None and number >= self.periods:
            return 0.0
        if self.amount is not None:
            return self.amount
        return self.amounts[number] if number < len(self.amounts) else 0.0


class Ramp(Document):
    """Months after hiring with a smaller goal or guaranteed pay."""

    target_shares: tuple[float, ...] = Field((), description="goal in month 1, 2, ... of service")
    guaranteed_shares: tuple[float, ...] = Field(
        (), description="target pay guaranteed in month 1, 2, ... of service"
    )


class Clawback(Document):
    """Pay for a deal that is taken back in the period of its cancellation."""

    within_days: int | None = Field(None, ge=1, description="cancelled later costs nothing")
    within_months: int | None = Field(None, ge=1, description="the same in months")
    share: float = Field(1.0, gt=0, le=1)
    declining: bool = Field(
        False, description="less for each day (each full month, with within_months) it lived"
    )
    steps: tuple[tuple[float, float], ...] = Field(
        (), description="[months, share]: up to so many months this share, e.g. [3, 1], [6, 0.5]"
    )
