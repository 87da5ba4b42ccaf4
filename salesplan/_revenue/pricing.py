"""What a line is worth a year, and the pieces of it at different prices."""

from __future__ import annotations

from salesplan._revenue.billing import per_year
from salesplan._revenue.calendar import FAR, later, months_between
from salesplan._revenue.pausing import carried
from salesplan._revenue.question import Question

_ROUNDING = {"cents": (120_000, 60_000, "0.12"), "floor": (120_000, 0, "0.12")} | {
    "four_decimals": (1_200, 600, "0.0012")
}
_COUNTED = {"all": ("forever", "finite", "once"), "recurring": ("forever", "finite")} | {
    "forever": ("forever",),
    "none": (),
}


def decimal(q: Question) -> str:
    """Return the type of an amount; narrow ones add up faster."""
    wide = "large" in q.traits or "currencies" in q.traits
    return "DECIMAL(38, 6)" if wide else "DECIMAL(18, 6)"


def recurs(q: Question) -> str:
    """Return SQL that is true for a sale type that recurs; an empty one counts."""
    names = ", ".join("'" + name.replace("'", "''") + "'" for name in q.policy.recurring)
    return f"(t.sale_type IS NULL OR lower(trim(t.sale_type)) IN ({names}))"


def times_a_year(q: Question) -> str:
    """Return SQL for how often a line is billed a year, NULL where its period is unknown."""
    cases = [
        f"WHEN COALESCE(t.billing_period, '') = $word_{i} THEN {_factor(q, word)}"
        for i, word in enumerate(q.words)
        if word in q.lengths
    ]
    return f"CASE {' '.join(cases)} END" if cases else "CAST(NULL AS DOUBLE)"


def _factor(q: Question, word: str) -> str:
    if q.policy.normalisation == "actual_days":
        return "1"  # the price of one billing period; byday.py spreads it over its days
    times = per_year(q.lengths[word], q.policy)
    if times is None:
        ends = "t.ends_on + 1" if q.policy.boundary == "month_end_inclusive" else "t.ends_on"
        if q.policy.normalisation == "average_month":
            return f"365.25 / ({ends} - t.starts_on)"
        return f"12 / ({months_between('t.starts_on', ends)})"
    return (
        f"{times.numerator}"
        if times.denominator == 1
        else (f"CAST({times.numerator} AS DOUBLE) / {times.denominator}")
    )


def _net_price(q: Question) -> str:
    price = "COALESCE(CAST(t.unit_price AS DOUBLE), 0)"
    if "tax" in q.traits and q.policy.tax == "excluded":
        return f"({price} - COALESCE(CAST(t.tax_amount AS DOUBLE), 0))"
    return price


def _discount_kind() -> str:
    return """COALESCE(lower(t.discount_kind),
            CASE WHEN t.discount_ends_on IS NULL THEN 'forever' ELSE 'finite' END)"""


def _share(q: Question) -> str:
    """Return SQL for the share of the price left after discounts that the policy counts."""
    counted = _COUNTED[q.policy.discounts]
    if "discounts" not in q.traits or not counted:
        return "1.0"
    kinds = ", ".join(f"'{kind}'" for kind in counted)
    return (
        f"(1 - CASE WHEN {_discount_kind()} IN ({kinds}) THEN COALESCE(t.discount, 0) ELSE 0 END)"
    )


def columns(q: Question) -> str:
    """Return the columns of a dated line that value it."""
    year = f"{_net_price(q)} * ({times_a_year(q)})"
    ends = f", {_discount_end(q)} AS discount_until" if _splits(q) else ""
    trial = ", t.trial_ends_on" if "trials" in q.traits else ""
    return f"""CAST(COALESCE(t.quantity, 1) AS DECIMAL(18, 6)) AS quantity,
          {year} AS list_year, {_share(q)} AS share_left{ends}{trial}{_periods(q)}"""


def _periods(q: Question) -> str:
    """Return the length of a line's billing period, where days are counted one by one."""
    if "period_months" not in carried(q):
        return ""
    units = {"month": "period_months", "week": "period_days", "day": "period_days"}
    columns = []
    for name in ("period_months", "period_days"):
        cases = " ".join(
            f"WHEN COALESCE(t.billing_period, '') = $word_{i} "
            f"THEN {count * (7 if unit == 'week' else 1)}"
            for i, word in enumerate(q.words)
            for unit, count in [q.lengths.get(word, ("term", 1))]
            if units.get(unit) == name
        )
        columns.append(f"{f'CASE {cases} END' if cases else 'CAST(NULL AS INTEGER)'} AS {name}")
    ends = "t.ends_on + 1" if q.policy.boundary == "month_end_inclusive" else "t.ends_on"
    return f", {', '.join(columns)}, {ends} AS term_end"


