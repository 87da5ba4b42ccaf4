"""What one would write by hand for the same counts: the shortest SQL, and careful pandas.

Written for the book of this benchmark alone: one pipeline, one currency, a history without
slips, everything looked at from the last day. Ours asks the same of any book.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

OPEN_DEALS = """
WITH v AS (
  SELECT c.opportunity_id, o.status AS outcome, c.stage, c.changed_at, c.seq,
    lag(c.stage) OVER w AS stage_before, c.expected_close_on AS due,
    lag(c.expected_close_on) OVER w AS due_before
  FROM stage_changes AS c JOIN opportunities AS o USING (opportunity_id)
  WHERE o.status IN ('open', 'won')
  WINDOW w AS (PARTITION BY c.opportunity_id ORDER BY c.changed_at, c.seq)
), visits AS (
  SELECT opportunity_id, outcome, stage, changed_at::DATE AS entered,
    lead(changed_at::DATE) OVER (PARTITION BY opportunity_id ORDER BY changed_at, seq) AS went
  FROM v WHERE stage_before IS DISTINCT FROM stage
), pace AS (
  SELECT stage, quantile_cont(went - entered, [0.5, 0.9]) AS stays FROM visits
  WHERE outcome = 'won' AND went IS NOT NULL GROUP BY stage
), cycle AS (
  SELECT quantile_cont(closed_on - created_on, [0.5, 0.9]) AS lasts
  FROM opportunities WHERE status = 'won'
), pushed AS (
  SELECT opportunity_id, count(*) FILTER (
    WHERE date_trunc('month', due) > date_trunc('month', due_before)) AS pushes
  FROM v WHERE outcome = 'open' GROUP BY opportunity_id
), touched AS (
  SELECT opportunity_id, max(starts_at) FILTER (WHERE status = 'held') AS last_at,
    min(starts_at) FILTER (WHERE status = 'planned') AS next_at
  FROM activities
  WHERE opportunity_id IN (SELECT opportunity_id FROM opportunities WHERE status = 'open')
  GROUP BY opportunity_id
)
SELECT o.opportunity_id, o.stage, o.amount, s.probability, p.name AS owner,
  DATE '2026-06-30' - o.created_on AS age_days, cycle.lasts[1] AS typical_age_days,
  cycle.lasts[2] AS slow_age_days, DATE '2026-06-30' - v.entered AS stage_days,
  pace.stays[1] AS typical_stage_days, pace.stays[2] AS slow_stage_days,
  DATE '2026-06-30' - t.last_at::DATE AS inactive_days, t.next_at, u.pushes AS push_count,
  greatest(DATE '2026-06-30' - o.expected_close_on, 0) AS past_due_days,
  a.account_id IS NOT NULL AS has_account,
  o.next_step IS NOT NULL OR t.next_at IS NOT NULL AS has_next_step
