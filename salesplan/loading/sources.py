"""The files of a load, each opened as raw text with named columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from salesplan.errors import ExportError
from salesplan.loading import dialect, encoding, signatures, sql, workbook
from salesplan.loading.dialect import Dialect
from salesplan.loading.encoding import CleanText
from salesplan.loading.faults import Faults
from salesplan.loading.uncomputed import Uncomputed
from salesplan.loading.workbook import Sheet
from salesplan.settings import FileRule, Settings

TEXT = (".csv", ".tsv", ".txt", ".tab")
WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
_LONGEST_LINE = 64_000_000


@dataclass(frozen=True)
class Source:
    """One file, or one sheet of a workbook, ready to be read as text."""

    file: str
    sheet: str | None
    clean: CleanText
    dialect: Dialect
    rule: FileRule
    number: int
    scratch: Path
    uncomputed: Uncomputed | None = None
    hidden: tuple[str, ...] = ()
    """Sheets of its workbook that are not read, as nobody sees them."""

    @property
    def label(self) -> str:
        """Name that people know it by."""
        return f"{self.file}#{self.sheet}" if self.sheet else self.file

    @property
    def headers(self) -> tuple[str, ...]:
        """Its column headers, each once."""
        return self.dialect.headers

    @property
    def from_workbook(self) -> bool:
        """Whether its cells had types before they became text."""
        return Path(self.file).suffix.lower() in WORKBOOKS

    @property
    def rejects(self) -> str:
        """Name of the engine's table of rows that have the wrong number of cells."""
        return f"rejects_{self.number}"

    def raw(self, header: str) -> str:
        """Return the engine's name of the column under a header."""
        return f"c{self.headers.index(header)}"

    def reader(self, *, keep_rejects: bool = False) -> str:
        """Return the SQL table function that reads it, every column as text."""
        columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(self.headers)))
        options = [
            sql.text(str(self.clean.path)),
            f"delim={sql.text(self.dialect.delimiter)}",
            "header=false, auto_detect=false, quote='\"', escape='\"'",
            f"skip={self.dialect.skip}, columns={{{columns}}}",
        ]
        if self.dialect.pads:
            options.append("null_padding=true, parallel=false")
        if self.clean.scan.has_long_line:
            options.append(f"max_line_size={_LONGEST_LINE}, buffer_size={_LONGEST_LINE}")
        if keep_rejects:
            options.append(f"store_rejects=true, rejects_table='{self.rejects}'")
            options.append(f"rejects_scan='{self.rejects}_scan'")
        else:
            options.append("ignore_errors=true")
        return f"read_csv({', '.join(options)})"


def rule_for(file: str, settings: Settings) -> FileRule:
    """Return the rule of the first pattern in the settings that fits a file."""
    for pattern, rule in settings.files.items():
        if fnmatch(file.casefold(), pattern.casefold()):
            return rule
    return FileRule()


def files_in(where: str | Path | Iterable[str | Path], faults: Faults) -> list[Path]:
    """Return the export files of a folder, a file or a list of files, sorted by name."""
    given = [where] if isinstance(where, str | Path) else list(where)
    found: list[Path] = []
    for path in map(Path, given):
        if path.is_dir() and len(given) == 1:
            found += sorted(p for p in path.iterdir() if _is_export(p))
        elif path.is_dir():
            faults.add(f"{path} is a folder, not a file. Name its files, or the folder alone.")
        elif not path.exists():
            faults.add(f"{path} does not exist.")
        elif path.suffix.lower() not in TEXT + WORKBOOKS:
            known = ", ".join(TEXT + WORKBOOKS)
            faults.add(f"{path.name} is no export that can be read. Known endings: {known}.")
        else:
            found.append(path)
    if not found and not faults.sentences:
        faults.add(_no_export(Path(given[0])) if given else "The list holds no export.")
    return found


def _no_export(folder: Path) -> str:
    others = sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))
    has = f" It has {', '.join(others)[:200]}; an archive must be unpacked first." if others else ""
    return f"{folder} holds no export (.csv, .tsv, .xlsx).{has}"


@contextmanager
def held_still(paths: Sequence[Path]) -> Iterator[None]:
    """Raise where a file changes while it is read: half of it would be of another export."""
    before = {path: _state(path) for path in paths}
    try:
        yield
    except Exception:  # whatever went wrong, the change explains it better
        _raise_changed(before)
        raise
    _raise_changed(before)


def _state(path: Path) -> tuple[int, int] | None:
    """Return what tells one version of a file from another; None where there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _raise_changed(before: Mapping[Path, tuple[int, int] | None]) -> None:
    if changed := [path.name for path, state in before.items() if _state(path) != state]:
        raise ExportError(
            f"{', '.join(changed)} changed while it was read. Load again once the export is "
            "complete, or load a copy."
        )


def _is_export(path: Path) -> bool:
    """Whether a file of a folder is one to load: Office's lock files (~$) are not."""
    hidden = path.name.startswith((".", "~$"))
    return path.suffix.lower() in TEXT + WORKBOOKS and not hidden


def open_all(
    paths: Sequence[Path], settings: Settings, scratch: Path, faults: Faults
) -> list[Source]:
    """Return every file and sheet that can be read; note the others as faults."""
    sources: list[Source] = []
    for path in paths:
        rule = rule_for(path.name, settings)
        opened = faults.guard(lambda p=path, r=rule: _open(p, r, scratch))  # type: ignore[misc]
        for sheet, cut in opened or []:
            parts = (path.name, sheet.name, sheet.text, cut, rule, len(sources), scratch)
            sources.append(Source(*parts, sheet.uncomputed, sheet.hidden))
    return sources


def _open(path: Path, rule: FileRule, scratch: Path) -> list[tuple[Sheet, Dialect]]:
    """Return the sheets of a workbook; a text file is one sheet without a name."""
    if path.is_dir():
        raise ExportError(f"{path.name} is a folder, not a file.")
    if path.suffix.lower() in WORKBOOKS:
        signatures.check_workbook(path)
        return [
            (s, dialect.find(s.text.path, path.name, ",", rule.header_line))
            for s in workbook.sheets(path, scratch, rule.sheet)
        ]
    signatures.check_text(path)
    clean = encoding.clean(path, scratch, rule.encoding)
    cut = dialect.find(clean.path, path.name, rule.delimiter, rule.header_line)
    return [(Sheet(None, clean), cut)]
