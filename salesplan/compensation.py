"""Variable pay: any scheme a sales director can describe, exact to the cent, explained.

A :class:`Scheme` is a file (TOML, or a workbook that a non-programmer fills). ``simulate``
takes it with two frames, people and attainment, and returns lines that sum to payouts. The
words of a plan document and where they stand in the file:

=====================================  ===================================================
in the plan                            in the scheme
=====================================  ===================================================
each slice at its own rate, or the     ``curve.kind = "tiers"``, ``curve.applies`` =
whole amount at the rate reached       "slice", "whole" or "slices_then_whole"
one tier back to the first euro, the   ``applies = "whole"`` on that tier alone
next ones on the slice
nothing below the threshold, then ...  ``curve.threshold`` with ``curve.start`` = "zero",
                                       "attainment", "slope" or a share such as 0.7
exactly 120 % counts as ...            ``curve.at_bound`` = "upper" or "lower"; gates say
                                       ``at_least`` or ``more_than``
accelerators, decelerators             ``curve.accelerators`` (times the 1:1 line),
                                       ``tiers``, or ``per_point`` (points for each 1 %)
500 for each full 20,000               ``kind = "per_unit"``, ``each``, ``whole_units``
commission, with multipliers by band   ``curve.pays = "commission"``, ``curve.rate`` times
                                       the rates of the tiers; ``kind = "rate"`` when flat
rate by one measure, paid on another   ``paid_on`` (margin, cash received)
fixed amounts by step                  ``kind = "steps"``, ``pays = "amount"``
share of salary                        ``target_pay.column = "base_salary"`` and ``share``
only what exceeds the salary           ``[deductible]``: amount, or share of a column
caps and floors                        ``cap_attainment``, ``cap_share``, ``cap_amount``,
                                       ``floor_share``, ``floor_amount`` of a criterion;
                                       ``cap_deal``, ``floor_deal`` of each deal; ``[cap]``,
                                       ``[payment_cap]`` (with carry-over), ``[windfall]``
gates and hurdles                      ``[[gates]]``: ``effect`` = "blocks", "scales",
                                       "removes_above_target", or "switches" to another
                                       curve (schedule A and B); ``tested`` in the period,
                                       year to date, or either
three of five goals must be met        ``criteria`` and ``enough`` of a gate; ``scales`` then
                                       goes by how many are met
weighted sum, factors, matrix          ``weight``; ``effect = "multiplies"``;
                                       ``kind = "matrix"``
payout table of the total score        ``[score]``, a curve that reads the weighted sum
places and contests                    ``curve.reads`` = "rank" or "rank_share", with
                                       ``ranking`` (of, among, ties)
a pool, profit sharing                 ``[pool]``: ``pays`` "at_most" or "exactly", of the
                                       company or of each team, filled by a ``curve``
lower is better                        ``better = "lower"`` with ``lower_formula``
team and company                       ``scope``, ``self_included``, ``totals``
people (months) that reach their goal  ``totals = "at_goal"``
goals of the year, paid each month     ``[goals] longer`` = "even", "days" or "weights"
a goal of 2.5 times the salary         ``target = { from = "people", column, share }``
a role, product or segment only        ``applies_to`` (people), ``only`` (what counts)
rounding                               ``[rounding]`` each line, payout or deal, to a
                                       ``multiple``; attainment by ``round_attainment``
year or quarter to date, deficits,     ``accrual`` with ``accrual_over``, ``overpaid``,
quarter weights                        ``period_weights``
year-end true-up                       ``true_up`` = "year_end" or "year_end_if_more";
                                       ``payment_cap.released = "year_end"``
instalments, holdback                  ``instalments = [0.8, 0, 0.2]``
hired, left, part-time, on leave       ``[proration]``, ``[ramp]``; dated rows of people
a change in mid-year                   ``since`` and ``until`` of a criterion
paid in another currency               ``[pay_currency]`` with ``simulate(..., rates=frame)``
                                       and ``payments``
draws, spiffs, cancelled deals         ``[draw]``, ``[[spiffs]]``, ``[clawback]`` (by days,
                                       months or ``steps``)
paid on each deal                      ``per = "deal"`` with ``simulate(..., deals=frame)``
=====================================  ===================================================

Order of the arithmetic: attainment (rounded, then capped), curve (its own, or that of a gate
not passed), the criterion's floor and caps, gates, the score table, factors, rounding to
cents; then on whole cents the deductible, the cap on the total, windfall, pool, guarantee and
multiple; the year-end true-up, spiffs and clawbacks; at last offsets, payment cap, instalments
and draw.
What acts on the total is a line of its own, so that lines always sum to the payout.

Goals are brought to the payout periods first. Those of shorter periods are summed where every
month with sales has one. One of a longer period stands in a row without an actual; its payout
periods share it (a period with a goal of its own keeps that and the others share the rest), and
the line says so. Where all that could pay lacks its goal, figure or target pay, nothing is paid,
the payout rate is NaN (a 0 would have been earned) and the reason names what is missing.
"""

from __future__ import annotations

from salesplan._compensation.around import Clawback, Draw
from salesplan._compensation.compare import break_even, compare, winners_and_losers
from salesplan._compensation.crediting import credit, spread
from salesplan._compensation.currency import payments
from salesplan._compensation.diagnose import Diagnosis, attainments, diagnose
from salesplan._compensation.draws import clawbacks, draw_account
from salesplan._compensation.lint import lint, maximum
from salesplan._compensation.measures import MEASURES
from salesplan._compensation.panel import Panel, align
from salesplan._compensation.proration import blend, proration
from salesplan._compensation.rules import Criterion, Gate, Spiff
from salesplan._compensation.scheme import Scheme
from salesplan._compensation.simulate import run, simulate
from salesplan._compensation.simulation import Simulation
from salesplan._compensation.statements import statements
from salesplan._compensation.statistics import (
    attainment_bands,
    attainment_statistics,
    cost_of_sales,
    gini,
    pay_versus_margin,
    top_share,
)
from salesplan._compensation.stress import Calibration, calibrate, stress

__all__ = [
    "MEASURES",
    "Calibration",
    "Clawback",
    "Criterion",
    "Diagnosis",
    "Draw",
    "Gate",
    "Panel",
    "Scheme",
    "Simulation",
    "Spiff",
    "align",
    "attainment_bands",
    "attainment_statistics",
    "attainments",
    "blend",
    "break_even",
    "calibrate",
    "clawbacks",
    "compare",
    "cost_of_sales",
    "credit",
    "diagnose",
    "draw_account",
    "gini",
    "lint",
    "maximum",
    "pay_versus_margin",
    "payments",
    "proration",
    "run",
    "simulate",
    "spread",
    "statements",
    "stress",
    "top_share",
    "winners_and_losers",
]
