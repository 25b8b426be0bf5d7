"""Whole provinces for tests of the whole chain: landing folders, runs, and comparisons of what came out."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from govbiz_assets.automation.jobs import EVERYTHING, slice_tags
from govbiz_assets.automation.restatement import RunSlice
from govbiz_assets.build import build_defs, build_warehouse
from govbiz_assets.contracts.month import add_months, month_range
from govbiz_assets.pipeline import RunReport, frozen_heap, run_months
from govbiz_assets.settings import Settings
from govbiz_assets.simulate import SimulationParams, simulate_province
from govbiz_assets.warehouse.engine import open_engine
from govbiz_assets.warehouse.keys import read_key
from govbiz_assets.warehouse.session import DATABASES, Session, attach_databases
from govbiz_assets.warehouse.vault import KEY_FILE

FIRST = date(2024, 1, 1)
NO_MONTH = "-"

Digest = dict[str, dict[str, str]]
"""By `database.layer.table` and month: a digest of the rows, whatever their order."""


def months_from(first: date, count: int) -> list[date]:
    """The first days of some consecutive months."""
    return month_range(first, add_months(first, count - 1))


@dataclass(frozen=True)
class House:
    """A data folder and the landing folder that it is made from."""

    folder: Path
    landing: Path
    profile: str = "sample"

    @property
    def settings(self) -> Settings:
        return Settings(profile=self.profile, data_dir=self.folder, landing=self.landing, lock_timeout_seconds=120)

    def run(self, months: Sequence[date]) -> RunReport:
        """Makes months, and the later ones they reach, as `govbiz run` does."""
        return run_months(self.settings, months, dg.DagsterInstance.ephemeral())

    def run_tables(
        self, months: Sequence[date], tables: Collection[str], instance: dg.DagsterInstance | None = None
    ) -> dg.ExecuteInProcessResult:
        """Makes some tables of a range of months, with their checks."""
        job = build_defs(self.settings).resolve_job_def(EVERYTHING)
        with frozen_heap():
            return job.execute_in_process(
                instance=instance or dg.DagsterInstance.ephemeral(),
                tags=slice_tags(RunSlice(months[0], months[-1])),
                asset_selection=[dg.AssetKey(name.split(".")) for name in tables],
                raise_on_error=False,
            )

    def change(self, work: Callable[[Session], None]) -> None:
        """Changes what is stored behind the pipeline's back."""
        with build_warehouse(self.settings).open("test") as session:
            work(session)

    def read(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query over both database files; nobody may be writing."""
        with connect(self.folder) as connection:
            return connection.execute(query).fetchall()

    def digest(self) -> Digest:
        return digest(self.folder)

    def copy(self, folder: Path, *, with_landing: bool = False) -> House:
        """The same house in another place; with a landing folder of its own where that is to change."""
        shutil.copytree(self.folder, folder / "data", symlinks=True)
        if with_landing:
            shutil.copytree(self.landing, folder / "landing", symlinks=True)
        return House(folder / "data", folder / "landing" if with_landing else self.landing, self.profile)


def small_province(folder: Path, *, customers: int, months: int, seed: int = 3, **params: Any) -> Path:
    """Simulates a province whose files seem to have landed when their month ended, and returns its landing folder."""
    simulate_province(SimulationParams(customers=customers, months=months, seed=seed, **params), folder)
    return folder


def keep_months(landing: Path, kept: Sequence[date], target: Path) -> Path:
    """Copies a landing folder without the deliveries of other months."""
    for month in kept:
        shutil.copytree(landing / f"{month:%Y-%m}", target / f"{month:%Y-%m}")
    return target


def redeliver(path: Path, change: Callable[[str], str], encoding: str = "utf-8") -> None:
    """Delivers a file again with changed text, a day after it came first."""
    landed = path.stat().st_mtime + timedelta(days=1).total_seconds()
    path.write_bytes(change(path.read_bytes().decode(encoding)).encode(encoding))
    os.utime(path, (landed, landed))


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """A connection that reads both database files of a data folder that nobody writes."""
    connection = open_engine(folder / "spill")
    attach_databases(connection, folder, read_key(folder / KEY_FILE, "-"), read_only=True)
    return connection


def digest(folder: Path) -> Digest:
    """Digests every table of both files, month by month."""
    with connect(folder) as connection:
        tables = connection.execute(
            "SELECT database_name, schema_name, table_name FROM duckdb_tables() WHERE database_name IN ? ORDER BY ALL",
            [list(DATABASES)],
        ).fetchall()
        return {".".join(table): _table_digest(connection, ".".join(table)) for table in tables}


def _table_digest(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    columns = [name for name, *_ in connection.execute(f"DESCRIBE {table}").fetchall()]
    # Sorted, because a column that was added later stands last.
    row = "to_json({" + ", ".join(f"'{name}': \"{name}\"" for name in sorted(columns)) + "})::VARCHAR"
    month = "strftime(month, '%Y-%m')" if "month" in columns else f"'{NO_MONTH}'"
    rows = connection.execute(
        f"SELECT month_name, count(*) || ' rows ' || md5(string_agg(row_text, chr(10) ORDER BY row_text)) "
        f"FROM (SELECT {month} AS month_name, {row} AS row_text FROM {table}) GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return dict(rows)


def differences(left: Digest, right: Digest) -> list[str]:
    """Names each table and month that is not the same in both; a table without rows equals an absent one."""
    found = []
    for table in sorted({*left, *right}):
        mine, theirs = left.get(table, {}), right.get(table, {})
        months = sorted(month for month in {*mine, *theirs} if mine.get(month) != theirs.get(month))
        found += [f"{table} {month}: {mine.get(month)} / {theirs.get(month)}" for month in months]
    return found


def changed_months(before: Digest, after: Digest) -> dict[str, set[str]]:
    """Months that are not the same any more, by table; tables without a change are absent."""
    changed: dict[str, set[str]] = {}
    for table in {*before, *after}:
        mine, theirs = before.get(table, {}), after.get(table, {})
        months = {month for month in {*mine, *theirs} if mine.get(month) != theirs.get(month)}
        if months:
            changed[table] = months
    return changed


def up_to(found: Digest, month: date) -> Digest:
    """The partitions up to a month."""
    return {
        table: {name: value for name, value in parts.items() if name <= f"{month:%Y-%m}"}
        for table, parts in found.items()
    }


def failed_checks(result: dg.ExecuteInProcessResult) -> set[str]:
    """`layer.table check` of each check that failed as a whole, whatever its single months say."""
    return {
        f"{'.'.join(evaluation.asset_key.path)} {evaluation.check_name}"
        for evaluation in result.get_asset_check_evaluations()
        if evaluation.partition is None and not evaluation.passed
    }


def materialized(result: dg.ExecuteInProcessResult) -> Mapping[str, Mapping[str, Any]]:
    """Metadata of the tables that were written, by `layer.table`."""
    return {
        ".".join(event.asset_key.path): {name: value.value for name, value in event.materialization.metadata.items()}
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }
