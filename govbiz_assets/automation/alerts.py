"""Alerts: a failed run, or failed checks of a good one, in words that someone can act on.

Each is a file and, where an address is set, a message.
"""

from __future__ import annotations

import http.client
import json
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

import dagster as dg

from govbiz_assets.automation.jobs import RANGE_END_TAG, RANGE_START_TAG
from govbiz_assets.run_checks import CheckOutcomes
from govbiz_assets.run_errors import error_line
from govbiz_assets.warehouse.files import write_whole

_TIMEOUT_SECONDS = 10


def write_failure_alert(folder: Path, context: dg.RunFailureSensorContext) -> Path:
    """Writes the alert of a failed run and returns its path; the same run gives the same file."""
    run, months = context.dagster_run, _months(context.dagster_run)
    lines = [f"Run {run.run_id} of job {run.job_name} failed.", f"Months: {months or 'no month'}"]
    failures = context.get_step_failure_events()
    for event in failures:
        lines.append(f"Step {(event.step_key or 'unknown').replace('__', '.')}: {_reason(event)}")
    if not failures:
        lines.append(f"Reason: {context.failure_event.message or 'the run ended without a step failure'}")
    lines.append(
        "The months that were there before are unchanged. Mend the cause: a corrected file starts its month by "
        f"itself; for anything else: {_run_again(months)}"
    )
    return _write(folder, run, lines)


def write_check_alert(folder: Path, context: dg.RunStatusSensorContext) -> Path | None:
    """Writes the alert of a run that made its months and failed checks; None where it failed none.

    Checks that only warn raise no alert of their own; they are told with the others.
    """
    run, months = context.dagster_run, _months(context.dagster_run)
    entries = context.instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    events = (entry.dagster_event for entry in entries)
    checks = CheckOutcomes()
    checks.add(event.asset_check_evaluation_data for event in events if event is not None)
    if not checks.failed:
        return None
    count = f"{len(checks.failed)} of its checks fail" if len(checks.failed) > 1 else "a check fails"
    lines = [f"Run {run.run_id} of job {run.job_name} made its months, and {count}.", f"Months: {months or 'no month'}"]
    lines += [f"Check {check.table} {check.name}: {check.description}" for check in checks.failed]
    lines += [f"Warning {check.table} {check.name}: {check.description}" for check in checks.warnings]
    lines.append(
        "The tables hold the new months. See what fails with: govbiz months. Where a file is at fault, its corrected "
        f"version starts its month by itself; for anything else: {_run_again(months)}"
    )
    return _write(folder, run, lines)


def _months(run: dg.DagsterRun) -> str:
    first = run.tags.get(RANGE_START_TAG) or run.tags.get("dagster/partition", "")
    last = run.tags.get(RANGE_END_TAG, first)
    return first if first == last else f"{first}..{last}"


def _run_again(months: str) -> str:
    return f"govbiz run --months {months}" if months else "run it again"


def _write(folder: Path, run: dg.DagsterRun, lines: Sequence[str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{run.run_id}.txt"
    write_whole(path, "\n".join(lines) + "\n")
    return path


def _reason(event: dg.DagsterEvent) -> str:
    error = event.step_failure_data.error
    return error_line(error) if error else event.message or "it gave no reason"


def send_alert(url: str, path: Path, log: Callable[[str], None]) -> None:
    """Posts the alert as JSON `{"text": ...}`; a failed post is logged and does not fail the sensor."""
    body = json.dumps({"text": path.read_text(encoding="utf-8")}).encode()
    try:
        request = urllib.request.Request(  # noqa: S310 - the address comes from the operator's own settings
            url, data=body, headers={"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310
            log("alert posted")
    except (OSError, ValueError, http.client.HTTPException) as error:
        log(f"alert not posted: {type(error).__name__}; the file {path.name} holds it")
