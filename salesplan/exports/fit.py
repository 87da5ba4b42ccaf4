"""How well one export of one profile explains the headers of a file."""

from __future__ import annotations

from collections.abc import Sequence

from salesplan import schema
from salesplan.exports.fitted import Fit
from salesplan.exports.judging import judge, proof
from salesplan.exports.names import fold, is_placeholder, squeeze, unnumbered
from salesplan.exports.profile import Profile, Unit, profile, profiles
from salesplan.exports.vocabulary import KNOWN, Role, vocabulary
from salesplan.exports.wide import is_history
from salesplan.settings import FileRule, Settings

FILLED = 0.9
"""What a header counts that a CRM's profile leaves to plain words, beside plain itself."""

ROW_BY_ROW = ("plain", "value_period")


def fits(file: str, headers: Sequence[str], rule: FileRule, settings: Settings) -> list[Fit]:
    """Return every export that the settings allow, held against the headers."""
    given = [h for h in dict.fromkeys(headers) if h.strip() and not is_placeholder(h)]
    crms = [profile(rule.profile)] if rule.profile else list(profiles().values())
    return [
        _fit(crm, name, file, given, settings.columns.get(export.table, {}))
        for crm in crms
        for name, export in crm.exports.items()
        if not rule.tables or export.table in rule.tables
    ]


def best_first(found: Sequence[Fit]) -> list[Fit]:
    """Return fits by evidence; a CRM before plain columns, then by name, where they tie."""
    order = list(profiles())
    return sorted(found, key=lambda f: (-f.total, _place(f, order)))


def _place(fit: Fit, order: Sequence[str]) -> tuple[bool, bool, int]:
    says_nothing = fit.total == 0 and fit.profile != "plain"
    return says_nothing, bool(fit.declared.beside), order.index(fit.profile)


def _fit(crm: Profile, name: str, file: str, headers: Sequence[str], pinned: dict[str, str]) -> Fit:
    fit = Fit(crm.name, name, crm.exports[name])
    known = {h: roles for h in headers if (roles := vocabulary(crm.name, name).roles(h))}
    if not known and not pinned:
        return fit
    _take(fit, known, headers)
    filled = _fill_from_plain(fit, headers, known)
    _share_close_date(fit)
    _pin(fit, headers, pinned)
    judge(fit, crm, file, headers, known, pinned, filled)
    return fit


def _take(fit: Fit, known: dict[str, tuple[Role, ...]], headers: Sequence[str]) -> None:
    """Give each column its best header."""
    by_column: dict[str, list[tuple[bool, int, float, int, str]]] = {}
    for header, roles in known.items():
        for role in roles:
            if "%" in header and not _is_rate(fit, role.column):
                continue
            key = (role.quality < 0.55, role.rank, -role.quality, headers.index(header), header)
            by_column.setdefault(role.column, []).append(key)
    best = {column: [key[-1] for key in sorted(keys)] for column, keys in by_column.items()}
    for column, found in best.items():
        if column.endswith("?"):
            fit.flags[column[:-1]] = found[0]
        elif column.endswith("!"):
            fit.helpers[column[:-1]] = found[0]
        elif column != KNOWN:
            fit.columns[column] = found[0]
    _take_several(fit, best)
    _take_joined(fit, headers)
    _take_units(fit)


def _is_rate(fit: Fit, column: str) -> bool:
    """Whether a column holds a share: a header with a per cent sign says that it is one."""
    table = schema.table(fit.declared.table)
    return column in table.names and table.column(column).kind in ("rate", "number")


def _take_several(fit: Fit, best: dict[str, list[str]]) -> None:
    """Keep all headers of a column that takes the first one not empty.

    A header that another column reads too (one close date for planned and actual) is the last
    resort: it does not join those that say one thing only.
    """
    for column in fit.declared.first_of:
        shared = {h for c, h in fit.columns.items() if c != column}
        shared |= {h for h in best.get(column, ()) if unnumbered(h) in shared}
        own = [h for h in dict.fromkeys(best.get(column, ())) if h not in shared]
        if own:
            fit.columns[column] = own[0]
            fit.first_of[column] = tuple(own)


