"""What docs/add-a-channel.md says is done to the letter in an empty folder, and everything turns out as it says."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from govbiz_assets.settings import PROJECT_ROOT
from govbiz_assets_tests.cli.conftest import Govbiz
from govbiz_assets_tests.cli.page import ChangeStep, CommandStep, FileStep, read_steps, replace_text

PAGE = PROJECT_ROOT / "docs" / "add-a-channel.md"
UNDONE = "When it says no"


def answer(command: str, govbiz: Govbiz) -> tuple[int, str]:
    program, *arguments = shlex.split(command)
    if program == "govbiz":
        # The data folder is the one that the page says, below the current folder.
        result = govbiz(*arguments, GOVBIZ_DATA_DIR="", COLUMNS="250")
        return result.exit_code, result.output
    assert program == "python"
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, timeout=300)
    return done.returncode, done.stdout + done.stderr


def test_the_page_does_what_it_says(govbiz: Govbiz, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    change: ChangeStep | None = None
    commands = 0
    for step in read_steps(PAGE.read_text(encoding="utf-8")):
        if isinstance(step, FileStep):
            Path(step.path).parent.mkdir(parents=True, exist_ok=True)
            Path(step.path).write_text(step.text, encoding="utf-8")
        elif isinstance(step, ChangeStep):
            replace_text(Path(step.path), step.old, step.new)
            change = step
        else:
            code, output = answer(step.command, govbiz)
            assert step.is_answered_by(output), f"{step.command}\n{output}"
            assert code == int(step.fails), f"{step.command} exits {code}\n{output}"
            if step.heading == UNDONE:
                assert change is not None
                replace_text(Path(change.path), change.new, change.old)
            commands += 1
    assert commands == 8
    dictionary = Path("data/outages/data-dictionary.md").read_text(encoding="utf-8")
    assert "### cleaned.outage" in dictionary
    assert "| `outage_minutes` | DOUBLE | min | yes | Length of the outage. |" in dictionary
    published = b"".join(path.read_bytes() for path in Path("data/outages/published/cleaned/outage").iterdir())
    assert b"outage_minutes" in published
    assert b"site_contact" not in published


def test_an_answer_is_compared_line_by_line() -> None:
    step = CommandStep("x", "…\na …   c\nlast\n", "")
    assert step.is_answered_by("first  \nsecond\na b c\nlast\n")
    assert step.is_answered_by("a b c\nlast")
    assert not step.is_answered_by("a b c\nlast\nmore\n")
    assert not step.is_answered_by("a b\nc\nlast\n")
    assert not CommandStep("x", "a\n", "").is_answered_by("")
