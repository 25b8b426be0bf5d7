"""Sensors: the landing folder starts and restates months; a failed run or check writes an alert.

Sensors look at files and their cursor, never into the database: a reader there would block every run.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl

from govbiz_assets.assets.catalog import table_assets
from govbiz_assets.assets.table_asset import TableAsset
from govbiz_assets.automation.alerts import send_alert, write_check_alert, write_failure_alert
from govbiz_assets.automation.jobs import EVERYTHING, slice_assets, slice_tags
from govbiz_assets.automation.landing_state import LandingState, look_at_landing
from govbiz_assets.automation.restatement import plan_runs
from govbiz_assets.contracts.month import month_name, parse_month
from govbiz_assets.contracts.tables_source import FILE_MANIFEST
from govbiz_assets.settings import Settings
from govbiz_assets.sources.landing import DATABASE_PREFIX
from govbiz_assets.sources.profile_model import Profile


def build_landing_sensor(
    settings: Settings, profile: Profile, partitions: dg.MonthlyPartitionsDefinition
) -> dg.SensorDefinition:
    """Returns the sensor that starts months whose files are complete, at rest and new."""
    assets = table_assets(tuple(profile.known_channels.values()))

    @dg.sensor(
        name="landing",
        job_name=EVERYTHING,
        minimum_interval_seconds=settings.sensor_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts a month when its files are complete and at rest; restates it when their content changes.",
    )
    def landing(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        state = LandingState.from_cursor(context.cursor)
        decision = look_at_landing(
            profile,
            settings.landing_folder,
            state,
            now_seconds=time.time(),
            settle_seconds=settings.settle_seconds,
            is_startable=lambda month: partitions.has_partition_key(month_name(month)),
            loaded=lambda month: published_files(settings.published_folder, month),
        )
        if not decision.start:
            reasons = [f"{month_name(month)}: {reason}" for month, reason in decision.waiting.items()]
            return dg.SensorResult(skip_reason="; ".join(reasons) or "nothing new", cursor=state.to_cursor())
        existing = published_months(settings.published_folder) | {parse_month(name) for name in state.started}
        return dg.SensorResult(
            run_requests=list(_run_requests(decision.start, existing, assets)), cursor=state.to_cursor()
        )

    return landing


def _run_requests(
    start: Mapping[date, str], existing: set[date], assets: Sequence[TableAsset]
) -> Iterator[dg.RunRequest]:
    key = "|".join(start[month] for month in sorted(start))
    for number, run in enumerate(plan_runs(start.keys(), existing, assets)):
        yield dg.RunRequest(
            run_key=f"{number}|{key}",
            job_name=EVERYTHING,
            tags=slice_tags(run),
            asset_selection=slice_assets(run),
        )


def published_files(folder: Path, month: date) -> dict[str, str]:
    """Returns the files and hashes that a month was last made from, as its published manifest says.

    Rows of databases are no files: they are not looked at between runs.
    """
    path = folder / FILE_MANIFEST.layer / FILE_MANIFEST.name / f"{month_name(month)}.parquet"
    if not path.exists():
        return {}
    rows = pl.read_parquet(path, columns=["source_file", "file_sha256", "file_status"])
    is_file = ~pl.col("source_file").str.starts_with(DATABASE_PREFIX)
    read = rows.filter(pl.col("file_status") != "ignored", is_file).drop("file_status")
    return {name: digest or "" for name, digest in read.iter_rows()}


def published_months(folder: Path) -> set[date]:
    """Returns the months that were made before."""
    return {parse_month(path.stem) for path in (folder / FILE_MANIFEST.layer / FILE_MANIFEST.name).glob("*.parquet")}


def build_alert_sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """Returns the sensors that turn a failed run, and failed checks of a good one, into an alert."""

    @dg.run_failure_sensor(
        name="alert_on_failure",
        minimum_interval_seconds=settings.sensor_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Writes a readable alert file for a failed run, and posts it to GOVBIZ_ALERT_URL.",
    )
    def alert_on_failure(context: dg.RunFailureSensorContext) -> None:
        _tell(settings, write_failure_alert(settings.alerts_folder, context), context)

    # A check that fails and blocks nothing leaves the run a success, of which nobody would hear.
    @dg.run_status_sensor(
        run_status=dg.DagsterRunStatus.SUCCESS,
        name="alert_on_failed_check",
        minimum_interval_seconds=settings.sensor_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Does the same for a run that made its months and failed a check.",
    )
    def alert_on_failed_check(context: dg.RunStatusSensorContext) -> None:
        if path := write_check_alert(settings.alerts_folder, context):
            _tell(settings, path, context)

    return [alert_on_failure, alert_on_failed_check]


def _tell(settings: Settings, path: Path, context: dg.RunStatusSensorContext) -> None:
    context.log.info(f"alert written: {path}")
    if settings.alert_url:
        send_alert(settings.alert_url.get_secret_value(), path, context.log.info)
