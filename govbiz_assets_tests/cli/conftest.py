from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from govbiz_assets.cli import commands  # noqa: F401
from govbiz_assets.cli.app import app, console, error_console
from govbiz_assets_tests.automation.server import fast_folder


class Govbiz:
    """The command line over one data folder, in this process."""

    def __init__(self, data: Path, patch: pytest.MonkeyPatch) -> None:
        self.data = data
        self._patch = patch

    def __call__(self, *arguments: str, **settings: str) -> Result:
        with self._patch.context() as patch:
            kept = ("GOVBIZ_PSEUDONYM_KEY",)
            for name in {*os.environ, "GOVBIZ_PROFILE", "GOVBIZ_LANDING", "DAGSTER_HOME"} - {*kept}:
                if name.startswith("GOVBIZ_") or name == "DAGSTER_HOME":
                    patch.setenv(name, "")  # empty is as good as unset, and what a command exports is taken back
            patch.setenv("GOVBIZ_DATA_DIR", str(self.data))
            for name, value in settings.items():
                patch.setenv(name, value)
            if "COLUMNS" in settings:
                # A worker of the test run is told a width when it starts, and the consoles keep it.
                for shown in (console, error_console):
                    patch.setattr(shown, "_width", int(settings["COLUMNS"]))
            return CliRunner().invoke(app, list(arguments))

    def error(self, *arguments: str, **settings: str) -> str:
        """The one line that a failing command says on stderr."""
        result = self(*arguments, **settings)
        assert result.exit_code == 1, result.output
        (line,) = result.stderr.splitlines()
        assert line.startswith("error: ")
        return line


@pytest.fixture
def govbiz(monkeypatch: pytest.MonkeyPatch) -> Iterator[Govbiz]:
    """The command line over an empty data folder."""
    with fast_folder() as folder:
        yield Govbiz(folder / "data", monkeypatch)