FROM opportunities AS o
JOIN stages AS s ON s.stage = o.stage
JOIN visits AS v ON v.opportunity_id = o.opportunity_id AND v.went IS NULL
JOIN pace ON pace.stage = o.stage
JOIN pushed AS u ON u.opportunity_id = o.opportunity_id
LEFT JOIN touched AS t ON t.opportunity_id = o.opportunity_id
LEFT JOIN people AS p ON p.person_id = o.owner_id
LEFT JOIN accounts AS a ON a.account_id = o.account_id
CROSS JOIN cycle
WHERE o.status = 'open' ORDER BY o.opportunity_id"""

HEALTH = """
WITH open AS (
  SELECT o.*, s.probability AS p, t.last_at, t.next_at
  FROM opportunities AS o JOIN stages AS s USING (stage)
  LEFT JOIN (
    SELECT opportunity_id, max(starts_at) FILTER (WHERE status = 'held') AS last_at,
      min(starts_at) FILTER (WHERE status = 'planned') AS next_at
    FROM activities
    WHERE opportunity_id IN (SELECT opportunity_id FROM opportunities WHERE status = 'open')
    GROUP BY opportunity_id
  ) AS t USING (opportunity_id)
  WHERE o.status = 'open'
), now AS (
  SELECT count(*) AS n, sum(amount) AS amount, sum(amount * p) AS weighted,
    sqrt(sum(amount * amount * p * (1 - p))) AS deviation,
    sum(amount) FILTER (WHERE expected_close_on < '2026-07-01') AS due_amount,
    count(*) FILTER (WHERE DATE '2026-06-30' - created_on > (
      SELECT quantile_cont(closed_on - created_on, 0.9) FROM opportunities
      WHERE status = 'won')) AS aged,
    count(*) FILTER (WHERE last_at IS NULL OR last_at <= DATE '2026-06-30' - 21) AS idle,
    count(*) FILTER (WHERE expected_close_on < '2026-06-30') AS past_due,
    count(*) FILTER (WHERE amount > 0) + count(expected_close_on) + count(account_id)
      + count(last_at) + count(*) FILTER (WHERE next_step IS NOT NULL OR next_at IS NOT NULL)
      AS filled,
    (SELECT sum(amount) FROM (SELECT amount FROM open ORDER BY amount DESC NULLS LAST LIMIT 3))
      AS largest
  FROM open
), flow AS (
  SELECT sum(amount) FILTER (WHERE status = 'won' AND closed_on >= '2026-04-01') AS won_quarter,
    avg(amount) FILTER (WHERE status = 'won' AND closed_on > '2025-06-30') AS value,
    count(*) FILTER (WHERE status = 'won' AND closed_on > '2025-06-30') AS won,
    count(*) FILTER (WHERE closed_on > '2025-06-30') AS closed,
    avg(closed_on - created_on) FILTER (WHERE status = 'won' AND closed_on > '2025-06-30') AS cycle,
    count(*) FILTER (WHERE created_on <= '2025-06-30'
      AND (closed_on IS NULL OR closed_on > '2025-06-30')) AS open_before,
    avg(amount) FILTER (WHERE status = 'won' AND closed_on BETWEEN '2024-07-01' AND '2025-06-30')
      AS value_before,
    count(*) FILTER (WHERE status = 'won' AND closed_on BETWEEN '2024-07-01' AND '2025-06-30')
      AS won_before,
    count(*) FILTER (WHERE closed_on BETWEEN '2024-07-01' AND '2025-06-30') AS closed_before,
    avg(closed_on - created_on) FILTER (WHERE status = 'won'
      AND closed_on BETWEEN '2024-07-01' AND '2025-06-30') AS cycle_before,
    count(*) FILTER (WHERE created_on >= '2026-04-01') AS created,
    count(*) FILTER (WHERE created_on >= '2025-04-01' AND created_on < '2026-04-01')
      AS created_before
  FROM opportunities
), goal AS (SELECT sum(target) / 4 AS target FROM targets WHERE measure = 'bookings')
SELECT due_amount / (target - won_quarter) AS coverage,
  due_amount / target AS coverage_of_full_target, weighted AS weighted_amount, deviation,
  n * value * won / closed / cycle AS velocity,
  (n * value * won / closed / cycle)
    / (open_before * value_before * won_before / closed_before / cycle_before) AS velocity_pace,
  created / 3 AS created_per_month, created * 4 / created_before AS creation_pace,
  aged / n AS ageing, idle / n AS stalled, past_due / n AS past_due,
  largest / amount AS concentration, filled / (5 * n) AS hygiene
