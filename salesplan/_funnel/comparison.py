"""Do the groups differ at all, and which: one test for all first, then each with correction."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from salesplan import stats
from salesplan._funnel.shrinkage import shrunken
from salesplan.errors import InputError
from salesplan.stats import Floats

COLUMNS = [
    "k",
    "n",
    "rate",
    "rate_low",
    "rate_high",
    "shrunk_rate",
    "shrunk_rate_low",
    "shrunk_rate_high",
    "p_value",
    "adjusted_p_value",
    "differs",
    "is_small",
    "reason",
]


@dataclass(frozen=True)
class Comparison:
    """What a comparison of groups found.

    ``table`` has a row per group, ``extremes`` the best against the worst, ``sentence`` says
    the result; ``statistic``, ``dof`` and ``p_value`` are those of the test for all groups.
    """

    table: pd.DataFrame
    extremes: pd.DataFrame
    statistic: float
    dof: int
    p_value: float
    sentence: str

    def __str__(self) -> str:
        return self.sentence


def chi_square(k: Floats, n: Floats) -> tuple[float, int, float]:
    """Return Pearson's chi-square of equal rates, degrees of freedom and p, no correction."""
    from scipy.stats import chi2

    k, n = k[n > 0], n[n > 0]
    pooled = k.sum() / n.sum() if n.sum() else 0.0
    if len(k) < 2 or not 0 < pooled < 1:
        return float("nan"), max(len(k) - 1, 0), float("nan")
    statistic = float((((k - n * pooled) ** 2) / (n * pooled * (1 - pooled))).sum())
    return statistic, len(k) - 1, float(chi2.sf(statistic, len(k) - 1))


def over_all(strata: list[pd.DataFrame]) -> tuple[float, int, float]:
    """Return the test that no stratum's groups differ: chi-squares and degrees add up."""
    from scipy.stats import chi2

    parts = [chi_square(s["k"].to_numpy(float), s["n"].to_numpy(float)) for s in strata]
    valid = [(statistic, dof) for statistic, dof, _ in parts if np.isfinite(statistic)]
    if not valid:
        return float("nan"), 0, float("nan")
    statistic, dof = (sum(values) for values in zip(*valid, strict=True))
    return float(statistic), int(dof), float(chi2.sf(statistic, dof))


def compared(groups: pd.DataFrame, *, small_sample: int) -> pd.DataFrame:
    """Return the groups of one stratum with intervals, shrunken rates and raw p-values."""
    frame = stats.with_rate(groups).reset_index(drop=True)
    known = frame["n"] > 0
    k, n = (frame.loc[known, name].to_numpy(float) for name in ("k", "n"))
    pulled = shrunken(k, n).set_index(frame.index[known])
    frame = frame.join(pulled)
    frame["p_value"] = np.nan
    frame.loc[known, "p_value"] = _against_the_rest(k, n)
    return frame.assign(is_small=frame["n"] < small_sample)


def _against_the_rest(k: Floats, n: Floats) -> list[float]:
    """Return the p-value of each group against all others; exact where a cell is scarce."""
    from scipy.stats import fisher_exact

    values = []
    for own_k, own_n in zip(k, n, strict=True):
        rest_k, rest_n = k.sum() - own_k, n.sum() - own_n
        pooled = k.sum() / n.sum()
        scarce = min(own_n, rest_n) * min(pooled, 1 - pooled) < 5
        if scarce and rest_n:
            table = [[own_k, own_n - own_k], [rest_k, rest_n - rest_k]]
            values.append(float(fisher_exact(np.array(table, int)).pvalue))
        else:
            values.append(
                stats.two_proportions(int(own_k), int(own_n), int(rest_k), int(rest_n))[1]
            )
    return values


def adjusted(frame: pd.DataFrame, omnibus_p: float, alpha: float) -> pd.DataFrame:
    """Add p-values adjusted over all groups, and who differs.

    A group differs only if the groups differ at all: so shuffled labels bring up a name in
    no more than a share ``alpha`` of all cases, however many groups there are.
    """
    tested = frame["p_value"].notna()
    frame["adjusted_p_value"] = np.nan
    frame.loc[tested, "adjusted_p_value"] = stats.benjamini_hochberg(frame.loc[tested, "p_value"])
    found = (frame["adjusted_p_value"] < alpha) & bool(omnibus_p < alpha)
    return frame.assign(differs=found)


def extremes(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the best group against the worst: how it looks alone, and after its selection.

    ``adjusted_p_value`` is Bonferroni's over all pairs that could have been picked.
    """
    known = frame[frame["n"] > 0].reset_index(drop=True)
    if len(known) < 2:
        return pd.DataFrame(columns=_EXTREMES)
    ranked = known.sort_values(["rate", "n"], kind="stable")
    worst, best = ranked.iloc[0], ranked.iloc[-1]
    k1, n1, k2, n2 = (int(x) for x in (best["k"], best["n"], worst["k"], worst["n"]))
    low, high = stats.newcombe(k1, n1, k2, n2)
    z, p = stats.two_proportions(k1, n1, k2, n2)
    pairs = sum(1 for _ in combinations(range(len(known)), 2))
    row = [best[name], worst[name], k1, n1, k2, n2, k1 / n1 - k2 / n2, low, high]
    return pd.DataFrame([[*row, z, p, min(1.0, p * pairs)]], columns=_EXTREMES)


_EXTREMES = [
    "best",
    "worst",
    "best_k",
    "best_n",
    "worst_k",
    "worst_n",
    "rate_difference",
    "rate_difference_low",
    "rate_difference_high",
    "z",
    "p_value",
    "adjusted_p_value",
]


def check_counts(frame: pd.DataFrame, name: str) -> None:
    """Raise unless the frame has the group and whole counts ``k`` of ``n``."""
    missing = [column for column in (name, "k", "n") if column not in frame.columns]
    if missing:
        raise InputError(
            f"The frame has no column {missing[0]!r}. It has: {', '.join(map(str, frame.columns))}."
        )
    k, n = frame["k"].to_numpy(float), frame["n"].to_numpy(float)
    if not (np.isfinite(k).all() and np.isfinite(n).all() and (k >= 0).all() and (k <= n).all()):
        raise InputError("k and n must be counts with 0 <= k <= n in every row.")
