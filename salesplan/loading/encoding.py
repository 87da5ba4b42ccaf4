"""From the bytes of an export to clean UTF-8 text that the engine's reader can take.

Most exports are UTF-8 and are read where they lie. Others are rewritten to a temporary file:
cp1252 from Excel, UTF-16 from "Unicode text", NUL bytes, mixed line ends.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from salesplan.errors import ExportError, did_you_mean

BLOCK = 1 << 19
"""Bytes looked at together; a block without a line end betrays a line too long for the reader."""

_ODD_BLANKS = (b"\t", b"\xa0", *(c.encode() for c in "\u2009\u200b\u202f\ufeff"))

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


@dataclass(frozen=True)
class Scan:
    """What the bytes of a file say about it."""

    encoding: str
    size: int = 0
    line_feeds: int = 0
    carriage_returns: int = 0
    pairs: int = 0
    nul_bytes: int = 0
    quotes: int = 0
    has_long_line: bool = False
    has_odd_blanks: bool = False

    @property
    def has_mixed_ends(self) -> bool:
        """Whether lines end in more than one way (line ends inside cells count too)."""
        return len(self._ends) > 1

    @property
    def is_plain(self) -> bool:
        """Whether the reader can take the file as it is."""
        plain_ends = not self.has_mixed_ends and self.carriage_returns == self.pairs
        return self.encoding in ("utf-8", "utf-8-sig") and not self.nul_bytes and plain_ends

    @property
    def _ends(self) -> list[int]:
        kinds = (self.pairs, self.line_feeds - self.pairs, self.carriage_returns - self.pairs)
        return [n for n in kinds if n]


@dataclass(frozen=True)
class CleanText:
    """A file as UTF-8 with one kind of line end, and what had to be mended for that."""

    path: Path
    scan: Scan
    mixed_ends: bool = False
    broken_characters: int = 0


def clean(path: Path, scratch: Path, wanted: str | None = None) -> CleanText:
    """Return a file as clean UTF-8, rewritten into the folder ``scratch`` where needed."""
    scan = _scan(path, _check(wanted, path))
    if scan.size == 0:
        raise ExportError(f"{path.name} is empty. Export it again, or remove it from the folder.")
    if scan.is_plain and not _looks_like_pattern(path):
        return CleanText(path, scan)
    mixed = scan.has_mixed_ends and _mixed_outside_quotes(path, scan.encoding)
    return _rewrite(path, scratch, scan, mixed)


def _check(wanted: str | None, path: Path) -> str | None:
    """Return the encoding that the settings name, in Python's spelling."""
    if wanted is None:
        return None
    try:
        return codecs.lookup(wanted).name
    except LookupError:
        near = did_you_mean(wanted, ["utf-8", "cp1252", "utf-16", "latin-1", "cp850", "mac-roman"])
        raise ExportError(f"{path.name}: no encoding is named {wanted!r}. {near}") from None


def _looks_like_pattern(path: Path) -> bool:
    return any(sign in str(path) for sign in "*?[]{}")


def _scan(path: Path, wanted: str | None) -> Scan:
    """Read the file once as bytes: encoding, line ends, NUL bytes, long lines."""
    scan = Scan(wanted or "utf-8")
    last = b""
    rest: bytes | None = b""
    with _opened(path) as handle:
        while block := handle.read(BLOCK):
            if not scan.size and wanted is None:
                scan = replace(scan, encoding=_marked(block))
            scan = _count(scan, block, last)
            rest = _undecoded(rest, block)
            last = block[-1:]
    if wanted or scan.encoding != "utf-8" or rest == b"":
        return scan
    return replace(scan, encoding=_not_utf8(path))


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise ExportError(f"{path.name} cannot be read: {error.strerror}.") from None


def _marked(block: bytes) -> str:
    """Return the encoding that the first bytes of a file announce."""
    for mark, encoding in _MARKS.items():
        if block.startswith(mark):
            return encoding
    start = block[:2000]
    if len(start) > 3 and start[1::2].count(0) > len(start) * 0.4:
        return "utf-16-le"
    if len(start) > 3 and start[::2].count(0) > len(start) * 0.4:
        return "utf-16-be"
    return "utf-8"


