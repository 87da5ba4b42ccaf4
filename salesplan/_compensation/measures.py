"""Measures of variable pay for the catalogue."""

from __future__ import annotations

from salesplan.measures import Measure

MEASURES = (
    Measure(
        name="variable_pay",
        title="Variable pay",
        definition="What a bonus scheme pays for results and activities of a period.",
        formula="sum of curve(attainment) x weight x target pay, after gates and caps",
        unit="money",
        good="band",
        source="the scheme's TOML file",
        tables=("people", "targets"),
        function="sp.compensation.simulate",
        exclusions="criteria without a goal pay nothing unless the scheme says otherwise",
    ),
    Measure(
        name="variable_pay_rate",
        title="Variable pay of target",
        definition="Variable pay as a share of what 100 % of every goal would pay.",
        formula="payout_amount / target_amount",
        unit="rate",
        good="band",
        source="the scheme's TOML file",
        tables=("people", "targets"),
        function="sp.compensation.simulate",
        is_ratio=True,
    ),
    Measure(
        name="people_at_goal_rate",
        title="People at goal",
        definition="Share of people whose weighted attainment reaches 100 %.",
        formula="people with attainment >= 1 / people with a goal",
        unit="rate",
        good="band",
        source="European SME practice: 70 % to 80 % of a team reach their goals",
        tables=("people", "targets"),
        function="sp.compensation.diagnose",
        exclusions="people without a goal",
        is_ratio=True,
    ),
    Measure(
        name="compensation_cost_of_sales",
        title="Compensation cost of sales",
        definition="Sales pay as a share of the revenue it sold.",
        formula="pay / revenue",
        unit="rate",
        good="down",
        source="Sibson, seven factors that market-price sales compensation (2012)",
        tables=("payroll", "opportunities"),
        function="sp.compensation.cost_of_sales",
        is_ratio=True,
    ),
)
