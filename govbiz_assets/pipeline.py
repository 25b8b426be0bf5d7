"""Running months from outside Dagster's UI: plan the runs, execute them in this process, report what came out."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg

from govbiz_assets.assets.catalog import table_assets
from govbiz_assets.automation.jobs import EVERYTHING, slice_assets, slice_tags
from govbiz_assets.automation.restatement import RunSlice, plan_runs
from govbiz_assets.automation.sensors import published_months
from govbiz_assets.build import build_defs
from govbiz_assets.contracts.month import month_name
from govbiz_assets.run_checks import CheckOutcomes
from govbiz_assets.run_errors import error_line
from govbiz_assets.settings import PROJECT_ROOT, Settings
from govbiz_assets.sources.profile import load_profile

PROGRESS_LOGGER = "progress"
# Dagster fails the step of a blocking check; the failed check itself is reported, with its months.
_BLOCKED = "blocking asset check"


@dataclass
class RunReport:
    """What came out of the runs.

    Attributes:
        months: Months that were asked for.
        steps: Steps that succeeded.
        errors: One line per failed step, with the step's name.
        checks: What the checks came to.
        has_finished: No run was cut short by an error or a blocking check.
        reasons: By `layer.table`, why a stage made nothing or made do in every month of a run.
    """

    months: list[date]
    steps: int = 0
    errors: list[str] = field(default_factory=list)
    checks: CheckOutcomes = field(default_factory=CheckOutcomes)
    has_finished: bool = True
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """True where every step succeeded and every check passed, those aside that only warn."""
        return self.has_finished and not self.errors and not self.checks.failed


OnEvent = Callable[[RunSlice, dg.DagsterEvent], None]
OnMessage = Callable[[str], None]


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """Opens the Dagster instance of DAGSTER_HOME, else of the data folder, and exports it.

    Without DAGSTER_HOME Dagster would keep its history in a temporary folder and lose it; without `dagster.yaml` there
    it would run several months at once, of which only one can write, and send telemetry.
    """
    given = os.environ.get("DAGSTER_HOME")
    home = Path(given) if given else settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    # The folder of the data follows the project's settings; what somebody put into a home of their own stays.
    if not given or not (home / "dagster.yaml").exists():
        shutil.copyfile(PROJECT_ROOT / "dagster.yaml", home / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(home)
    return dg.DagsterInstance.get()


def run_months(
    settings: Settings,
    months: Sequence[date],
    instance: dg.DagsterInstance,
    *,
    on_plan: Callable[[Sequence[RunSlice]], None] | None = None,
    on_event: OnEvent | None = None,
    on_message: OnMessage | None = None,
) -> RunReport:
    """Makes months, and the later months that they reach, in this process.

    Args:
        settings: Profile and data folder.
        months: Months to make.
        instance: Where the runs are recorded.
        on_plan: Called with the runs before the first starts.
        on_event: Called with each Dagster event, for progress.
        on_message: Called with what a run says in words, for example that it waits for another one.
    """
    profile = load_profile(settings.profile, settings.profiles_folder)
    assets = table_assets(tuple(profile.known_channels.values()))
    runs = plan_runs(months, published_months(settings.published_folder), assets)
    if on_plan:
        on_plan(runs)
    report = RunReport(list(months))
    _execute(settings, runs, instance, report, on_event, on_message)
    return report


@contextlib.contextmanager
def frozen_heap() -> Iterator[None]:
    """Keeps what is loaded by now out of garbage collections, which took a tenth of a small run: 28 s, then 25."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def run_tables(
    settings: Settings, months: Sequence[date], tables: frozenset[str], instance: dg.DagsterInstance
) -> RunReport:
    """Makes some tables of a range of months, with their checks.

    Args:
        settings: Profile and data folder.
        months: Months to make, without gaps.
        tables: Tables as `layer.table`; what they are made of must be among them or made before.
        instance: Where the run is recorded.
    """
    report = RunReport(list(months))
    _execute(settings, [RunSlice(months[0], months[-1], tables)], instance, report, None, None)
    return report


def _execute(
    settings: Settings,
    runs: Sequence[RunSlice],
    instance: dg.DagsterInstance,
    report: RunReport,
    on_event: OnEvent | None,
    on_message: OnMessage | None,
) -> None:
    for run in runs:
        logger = progress_logger(partial(on_event, run) if on_event else _ignore, on_message or _ignore)
        defs = build_defs(settings, loggers={PROGRESS_LOGGER: logger})
        with frozen_heap():
            result = defs.resolve_job_def(EVERYTHING).execute_in_process(
                instance=instance,
                tags=slice_tags(run),
                asset_selection=slice_assets(run),
                run_config={"loggers": {PROGRESS_LOGGER: {}}},
                raise_on_error=False,
            )
        add_result(report, run, result)
        report.has_finished = result.success
        if not result.success:
            break


def _ignore(_: object) -> None:
    """Shows nothing."""


def add_result(report: RunReport, run: RunSlice, result: dg.ExecuteInProcessResult) -> None:
    """Adds steps, errors, checks and reasons of a run to a report."""
    for event in result.all_events:
        if event.is_step_materialization:
            materialization = event.step_materialization_data.materialization
            reason = _whole_reason(materialization.metadata, run.months)
            if reason:
                report.reasons[".".join(materialization.asset_key.path)] = reason
        if event.is_step_success:
            report.steps += 1
        elif event.is_step_failure:
            line = error_line(event.step_failure_data.error)
            if _BLOCKED not in line:
                report.errors.append(f"{(event.step_key or 'run').replace('__', '.')}: {line}")
        elif event.is_failure and event.job_failure_data.error and not report.errors:
            report.errors.append(error_line(event.job_failure_data.error))
    report.checks.add(result.get_asset_check_evaluations())


def _whole_reason(metadata: Mapping[str, dg.MetadataValue[Any]], months: Sequence[date]) -> str | None:
    """Returns the reason that holds for every month of a run; None where a stage worked in one of them."""
    if "reason" in metadata:
        return str(metadata["reason"].value)
    by_month = metadata["reasons"].value if "reasons" in metadata else {}
    said = [by_month.get(month_name(month)) for month in months] if isinstance(by_month, Mapping) else []
    return str(said[-1]) if said and all(said) else None


def progress_logger(on_event: Callable[[dg.DagsterEvent], None], on_message: OnMessage) -> dg.LoggerDefinition:
    """Returns a logger that hands the events and the messages of a run to two functions and prints nothing."""

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said = getattr(record, "dagster_meta", {})
            event = said.get("dagster_event")
            if event is not None:
                on_event(event)
            elif record.levelno >= logging.INFO:
                on_message(said.get("orig_message") or record.getMessage())

    def init_logger(context: dg.InitLoggerContext) -> logging.Logger:  # noqa: ARG001 - Dagster passes it
        logger = logging.Logger(PROGRESS_LOGGER, level=logging.DEBUG)
        logger.addHandler(Handler())
        return logger

    return dg.LoggerDefinition(init_logger, description="Shows progress to the caller of a run.")


def describe_slice(run: RunSlice) -> str:
    """Returns the months of a run in words."""
    span = month_name(run.first) if run.first == run.last else f"{month_name(run.first)}..{month_name(run.last)}"
    return span if run.tables is None else f"{span} (restating {len(run.tables)} tables)"
