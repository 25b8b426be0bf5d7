"""Where Dagster keeps its history, and by which settings: one run at a time, no telemetry."""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg
import pytest

from govbiz_assets.pipeline import open_instance
from govbiz_assets.settings import PROJECT_ROOT, Settings

SHIPPED = (PROJECT_ROOT / "dagster.yaml").read_text(encoding="utf-8")


def runs_at_once(instance: dg.DagsterInstance) -> object:
    return instance.get_concurrency_config().run_queue_config.max_concurrent_runs


def test_the_history_lies_in_the_data_folder_and_follows_the_projects_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    home = tmp_path / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry: {enabled: true}\n", encoding="utf-8")
    with open_instance(Settings(data_dir=tmp_path)) as instance:
        assert instance.root_directory == str(home) == os.environ["DAGSTER_HOME"]
        assert (runs_at_once(instance), instance.telemetry_enabled) == (1, False)
    assert (home / "dagster.yaml").read_text(encoding="utf-8") == SHIPPED


def test_a_home_of_ones_own_gets_the_settings_once_and_keeps_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    with open_instance(Settings(data_dir=tmp_path / "data")) as instance:
        assert (instance.root_directory, runs_at_once(instance)) == (str(home), 1)
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
    with open_instance(Settings(data_dir=tmp_path / "data")):
        assert (home / "dagster.yaml").read_text(encoding="utf-8") == "telemetry: {enabled: false}\n"
    assert not (tmp_path / "data" / "dagster").exists()
