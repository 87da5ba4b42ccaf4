"""Words of one kind spelled in two ways across the tables: products, channels, campaigns.

No key holds these words together, so two spellings silently make two products. The list of
products decides where there is one; elsewhere the spelling that more rows have.
"""

from __future__ import annotations

from salesplan import schema
from salesplan.exports import matching
from salesplan.exports.engine import Engine, Issue
from salesplan.exports.names import squeeze
from salesplan.exports.near import Known, Near, near_misses

KINDS: dict[str, tuple[tuple[str, str], ...]] = {
    "product": (("opportunities", "product"), ("contract_lines", "product")),
    "channel": (
        ("leads", "channel"),
        ("opportunities", "channel"),
        ("costs", "channel"),
        ("campaigns", "channel"),
        ("lead_touches", "channel"),
    ),
    "campaign": (("leads", "campaign"), ("opportunities", "campaign"), ("costs", "campaign")),
    "country": (("accounts", "country"), ("contract_lines", "country"), ("leads", "country")),
    "industry": (("accounts", "industry"),),
    "team": (("people", "team"), ("targets", "team")),
    "lost reason": (("opportunities", "lost_reason"),),
}
RARE = 20
"""A word with one letter more or less is a slip where the other has so many times its rows."""

MOST = 3000
"""Spellings of one kind beyond which a column holds free text, not words of a kind."""


def suggestions(engine: Engine) -> list[Issue]:
    """Return a suggestion for each rarer spelling of a word, per table and column."""
    issues: list[Issue] = []
    for kind, places in KINDS.items():
        counts = {place: _counts(engine, *place) for place in places}
        total: dict[str, int] = {}
        for words in counts.values():
            for word, count in words.items():
                total[word] = total.get(word, 0) + count
        if 1 < len(total) + len(_listed(engine, kind)) <= MOST:
            meant = _meant(total, _listed(engine, kind))
            for (table, column), words in counts.items():
                ordered = sorted(words, key=lambda w: (-words[w], w))
                found = [Near(word, meant[word]) for word in ordered if word in meant]
                issues += matching.suggestions(engine, schema.table(table), column, found)
    return issues


def _counts(engine: Engine, table: str, column: str) -> dict[str, int]:
    rows = engine.execute(
        f'SELECT "{column}", count(*) FROM "{table}" WHERE "{column}" IS NOT NULL '
        f'GROUP BY "{column}" ORDER BY count(*) DESC, "{column}" LIMIT {MOST + 1}'
    ).fetchall()
    return {str(word): int(count) for word, count in rows}


def _listed(engine: Engine, kind: str) -> list[str]:
    """Return the words that a table of their own lists."""
    if kind != "product":
        return []
    rows = engine.execute("SELECT product FROM products ORDER BY product").fetchall()
    return [str(word) for (word,) in rows]


def _meant(total: dict[str, int], listed: list[str]) -> dict[str, str]:
    """Return, for each spelling that is probably a slip, the spelling that is meant."""
    if listed:
        unlisted = [word for word in total if word not in set(listed)]
        return {near.said: near.meant for near in near_misses(unlisted, listed)}
    found: dict[str, str] = {}
    kept = Known()
    for word in sorted(total, key=lambda w: (-total[w], w)):
        meant = kept.nearest(word)
        if meant is not None and _is_slip(word, meant, total):
            found[word] = meant
        else:
            kept.add(word)
    return found


def _is_slip(word: str, meant: str, total: dict[str, int]) -> bool:
    """Whether a word is a slip: another letter is one only where it is rare."""
    return squeeze(word) == squeeze(meant) or RARE * total[word] <= total[meant]
