"""What speaks for an export that explains the headers of a file, and what against it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath

from salesplan.exports.fitted import Fit
from salesplan.exports.names import fold, squeeze
from salesplan.exports.profile import Profile
from salesplan.exports.vocabulary import ALIKE, Role, telling, weight
from salesplan.exports.wide import is_history

FILE_NAME = 0.75
"""What a telling file name adds, in units of a header that one export alone uses."""

EVERYDAY = 0.5
"""The most that a header proves through plain words, in the same units."""

LACKING = 0.55
"""Factor for each thing that a row of the table cannot do without."""

_CANNOT_DO_WITHOUT: dict[str, tuple[tuple[str, ...], ...]] = {
    "opportunities": (("stage", "status"), ("opportunity_id", "name", "amount")),
    "activities": (("starts_at",), ("kind",)),
    "leads": (("lead_id", "created_on", "owner_id"),),
    "accounts": (("account_id", "name"),),
    "people": (("person_id", "name", "email"),),
    "campaigns": (("name", "campaign_id"), ("channel", "starts_on", "budget_amount")),
    "web_visits": (("page", "lead_id"),),
}

_STATUSES = {"status", "leadstatus", "state", "statut", "estado", "stato"}
"""Headers that some CRMs write above the stage of a deal, and everyone above a lead's status."""

_OF_A_DEAL = {"stage", "amount", "expected_close_on", "closed_on", "probability"}
"""What makes a deal of a row that has a status: everything has a status."""


def judge(
    fit: Fit,
    crm: Profile,
    file: str,
    headers: Sequence[str],
    known: dict[str, tuple[Role, ...]],
    pinned: dict[str, str],
    filled: dict[str, float],
) -> None:
    """Add up what speaks for the fit, and take off what a row would lack."""
    said = {h: proof(h, roles, crm) for h, roles in known.items()}
    said |= {h: weight(h) for h in pinned.values() if h in headers}
    fit.named = is_named(file, fit.declared.files)
    said |= {h: 1.0 for h in headers if fit.declared.wide and is_history(h, fit.declared.wide)}
    said |= {h: share for h, share in filled.items() if h not in said}
    fit.lacking = sum(1 for _ in _lacking(fit, headers))
    fit.telling = sum(map(telling, said))
    fit.total = (sum(said.values()) + FILE_NAME * fit.named) * LACKING**fit.lacking
    possible = sum(weight(h) if h not in said else max(said[h], weight(h)) for h in headers)
    fit.score = round(min(1.0, fit.total / possible), 3) if possible else 0.0
    fit.reason = f"{crm.name} {fit.export}: {len(said)} of {len(headers)} headers known"
    if fit.named:
        fit.reason += ", and the file's name"


def proof(header: str, roles: Sequence[Role], crm: Profile) -> float:
    """Return what a known header proves: much only where it is spelled as its CRM spells it."""
    own = any(header.strip() == role.column for role in roles)
    likeness = max(role.quality for role in roles)
    telling = crm.weight == 1 and likeness >= ALIKE
    quality = 1.0 if own else likeness * crm.weight
    return quality * (weight(header) if telling else min(weight(header), EVERYDAY))


def is_named(file: str, words: Sequence[str]) -> bool:
    """Whether the name of a file holds one of some words."""
    stem = f" {fold(PurePath(file.replace(chr(92), '/')).stem)} "
    return any(f" {fold(word)} " in stem or squeeze(word) == squeeze(stem) for word in words)


def _lacking(fit: Fit, headers: Sequence[str]) -> Iterator[str]:
    has = {*fit.columns, *fit.joined, *fit.declared.constants}
    if fit.flags:
        has.add("status")
    for group in _CANNOT_DO_WITHOUT.get(fit.declared.table, ()):
        if not has.intersection(group):
            yield group[0]
    if fit.declared.table == "opportunities" and "status" in has and not has & _OF_A_DEAL:
        yield "amount"
    if fit.declared.table == "opportunities" and _is_a_lead(fit, has, headers):
        yield "opportunity_id"
    yield from fit.unmet()


def _is_a_lead(fit: Fit, has: set[str], headers: Sequence[str]) -> bool:
    """Whether what would be a deal has the number of a lead, and neither its own nor a stage."""
    numbered = "lead_id" in has or any(squeeze(header) == "leadid" for header in headers)
    staged = "stage" in has and squeeze(fit.columns.get("stage", "")) not in _STATUSES
    return numbered and not staged and not has & {"opportunity_id", "closed_on"}
