"""What the funnel is measured against: the shortest SQL for the same counts, and pandas.

Both give the bare counts that the metric is made of, from the same tables. pandas does it the
way a careful analyst would, without a loop over deals.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks._funnel_company import AS_OF, STAGES

_PATHS = """
WITH p AS (
  SELECT h.opportunity_id, max(CASE WHEN s.status <> 'lost' THEN s.position END) AS furthest,
    bit_or(CASE WHEN s.status <> 'lost' THEN 1 << s.position END) AS visited,
    string_agg(CAST(s.position AS VARCHAR), '' ORDER BY h.changed_at, h.seq) AS path
  FROM stage_changes AS h JOIN stages AS s ON s.stage = h.stage
  GROUP BY h.opportunity_id
)"""
_STRICT = " + ".join(
    f"(p.path LIKE '%{'%'.join('1234567'[:n])}%')::INT" for n in range(1, len(STAGES) + 2)
)
READINGS = f"""{_PATHS}
SELECT p.furthest, p.visited, {_STRICT} AS in_order, o.status, count(*) AS deals
FROM p JOIN opportunities AS o ON o.opportunity_id = p.opportunity_id GROUP BY 1, 2, 3, 4"""
READINGS_BY_OWNER = f"""{_PATHS}
SELECT o.owner_id, p.furthest, p.visited, {_STRICT} AS in_order, o.status, count(*) AS deals
FROM p JOIN opportunities AS o ON o.opportunity_id = p.opportunity_id GROUP BY 1, 2, 3, 4, 5"""
WIN_RATE = f"""
SELECT owner_id, count(*) FILTER (WHERE status = 'won') AS k, count(*) AS n,
  sum(amount) FILTER (WHERE status = 'won') AS won_amount, sum(amount) AS base_amount
FROM opportunities
WHERE status IN ('won', 'lost') AND created_on <= DATE '{AS_OF}' AND closed_on <= DATE '{AS_OF}'
GROUP BY owner_id"""
DAYS = f"""
WITH d AS (
  SELECT opportunity_id, stage, changed_at::DATE AS day,
    lead(changed_at::DATE) OVER (PARTITION BY opportunity_id ORDER BY changed_at, seq) AS next_day
  FROM stage_changes
), s AS (
  SELECT opportunity_id, stage, sum(COALESCE(next_day, DATE '{AS_OF}') - day) AS days,
    bool_or(next_day IS NULL) AS is_there
  FROM d GROUP BY opportunity_id, stage
)
SELECT stage, days, is_there, count(*) AS deals FROM s GROUP BY stage, days, is_there"""
AGES = f"""
SELECT greatest(f.first_on - created_on, 0) AS head_start,
  least(COALESCE(closed_on, DATE '{AS_OF}'), DATE '{AS_OF}') - created_on AS days,
  CASE WHEN closed_on <= DATE '{AS_OF}' THEN status ELSE 'open' END AS status, count(*) AS deals
FROM opportunities, (SELECT min(closed_on) AS first_on FROM opportunities) AS f
WHERE created_on <= DATE '{AS_OF}'
GROUP BY 1, 2, 3"""
LEADS = """
SELECT l.account_id IS NOT NULL AS has_account, o.lead_id IS NOT NULL AS has_deal, o.is_won,
  o.is_open, count(*) AS leads
