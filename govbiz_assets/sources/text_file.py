"""From delivered bytes to a UTF-8 text file that the engine can read in place.

A file that is UTF-8 already is read where it lies. Any other one is decoded strictly and written once to the work
folder under its hash; a decoding that fails, or that shows an earlier damage (U+FFFD, 锟斤拷), refuses the file.
"""

from __future__ import annotations

import codecs
import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

_CHUNK = 1 << 22
_GZIP_MAGIC = b"\x1f\x8b"
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF8_NAMES = ("utf-8", "utf-8-sig", "ascii")
_GB_NAMES = ("gbk", "gb2312", "gb18030")
_DAMAGE = ("\ufffd", "锟斤拷")
_GLOB_CHARACTERS = frozenset("*?[]{}\\")
_KINDS = {
    b"PK\x03\x04": "an Excel or zip file; set format: xlsx, or save it as CSV",
    b"\xd0\xcf\x11\xe0": "an old or encrypted Excel file; save it as CSV without a password",
    b"PAR1": "a Parquet file; set format: parquet",
    b"%PDF": "a PDF; ask the source for CSV",
}


class RefusedFileError(Exception):
    """A file that cannot be used as a whole; `rule` is the name of the rule, the text says the remedy."""

    def __init__(self, rule: str, reason: str) -> None:
        self.rule = rule
        self.reason = reason
        super().__init__(f"{rule}: {reason}")


def open_delivered(path: Path) -> BinaryIO:
    """Opens a delivered file for reading; a symbolic link in its last place is refused by the kernel."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0))
    return os.fdopen(handle, "rb")


def read_chunks(path: Path) -> Iterator[bytes]:
    """Yields the content of a file, unpacked where it is gzip.

    Raises:
        RefusedFileError: The gzip stream is damaged or ends early.
    """
    with open_delivered(path) as raw:
        is_packed = raw.read(2) == _GZIP_MAGIC
        raw.seek(0)
        stream = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if is_packed else raw
        try:
            while chunk := stream.read(_CHUNK):
                yield chunk
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            reason = f"the gzip stream is cut off or damaged ({error}); have the file delivered again"
            raise RefusedFileError("truncated", reason) from error


def is_gzip(path: Path) -> bool:
    """True where the file begins as gzip does, whatever its name says."""
    with open_delivered(path) as raw:
        return raw.read(2) == _GZIP_MAGIC


def detect_encoding(path: Path, declared: str | None) -> str:
    """Encoding of a text file: the declared one, or found out; always verified over the whole file.

    Raises:
        RefusedFileError: `undecodable`, or `truncated` for a damaged gzip stream.
    """
    head = next(read_chunks(path), b"")
    if declared is not None:
        name = codecs.lookup(declared).name
        wanted = "gb18030" if name in _GB_NAMES else name
        if wanted in _UTF8_NAMES:
            wanted = "utf-8-sig" if head.startswith(codecs.BOM_UTF8) else "utf-8"
        _verify(path, wanted, f"the profile says {declared}; drop `encoding` to have it found out, or correct it")
        return wanted
    if head.startswith(_UTF16_MARKS):
        _verify(path, "utf-16", "have the file saved as UTF-8")
        return "utf-16"
    if head.startswith(codecs.BOM_UTF8):
        _verify(path, "utf-8-sig", "the mark says UTF-8; have the file saved again as UTF-8")
        return "utf-8-sig"
    try:
        _verify(path, "utf-8", "")
    except RefusedFileError as error:
        if not isinstance(error.__cause__, UnicodeDecodeError):
            raise
    else:
        return "utf-8"
    kind = next((text for magic, text in _KINDS.items() if head.startswith(magic)), "")
    remedy = f"it is {kind}" if kind else "have the file saved as UTF-8, or name its encoding in the profile"
    _verify(path, "gb18030", f"it is not UTF-8 either; {remedy}" if not kind else remedy)
    return "gb18030"


def decode_chunks(path: Path, encoding: str) -> Iterator[str]:
    """Yields the decoded text, strictly; line ends stay as delivered."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    for chunk in read_chunks(path):
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def _verify(path: Path, encoding: str, remedy: str) -> None:
    tail = ""
    try:
        for text in decode_chunks(path, encoding):
            if any(mark in text or mark in tail + text[:3] for mark in _DAMAGE):
                reason = (
                    "holds characters lost in an earlier conversion (U+FFFD); have it exported again from the source"
                )
                raise RefusedFileError("undecodable", reason)
            tail = text[-3:]
    except UnicodeError as error:
        raise RefusedFileError("undecodable", f"is not valid {encoding}; {remedy}") from error


def text_path(path: Path, encoding: str, sha256: str, work: Path) -> Path:
    """Path of the UTF-8 text of a file: the file itself, or its copy in the work folder.

    The name of the copy is the hash of the delivered bytes and the encoding, so it can be used again.
    """
    if encoding in _UTF8_NAMES and not is_gzip(path) and not has_glob_characters(path):
        return path
    copy = work / f"{sha256}.{encoding}.csv"
    if copy.exists():
        return copy
    with replacing(copy) as target, target.open("w", encoding="utf-8", newline="") as stream:
        for text in decode_chunks(path, encoding):
            stream.write(text)
    return copy


def has_glob_characters(path: Path) -> bool:
    """True where the engine would take the path for a pattern of paths."""
    return not _GLOB_CHARACTERS.isdisjoint(str(path))


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Gives a temporary path beside the target, private to the user, and renames it when the block succeeds."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
        yield temporary
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
