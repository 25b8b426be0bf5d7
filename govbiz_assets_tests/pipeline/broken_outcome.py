"""What a run over broken deliveries led to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import dagster as dg

from govbiz_assets.run_errors import error_line
from govbiz_assets_tests.scenario import Digest, House, changed_months, connect, failed_checks

Values = dict[tuple[str, date], list[tuple[Any, ...]]]
CLEANED = {
    "customer": "customer_monthly",
    "account": "account_monthly",
    "usage": "usage_daily",
    "bill": "bill",
    "payment": "payment",
    "ticket": "ticket",
    "subscription": "subscription_monthly",
    "weather": "weather_daily",
}


@dataclass(frozen=True)
class Outcome:
    """A run over broken deliveries.

    Attributes:
        house: The data folder after it.
        clean: The folder whose clean deliveries were broken.
        errors: Kind and line of the error of each failed step, by `layer.table`.
        failed: Checks that failed.
        changed: Months that are not as they were before, by table.
        manifest: Rows of `quality.file_manifest` by file.
    """

    house: House
    clean: House
    errors: dict[str, tuple[str, str]]
    failed: set[str]
    changed: dict[str, set[str]]
    manifest: dict[str, dict[str, Any]]


def outcome_of(house: House, clean: House, before: Digest, result: dg.ExecuteInProcessResult) -> Outcome:
    """Collects what a run left and said; `before` is the digest of the clean folder."""
    errors = {}
    for event in result.all_events:
        if event.is_step_failure and (cause := event.step_failure_data.error):
            line = error_line(cause)
            while cause.cause is not None:
                cause = cause.cause
            errors[(event.step_key or "").replace("__", ".", 1)] = (cause.cls_name or "", line)
    names = "channel source_file encoding delimiter is_regular unmapped_headers file_status rule reason record_count"
    rows = house.read(f"SELECT {names.replace(' ', ', ')} FROM warehouse.quality.file_manifest")
    manifest = {row[1]: dict(zip(names.split(), row, strict=True)) for row in rows}
    changed = changed_months(before, house.digest())
    return Outcome(house, clean, errors, failed_checks(result), changed, manifest)


def cleaned_values(house: House, months: list[date]) -> Values:
    """What the cleaned tables say, by channel and month, whatever the file and row it came from."""
    with connect(house.folder) as connection:
        return {
            (channel, month): connection.execute(
                f"SELECT * EXCLUDE (source_file, row_no) FROM warehouse.cleaned.{table} WHERE month = ? ORDER BY ALL",
                [month],
            ).fetchall()
            for channel, table in CLEANED.items()
            for month in months
        }