FROM leads AS l LEFT JOIN (
  SELECT lead_id, bool_or(status = 'won') AS is_won, bool_or(status = 'open') AS is_open
  FROM opportunities GROUP BY lead_id
) AS o ON o.lead_id = l.lead_id
GROUP BY 1, 2, 3, 4"""

Tables = dict[str, pd.DataFrame]


def readings(tables: Tables, by: str | None = None) -> pd.DataFrame:
    """Per deal the furthest stage, the stages visited and those seen in order; then counted."""
    history = tables["stage_changes"].merge(tables["stages"], on="stage")
    history = history[history["status"] != "lost"]
    history = history.sort_values(["opportunity_id", "changed_at", "seq"])
    deal, ids = pd.factorize(history["opportunity_id"])
    position = history["position"].to_numpy()
    furthest, visited = np.zeros((2, len(ids)), int)
    np.maximum.at(furthest, deal, position)
    np.bitwise_or.at(visited, deal, 1 << position)
    seen = {"furthest": furthest, "visited": visited, "in_order": _in_order(deal, position)}
    deals = tables["opportunities"].set_index("opportunity_id")
    deals = deals.join(pd.DataFrame(seen, index=ids), how="inner")
    deals = deals.assign(status=deals["stage"].map(_status(tables)))
    keys = [*([by] if by else []), "furthest", "visited", "in_order", "status"]
    return deals.groupby(keys).size().reset_index(name="deals")


def _in_order(deal: np.ndarray, position: np.ndarray) -> np.ndarray:
    """The number of stages that each deal saw one after the other, others in between or not."""
    row = np.arange(len(deal))
    count, place = np.zeros((2, deal.max() + 1), int)
    place -= 1
    for step in range(1, len(STAGES) + 2):
        onward = (position == step) & (row > place[deal])
        place[:] = len(row)
        np.minimum.at(place, deal[onward], row[onward])
        count += place < len(row)
    return count


def _status(tables: Tables) -> pd.Series:
    return tables["stages"].set_index("stage")["status"]


def win_rate(tables: Tables) -> pd.DataFrame:
    deals = tables["opportunities"]
    status = deals["stage"].map(_status(tables))
    known = (deals["created_on"] <= AS_OF) & (deals["closed_on"] <= AS_OF)
    closed = deals[status.isin(["won", "lost"]) & known]
    won = status[closed.index] == "won"
    closed = closed.assign(won=won, won_amount=closed["amount"].where(won))
    found = closed.groupby("owner_id").agg(
        k=("won", "sum"),
        n=("won", "size"),
        won_amount=("won_amount", "sum"),
        base_amount=("amount", "sum"),
    )
    names = tables["people"].set_index("person_id")["name"]
    rate, z = found["k"] / found["n"], 1.96
    centre = (rate + z**2 / (2 * found["n"])) / (1 + z**2 / found["n"])
    half = z * np.sqrt(rate * (1 - rate) / found["n"] + z**2 / (4 * found["n"] ** 2))
    half /= 1 + z**2 / found["n"]
    return found.assign(owner=names, rate=rate, rate_low=centre - half, rate_high=centre + half)


def days(tables: Tables) -> pd.DataFrame:
    history = tables["stage_changes"]
    history = history[history["changed_at"] < pd.Timestamp(AS_OF) + pd.Timedelta(days=1)]
    history = history.sort_values(["opportunity_id", "changed_at", "seq"])
    day = history["changed_at"].dt.normalize()
    after = day.groupby(history["opportunity_id"]).shift(-1)
    length = (after.fillna(pd.Timestamp(AS_OF)) - day).dt.days
    spells = history.assign(days=length, is_there=after.isna())
    stays = spells.groupby(["opportunity_id", "stage"]).agg({"days": "sum", "is_there": "any"})
    return stays.reset_index().groupby(["stage", "days", "is_there"]).size()


def ages(tables: Tables) -> pd.DataFrame:
    """Return the chance of a win by age: ages counted, then Aalen-Johansen over them."""
    deals = tables["opportunities"]
    deals = deals[deals["created_on"] <= AS_OF]
    end = pd.Timestamp(AS_OF)
    over = deals["closed_on"] <= end
    status = deals["stage"].map(_status(tables)).where(over, "open")
    age = (deals["closed_on"].where(over, end) - deals["created_on"]).dt.days
    head_start = (deals["closed_on"].min() - deals["created_on"]).dt.days.clip(lower=0)
    found = pd.DataFrame({"head_start": head_start, "days": age, "status": status})
    counted = found.groupby(["days", "head_start", "status"]).size().reset_index(name="deals")
    by_day = counted.pivot_table("deals", "days", "status", "sum", fill_value=0)
    begun = counted.groupby("head_start")["deals"].sum().cumsum()
    begun = begun.reindex(by_day.index, method="ffill")
    ended = by_day.sum(axis=1)
    at_risk = begun - (ended.cumsum() - ended)
    closed = by_day.get("won", 0) + by_day.get("lost", 0)
    before = (1 - closed / at_risk).cumprod().shift(fill_value=1.0)
    return pd.DataFrame({name: (before * by_day[name] / at_risk).cumsum() for name in by_day})


def leads(tables: Tables) -> pd.Series:
    deals = tables["opportunities"].dropna(subset="lead_id")
    status = deals["stage"].map(_status(tables))
    ends = deals.assign(is_won=status.eq("won"), is_open=status.eq("open"), has_deal=True)
    ends = ends.groupby("lead_id")[["has_deal", "is_won", "is_open"]].any()
    found = tables["leads"].merge(ends, on="lead_id", how="left")
    return found.groupby(["has_deal", "is_won", "is_open"], dropna=False).size()