FROM now, flow, goal"""

WATERFALL = """
WITH sides AS (
  SELECT c.opportunity_id, arg_max(s.status, c.changed_at) AS status_1,
    arg_max(c.amount, c.changed_at) AS amount_1,
    arg_max(s.status, c.changed_at) FILTER (WHERE c.changed_at < '2026-04-01') AS status_0,
    arg_max(c.amount, c.changed_at) FILTER (WHERE c.changed_at < '2026-04-01') AS amount_0
  FROM stage_changes AS c JOIN stages AS s ON s.stage = c.stage
  WHERE c.changed_at < '2026-07-01' GROUP BY c.opportunity_id
)
SELECT count(*) FILTER (WHERE status_0 = 'open') AS start_count,
  sum(amount_0) FILTER (WHERE status_0 = 'open') AS start,
  count(*) FILTER (WHERE status_0 IS NULL) AS created_count,
  sum(amount_1) FILTER (WHERE status_0 IS NULL) AS created,
  sum(amount_1 - amount_0) FILTER (WHERE status_0 = 'open' AND amount_1 > amount_0) AS increased,
  sum(amount_1 - amount_0) FILTER (WHERE status_0 = 'open' AND amount_1 < amount_0) AS decreased,
  count(*) FILTER (WHERE status_1 = 'won' AND status_0 IS DISTINCT FROM 'won') AS won_count,
  sum(amount_1) FILTER (WHERE status_1 = 'won' AND status_0 IS DISTINCT FROM 'won') AS won,
  count(*) FILTER (WHERE status_1 = 'lost' AND status_0 IS DISTINCT FROM 'lost') AS lost_count,
  sum(amount_1) FILTER (WHERE status_1 = 'lost' AND status_0 IS DISTINCT FROM 'lost') AS lost,
  count(*) FILTER (WHERE status_1 = 'open') AS end_count,
  sum(amount_1) FILTER (WHERE status_1 = 'open') AS end
FROM sides"""

_DAY = pd.Timestamp("2026-06-30")


def open_deals(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the open deals with their ages and the pace of won ones, in pandas."""
    deals = tables["opportunities"]
    won, still = deals[deals["stage"] == "Won"], deals[deals["closed_on"].isna()]
    history = tables["stage_changes"]
    history = history[
        history["opportunity_id"].isin(pd.concat([won, still])["opportunity_id"])
    ].sort_values(["opportunity_id", "changed_at", "seq"])
    ids = history["opportunity_id"]
    month = history["expected_close_on"].dt.to_period("M")
    earlier = month.groupby(ids).shift()
    pushes = (earlier.notna() & (month > earlier)).groupby(ids).sum()
    visits = history[history["stage"] != history["stage"].groupby(ids).shift()]
    went = visits.groupby("opportunity_id")["changed_at"].shift(-1)
    stays = (went - visits["changed_at"]).dt.days
    paced = stays[visits["opportunity_id"].isin(won["opportunity_id"])]
    pace = paced.groupby(visits["stage"]).quantile([0.5, 0.9]).unstack()
    lasts = (won["closed_on"] - won["created_on"]).dt.days.quantile([0.5, 0.9])
    entered = visits.groupby("opportunity_id")["changed_at"].last()
    last, following = _touched(tables, still)
    found = still.set_index("opportunity_id").join(tables["stages"].set_index("stage"), on="stage")
    found = found.join(tables["people"].set_index("person_id")["name"], on="owner_id")
    return found.assign(
        age_days=(_DAY - found["created_on"]).dt.days,
        typical_age_days=lasts[0.5],
        slow_age_days=lasts[0.9],
        stage_days=(_DAY - entered.reindex(found.index)).dt.days,
        typical_stage_days=found["stage"].map(pace[0.5]),
        slow_stage_days=found["stage"].map(pace[0.9]),
        inactive_days=(_DAY - last.reindex(found.index)).dt.days,
        push_count=pushes.reindex(found.index),
        past_due_days=(_DAY - found["expected_close_on"]).dt.days.clip(lower=0),
        has_account=found["account_id"].isin(tables["accounts"]["account_id"]),
        has_next_step=found["next_step"].notna() | following.reindex(found.index).notna(),
    ).sort_index()