def _splits(q: Question) -> bool:
    """Whether a line can hold two prices one after the other."""
    return "dated_discounts" in q.traits and q.policy.discounts in ("all", "recurring")


def _discount_end(q: Question) -> str:
    """Return SQL for the day a discount stops; far away where it never does."""
    once = " ".join(
        f"WHEN COALESCE(t.billing_period, '') = $word_{i} THEN {_one_period(q, word)}"
        for i, word in enumerate(q.words)
        if word in q.lengths
    )
    return f"""CASE {_discount_kind()}
            WHEN 'once' THEN CASE {once} ELSE {FAR} END
            WHEN 'finite' THEN COALESCE(t.discount_ends_on, {FAR}) ELSE {FAR} END"""


def _one_period(q: Question, word: str) -> str:
    unit, count = q.lengths[word]
    if unit == "term":
        return FAR
    if unit == "month":
        return later("t.starts_on", count)
    return f"t.starts_on + {count * (7 if unit == 'week' else 1)}"


def countable(q: Question) -> str:
    """Return SQL that keeps recurring lines whose price has a length."""
    return f"{recurs(q)} AND ({times_a_year(q)}) IS NOT NULL"


def pieces(q: Question) -> dict[str, str]:
    """Return the tables that cut dated lines into pieces of one price."""
    if not _splits(q) and not _has_free_trial(q):
        return {"pieces": _piece(q, "share_left", "start_on", "until_on", "TRUE")}
    parts = []
    first, price = "start_on", "share_left"
    if _has_free_trial(q):
        stop = f"LEAST(COALESCE(trial_ends_on, start_on), COALESCE(until_on, {FAR}))"
        parts.append(_piece(q, "0.0", "start_on", _open(stop), f"{stop} > start_on", free=True))
        first = "GREATEST(start_on, COALESCE(trial_ends_on, start_on))"
    if _splits(q):
        stop = f"LEAST(discount_until, COALESCE(until_on, {FAR}))"
        later_on = f"GREATEST({first}, discount_until)"
        parts.append(_piece(q, price, first, _open(stop), f"{stop} > {first}"))
        after = f"discount_until < {FAR} AND {later_on} < COALESCE(until_on, {FAR})"
        parts.append(_piece(q, "1.0", later_on, "until_on", f"{after} AND {later_on} <= $as_of"))
    else:
        parts.append(_piece(q, price, first, "until_on", f"{first} < COALESCE(until_on, {FAR})"))
    return {"pieces": " UNION ALL ".join(parts)}


def _has_free_trial(q: Question) -> bool:
    return "trials" in q.traits and q.policy.trials == "free"


def _open(day: str) -> str:
    """Return a day, or NULL where it lies ahead of the as-of date."""
    return f"CASE WHEN {day} <= $as_of THEN {day} END"


def _piece(q: Question, share: str, start: str, until: str, keep: str, free: bool = False) -> str:
    known = "".join(f", {name}" for name in carried(q))
    amount = _rounded(q, f"CAST(ROUND(quantity * list_year * {share}, 6) AS {decimal(q)})")
    member = (
        "1"
        if free or q.policy.free_tier == "customer"
        else f"CASE WHEN {amount} > 0 THEN 1 ELSE 0 END"
    )
    return f"""
        SELECT {q.listed("customer", "product", "plan", "currency", "line_id", "contract_id")},
          CAST(ROUND(list_year * {share}, 6) AS {decimal(q)}) AS price_key, starts_on, booked_on,
          {start} AS start_on, {until} AS until_on, quantity, {amount} AS amount_year,
          {member} AS member{known}
        FROM dated WHERE {keep}"""


def _rounded(q: Question, amount: str) -> str:
    """Return SQL that rounds a year's amount so that its month has the policy's decimals."""
    if q.policy.rounding == "none" or q.policy.normalisation == "actual_days":
        return amount
    unit, half, back = _ROUNDING[q.policy.rounding]
    whole = f"CAST(ABS({amount}) * 1000000 AS HUGEINT)"
    return f"""CAST(SIGN({amount}) * (({whole} + {half}) // {unit}) * CAST({back} AS DECIMAL(6, 4))
            AS {decimal(q)})"""
