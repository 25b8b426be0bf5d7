"""A page of the documentation as steps: files to write, lines to change, commands to type and their answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"`([^`\n]+\.(?:csv|yaml))`")
ELIDED = "…"


@dataclass(frozen=True)
class FileStep:
    """A file to write."""

    path: str
    text: str


@dataclass(frozen=True)
class ChangeStep:
    """Text to replace in a file that was named last."""

    path: str
    old: str
    new: str


@dataclass(frozen=True)
class CommandStep:
    """A command and the answer that the page shows."""

    command: str
    answer: str
    heading: str

    @property
    def fails(self) -> bool:
        return re.search(r"^(error|check failed)", self.answer, re.MULTILINE) is not None

    def is_answered_by(self, output: str) -> bool:
        """True where the output is the answer; `…` and blanks behind it stand for anything, alone for any lines."""
        pattern = ""
        for line in self.answer.splitlines():
            shown_parts = re.split(rf"{ELIDED} *", line.rstrip())
            pattern += r"(?:.*\n)*?" if line == ELIDED else r"[^\n]*".join(map(re.escape, shown_parts)) + r"\n"
        shown = "".join(f"{line.rstrip()}\n" for line in output.rstrip().splitlines())
        return re.fullmatch(pattern, shown) is not None


def read_steps(page: str) -> Iterator[FileStep | ChangeStep | CommandStep]:
    """Yields what a page says, in its order; a block belongs to the file that was named last before it."""
    for block in _BLOCK.finditer(page):
        before = page[: block.start()]
        language, text = block.groups()
        if language == "console":
            heading = re.findall(r"^## (.*)$", before, re.MULTILINE)[-1]
            for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                command, _, answer = part.partition("\n")
                yield CommandStep(command, answer, heading)
            continue
        path = _NAMED.findall(_BLOCK.sub("", before))[-1]
        if language == "diff":
            old, new = ([line[1:] for line in text.splitlines() if line[0] == sign] for sign in "-+")
            yield ChangeStep(path, "\n".join(old), "\n".join(new))
        else:
            yield FileStep(path, text)


def replace_text(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} does not stand once in {path}"
    path.write_text(text.replace(old, new), encoding="utf-8")
