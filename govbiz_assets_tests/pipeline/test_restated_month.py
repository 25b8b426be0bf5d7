"""A month delivered again, and its first delivery restored by two runs started at once.

One of them waits for the other, both end well, and readers of the snapshots notice nothing.
"""

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
import pytest

from govbiz_assets.assets.catalog import table_assets
from govbiz_assets.automation.restatement import table_reach
from govbiz_assets.contracts.catalog import TABLE_BY_NAME
from govbiz_assets.pipeline import RunReport
from govbiz_assets.settings import PROJECT_ROOT
from govbiz_assets.warehouse.lock import hold_lock
from govbiz_assets.warehouse.resource import LOCK_FILE
from govbiz_assets_tests.scenario import House, changed_months, differences, redeliver

Made = tuple[House, RunReport]
Changed = dict[str, set[str]]

HASH_SEED = {0: "0", 1: "4711"}
THREADS = {0: "3", 1: "2"}


@pytest.fixture(scope="module")
def restated(
    made: Made, months: list[date], tmp_path_factory: pytest.TempPathFactory
) -> tuple[House, RunReport, Changed]:
    """The province after bills and readings of the second month came again with other numbers, and what changed."""
    house = made[0].copy(tmp_path_factory.mktemp("restated"), with_landing=True)
    folder = house.landing / f"{months[1]:%Y-%m}"
    redeliver(next(folder.glob("日电量_*")), lambda text: _doubled(text, ",", 2))
    redeliver(next(folder.glob("电费账单_*")), lambda text: _doubled(text, ";", 11), "utf-8-sig")
    report = house.run(months[1:2])
    return house, report, changed_months(made[0].digest(), house.digest())


def test_a_file_delivered_again_changes_its_month_and_only_later_months_whose_windows_cover_it(
    restated: tuple[House, RunReport, Changed], months: list[date]
) -> None:
    _, report, changed = restated
    assert (report.errors, report.has_finished) == ([], True)
    names = [f"{month:%Y-%m}" for month in months]
    reach = table_reach(table_assets())
    for table, at in changed.items():
        name = table.partition(".")[2]
        far = reach.get(name, 13)  # quality tables: a check looks back at most thirteen months
        assert at <= set(names[1 : 2 + far]), table
    assert changed["warehouse.cleaned.usage_daily"] == {names[1]}
    assert changed["vault.raw.bill"] == {names[1]}
    assert changed["warehouse.features.customer_monthly"] == set(names[1:])
    assert changed["warehouse.forecasts.series_monthly"] == set(names[1:])
    # Sums of bills and readings are compared with at least three earlier months, and bills that do not add up are
    # flagged, so that there are flags to look at; nothing else that is checked changed.
    assert changed["warehouse.quality.check_result"] == {names[1], *names[3:]}
    other_channels = {"payment", "ticket", "customer_monthly", "weather_daily"}
    assert not {f"warehouse.cleaned.{table}" for table in other_channels} & set(changed)
    assert {name.partition(".")[2] for name in changed} <= set(TABLE_BY_NAME)


def _doubled(text: str, delimiter: str, column: int) -> str:
    """The same file with twice the number wherever it can be read."""
    header, *lines = text.split("\n")
    records = [line.split(delimiter) for line in lines]
    for cells in records:
        if len(cells) > column and cells[column].replace(".", "", 1).isascii() and cells[column][:1].isdigit():
            cells[column] = f"{2 * float(cells[column]):.2f}"
    return "\n".join([header, *(delimiter.join(cells) for cells in records)])


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


def test_two_processes_with_other_hash_seeds_and_threads_wait_for_each_other_and_restore_the_first_tables(
    made: Made, restated: tuple[House, RunReport, Changed], months: list[date], tmp_path: Path
) -> None:
    """The first delivery is back: one makes its month and those it reaches, the other the last month, in either order.

    The tables are those of this process: any month may be made again and twice, nothing that stood there before shows,
    and no order of hashes or threads does.
    """
    house = House(restated[0].folder, made[0].landing)
    logs = [tmp_path / "first.txt", tmp_path / "second.txt"]
    # Both find the warehouse held, so that neither is through before the other has come.
    with hold_lock(house.folder / LOCK_FILE, "the test", 10, on_wait=lambda _: None):
        runs = [start(house, [month], which, logs[which]) for which, month in enumerate((months[1], months[-1]))]
        while not all(is_waiting(log) for log in logs):
            assert not any(has_ended(run) for run in runs), [log.read_text(encoding="utf-8") for log in logs]
    reads = 0
    while not all(has_ended(run) for run in runs):
        reads += read_published(house) == len(months)
    texts = [log.read_text(encoding="utf-8") for log in logs]
    assert [run.returncode for run in runs] == [0, 0], texts
    reports = [json.loads(text.splitlines()[-1]) for text in texts]
    assert reports == [{"errors": [], "is_good": True}] * 2
    assert reads > 1
    assert differences(made[0].digest(), house.digest()) == []


def has_ended(run: subprocess.Popen[bytes]) -> bool:
    """True once a process has ended; looks for a moment, so that asking again and again does not take its processor."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        run.wait(timeout=0.1)
    return run.returncode is not None


def is_waiting(log: Path) -> bool:
    """True once a run has said that it waits, and for whom."""
    holder = f"held by the test (process {os.getpid()})"
    return f"waiting for the warehouse, {holder}" in log.read_text(encoding="utf-8")
