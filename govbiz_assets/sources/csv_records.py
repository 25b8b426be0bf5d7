"""Splits text into records one by one, so that each broken record can be named and the rest be kept.

Quoting is that of RFC 4180: a cell that begins with a quote ends at the next single quote, which a delimiter or line
end must follow; a quote within an unquoted cell is plain text. A cell may span lines only where the record then has
the right number of cells; otherwise the quote is taken as never closed, its line alone is broken, and reading goes on
with the next line, so that one stray quote costs one record.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_CELL = 1_000_000
MAX_LINE = 16_000_000
MAX_RUN = 20_000
KEPT_LINE = 2_000
_QUOTED = re.compile(r'(?:[^"]|"")*')


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A record as delivered.

    Attributes:
        cells: Its cells; None where it is broken.
        problem: Name of the rule that it breaks.
        line: Beginning of its text, only where it is broken.
    """

    cells: list[str] | None
    problem: str | None = None
    line: str | None = None


class _Lines:
    """Lines of a text file with a way to put some back; a line too long to hold is cut and marked."""

    def __init__(self, stream: Iterator[str]) -> None:
        self._stream = stream
        self._pending: deque[str] = deque()

    def next(self) -> str | None:
        if self._pending:
            return self._pending.popleft()
        return next(self._stream, None)

    def put_back(self, lines: list[str]) -> None:
        self._pending.extendleft(reversed(lines))


def read_lines(path: Path) -> Iterator[str]:
    """Yields lines with their line ends; of a line over 16 million characters only the beginning."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        while line := stream.readline(MAX_LINE):
            yield line
            if len(line) == MAX_LINE and line[-1] not in "\r\n":
                while (more := stream.readline(MAX_LINE)) and more[-1] not in "\r\n":
                    pass


def split_header(lines: Iterator[str], delimiter: str) -> RawRecord | None:
    """The first record that is not blank; `lines` is left at the record after it."""
    for line in lines:
        body = line.rstrip("\r\n")
        if "\0" in body:
            return _broken("nul_byte", body)
        if body:
            return _split_quoted(_Lines(lines), line, delimiter, None)
    return None


def split_records(lines: Iterator[str], delimiter: str, width: int) -> Iterator[RawRecord | list[str]]:
    """Yields the records that are not blank: runs of plain lines as they are, every other record split.

    A plain line is a whole record with the right number of cells that any reader splits alike. Runs of them are not
    split here because a compiled reader does that many times faster.

    Args:
        lines: Lines with their line ends.
        delimiter: One character.
        width: Number of cells that a record must have.
    """
    source = _Lines(lines)
    mark = re.escape(delimiter)
    cell = rf'(?:"(?:[^"]|"")*+"|[^"{mark}][^"{mark}]*+|)'
    quoted = re.compile(rf"{cell}(?:{mark}{cell}){{{width - 1}}}")
    plain: list[str] = []
    while (line := source.next()) is not None:
        body = line.rstrip("\r\n")
        is_plain = quoted.fullmatch(body) is not None if '"' in body else body.count(delimiter) == width - 1
        if is_plain and len(body) <= MAX_CELL and "\0" not in body:
            plain.append(body)
            if len(plain) == MAX_RUN:
                yield plain
                plain = []
        elif body:
            if plain:
                yield plain
                plain = []
            yield _split_one(source, line, delimiter, width)
    if plain:
        yield plain


def _split_one(source: _Lines, line: str, delimiter: str, width: int) -> RawRecord:
    if "\0" in line:
        return _broken("nul_byte", line)
    if len(line) > MAX_CELL:
        return _split_long(source, line, delimiter, width)
    return _split_quoted(source, line, delimiter, width)


def _split_long(source: _Lines, line: str, delimiter: str, width: int) -> RawRecord:
    record = _split_quoted(source, line, delimiter, width)
    if record.problem or len(line) >= MAX_LINE or any(len(cell) > MAX_CELL for cell in record.cells or ()):
        return _broken("cell_too_long", line)
    return record


def _split_quoted(source: _Lines, line: str, delimiter: str, width: int | None) -> RawRecord:
    """Splits a record that holds quotes; takes further lines while a quote is open."""
    first, taken = line, []
    cells: list[str] = []
    size = len(line)
    body = line.rstrip("\r\n")
    position = 0
    problem = ""
    while True:
        if not body.startswith('"', position):
            end = body.find(delimiter, position)
            cells.append(body[position:] if end < 0 else body[position:end])
            if end < 0:
                break
            position = end + 1
            continue
        parts: list[str] = []
        position += 1
        while True:
            match = _QUOTED.match(line, position)
            end = match.end() if match else position
            parts.append(line[position:end])
            if end < len(line):
                break
            following = source.next() if size <= MAX_CELL else None
            if following is None:
                problem = "unterminated_quote"
                break
            taken.append(following)
            size += len(following)
            line, position = following, 0
            if "\0" in line:
                problem = "unterminated_quote"
                break
        if problem:
            break
        body = line.rstrip("\r\n")
        cells.append("".join(parts).replace('""', '"'))
        position = end + 1
        if position >= len(body):
            break
        if body[position] != delimiter:
            problem = "text_after_quote"
            break
        position += 1
    if not problem and width not in (None, len(cells)):
        problem = "wrong_field_count"
    if not problem and any(len(cell) > MAX_CELL for cell in cells):
        problem = "cell_too_long"
    if not problem:
        return RawRecord(cells)
    if taken:
        source.put_back(taken)
        problem = "unterminated_quote"
    return _broken(problem, first)


def _broken(problem: str, line: str) -> RawRecord:
    return RawRecord(None, problem, line[:KEPT_LINE].rstrip("\r\n"))
