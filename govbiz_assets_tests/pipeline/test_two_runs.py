"""Two runs started at once: one waits for the other, both end well, and readers of the snapshots notice nothing."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from govbiz_assets.pipeline import RunReport
from govbiz_assets.settings import PROJECT_ROOT
from govbiz_assets.warehouse.lock import hold_lock
from govbiz_assets.warehouse.resource import LOCK_FILE
from govbiz_assets_tests.scenario import House, differences, up_to

HASH_SEED = {0: "0", 1: "4711"}
THREADS = {0: "1", 1: "3"}


def start(house: House, months: Sequence[date], which: int, log: Path) -> subprocess.Popen[bytes]:
    """A process that makes months; each has a hash seed and a number of threads of its own."""
    command = [sys.executable, "-m", "govbiz_assets_tests.pipeline.month_run"]
    environment = os.environ | {"PYTHONHASHSEED": HASH_SEED[which], "GOVBIZ_THREADS": THREADS[which]}
    with log.open("wb") as stream:
        return subprocess.Popen(
            [*command, str(house.folder), str(house.landing), *(month.isoformat() for month in months)],
            cwd=PROJECT_ROOT,
            env=environment,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )


def read_published(house: House) -> int:
    """Reads every published month of a table as a dashboard does, and returns how many there are."""
    views = house.settings.published_folder / "warehouse.duckdb"
    files = sorted((house.settings.published_folder / "cleaned" / "usage_daily").glob("*.parquet"))
    with duckdb.connect() as connection:
        for file in files:
            (days,) = connection.execute(
                f"SELECT count(DISTINCT usage_date) FROM read_parquet('{file}')"
            ).fetchone() or (0,)
            assert days >= 28, f"{file} shows a part of its month"
    if views.exists():
        with duckdb.connect(str(views), read_only=True) as connection:
            connection.execute("SELECT count(*) FROM cleaned.usage_daily").fetchone()
    return len(files)


def test_two_processes_with_other_hash_seeds_and_threads_wait_for_each_other_and_give_the_tables_of_the_range(
    made: tuple[House, RunReport], months: list[date], landing: Path, tmp_path: Path
) -> None:
    """Both make the same months, and the tables are those of this process: no order of hashes or threads shows."""
    house = House(tmp_path / "data", landing)
    logs = [tmp_path / "first.txt", tmp_path / "second.txt"]
    # Both find the warehouse held, so that neither is through before the other has come.
    with hold_lock(house.folder / LOCK_FILE, "the test", 10, on_wait=lambda _: None):
        runs = [start(house, months[:2], which, logs[which]) for which in HASH_SEED]
        while not all(is_waiting(log) for log in logs):
            assert not any(has_ended(run) for run in runs), [log.read_text(encoding="utf-8") for log in logs]
    reads = 0
    while not all(has_ended(run) for run in runs):
        reads += read_published(house) > 0
    texts = [log.read_text(encoding="utf-8") for log in logs]
    for run, text in zip(runs, texts, strict=True):
        assert run.returncode == 0, text
        assert json.loads(text.splitlines()[-1]) == {"errors": [], "is_good": True}
    assert reads > 1
    assert read_published(house) == 2
    assert differences(up_to(made[0].digest(), months[1]), house.digest()) == []


def has_ended(run: subprocess.Popen[bytes]) -> bool:
    """True once a process has ended; looks for a moment, so that asking again and again does not take its processor."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        run.wait(timeout=0.1)
    return run.returncode is not None


def is_waiting(log: Path) -> bool:
    """True once a run has said that it waits, and for whom."""
    holder = f"held by the test (process {os.getpid()})"
    return f"waiting for the warehouse, {holder}" in log.read_text(encoding="utf-8")