def _count(scan: Scan, block: bytes, last: bytes) -> Scan:
    """Return the scan with one more block; most signs are in none, which is quickly seen."""
    feeds = count_feeds(block)
    returns = _times(b"\r", block)
    pairs = block.count(b"\r\n") if returns else 0
    return replace(
        scan,
        size=scan.size + len(block),
        line_feeds=scan.line_feeds + feeds,
        carriage_returns=scan.carriage_returns + returns,
        pairs=scan.pairs + pairs + (last == b"\r" and block.startswith(b"\n")),
        nul_bytes=scan.nul_bytes + _times(b"\0", block),
        quotes=scan.quotes + _times(b'"', block),
        has_long_line=scan.has_long_line or (len(block) == BLOCK and not feeds),
        has_odd_blanks=scan.has_odd_blanks or _has_odd_blanks(block),
    )


def count_feeds(block: bytes) -> int:
    """Return the line feeds of a block, three times as fast as ``bytes.count`` does."""
    return int(np.count_nonzero(np.frombuffer(block, np.uint8) == ord("\n")))


def _times(sign: bytes, block: bytes) -> int:
    return block.count(sign) if sign in block else 0


def _has_odd_blanks(block: bytes) -> bool:
    """Whether a block has blanks other than the space; a lead byte alone is found faster."""
    return any(blank[:1] in block and blank in block for blank in _ODD_BLANKS)


def _undecoded(rest: bytes | None, block: bytes) -> bytes | None:
    """Return the last bytes of a block that begin a character, or None once it is not UTF-8.

    ``rest`` is what the block before left over.
    """
    if rest is None or (not rest and block.isascii()):
        return rest
    text = rest + block if rest else block
    try:
        return text[codecs.utf_8_decode(text, "strict", False)[1] :]
    except UnicodeDecodeError:
        return None


def _not_utf8(path: Path) -> str:
    """Return what a file is that is not valid UTF-8.

    A UTF-8 file with a few broken bytes still is one: read as cp1252 it would turn every
    accent into two wrong letters.
    """
    good = bad = 0
    with path.open(encoding="utf-8", errors="replace", newline="") as handle:
        while text := handle.read(BLOCK):
            broken = text.count("\ufffd")
            good += len(text) - len(text.encode("ascii", "ignore")) - broken
            bad += broken
    return "utf-8-broken" if good > bad else "cp1252"


def _mixed_outside_quotes(path: Path, encoding: str) -> bool:
    """Whether rows, not only cells of several lines, end in different ways."""
    if encoding.startswith("utf-16"):
        return False
    pairs = feeds = returns = 0
    inside = False
    for block in _blocks_between_ends(path):
        parts = block.split(b'"')
        bare = b"".join(parts[inside::2])
        inside ^= len(parts) % 2 == 0
        pairs += bare.count(b"\r\n")
        feeds += bare.count(b"\n")
        returns += bare.count(b"\r")
    return sum(n > 0 for n in (pairs, feeds - pairs, returns - pairs)) > 1


def _blocks_between_ends(path: Path) -> Iterator[bytes]:
    """Yield blocks that never split a pair of carriage return and line feed."""
    held = b""
    with path.open("rb") as handle:
        while block := handle.read(BLOCK):
            block = held + block
            held = block[-1:] if block.endswith(b"\r") else b""
            yield block[: len(block) - len(held)]
    yield held


def _rewrite(path: Path, scratch: Path, scan: Scan, mixed: bool) -> CleanText:
    """Write the file as UTF-8 without NUL bytes, every line ending in a line feed."""
    target = scratch / f"{path.stem[:40].translate(_SAFE)}-{len(list(scratch.iterdir()))}.csv"
    encoding = "utf-8" if scan.encoding == "utf-8-broken" else scan.encoding
    errors = "replace" if scan.encoding == "utf-8-broken" else "strict"
    broken = 0
    try:
        with (
            path.open(encoding=encoding, errors=errors) as source,
            target.open("w", encoding="utf-8", newline="\n") as copy,
        ):
            while text := source.read(BLOCK):
                broken += text.count("\ufffd")
                copy.write(text.replace("\0", ""))
    except UnicodeDecodeError as error:
        raise ExportError(
            f"{path.name} is neither UTF-8 nor {encoding}: byte {error.object[error.start]:#04x} "
            f'means nothing there. Name its encoding: [files."{path.name}"] encoding = "..."'
        ) from None
    return CleanText(target, replace(scan, encoding=encoding), mixed, broken)


_SAFE = str.maketrans(dict.fromkeys("*?[]{}", "_"))
