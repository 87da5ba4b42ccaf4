"""Won, lost or open: what each stage means, and in which order the stages come.

The settings' stage map stands first, then an exported one, then what the CRM itself says of
each deal. A stage that nobody explains is never guessed: its deals are ``other`` and listed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from salesplan.exports.engine import Engine, Issue
from salesplan.exports.matching import quoted
from salesplan.exports.names import fold
from salesplan.exports.profile import profiles
from salesplan.exports.recognised import Recognised
from salesplan.schema import STATUSES

_KNOWN = ", ".join(f"'{status}'" for status in STATUSES)


_NUMBER = re.compile(
    r"^\W*(?:(?:stage|phase|step|stufe|etape|étape|fase|etapa)\s*)?\d+\s*[\W_]+", re.I
)
_SIGNS = re.compile(r"\s[-–—]\s|[:;,/|()\[\]]")


def meaning(said: str, words: Mapping[str, str]) -> str | None:
    """Return what a stage means whose name adds a number or a remark to a known word.

    Parameters
    ----------
    said
        Name of the stage.
    words
        Folded word -> status.

    Examples
    --------
    >>> known = {"closed won": "won", "proposal": "open", "lost": "lost"}
    >>> [meaning(s, known) for s in ("07-Closed Won", "3. Proposal (60%)", "Lost: price")]
    ['won', 'open', 'lost']
    >>> meaning("Proposal / Lost", known) is None
    True
    """
    bare = _NUMBER.sub("", said)
    parts = {fold(part) for part in _SIGNS.split(bare)}
    found = {words[part] for part in parts if part in words}
    return words.get(fold(bare)) or (found.pop() if len(found) == 1 else None)


def _tell_by_words(engine: Engine, found: Sequence[Recognised]) -> None:
    """Set the status of stages whose names are known words with a number or a remark."""
    words = _words(found)
    rows = engine.execute(
        "SELECT DISTINCT status FROM opportunities "
        f"WHERE status IS NOT NULL AND status NOT IN ({_KNOWN})"
    ).fetchall()
    for (said,) in rows:
        if status := meaning(said, words):
            engine.execute("UPDATE opportunities SET status = ? WHERE status = ?", [status, said])


def _words(found: Sequence[Recognised]) -> dict[str, str]:
    """Return the words for a status in the exports of deals, folded."""
    return {
        fold(word): status
        for f in found
        if f.table == "opportunities"
        for word, status in f.values.get("status", {}).items()
    }


def settle_statuses(engine: Engine, found: Sequence[Recognised]) -> list[Issue]:
    """Make every status one of open, won, lost, other; list the stages that nobody explains."""
    _tell_by_words(engine, found)
    unknown = engine.execute(f"""
        SELECT COALESCE(pipeline, ''), stage, count(*), CAST(sum(amount) AS DOUBLE)
        FROM opportunities WHERE status IS NULL OR status NOT IN ({_KNOWN})
        GROUP BY COALESCE(pipeline, ''), stage ORDER BY count(*) DESC, stage
    """).fetchall()
    engine.execute(
        "UPDATE opportunities SET status = 'other' "
        f"WHERE status IS NULL OR status NOT IN ({_KNOWN})"
    )
    return [
        Issue(
            "warning",
            "unknown_stage",
            "opportunities",
            "stage",
            int(count),
            str(stage),
            "Say what the stage means; its deals count as 'other' until then: "
            f'[[stages]] stage = {quoted(str(stage))}, status = "open"{_pipeline(pipeline)}',
            amount,
        )
        for pipeline, stage, count, amount in unknown
    ]


def _pipeline(name: str) -> str:
    return f", pipeline = {quoted(name)}" if name else ""


def complete_map(engine: Engine, found: Sequence[Recognised]) -> list[Issue]:
    """Write the stage map from the deals where neither settings nor an export give one.

    The status of a stage is the one that all its deals have; its place is learned from the
    order in which deals visited the stages, else from the CRM's own list.
    """
    if engine.execute("SELECT count(*) FROM stages").fetchone()[0]:
        return []
    rows = engine.execute("""
        SELECT COALESCE(pipeline, ''), stage, min(status), median(probability)
        FROM opportunities WHERE stage IS NOT NULL
        GROUP BY COALESCE(pipeline, ''), stage
        HAVING count(DISTINCT status) = 1 AND min(status) <> 'other'
        ORDER BY COALESCE(pipeline, ''), stage
    """).fetchall()
    rows += _visited_only(engine, found, {stage for _, stage, _, _ in rows})
    places = _places(engine, [(p, s, pr) for p, s, status, pr in rows if status == "open"], found)
    for pipeline, stage, status, probability in rows:
        engine.execute(
            "INSERT INTO stages (pipeline, stage, position, status, probability) "
            "VALUES (?, ?, ?, ?, ?)",
            [pipeline, stage, places.get((pipeline, stage)), status, probability],
        )
    return [_learned(len(rows))] if rows else []


def _visited_only(
    engine: Engine, found: Sequence[Recognised], mapped: set[str]
) -> list[tuple[str, str, str, float | None]]:
    """Return the stages that only histories name and a word list explains."""
    words = _words(found)
    seen = engine.execute("""
        SELECT DISTINCT COALESCE(o.pipeline, ''), c.stage FROM stage_changes AS c
        JOIN opportunities AS o ON o.opportunity_id = c.opportunity_id ORDER BY 1, 2
    """).fetchall()
    return [
        (pipeline, stage, status, None)
        for pipeline, stage in seen
        if stage not in mapped and (status := meaning(stage, words))
    ]


def _learned(count: int) -> Issue:
    return Issue(
        "note",
        "stage_map_learned",
        "stages",
        "position",
        count,
        "see the table stages",
        "Check meaning and order of the stages; [[stages]] in salesplan.toml pins them.",
    )


def _places(
    engine: Engine, stages: Sequence[tuple[str, str, float | None]], found: Sequence[Recognised]
) -> dict[tuple[str, str], int]:
    """Return the place of each open stage in its pipeline, 1 first."""
    before, listed = _visits(engine), _listed(found)

    def order(pipeline: str, stage: str, probability: float | None) -> tuple[float, int, float]:
        others = (other for p, other, _ in stages if p == pipeline)
        earlier = sum((pipeline, other, stage) in before for other in others)
        likely = 2.0 if probability is None else probability
        return earlier, listed.get(fold(stage), len(listed)), likely

    ranked = sorted(stages, key=lambda one: (one[0], *order(*one), one[1]))
    places: dict[tuple[str, str], int] = {}
    for pipeline, stage, _ in ranked:
        places[pipeline, stage] = 1 + sum(p == pipeline for p, _ in places)
    return places


def _visits(engine: Engine) -> set[tuple[str, str, str]]:
    """Return (pipeline, a, b) where more deals entered a before b than b before a."""
    rows = engine.execute("""
        WITH first AS (
            SELECT c.opportunity_id, COALESCE(o.pipeline, '') AS pipeline, c.stage,
                min((c.changed_at, c.seq)) AS place
            FROM stage_changes AS c JOIN opportunities AS o ON o.opportunity_id = c.opportunity_id
            GROUP BY c.opportunity_id, COALESCE(o.pipeline, ''), c.stage
        )
        SELECT a.pipeline, a.stage, b.stage FROM first AS a
        JOIN first AS b ON b.opportunity_id = a.opportunity_id AND b.stage <> a.stage
        GROUP BY a.pipeline, a.stage, b.stage
        HAVING count(*) FILTER (a.place < b.place) > count(*) FILTER (a.place > b.place)
    """).fetchall()
    return {(pipeline, a, b) for pipeline, a, b in rows}


def _listed(found: Sequence[Recognised]) -> dict[str, int]:
    """Return the place of each open stage in the list of the CRM that wrote the deals."""
    words: list[str] = []
    for one in found:
        if one.table == "opportunities":
            values = profiles()[one.profile].exports[one.export].values.get("status", {})
            words += values.get("open", ())
    return {fold(word): place for place, word in reversed(list(enumerate(words)))}
