"""Counts the records of a UTF-8 text file from its bytes, without parsing it.

The count is independent of the engine: a file is regular only where both agree, every record has the same number of
delimiters, and nothing stands in it that readers treat differently (stray quotes, blanks beside quotes, mixed line
ends, NUL bytes, very long lines). The engine's strict mode alone would let `1,2,3,` pass for three columns and strip
the blanks of `1, "x",3`.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

_CHUNK = 1 << 22
MAX_LINE_BYTES = 1_000_000
_BLANK_LINE = re.compile(rb"(?:\A|(?<=\n))\r?\n")


@dataclass(frozen=True)
class TextShape:
    """What the bytes say.

    Attributes:
        record_count: Lines that are not blank, less the header; line ends within quotes do not count.
        oddity: Why the file has to be read record by record, empty where it need not.
    """

    record_count: int
    oddity: str


class _Counter:
    """Adds up one chunk after the other; every chunk ends at a line end."""

    def __init__(self, delimiter: str) -> None:
        self.mark = delimiter.encode()
        self.lines = 0
        self.delimiters = 0
        self.feeds = 0
        self.returns = 0
        self.is_quoted = False

    def add(self, chunk: bytes) -> str:
        """Counts a chunk; returns the oddity it shows, or an empty text."""
        if b"\0" in chunk:
            return "a NUL byte"
        outside = chunk
        if self.is_quoted or b'"' in chunk:
            parts = chunk.split(b'"')
            first = 1 if self.is_quoted else 0
            outside = b'"' * first + b'"'.join(parts[first::2])
            is_open = (len(parts) - 1 + first) % 2 == 1
            outside += b'"' * is_open
            self.is_quoted = is_open
            if self._has_stray_quote(outside):
                return "text beside a quote"
        feeds = outside.count(b"\n")
        pairs = outside.count(b"\r\n")
        if outside.count(b"\r") != pairs:
            return "a carriage return alone"
        self.feeds += feeds
        self.returns += pairs
        if self.returns not in (0, self.feeds):
            return "mixed line ends"
        self.lines += feeds
        if b"\n\n" in outside or b"\n\r\n" in outside or outside.startswith((b"\n", b"\r\n")):
            self.lines -= len(_BLANK_LINE.findall(outside))
        self.delimiters += outside.count(self.mark)
        return ""

    def _has_stray_quote(self, outside: bytes) -> bool:
        """True where a quoted run (here shrunk to one quote) has anything but a delimiter or line end beside it.

        Counting two-byte patterns is ten times as fast as one regular expression over the chunk.
        """
        while b'""' in outside:
            outside = outside.replace(b'""', b'"')
        runs = outside.count(b'"')
        before = outside.count(self.mark + b'"') + outside.count(b'\n"') + outside.startswith(b'"')
        after = outside.count(b'"' + self.mark) + outside.count(b'"\n') + outside.count(b'"\r\n')
        return before != runs or after + outside.endswith(b'"') != runs


def measure_text(path: Path, delimiter: str, width: int) -> TextShape:
    """Measures a UTF-8 file whose header has `width` columns."""
    counter = _Counter(delimiter)
    rest = b""
    with path.open("rb") as stream:
        if stream.read(3) != codecs.BOM_UTF8:
            stream.seek(0)
        while block := stream.read(_CHUNK):
            block = rest + block
            if _has_long_line(block):
                return TextShape(0, "a line over 1 MB")
            cut = block.rfind(b"\n") + 1
            rest = block[cut:]
            oddity = counter.add(block[:cut]) if cut else ""
            if oddity:
                return TextShape(0, oddity)
    if rest:
        oddity = counter.add(rest + (b"\r\n" if counter.returns else b"\n"))
        if oddity:
            return TextShape(0, oddity)
    if counter.is_quoted:
        return TextShape(0, "a quote that is never closed")
    if counter.delimiters != (width - 1) * counter.lines:
        return TextShape(0, "records with another number of columns")
    return TextShape(max(counter.lines - 1, 0), "")


def _has_long_line(block: bytes) -> bool:
    start = 0
    while len(block) - start > MAX_LINE_BYTES:
        end = block.rfind(b"\n", start, start + MAX_LINE_BYTES)
        if end < 0:
            return True
        start = end + 1
    return False
