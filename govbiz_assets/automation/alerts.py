"""Alerts: a failed run in words that someone can act on, as a file and, where an address is set, as a message."""

from __future__ import annotations

import http.client
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

import dagster as dg

from govbiz_assets.automation.jobs import RANGE_END_TAG, RANGE_START_TAG
from govbiz_assets.run_errors import error_line

_TIMEOUT_SECONDS = 10


def write_alert(folder: Path, context: dg.RunFailureSensorContext) -> Path:
    """Writes the alert of a failed run and returns its path; the same run gives the same file."""
    run = context.dagster_run
    first = run.tags.get(RANGE_START_TAG) or run.tags.get("dagster/partition", "")
    last = run.tags.get(RANGE_END_TAG, first)
    months = first if first == last else f"{first}..{last}"
    lines = [f"Run {run.run_id} of job {run.job_name} failed.", f"Months: {months or 'no month'}"]
    failures = context.get_step_failure_events()
    for event in failures:
        lines.append(f"Step {(event.step_key or 'unknown').replace('__', '.')}: {_reason(event)}")
    if not failures:
        lines.append(f"Reason: {context.failure_event.message or 'the run ended without a step failure'}")
    again = f"govbiz run --months {months}" if months else "run it again"
    lines.append(
        "The months that were there before are unchanged. Mend the cause: a corrected file starts its month by "
        f"itself; for anything else: {again}"
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{run.run_id}.txt"
    temporary = path.with_suffix(".tmp")
    temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
    temporary.replace(path)
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