def _touched(tables: dict[str, pd.DataFrame], still: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    work = tables["activities"]
    work = work[work["opportunity_id"].isin(still["opportunity_id"])]
    held, planned = work[work["status"] == "held"], work[work["status"] == "planned"]
    return (
        held.groupby("opportunity_id")["starts_at"].max(),
        planned.groupby("opportunity_id")["starts_at"].min(),
    )


def health(tables: dict[str, pd.DataFrame]) -> dict[str, float]:
    """Return the vital signs in pandas."""
    deals = tables["opportunities"]
    is_won = deals["stage"] == "Won"
    still = deals[deals["closed_on"].isna()].join(tables["stages"].set_index("stage"), on="stage")
    cycle = (deals["closed_on"] - deals["created_on"]).dt.days
    last, following = (part.reindex(still["opportunity_id"]) for part in _touched(tables, still))
    amount, p, due = still["amount"], still["probability"], still["expected_close_on"]
    target = tables["targets"]["target"].sum() / 4
    left = target - deals.loc[is_won & (deals["closed_on"] >= "2026-04-01"), "amount"].sum()
    born, year, n = deals["created_on"], pd.Timestamp("2025-06-30"), len(still)
    before = ((born <= year) & ~(deals["closed_on"] <= year)).sum()
    due_amount = amount[due < "2026-07-01"].sum()
    created = (born >= "2026-04-01").sum()
    earlier = ((born >= "2025-04-01") & (born < "2026-04-01")).sum()
    filled = [amount > 0, due.notna(), still["account_id"].notna(), last.notna(),
              still["next_step"].notna().to_numpy() | following.notna().to_numpy()]  # fmt: skip
    velocity = _velocity(deals, is_won, cycle, n, year, _DAY)
    return {
        "coverage": due_amount / left,
        "coverage_of_full_target": due_amount / target,
        "weighted_amount": (amount * p).sum(),
        "deviation": float(np.sqrt((amount**2 * p * (1 - p)).sum())),
        "velocity": velocity,
        "velocity_pace": velocity
        / _velocity(deals, is_won, cycle, before, pd.Timestamp("2024-06-30"), year),
        "created_per_month": created / 3,
        "creation_pace": created * 4 / earlier,
        "ageing": ((_DAY - still["created_on"]).dt.days > cycle[is_won].quantile(0.9)).mean(),
        "stalled": (~(last > _DAY - pd.Timedelta(days=21))).mean(),
        "past_due": (due < _DAY).mean(),
        "concentration": amount.nlargest(3).sum() / amount.sum(),
        "hygiene": sum(part.sum() for part in filled) / (5 * n),
    }


def _velocity(deals, is_won, cycle, count, after, until) -> float:
    inside = (deals["closed_on"] > after) & (deals["closed_on"] <= until)
    won = inside & is_won
    value = deals.loc[won, "amount"].mean() / cycle[won].mean()
    return count * value * won.sum() / inside.sum()


def waterfall(tables: dict[str, pd.DataFrame]) -> dict[str, float]:
    """Return the bars of the second quarter in pandas."""
    history = tables["stage_changes"].sort_values(["opportunity_id", "changed_at", "seq"])
    status = history["stage"].map(tables["stages"].set_index("stage")["status"])
    history = history[["opportunity_id", "amount"]].assign(
        status=status, is_past=history["changed_at"] < "2026-04-01"
    )
    then = history[history["is_past"]].groupby("opportunity_id")[["status", "amount"]].last()
    now = history.groupby("opportunity_id")[["status", "amount"]].last()
    both = now.join(then.add_suffix("_0"))
    was, gap = both["status_0"] == "open", both["amount"] - both["amount_0"]
    is_new = both["status_0"].isna()
    ended = {s: (both["status"] == s) & (both["status_0"] != s) for s in ("won", "lost")}
    is_open = both["status"] == "open"
    return {
        "start_count": was.sum(),
        "start": both.loc[was, "amount_0"].sum(),
        "created_count": is_new.sum(),
        "created": both.loc[is_new, "amount"].sum(),
        "increased": gap[was & (gap > 0)].sum(),
        "decreased": gap[was & (gap < 0)].sum(),
        "won_count": ended["won"].sum(),
        "won": both.loc[ended["won"], "amount"].sum(),
        "lost_count": ended["lost"].sum(),
        "lost": both.loc[ended["lost"], "amount"].sum(),
        "end_count": is_open.sum(),
        "end": both.loc[is_open, "amount"].sum(),
    }
