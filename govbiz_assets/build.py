"""Puts the house together: assets, checks, jobs, schedules, sensors and resources of one profile."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import dagster as dg

from govbiz_assets.assets.catalog import table_assets
from govbiz_assets.assets.shared_tables import shared_table_specs
from govbiz_assets.assets.table_asset import IO_MANAGER_KEY
from govbiz_assets.automation.jobs import build_jobs
from govbiz_assets.automation.schedules import build_monthly_close
from govbiz_assets.automation.sensors import build_alert_sensors, build_landing_sensor
from govbiz_assets.checks.catalog import table_checks
from govbiz_assets.checks.run import build_checks
from govbiz_assets.partitions import monthly_partitions
from govbiz_assets.resources import Deliveries
from govbiz_assets.settings import Settings
from govbiz_assets.sources.contracts import profile_contracts
from govbiz_assets.sources.profile import load_profile
from govbiz_assets.warehouse.io_manager import table_io_manager
from govbiz_assets.warehouse.resource import Warehouse


def build_defs(
    settings: Settings | None = None,
    *,
    resource_overrides: Mapping[str, Any] | None = None,
    loggers: Mapping[str, dg.LoggerDefinition] | None = None,
) -> dg.Definitions:
    """Returns fresh definitions for a profile and a data folder.

    Args:
        settings: Settings; those of the environment where none are given.
        resource_overrides: Resources that take the place of the default ones, for tests and benchmarks.
        loggers: Further loggers, for a caller that shows progress.
    """
    with warnings.catch_warnings():
        # Single-run backfills are beta and partitioned checks preview in this version; tests pin how they behave.
        warnings.simplefilter("ignore", dg.BetaWarning)
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return _build_defs(settings or Settings(), resource_overrides or {}, loggers or {})


def _build_defs(
    settings: Settings, resource_overrides: Mapping[str, Any], loggers: Mapping[str, dg.LoggerDefinition]
) -> dg.Definitions:
    profile = load_profile(settings.profile, settings.profiles_folder)
    channels = tuple(profile.known_channels.values())
    contracts = profile_contracts(profile)
    partitions = monthly_partitions(profile.months.first, profile.months.last)
    assets: list[dg.AssetsDefinition | dg.AssetSpec] = [
        *(asset.build(contracts, partitions) for asset in table_assets(channels)),
        *shared_table_specs(channels, contracts, partitions),
    ]
    resources = {
        "warehouse": build_warehouse(settings),
        "deliveries": build_deliveries(settings),
        IO_MANAGER_KEY: table_io_manager(contracts),
    }
    jobs = build_jobs()
    return dg.Definitions(
        assets=assets,
        asset_checks=build_checks(table_checks(channels), contracts, partitions),
        jobs=jobs,
        schedules=[build_monthly_close(jobs[-1])],
        sensors=[build_landing_sensor(settings, profile, partitions), *build_alert_sensors(settings)],
        loggers=loggers,
        resources={**resources, **resource_overrides},
        # One process per run: twelve small assets took 6 s in process and 70 s with a process each.
        executor=dg.in_process_executor,
    )


def build_warehouse(settings: Settings, *, publish: bool = True) -> Warehouse:
    """Returns the warehouse of the settings' data folder, which publishes what it writes unless told otherwise."""
    return Warehouse(
        database=str(settings.data_folder / "warehouse.duckdb"),
        connection_config={"memory_limit": settings.memory_limit, "threads": settings.threads},
        profile=settings.profile_name,
        lock_timeout_seconds=settings.lock_timeout_seconds,
        publish=publish,
    )


def build_deliveries(settings: Settings) -> Deliveries:
    """Returns the landing folder of the settings' profile."""
    return Deliveries(
        profile_name=settings.profile,
        profiles_folder=str(settings.profiles_folder),
        landing_folder=str(settings.landing_folder),
        work_folder=str(settings.data_folder / "work"),
        reference_folder=str(settings.seeds / "reference"),
        database_connect_seconds=settings.database_connect_seconds,
        database_statement_seconds=settings.database_statement_seconds,
    )
