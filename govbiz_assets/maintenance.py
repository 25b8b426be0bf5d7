"""Housekeeping: forgetting old runs, and database files without holes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime

import dagster as dg

from govbiz_assets.build import build_warehouse
from govbiz_assets.settings import Settings, reveal
from govbiz_assets.sources.contracts import profile_contracts
from govbiz_assets.sources.profile import load_profile
from govbiz_assets.warehouse.compact import compact_database
from govbiz_assets.warehouse.lock import hold_lock
from govbiz_assets.warehouse.publish import publish_views
from govbiz_assets.warehouse.resource import LOCK_FILE
from govbiz_assets.warehouse.session import DATABASES, VAULT
from govbiz_assets.warehouse.sql import table_path
from govbiz_assets.warehouse.vault import rotate_key, unlock_vault

_BATCH = 100


def prune_runs(instance: dg.DagsterInstance, before: datetime) -> int:
    """Deletes finished runs that began before a moment, and their event logs; returns how many.

    Dagster purges ticks by itself but never runs: 132 months of one range run left 3.6 MB of events.
    """
    finished = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    pruned = 0
    while True:
        records = instance.get_run_records(
            dg.RunsFilter(statuses=finished, created_before=before), limit=_BATCH, ascending=True
        )
        for record in records:
            instance.delete_run(record.dagster_run.run_id)
        pruned += len(records)
        if len(records) < _BATCH:
            return pruned


def compact_databases(settings: Settings) -> list[tuple[str, int, int]]:
    """Writes each database file anew; returns name, bytes before and bytes after.

    Waits for a running run, and keeps new ones waiting.
    """
    folder = settings.data_folder
    results = []
    with hold_lock(folder / LOCK_FILE, "maintenance", settings.lock_timeout_seconds, on_wait=print):
        for database in DATABASES:
            path = folder / f"{database}.duckdb"
            if path.exists():
                before = path.stat().st_size
                key = unlock_vault(folder, reveal(settings.vault_key), print) if database == VAULT else None
                compact_database(path, key)
                results.append((path.name, before, path.stat().st_size))
    return results


def rotate_vault_key(settings: Settings, say: Callable[[str], None]) -> None:
    """Encrypts the vault with a new key; waits for a running run, and keeps new ones waiting.

    Args:
        settings: Data folder, present key and new key.
        say: Called with one line about what was done.
    """
    folder = settings.data_folder
    with hold_lock(folder / LOCK_FILE, "vault rotate-key", settings.lock_timeout_seconds, on_wait=say):
        rotate_key(folder, reveal(settings.vault_key), reveal(settings.vault_new_key), say)


def drop_table(settings: Settings, full_name: str) -> None:
    """Drops a table whose stored structure no longer fits its contract.

    Where a column of it may not be seen any more, what is published of the table goes too.

    Raises:
        ValueError: There is no such table.
    """
    profile = load_profile(settings.profile, settings.profiles_folder)
    contract = profile_contracts(profile).get(full_name)
    if contract is None:
        raise ValueError(f"{full_name!r} is no table; see docs/data-dictionary.md")
    with build_warehouse(settings).open("maintenance") as session:
        session.connection.execute(f"DROP TABLE IF EXISTS {table_path(contract)}")
        if contract.withheld:
            shutil.rmtree(settings.published_folder / contract.layer / contract.name, ignore_errors=True)
            publish_views(settings.published_folder)
