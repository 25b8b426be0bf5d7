"""The landing sensor in a live Dagster: files dropped in are made without a hand."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from govbiz_assets.simulate import SimulationParams, simulate_province
from govbiz_assets_tests.automation.server import Server, fast_folder, serve

MONTH = "2024-01"


@pytest.fixture(scope="module")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One month of a very small province, not yet delivered."""
    folder = tmp_path_factory.mktemp("delivery")
    simulate_province(SimulationParams(customers=10, months=1), folder)
    return folder / MONTH


@pytest.fixture
def data() -> Iterator[Path]:
    with fast_folder() as folder:
        yield folder / "data"


@pytest.fixture
def server(tmp_path: Path, data: Path) -> Iterator[Server]:
    settings = {"GOVBIZ_DATA_DIR": str(data), "GOVBIZ_SETTLE_SECONDS": "1", "GOVBIZ_SENSOR_SECONDS": "1"}
    with serve(settings, tmp_path / "server.log") as server:
        yield server


def finished(server: Server, count: int, seconds: float) -> list[dict[str, object]]:
    """Waits until that many runs have ended."""

    def look() -> list[dict[str, object]]:
        runs = server.runs()
        ended = [run for run in runs if run["status"] in ("SUCCESS", "FAILURE", "CANCELED")]
        return runs if len(ended) >= count else []

    return list(server.wait(f"the end of run {count}", seconds, look))


def test_files_dropped_in_are_made_touched_ones_start_nothing_and_changed_ones_restate(
    server: Server, data: Path, delivery: Path
) -> None:
    landing = data / "landing" / "sample" / MONTH
    shutil.copytree(delivery, landing)

    (run,) = finished(server, 1, 300)
    assert run["status"] == "SUCCESS", server.tail()
    assert run["tags"]["dagster/asset_partition_range_start"] == MONTH  # type: ignore[index]
    published = data / "published"
    bills = pl.read_parquet(published / "cleaned" / "bill" / f"{MONTH}.parquet")
    assert bills.height > 0
    checks = pl.read_parquet(published / "quality" / "check_result" / f"{MONTH}.parquet")
    assert checks["passed"].all()
    assert checks.height > 50, "the run that a sensor asks for runs the checks of its tables"

    # Touched but unchanged: two whole ticks that began after the touch start nothing.
    for path in landing.iterdir():
        os.utime(path)
    last = server.ticks("landing")[0]["tickId"]

    def rested() -> list[dict[str, object]]:
        ticks = server.ticks("landing")
        later = [tick for tick in ticks if int(tick["tickId"]) > int(last)]
        quiet = [tick for tick in later if tick["status"] == "SKIPPED" and tick["skipReason"] == "nothing new"]
        return later if len(quiet) >= 3 else []

    assert not [tick for tick in server.wait("three quiet ticks", 60, rested) if tick["runIds"]]
    assert len(server.runs()) == 1

    # A corrected file, put in place as a transfer does it: under another name, then renamed.
    path = next(landing.glob("电费账单_*.csv"))
    lines = path.read_bytes().splitlines(keepends=True)
    corrected = path.with_suffix(".part")
    corrected.write_bytes(b"".join(lines[:-1]))
    corrected.replace(path)
    runs = finished(server, 2, 300)
    assert [one["status"] for one in runs] == ["SUCCESS", "SUCCESS"], server.tail()
    account = pl.read_parquet(published / "quality" / "row_account" / f"{MONTH}.parquet")
    received = account.filter(pl.col("channel") == "bill")["received_count"].sum()
    assert received == len(lines) - 2, "header and the removed record are not there"
    assert not [tick for tick in server.ticks("landing") if tick["error"]]
    assert not (data / "alerts").exists()
