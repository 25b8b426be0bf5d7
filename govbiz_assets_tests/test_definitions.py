"""Dagster's own command line over the code location, as a data engineer or CI uses it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from govbiz_assets.build import build_defs
from govbiz_assets.settings import PROJECT_ROOT
from govbiz_assets.simulate import SimulationParams, simulate_province
from govbiz_assets_tests.automation.server import fast_folder

DAGSTER = str(Path(sys.executable).with_name("dagster"))
SELECTION = 'key:"quality/file_manifest" or key:"raw/weather" or key:"cleaned/weather_daily"'
MODULE = ("-m", "govbiz_assets.definitions")


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with fast_folder() as folder:
        simulate_province(SimulationParams(customers=5, months=2), folder / "landing" / "sample")
        yield folder


def dagster(*arguments: str, data: Path, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GOVBIZ_", "DAGSTER_"))}
    environment = {**kept, "GOVBIZ_DATA_DIR": str(data)}
    if home is not None:
        home.mkdir(parents=True, exist_ok=True)
        (home / "dagster.yaml").write_bytes((PROJECT_ROOT / "dagster.yaml").read_bytes())
        environment["DAGSTER_HOME"] = str(home)
    return subprocess.run(
        [DAGSTER, *arguments],
        cwd=PROJECT_ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def left_behind() -> list[Path]:
    """Temporary homes that Dagster made in the project's folder and did not take away."""
    return list(PROJECT_ROOT.glob(".tmp_dagster_home_*"))


def test_definitions_load_and_every_job_and_sensor_resolves() -> None:
    defs = build_defs()
    dg.Definitions.validate_loadable(defs)
    assert len(defs.resolve_all_job_defs()) > 9


@pytest.mark.parametrize("has_home", [True, False], ids=["with DAGSTER_HOME", "without DAGSTER_HOME"])
def test_definitions_validate(data: Path, tmp_path: Path, has_home: bool) -> None:
    result = dagster("definitions", "validate", data=data, home=tmp_path / "home" if has_home else None)
    assert result.returncode == 0, result.stderr
    assert "Validation successful for code location govbiz_assets" in result.stdout + result.stderr
    assert not left_behind()


def test_asset_list_names_every_table_of_a_layer(data: Path) -> None:
    result = dagster("asset", "list", *MODULE, "--select", "group:reference", data=data)
    assert result.returncode == 0, result.stderr
    assert {line for line in result.stdout.splitlines() if line.startswith("reference/")} >= {
        *("reference/division", "reference/industry", "reference/product", "reference/tariff")
    }


def test_a_month_and_a_range_are_materialised(data: Path, tmp_path: Path) -> None:
    published = data / "published" / "cleaned" / "weather_daily"
    month = dagster("asset", "materialize", *MODULE, "--select", SELECTION, "--partition", "2024-01", data=data)
    assert month.returncode == 0, month.stderr[-3000:]
    assert [path.stem for path in published.iterdir()] == ["2024-01"]
    first = pl.read_parquet(published / "2024-01.parquet")

    span = ("--partition-range", "2024-01...2024-02")
    both = dagster("asset", "materialize", *MODULE, "--select", SELECTION, *span, data=data, home=tmp_path / "home")
    assert both.returncode == 0, both.stderr[-3000:]
    assert sorted(path.stem for path in published.iterdir()) == ["2024-01", "2024-02"]
    assert pl.read_parquet(published / "2024-01.parquet").equals(first)
    with dg.DagsterInstance.from_config(str(tmp_path / "home")) as instance:
        (record,) = instance.get_run_records()
        assert record.dagster_run.is_success
        done = instance.get_materialized_partitions(dg.AssetKey(["cleaned", "weather_daily"]))
    assert done == {"2024-01", "2024-02"}, "with DAGSTER_HOME the history is kept"
    assert not left_behind()


def test_an_unknown_month_is_refused(data: Path) -> None:
    result = dagster("asset", "materialize", *MODULE, "--select", SELECTION, "--partition", "2231-01", data=data)
    assert result.returncode == 1
    assert "2231-01" in result.stderr + result.stdout
