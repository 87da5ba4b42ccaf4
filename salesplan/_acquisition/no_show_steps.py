"""What no-shows cost, step by step, from nothing but explicit numbers."""

from __future__ import annotations

import pandas as pd

from salesplan._acquisition.arguments import positive, share
from salesplan._acquisition.arithmetic import break_even_rate
from salesplan.text import label


def no_show_steps(
    *,
    sellers: float = 3,
    meetings_per_day: float = 10,
    no_show_rate: float = 0.20,
    minutes: float = 60,
    hourly_cost: float = 65,
    working_days: float = 220,
    recovered_rate: float = 0.5,
    value_per_meeting: float = 0,
    tool_cost: float = 0,
    lang: str = "en",
) -> pd.DataFrame:
    """Return, one step a row, what no-shows take a year and when a rebooking tool pays.

    Parameters
    ----------
    sellers, meetings_per_day
        How many sellers, and the meetings that each has a day.
    no_show_rate
        Share of them to which nobody comes.
    minutes, hourly_cost
        Length of a meeting, and loaded cost of a seller's hour.
    working_days
        Days of work in a year.
    recovered_rate
        Share of the missed meetings that an automatic rebooking brings back.
    value_per_meeting
        Worth of a held meeting beside the hour itself; 0 counts the time alone.
    tool_cost
        What the tool costs a year.
    lang
        Language of the steps.

    Returns
    -------
    DataFrame
        step (what it is), formula (with the numbers), value, unit. The last rows hold the
        saving, what is left after the tool, and the share r at which the tool breaks even
        (above 1: it never does; NaN without a tool).

    Raises
    ------
    InputError
        For a rate that is no share, or a number that is not above 0.

    Examples
    --------
    >>> steps = no_show_steps(sellers=3, meetings_per_day=10, no_show_rate=0.20)
    >>> print(steps[["step", "formula", "value"]].head(4).to_string(index=False))
                   step           formula   value
         Meetings a day            3 x 10    30.0
         No-shows a day         30 x 0.20     6.0
      Hours lost a year 6 x 60 / 60 x 220  1320.0
    Cost of those hours         1320 x 65 85800.0
    """
    positive(sellers * meetings_per_day * minutes * working_days, "sellers .. working_days")
    missing, back = share(no_show_rate, "no_show_rate"), share(recovered_rate, "recovered_rate")
    due = sellers * meetings_per_day
    missed = due * missing
    hours = missed * minutes / 60 * working_days
    cost = hours * hourly_cost
    worth = missed * working_days * value_per_meeting
    saved = back * (cost + worth)
    n = _plain
    rows = [
        ("due", f"{n(sellers)} x {n(meetings_per_day)}", due, "meetings"),
        ("missed", f"{n(due)} x {missing:.2f}", missed, "meetings"),
        ("hours", f"{n(missed)} x {n(minutes)} / 60 x {n(working_days)}", hours, "hours"),
        ("cost", f"{n(hours)} x {n(hourly_cost)}", cost, "money"),
        ("worth", f"{n(missed)} x {n(working_days)} x {n(value_per_meeting)}", worth, "money"),
        ("saved", f"{back:.2f} x ({n(cost)} + {n(worth)})", saved, "money"),
        ("left", f"{n(saved)} - {n(tool_cost)}", saved - tool_cost, "money"),
        (
            "even",
            f"{n(tool_cost)} / ({n(cost)} + {n(worth)})",
            _even(tool_cost, cost + worth),
            "rate",
        ),
    ]
    named = [(label(f"acquisition.step_{key}", lang), *rest) for key, *rest in rows]
    return pd.DataFrame(named, columns=["step", "formula", "value", "unit"])


def _even(tool_cost: float, lost: float) -> float:
    return break_even_rate(tool_cost, lost) if tool_cost > 0 else float("nan")


def _plain(value: float) -> str:
    return f"{value:.10g}"