def _take_joined(fit: Fit, headers: Sequence[str]) -> None:
    folded = {squeeze(h): h for h in reversed(headers)}
    prefixes = [squeeze(p) for p in fit.declared.prefixes] or [""]
    for column, groups in fit.declared.joined.items():
        for names in groups:
            for prefix in (*prefixes, ""):
                found = [folded.get(prefix + squeeze(n)) for n in names]
                if all(found) and column not in fit.joined:
                    fit.joined[column] = tuple(str(h) for h in found)
        if column in fit.joined:
            fit.columns.pop(column, None)


def _take_units(fit: Fit) -> None:
    if "minutes" in fit.joined:
        fit.units["minutes"] = "clock"  # hours and minutes side by side
        return
    header = fit.columns.get("minutes")
    units = {squeeze(h): unit for h, unit in fit.declared.units.items()}
    if header and (unit := _unit_of(header, units)):
        fit.units["minutes"] = unit


def _unit_of(header: str, units: dict[str, Unit]) -> Unit | None:
    name = squeeze(header)
    return next((u for h, u in units.items() if name == h or name.endswith(h)), None)


def _fill_from_plain(
    fit: Fit, headers: Sequence[str], known: dict[str, tuple[Role, ...]]
) -> dict[str, float]:
    """Fill what the CRM's profile leaves open from headers that it does not know.

    Returns what those headers prove: less than a header that the profile itself names.
    """
    everyday = profiles()["plain"].exports.get(fit.declared.table)
    if fit.profile == "plain" or everyday is None or fit.declared.shape not in ROW_BY_ROW:
        return {}
    rest = [h for h in headers if h not in known and not is_history(h)]
    words = vocabulary("plain", fit.declared.table)
    found = {h: roles for h in rest if (roles := words.roles(h))}
    plain = Fit("plain", fit.declared.table, everyday)
    _take(plain, found, rest)
    _take_joined(plain, headers)
    _adopt(fit, plain)
    _currency_beside_amount(fit, headers)
    crm = profiles()["plain"]
    used = {*fit.columns.values(), *fit.flags.values()}
    return {h: FILLED * proof(h, roles, crm) for h, roles in found.items() if h in used}


def _adopt(fit: Fit, plain: Fit) -> None:
    """Take from plain words what the profile has no header for."""
    for column, header in plain.columns.items():
        if column not in fit.joined and column not in fit.declared.constants:
            fit.columns.setdefault(column, header)
    for column, parts in plain.joined.items():
        if column not in fit.columns or fit.columns[column] in parts:
            fit.columns.pop(column, None)
            fit.joined.setdefault(column, parts)
    for flag, header in plain.flags.items():
        fit.flags.setdefault(flag, header)
    for column, unit in plain.units.items():
        if fit.columns.get(column) == plain.columns.get(column):
            fit.units.setdefault(column, unit)


def _share_close_date(fit: Fit) -> None:
    """Let the one close date of a file be both, where plain words leave open which it is."""
    plan, fact = (fit.columns.get(c) for c in ("expected_close_on", "closed_on"))
    if fit.declared.table != "opportunities" or (plan and fact) or not (plan or fact):
        return
    only = str(plan or fact)
    said = {role.column for role in vocabulary("plain", "opportunities").roles(only)}
    if {"expected_close_on", "closed_on"} <= said:
        fit.columns |= {"expected_close_on": only, "closed_on": only}


_CURRENCY = ("currency", "währung", "devise", "divisa", "moneda", "valuta", "moeda")


def _currency_beside_amount(fit: Fit, headers: Sequence[str]) -> None:
    """Take the "<Amount> Currency" column that a multi-currency CRM puts beside an amount."""
    amount = fit.columns.get("amount") or fit.columns.get("budget_amount")
    if not amount or "currency" not in _names(fit):
        return
    beside = {squeeze(f"{amount} {word}") for word in _CURRENCY}
    beside |= {squeeze(f"{word} {amount}") for word in _CURRENCY}
    found = next((h for h in headers if squeeze(h) in beside), None)
    if found:
        fit.columns["currency"] = found


def _names(fit: Fit) -> tuple[str, ...]:
    return schema.table(fit.declared.table).names


def _pin(fit: Fit, headers: Sequence[str], pinned: dict[str, str]) -> None:
    """Let the settings' columns stand above the profile's."""
    by_name = {fold(h): h for h in reversed(headers)}
    for column, header in pinned.items():
        found = header if header in headers else by_name.get(fold(header))
        if found:
            fit.columns[column] = found
            fit.first_of.pop(column, None)
            fit.joined.pop(column, None)
            if column in ("stage", "status"):
                fit.flags.clear()
